import { type ErrorCode, IdpFixError } from '../errors.js';
import { jsonText } from '../escape.js';
import type { Finding, PlanDocument } from '../plan/document.js';
import { type PlanPorts, planRoots, type RootsRequest } from '../plan-roots.js';
import type { Policies } from '../policy/load.js';
import type { Product } from '../product.js';
import { errorContent } from '../report/json.js';

/** What a worker is to do with every root template. */
export interface FleetRequest
  extends Pick<RootsRequest, 'policy' | 'trusted' | 'allowOutside' | 'plan' | 'withoutCode'> {
  /** Modules with remediations beside those of idp-fix. */
  readonly plugins: readonly string[];
  /** Whether the plans themselves are asked for, or only what the summary counts. */
  readonly wantsPlans: boolean;
}

export interface RootTask {
  readonly path: string;
  /** The folder the template was found in, where it was not named itself. */
  readonly searched: string | undefined;
}

export const outcomes = [
  'autoFix',
  'needsApproval',
  'needsInput',
  'manual',
  'unknown',
  'accepted',
  'pass',
  'notApplicable',
] as const;
export type FleetOutcome = (typeof outcomes)[number];
export type OutcomeCounts = Readonly<Record<FleetOutcome, number>>;

/** What the summary needs of one root template. */
export interface RootDigest {
  readonly root: string;
  /** What kept it from being planned. */
  readonly failed: { readonly code: string; readonly message: string; readonly exitCode: number } | null;
  /** Resources that could not be looked at. */
  readonly notEvaluated: number;
  /** By remediation. */
  readonly findings: Readonly<Record<string, OutcomeCounts>>;
  /** Findings that a key of the policy would decide, by key. */
  readonly decidedBy: Readonly<Record<string, number>>;
}

/** One root template, planned or not. */
export interface RootRecord {
  readonly digest: RootDigest;
  /** One line of JSON without its end: `{root, plan}` or `{root, errors}`; empty where plans are not asked for. */
  readonly line: string;
}

/** Plans one root template; what keeps it from that is told in the record. A defect is thrown. */
export async function planRecord(
  { path, searched }: RootTask,
  { wantsPlans, ...request }: FleetRequest,
  ports: PlanPorts,
  product: Product,
  policies: Policies,
): Promise<RootRecord> {
  try {
    const { roots, failures } = await planRoots(
      { ...request, templates: [path], searched, policies, parameters: new Map() },
      ports,
      product,
    );
    const [failure] = failures;
    const [planned] = roots;
    if (planned === undefined) return failedRecord(path, failure ?? missing(path));
    const { document } = planned.result;
    const digest = digestOf(path, document);
    return { digest, line: wantsPlans ? jsonText({ root: path, plan: document }, 0) : '' };
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
    return failedRecord(path, error);
  }
}

function missing(path: string): IdpFixError {
  return new IdpFixError('file-not-found', 'there is no template', { place: { file: path } });
}

export function failedRecord(root: string, error: IdpFixError): RootRecord {
  const { code, message, exitCode } = error;
  const digest = { root, failed: { code, message, exitCode }, notEvaluated: 0, findings: {}, decidedBy: {} };
  return { digest, line: jsonText({ root, errors: [errorContent(error)] }, 0) };
}

function digestOf(root: string, { stacks, coverage }: PlanDocument): RootDigest {
  const findings: Record<string, Record<FleetOutcome, number>> = {};
  const decidedBy: Record<string, number> = {};
  for (const stack of stacks) {
    const risks = new Map(stack.patches.map(({ id, risk }) => [id, risk]));
    for (const finding of stack.findings) {
      findings[finding.remediation] ??= noCounts();
      const counts = findings[finding.remediation];
      if (counts !== undefined) counts[outcomeOf(finding, risks.get(finding.patch ?? ''))]++;
      for (const key of finding.decidedBy) decidedBy[key] = (decidedBy[key] ?? 0) + 1;
    }
  }
  return { root, failed: null, notEvaluated: coverage.notEvaluated.length, findings, decidedBy };
}

export function noCounts(): Record<FleetOutcome, number> {
  return {
    autoFix: 0,
    needsApproval: 0,
    needsInput: 0,
    manual: 0,
    unknown: 0,
    accepted: 0,
    pass: 0,
    notApplicable: 0,
  };
}

function outcomeOf({ verdict, decidedBy }: Finding, risk: string | undefined): FleetOutcome {
  switch (verdict) {
    case 'fixable':
      return risk === 'safe' ? 'autoFix' : risk === 'review' ? 'needsApproval' : 'manual';
    case 'manual':
      return decidedBy.length > 0 ? 'needsInput' : 'manual';
    case 'compliant':
      return 'pass';
    case 'not-applicable':
      return 'notApplicable';
    default:
      return verdict;
  }
}

/** The record a line was written for, as an earlier run has left it; `undefined` for any other text. */
export function recordOf(line: string): RootRecord | undefined {
  try {
    const { root, plan, errors } = JSON.parse(line);
    if (typeof root !== 'string') return undefined;
    if (plan !== undefined) return { digest: digestOf(root, plan), line };
    const [error]: readonly { code: ErrorCode; message: string }[] = errors;
    return error && { ...failedRecord(root, new IdpFixError(error.code, error.message)), line };
  } catch {
    return undefined;
  }
}
