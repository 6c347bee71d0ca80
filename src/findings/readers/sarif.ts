import * as z from '../../zod.js';
import { type FindingsReader, type ImportedFinding, isRecord } from '../imported.js';

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
