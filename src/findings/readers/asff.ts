import * as z from '../../zod.js';
import { type FindingsReader, type ImportedFinding, isListOf, isRecord } from '../imported.js';

const Resource = z.object({
  Type: z.string(),
  Id: z.string().min(1),
  Tags: z.record(z.string(), z.string()).nullish(),
});

const Finding = z.object({
  Id: z.string(),
  GeneratorId: z.string(),
  Title: z.string(),
  Resources: z.array(Resource).min(1),
  Compliance: z.object({ Status: z.string().nullish(), SecurityControlId: z.string().nullish() }).nullish(),
  ProductFields: z.record(z.string(), z.string()).nullish(),
  RecordState: z.string().nullish(),
  Workflow: z.object({ Status: z.string().nullish() }).nullish(),
});
type Finding = z.infer<typeof Finding>;

/**
 * The AWS Security Finding Format: what `aws securityhub get-findings` prints, a bare list as an import takes it, or an
 * event. What has passed, is archived, or was set to suppressed or resolved is no finding.
 * @source https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
 */
export const asff: FindingsReader = {
  name: 'Security Hub (aws securityhub get-findings)',
  recognizes: (content) => findingsIn(content) !== undefined,
  read: (content) => ({
    tool: 'Security Hub',
    findings: z.array(Finding).parse(findingsIn(content)).filter(isOpen).flatMap(importedFrom),
  }),
};

function findingsIn(content: unknown): unknown {
  if (isListOf(content, 'GeneratorId', 'Resources')) return content;
  if (!isRecord(content)) return undefined;
  return content.Findings ?? (isRecord(content.detail) ? content.detail.findings : undefined);
}

function isOpen({ Compliance, RecordState, Workflow }: Finding): boolean {
  const isClosed = Workflow?.Status === 'SUPPRESSED' || Workflow?.Status === 'RESOLVED';
  const isPassed = Compliance?.Status === 'PASSED' || Compliance?.Status === 'NOT_AVAILABLE';
  return !isClosed && !isPassed && RecordState !== 'ARCHIVED';
}

function importedFrom(finding: Finding): readonly ImportedFinding[] {
  const { Title, Resources } = finding;
  const { rule, aliases } = namesOf(finding);
  return Resources.map(({ Id, Tags }) => {
    const logicalId = Tags?.['aws:cloudformation:logical-id'];
    return {
      tool: 'Security Hub',
      rule,
      aliases,
      title: Title,
      physicalId: Id,
      ...(logicalId !== undefined && { logicalId }),
    };
  });
}

/** A control has had its id in three places over the years; a finding of AWS Config names its rule. */
function namesOf({ Compliance, GeneratorId, ProductFields }: Finding) {
  const last = GeneratorId.slice(GeneratorId.lastIndexOf('/') + 1);
  const rule = Compliance?.SecurityControlId ?? ProductFields?.ControlId ?? last;
  const configRules = Object.entries(ProductFields ?? {})
    .filter(([field]) => /^(?:RelatedAWSResources:\d+\/name|aws\/config\/ConfigRuleName)$/.test(field))
    .map(([, name]) => name.replace(/^securityhub-/, '').replace(/-[0-9a-z]{6,8}$/, ''));
  return { rule, aliases: [last, ...configRules] };
}
