import { IdpFixError } from '../errors.js';
import type { Finding, PlanDocument, PlanStack } from '../plan/document.js';
import * as z from '../zod.js';

/** What a person or a patch still has to deal with. */
export function isOpen({ verdict }: Pick<Finding, 'verdict'>): boolean {
  return verdict === 'fixable' || verdict === 'manual' || verdict === 'unknown';
}

/** What can be in a baseline: what is open, unless somebody has accepted it for a time that has passed. */
function mayBeKnown(finding: Finding): boolean {
  return isOpen(finding) && finding.expiredDeviation === null;
}

/** The open findings of a plan, as a baseline keeps them. */
export function baselineFindings({ stacks }: Pick<PlanDocument, 'stacks'>): readonly BaselineFinding[] {
  return stacks.flatMap(({ template, findings }) =>
    findings.filter(mayBeKnown).map(({ logicalId, remediation, fingerprint, resourceFingerprint }) => ({
      template,
      logicalId,
      remediation,
      fingerprint,
      resourceFingerprint,
    })),
  );
}

/**
 * Entries of a file of version 1, whose fingerprints were of the words of a finding: they are known by their place, and
 * get the fingerprint of what is found there now.
 */
export function upgraded(
  entries: readonly BaselineFinding[],
  version: Baseline['version'],
  document: PlanDocument,
): readonly BaselineFinding[] {
  if (version !== 1) return entries;
  const keyOf = (entry: Pick<BaselineFinding, 'template' | 'logicalId' | 'remediation'>) =>
    `${entry.remediation} ${entry.template} ${entry.logicalId}`;
  const found = new Map(baselineFindings(document).map((each) => [keyOf(each), each.fingerprint]));
  return entries.map((entry) => ({ ...entry, fingerprint: found.get(keyOf(entry)) ?? entry.fingerprint }));
}

/**
 * The plan with every finding marked that a baseline has. Known is what was found in the same place with the same
 * evidence; and what has moved, unchanged, to another template of the tree, as long as only one can be meant.
 * @param isInScope whether this run has looked for what a remediation finds
 */
export function compareWithBaseline(
  document: PlanDocument,
  baseline: readonly BaselineFinding[],
  isInScope: (remediation: string) => boolean,
): PlanDocument {
  const entries = baseline.filter(({ remediation }) => isInScope(remediation));
  const found = baselineFindings(document);
  const inPlace = new Set(found.map(({ fingerprint }) => fingerprint));
  const expected = new Set(entries.map(({ fingerprint }) => fingerprint));
  const missing = entries.filter(({ fingerprint }) => !inPlace.has(fingerprint));
  const unexpected = found.filter(({ fingerprint }) => !expected.has(fingerprint));
  const present = new Set(
    document.stacks.flatMap(({ template, findings }) =>
      findings.map(({ logicalId }) => `${template} ${logicalId}`),
    ),
  );
  const vanished = missing.filter(({ template, logicalId }) => !present.has(`${template} ${logicalId}`));
  const moved = movesBetween(vanished, unexpected);
  const isKnown = (finding: Finding) =>
    mayBeKnown(finding) && (expected.has(finding.fingerprint) || moved.arrived.has(finding.fingerprint));
  const stacks = document.stacks.map(
    (stack): PlanStack => ({
      ...stack,
      findings: stack.findings.map((finding) => ({ ...finding, known: isKnown(finding) })),
    }),
  );
  const open = stacks.flatMap(({ findings }) => findings.filter(isOpen));
  const known = open.filter((finding) => finding.known).length;
  const gone = missing
    .filter(({ fingerprint }) => !moved.left.has(fingerprint))
    .map(({ template, logicalId, remediation }) => ({ template, logicalId, remediation }));
  return { ...document, stacks, baseline: { known, new: open.length - known, gone } };
}

/** Pairs what has vanished with what has come where the resource is the same and neither side has a second candidate. */
function movesBetween(missing: readonly BaselineFinding[], unexpected: readonly BaselineFinding[]) {
  const gone = grouped(missing);
  const come = grouped(unexpected);
  const arrived = new Set<string>();
  const left = new Set<string>();
  for (const [key, [to, ...otherTo]] of come) {
    const [from, ...otherFrom] = gone.get(key) ?? [];
    if (from === undefined || to === undefined || otherTo.length + otherFrom.length > 0) continue;
    arrived.add(to.fingerprint);
    left.add(from.fingerprint);
  }
  return { arrived, left };
}

function grouped(findings: readonly BaselineFinding[]): ReadonlyMap<string, readonly BaselineFinding[]> {
  const groups = new Map<string, BaselineFinding[]>();
  for (const finding of findings) {
    const { remediation, logicalId, resourceFingerprint } = finding;
    const key = `${remediation} ${logicalId} ${resourceFingerprint}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return groups;
}

/** One finding that was there when the baseline was written. */
const BaselineFinding = z.strictObject({
  template: z.string().min(1).describe('path from the folder of the root template'),
  logicalId: z.string().describe('empty for a finding about the whole template'),
  remediation: z.string().min(1),
  fingerprint: z.string().regex(/^[0-9a-f]{16}$/, 'a fingerprint is 16 hex digits'),
  resourceFingerprint: z.string().regex(/^[0-9a-f]{12}$/, 'a resourceFingerprint is 12 hex digits'),
});
export type BaselineFinding = z.infer<typeof BaselineFinding>;

/** The findings a team starts with, by root template. */
export const Baseline = z.strictObject({
  format: z.literal('idp-fix/baseline'),
  version: z.literal([1, 2]),
  roots: z.array(
    z.strictObject({
      root: z.string().min(1).describe('root template, as a path from the folder of this file'),
      findings: z.array(BaselineFinding),
    }),
  ),
});
export type Baseline = z.infer<typeof Baseline>;

export const emptyBaseline: Baseline = { format: 'idp-fix/baseline', version: 2, roots: [] };

/** @throws IdpFixError `baseline-invalid` */
export function readBaseline(path: string, bytes: Uint8Array): Baseline {
  const parsed = Baseline.safeParse(parseJson(path, new TextDecoder().decode(bytes)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined ? '' : ` (${issue.path.join('.') || 'the whole'}: ${issue.message})`;
  throw invalid(path, `this is not a baseline of idp-fix${where}`);
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalid(path, 'this is not a baseline of idp-fix: it is not JSON');
  }
}

function invalid(file: string, message: string): IdpFixError {
  return new IdpFixError('baseline-invalid', message, {
    place: { file },
    hint: 'take it from version control, or write it anew: idp-fix --write-baseline FILE TEMPLATE',
  });
}

/** A line per finding, sorted, so that two branches that both change the file can be merged. */
export function baselineText({ format, version, roots }: Baseline): string {
  const sections = [...roots]
    .filter(({ findings }) => findings.length > 0)
    .sort((left, right) => (left.root < right.root ? -1 : 1))
    .map(({ root, findings }) => {
      const lines = findings.map((finding) => `      ${JSON.stringify(finding)}`).sort();
      return `    {"root": ${JSON.stringify(root)}, "findings": [\n${lines.join(',\n')}\n    ]}`;
    });
  const body = sections.length === 0 ? '[]' : `[\n${sections.join(',\n')}\n  ]`;
  return `{\n  "format": "${format}",\n  "version": ${version},\n  "roots": ${body}\n}\n`;
}
