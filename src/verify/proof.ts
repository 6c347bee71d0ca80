import type { Aws } from '../aws-ports.js';
import type { Physical } from '../changeset/physical.js';
import type { Value, ValueMap } from '../document/value.js';
import { IdpFixError } from '../errors.js';
import type { ChecklistItemId } from '../policy/sections.js';
import type { Stack } from '../template/template.js';

/**
 * Whether something works as it was deployed to: it does; it does not; nothing has happened yet that would show; AWS was
 * not to be asked.
 */
export type ProofStatus = 'alive' | 'dead' | 'unproven' | 'unknown';

/** What was looked at, and what came of it. */
export interface Proof {
  /** Kind of proof: `alarm-actions`. */
  readonly check: string;
  /** The item of the production checklist that it is evidence for. */
  readonly item: ChecklistItemId | null;
  /** Logical ids of nested stacks from the root down, between `/`; empty for the root. */
  readonly stack: string;
  /** `null` for what is about the whole stack. */
  readonly logicalId: string | null;
  readonly physicalId: string | null;
  readonly status: ProofStatus;
  readonly because: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** A resource as it is deployed. */
export interface DeployedResource {
  readonly stack: Stack;
  readonly way: string;
  readonly logicalId: string;
  /** As CloudFormation tells it: what SAM makes of a function is a function of Lambda. */
  readonly type: string;
  readonly physicalId: string;
  /** As the deployed template has them; empty for what a transform has made. */
  readonly properties: ValueMap;
}

/** What the checks look at. */
export interface CheckContext {
  readonly aws: Aws;
  readonly account: string;
  readonly resources: readonly DeployedResource[];
  readonly physical: Physical;
  /** Milliseconds since 1970: what happened before counts for nothing. */
  readonly from: number;
  readonly now: number;
}

/** Looks at one kind of thing. */
export type Look = (context: CheckContext) => Promise<readonly Proof[]>;

/** What is being proved, and of what. */
export interface Subject extends Pick<Proof, 'check' | 'item'> {
  readonly of: DeployedResource | undefined;
}

export function proof(
  { check, item, of }: Subject,
  status: ProofStatus,
  because: string,
  hint?: string,
): Proof {
  return {
    check,
    item,
    stack: of?.way ?? '',
    logicalId: of?.logicalId ?? null,
    physicalId: of?.physicalId ?? null,
    status,
    because,
    ...(hint !== undefined && { hint }),
  };
}

/**
 * Runs one look. What AWS does not answer proves nothing, and is said; without credentials nothing can go on.
 * @throws IdpFixError `aws-credentials`
 */
export async function attempt(
  subject: Subject,
  look: () => Promise<readonly Proof[]>,
): Promise<readonly Proof[]> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof IdpFixError) || error.code === 'aws-credentials') throw error;
    return [proof(subject, 'unknown', error.message)];
  }
}

/** Deployed resources of some types. */
export function ofType(
  { resources }: CheckContext,
  ...types: readonly string[]
): readonly DeployedResource[] {
  return resources.filter(({ type }) => types.includes(type));
}

/** The number that an expression comes to in this deployment; undefined where that is not known. */
export function numberOf(
  value: Value | undefined,
  { stack }: DeployedResource,
  { physical }: CheckContext,
): number | undefined {
  const text = physical.text(value, stack);
  const number = Number(text);
  return text === undefined || text === '' || !Number.isFinite(number) ? undefined : number;
}

/** `2026-11-28`, in UTC. */
export function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
