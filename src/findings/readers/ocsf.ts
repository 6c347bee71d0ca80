import * as z from '../../zod.js';
import { type FindingsReader, type ImportedFinding, isRecord } from '../imported.js';

const Finding = z.object({
  status: z.string().nullish(),
  /** 3: suppressed, 4: resolved, 5: archived. */
  status_id: z.int().nullish(),
  /** `PASS`, `FAIL` or `MANUAL` of Prowler. */
  status_code: z.string().nullish(),
  finding_info: z.object({ title: z.string() }),
  metadata: z.object({
    event_code: z.string().nullish(),
    product: z.object({ name: z.string().nullish() }).nullish(),
  }),
  compliance: z
    .object({
      control: z.string().nullish(),
      status: z.string().nullish(),
      /** 1: pass, 2: warning, 3: fail. */
      status_id: z.int().nullish(),
    })
    .nullish(),
  resources: z
    .array(
      z.object({
        uid: z.string().nullish(),
        name: z.string().nullish(),
        tags: z.array(z.object({ name: z.string(), value: z.string().nullish() })).nullish(),
        labels: z.array(z.string()).nullish(),
      }),
    )
    .min(1),
});
type Finding = z.infer<typeof Finding>;
type Resource = Finding['resources'][number];

/** Findings of the Open Cybersecurity Schema Framework: compliance findings and detection findings. */
const findingClasses = [2003, 2004];

/**
 * What `aws securityhub get-findings-v2` prints, a bare list as Prowler writes it, or an event. What has passed, is
 * muted, suppressed, resolved or archived is no finding.
 * @source https://schema.ocsf.io/classes/compliance_finding
 * @source https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_GetFindingsV2.html
 */
export const ocsf: FindingsReader = {
  name: 'OCSF (aws securityhub get-findings-v2; prowler --output-formats json-ocsf)',
  recognizes: (content) => findingsIn(content) !== undefined,
  read: (content) => {
    const findings = z.array(Finding).parse(findingsIn(content));
    const tools = [...new Set(findings.map(toolOf))];
    return { tool: tools.join(', '), findings: findings.filter(isOpen).flatMap(importedFrom) };
  },
};

function findingsIn(content: unknown): readonly unknown[] | undefined {
  const { Findings, detail } = isRecord(content) ? content : {};
  const events = isRecord(detail) ? detail.findings : undefined;
  const list = [content, Findings, events].find((each) => Array.isArray(each) && each.some(isOfSchema));
  return Array.isArray(list) ? list : isOfSchema(content) ? [content] : undefined;
}

function isOfSchema(item: unknown): boolean {
  return isRecord(item) && findingClasses.includes(Number(item.class_uid));
}

function toolOf({ metadata }: Finding): string {
  return metadata.product?.name ?? 'OCSF';
}

function isOpen({ status_id, status_code, compliance }: Finding): boolean {
  const isClosed = status_id === 3 || status_id === 4 || status_id === 5;
  const hasPassed =
    status_code === 'PASS' || compliance?.status_id === 1 || /^pass/i.test(compliance?.status ?? '');
  return !isClosed && !hasPassed;
}

function importedFrom(finding: Finding): readonly ImportedFinding[] {
  const { compliance, metadata, finding_info } = finding;
  const rule = compliance?.control ?? metadata.event_code ?? finding_info.title;
  return finding.resources.map((resource) => {
    const logicalId = logicalIdIn(resource);
    const physicalId = resource.uid ?? resource.name ?? undefined;
    return {
      ...{ tool: toolOf(finding), rule, title: finding_info.title },
      ...(metadata.event_code && { aliases: [metadata.event_code] }),
      ...(physicalId !== undefined && { physicalId }),
      ...(logicalId !== undefined && { logicalId }),
    };
  });
}

/** Tags come as pairs from Security Hub, and as texts from Prowler. */
function logicalIdIn({ tags, labels }: Resource): string | undefined {
  const tag = 'aws:cloudformation:logical-id';
  const named = tags?.find(({ name }) => name === tag)?.value;
  const label = labels?.find((text) => text.startsWith(tag))?.slice(tag.length);
  return named ?? label?.replace(/^\s*[:=]\s*/, '');
}
