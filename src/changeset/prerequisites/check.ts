import type { Aws } from '../../aws-ports.js';
import { IdpFixError } from '../../errors.js';
import type { StackTree } from '../../template/template.js';
import type { AskedFor } from '../asked-for.js';
import type { Deployment } from '../deployed.js';
import type { Physical } from '../physical.js';

/** What was looked at before a change set is made, and what came of it. */
export interface Check {
  readonly what: string;
  readonly status: 'passed' | 'failed' | 'unchecked';
  readonly because: string;
  readonly hint?: string;
}

/** What the checks look at. */
export interface Prospect {
  readonly aws: Aws;
  readonly account: string;
  readonly deployment: Deployment;
  /** The templates as they will be submitted. */
  readonly tree: StackTree;
  readonly asked: ReadonlyMap<string, AskedFor>;
  readonly physical: Physical;
  /** Log groups that exist already may be taken over. */
  readonly adoptsLogGroups: boolean;
}

export function passed(what: string, because: string): Check {
  return { what, status: 'passed', because };
}

export function failed(what: string, because: string, hint?: string): Check {
  return { what, status: 'failed', because, ...(hint !== undefined && { hint }) };
}

export function unchecked(what: string, because: string): Check {
  return { what, status: 'unchecked', because };
}

/**
 * Runs a check. What AWS does not answer leaves it open, and says so; without credentials nothing can go on.
 * @throws IdpFixError `aws-credentials`
 */
export async function attempt(
  what: string,
  look: () => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof IdpFixError) || error.code === 'aws-credentials') throw error;
    return [unchecked(what, error.message)];
  }
}
