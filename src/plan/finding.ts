import { createHash } from 'node:crypto';
import type { Basis } from '../contract/facts.js';
import type { GuideRisk, Remediation, Severity, Verdict } from '../contract/remediation.js';
import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import type { Deviation } from '../policy/policy.js';
import type { FoundSuppression } from '../template/metadata.js';
import type { Stack } from '../template/template.js';

/** A remediation that is switched on, with the target the policy sets for it. */
export interface Unit {
  readonly remediation: Remediation;
  readonly target: unknown;
}

/** A verdict on one resource (or on a whole template), with what excuses it. */
export interface Judged {
  /** Names the finding across rounds: remediation, template, logical id. */
  readonly key: string;
  readonly remediation: Remediation;
  readonly stack: Stack;
  readonly logicalId: string | null;
  readonly verdict: Verdict | Accepted;
  readonly current: Value;
  readonly target: Value;
  /** What gets room first among findings of the same guide risk: the lowest. */
  readonly priority: number;
  readonly basis: Basis;
  /** Suppressions in the file that are addressed to this remediation. */
  readonly suppressions: readonly FoundSuppression[];
  /** Of the template as read, before any fix and any exception. */
  readonly evidence: { readonly current: Value; readonly lacks: readonly string[] };
  /** Names of what it is about; `undefined` where only the edits say it. */
  readonly concerns: readonly string[] | undefined;
  /** What the remediation says of it. */
  readonly severity: Severity | undefined;
  /** An exception of the policy that would accept it, had its last day not passed. */
  readonly expiredDeviation: Deviation | null;
}

interface Accepted {
  readonly verdict: 'accepted';
  readonly because: string;
}

/** A finding that can be fixed, as the planner passes it on. */
export interface Fixable extends Judged {
  readonly verdict: Extract<Verdict, { verdict: 'fixable' }>;
}

export function isFixable(finding: Judged): finding is Fixable {
  return finding.verdict.verdict === 'fixable';
}

export function keyOf(remediation: string, template: string, logicalId: string | null): string {
  return `${remediation} ${template} ${logicalId ?? ''}`;
}

/** What a finding is known by from run to run: where it is, and what was found there. */
interface Evidence {
  readonly remediation: string;
  /** Path from the folder of the root template. */
  readonly template: string;
  /** Empty for a finding about the whole template. */
  readonly logicalId: string;
  /** What is there, in the template as read. */
  readonly current: Value;
  /** Names of what is missing or wrong there. */
  readonly lacks: readonly string[];
}

/**
 * Sixteen hex digits that stay the same as long as the same thing is found in the same place, wherever it is in the file
 * and however it is worded.
 */
export function findingFingerprint({ remediation, template, logicalId, current, lacks }: Evidence): string {
  return digest([remediation, template, logicalId, current, lacks], 16);
}

/** Twelve hex digits that change when the resource changes, so that an accepted risk is looked at again then. */
export function resourceFingerprint({ template }: Stack, logicalId: string | null): string {
  const body = logicalId === null ? template.value : template.resources.get(logicalId)?.body;
  if (body === undefined) return digest(null, 12);
  const fingerprint = fingerprints.get(body) ?? digest(body, 12);
  fingerprints.set(body, fingerprint);
  return fingerprint;
}

/** A resource is asked for once by each remediation that looks at it. */
const fingerprints = new WeakMap<ValueMap, string>();

function digest(value: Value, length: number): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, length);
}

/** The order of keys means nothing. */
function canonical(value: Value): string {
  if (isList(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isMap(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`).join(',')}}`;
}

const lower: Readonly<Record<GuideRisk, GuideRisk>> = { high: 'medium', medium: 'low', low: 'low' };

/** What the remediation says of it, else its own risk; a level below where nothing is proved. */
export function severityOf(
  { remediation: { guideRisk }, severity }: Judged,
  verdict: (Verdict | Accepted)['verdict'],
): Severity | null {
  if (verdict === 'compliant' || verdict === 'not-applicable') return null;
  return severity ?? (verdict === 'unknown' ? lower[guideRisk] : guideRisk);
}
