import * as z from '../../zod.js';
import { type FindingsReader, type ImportedFinding, isListOf, isRecord } from '../imported.js';

const Matches = z.array(
  z.object({
    Filename: z.string().min(1),
    Message: z.string(),
    Rule: z.object({ Id: z.string().min(1), ShortDescription: z.string().nullish() }),
    Location: z.object({
      Start: z.object({ LineNumber: z.number() }),
      /** From the template: `["Resources", "Name", "Properties"]`. */
      Path: z.array(z.union([z.string(), z.number()])).nullish(),
    }),
  }),
);

/** @source https://github.com/aws-cloudformation/cfn-lint#parameters */
export const cfnLint: FindingsReader = {
  name: 'cfn-lint (cfn-lint --format json)',
  recognizes: (content) => isListOf(content, 'Rule', 'Location'),
  read: (content) => ({
    tool: 'cfn-lint',
    findings: Matches.parse(content).map(({ Filename, Message, Rule, Location }): ImportedFinding => {
      const [section, logicalId] = Location.Path ?? [];
      return {
        tool: 'cfn-lint',
        // Its rules are about whether a template works at all; ids of cfn_nag look like them.
        idsOf: 'none',
        rule: Rule.Id,
        title: Message,
        file: Filename,
        line: Location.Start.LineNumber,
        ...(section === 'Resources' && typeof logicalId === 'string' && { logicalId }),
      };
    }),
  }),
};

const Files = z.array(
  z.object({
    filename: z.string().min(1),
    file_results: z.object({
      violations: z.array(
        z.object({
          id: z.string().min(1),
          message: z.string(),
          logical_resource_ids: z.array(z.string()).nullish(),
          /** As many as there are ids; -1 where cfn_nag does not know. */
          line_numbers: z.array(z.number()).nullish(),
        }),
      ),
    }),
  }),
);

/** @source https://github.com/stelligent/cfn_nag#results-filtering */
export const cfnNag: FindingsReader = {
  name: 'cfn_nag (cfn_nag_scan --output-format json)',
  recognizes: (content) => isListOf(content, 'filename', 'file_results'),
  read: (content) => ({
    tool: 'cfn_nag',
    findings: Files.parse(content).flatMap(({ filename, file_results }) =>
      file_results.violations.flatMap(({ id, message, logical_resource_ids, line_numbers }) =>
        (logical_resource_ids ?? []).map((logicalId, index): ImportedFinding => {
          const line = line_numbers?.[index] ?? -1;
          return {
            tool: 'cfn_nag',
            idsOf: 'cfnNag',
            rule: id,
            title: message,
            file: filename,
            logicalId,
            ...(line > 0 && { line }),
          };
        }),
      ),
    ),
  }),
};

const Check = z.object({
  check_id: z.string().min(1),
  check_name: z.string().nullish(),
  file_path: z.string().min(1),
  file_line_range: z.tuple([z.number(), z.number()]).nullish(),
  /** `AWS::Lambda::Function.Name`. */
  resource: z.string(),
});

const Report = z.object({
  check_type: z.string(),
  results: z.object({ failed_checks: z.array(Check) }),
});

/** What Checkov writes when it has found no file of the kind. */
const Nothing = z.object({ passed: z.number(), failed: z.literal(0), checkov_version: z.string() });

/** @source https://www.checkov.io/2.Basics/Reviewing%20Scan%20Results.html */
export const checkov: FindingsReader = {
  name: 'Checkov (checkov --output json)',
  recognizes: (content) =>
    (isRecord(content) && ('check_type' in content || 'checkov_version' in content)) ||
    isListOf(content, 'check_type', 'results'),
  read: (content) => ({
    tool: 'Checkov',
    findings: schemaFor(content)
      .parse(content)
      .flatMap(({ results }) => results.failed_checks)
      .map(
        ({ check_id, check_name, file_path, file_line_range, resource }): ImportedFinding => ({
          tool: 'Checkov',
          idsOf: 'checkov',
          rule: check_id,
          title: check_name ?? check_id,
          file: file_path,
          ...(file_line_range != null && { line: file_line_range[0] }),
          logicalId: resource.slice(resource.lastIndexOf('.') + 1),
        }),
      ),
  }),
};

/** The one that fits, so that a message names the field and not every form there is. */
function schemaFor(content: unknown): z.ZodType<z.output<typeof Report>[]> {
  if (Array.isArray(content)) return z.array(Report);
  return isRecord(content) && 'check_type' in content
    ? Report.transform((report) => [report])
    : Nothing.transform(() => []);
}

const KicsReport = z.object({
  queries: z.array(
    z.object({
      query_id: z.string().min(1),
      query_name: z.string(),
      files: z.array(
        z.object({
          file_name: z.string().min(1),
          line: z.number(),
          /** `Resources.Name.Properties`. */
          search_key: z.string().nullish(),
        }),
      ),
    }),
  ),
});

/** @source https://docs.kics.io/latest/results/ */
export const kics: FindingsReader = {
  name: 'KICS (kics scan --report-formats json)',
  recognizes: (content) => isRecord(content) && ('kics_version' in content || 'queries' in content),
  read: (content) => ({
    tool: 'KICS',
    findings: KicsReport.parse(content).queries.flatMap(({ query_id, query_name, files }) =>
      files.map(({ file_name, line, search_key }): ImportedFinding => {
        const logicalId = /^Resources\.([A-Za-z0-9]+)/.exec(search_key ?? '')?.[1];
        return {
          tool: 'KICS',
          idsOf: 'kics',
          rule: query_id,
          title: query_name,
          file: file_name,
          ...(line > 0 && { line }),
          ...(logicalId !== undefined && { logicalId }),
        };
      }),
    ),
  }),
};

const Result = z.object({
  ruleId: z.string().optional(),
  rule: z.object({ id: z.string().optional(), index: z.int().optional() }).optional(),
  ruleIndex: z.int().optional(),
  kind: z.string().default('fail'),
  message: z.object({ text: z.string().optional(), markdown: z.string().optional() }),
  suppressions: z.array(z.object({ status: z.string().optional() })).nullish(),
  locations: z
    .array(
      z.object({
        physicalLocation: z
          .object({
            artifactLocation: z.object({ uri: z.string().optional(), index: z.int().optional() }).optional(),
            region: z.object({ startLine: z.int().optional() }).optional(),
          })
          .optional(),
        logicalLocations: z.array(z.object({ name: z.string().optional() })).optional(),
      }),
    )
    .optional(),
});

const Run = z.object({
  tool: z.object({
    driver: z.object({ name: z.string(), rules: z.array(z.object({ id: z.string() })).optional() }),
  }),
  artifacts: z.array(z.object({ location: z.object({ uri: z.string().optional() }).optional() })).optional(),
  results: z.array(Result).nullish(),
});
type Run = z.infer<typeof Run>;

const Log = z.object({ version: z.string().startsWith('2.'), runs: z.array(Run) });

/**
 * What is in order or does not apply, and what somebody has suppressed, is no finding.
 * @source https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
 */
export const sarif: FindingsReader = {
  name: 'SARIF 2.1.0 of any tool',
  recognizes: (content) => isRecord(content) && 'runs' in content,
  read: (content) => {
    const { runs } = Log.parse(content);
    const tools = [...new Set(runs.map(({ tool }) => tool.driver.name))];
    return { tool: tools.join(', ') || 'SARIF', findings: runs.flatMap(importedFrom) };
  },
};

function importedFrom(run: Run): readonly ImportedFinding[] {
  const { name, rules = [] } = run.tool.driver;
  return (run.results ?? [])
    .filter(({ kind }) => kind === 'fail' || kind === 'open' || kind === 'review')
    .filter(({ suppressions }) => !suppressions?.some(({ status = 'accepted' }) => status === 'accepted'))
    .map(({ ruleId, rule, ruleIndex, message, locations }) => {
      const named = ruleId ?? rule?.id ?? rules[ruleIndex ?? rule?.index ?? -1]?.id ?? 'without a rule';
      const [location] = locations ?? [];
      const { artifactLocation, region } = location?.physicalLocation ?? {};
      const uri = artifactLocation?.uri ?? run.artifacts?.[artifactLocation?.index ?? -1]?.location?.uri;
      const logicalId = location?.logicalLocations?.[0]?.name;
      return {
        tool: name,
        // Parts of a rule stand behind a slash.
        rule: named,
        aliases: [named.replace(/\/.*$/, '')],
        title: message.text ?? message.markdown ?? named,
        ...(uri !== undefined && { file: pathOf(uri) }),
        ...(region?.startLine !== undefined && { line: region.startLine }),
        ...(logicalId !== undefined && { logicalId }),
      };
    });
}

function pathOf(uri: string): string {
  const path = uri.replace(/^file:\/\/[^/]*/, '');
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
}
