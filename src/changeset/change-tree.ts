import type { ChangeSet, Stacks } from '../aws-ports.js';
import { IdpFixError } from '../errors.js';
import type { StackChanges } from './review.js';

/** The changes of a change set and of the nested ones it comes with, root first. */
export async function readChangeTree(stacks: Stacks, root: ChangeSet): Promise<readonly StackChanges[]> {
  const all: StackChanges[] = [];
  const visit = async ({ changes, stackName }: ChangeSet, way: readonly string[]): Promise<void> => {
    all.push({ way, changes });
    for (const { nestedChangeSetId, logicalId } of changes) {
      if (nestedChangeSetId === undefined) continue;
      const nested = await stacks.changeSet(nestedChangeSetId, stackName);
      if (nested !== undefined) await visit(nested, [...way, logicalId]);
    }
  };
  await visit(root, []);
  return all;
}

/** Ids of the nested change sets, in the order in which they were read. */
export function nestedIds(tree: readonly StackChanges[]): readonly string[] {
  return tree.flatMap(({ changes }) => changes.flatMap(({ nestedChangeSetId }) => nestedChangeSetId ?? []));
}

/** What early validation and hooks say. */
export interface Findings {
  /** One line each, the reason why they could not be read among them. */
  readonly lines: readonly string[];
  /** Why they could not be read; undefined when they were. */
  readonly unread: string | undefined;
}

/** What early validation and hooks warn of, of a change set and its nested ones. */
export async function warningsOf(stacks: Stacks, ids: readonly string[]): Promise<Findings> {
  const found: Findings[] = [];
  for (const id of ids) found.push(await validationFindings(stacks, id));
  return {
    lines: [...new Set(found.flatMap(({ lines }) => lines))],
    unread: found.find(({ unread }) => unread !== undefined)?.unread,
  };
}

/** CloudFormation has two ways to say that nothing would change, and calls both a failure. */
export function saysNoChanges(reason: string | undefined): boolean {
  return /didn['’]t contain changes|No updates are to be performed/.test(reason ?? '');
}

/** Why a change set failed, with the reasons of nested ones and of early validation, each once. */
export async function failureReasons(stacks: Stacks, failed: ChangeSet): Promise<readonly string[]> {
  const reasons: string[] = [];
  const seen = new Set<string>();
  const visit = async ({ id, statusReason, stackName, changes }: ChangeSet): Promise<void> => {
    seen.add(id);
    const { lines: own } = await validationFindings(stacks, id);
    const nested = [
      ...(statusReason ?? '').matchAll(/arn:[\w-]+:cloudformation:[^\s,;'"]*?:changeSet\/[\w-]+\/[\w-]+/g),
    ];
    const ids = [
      ...nested.map(([arn]) => arn),
      ...changes.flatMap(({ nestedChangeSetId }) => nestedChangeSetId ?? []),
    ];
    let isFound = false;
    for (const nestedId of ids) {
      if (seen.has(nestedId)) continue;
      const found = await stacks.changeSet(nestedId, stackName);
      if (found?.status !== 'FAILED') continue;
      isFound = true;
      await visit(found);
    }
    reasons.push(...own);
    // `Nested change set … was not successfully created` says nothing beside the reason of that one.
    if (statusReason !== undefined && !isFound) reasons.push(statusReason);
  };
  await visit(failed);
  return [...new Set(reasons)];
}

/**
 * What early validation and hooks say about a change set. The events are a help for reading; a caller who may not see
 * them still learns the status reason.
 */
async function validationFindings(stacks: Stacks, id: string): Promise<Findings> {
  try {
    return { lines: await stacks.validationFindings(id), unread: undefined };
  } catch (error) {
    if (!(error instanceof IdpFixError) || error.code === 'aws-credentials') throw error;
    return { lines: [`what validation found cannot be read: ${error.message}`], unread: error.message };
  }
}
