import { dirname, join, normalize } from 'node:path';
import { IdpFixError } from '../errors.js';
import { findTemplates } from '../load/find-templates.js';
import { loadTree } from '../load/load.js';
import type { FileStore, Workers } from '../ports.js';
import { type FleetRequest, failedRecord, type RootRecord, type RootTask } from './record.js';

/**
 * The root templates among files and folders, each once, in the order they were named or found. Only templates that
 * nest others are read for it, and none is kept.
 * @throws IdpFixError `file-not-found`, `file-unreadable`, `usage`
 */
export async function findRoots(files: FileStore, named: readonly string[]): Promise<readonly RootTask[]> {
  const found = new Map<string, RootTask>();
  for (const name of named) {
    if (name === '-' || name === '') {
      throw new IdpFixError('usage', 'fleet takes files and folders', {
        hint: 'one template on the standard input is planned without fleet: idp-fix -',
      });
    }
    for (const task of await rootsIn(files, name)) {
      const path = normalize(task.path);
      if (!found.has(path)) found.set(path, task);
    }
  }
  return [...found.values()];
}

async function rootsIn(files: FileStore, name: string): Promise<readonly RootTask[]> {
  if ((await files.kindOf(name)) !== 'directory') return [{ path: name, searched: undefined }];
  const { templates, nesting } = await findTemplates(files, name);
  const nested = new Set<string>();
  for (const path of nesting) {
    if (nested.has(path)) continue;
    for (const child of await nestedBy(files, path, name)) nested.add(child);
  }
  return templates.filter((path) => !nested.has(path)).map((path) => ({ path, searched: name }));
}

/** A template that cannot be read nests nothing; planning it says why. */
async function nestedBy(files: FileStore, path: string, boundary: string): Promise<readonly string[]> {
  try {
    const { tree } = await loadTree(files, path, { boundary });
    return tree.stacks.slice(1).map(({ template }) => join(dirname(path), template.path));
  } catch (error) {
    if (error instanceof IdpFixError) return [];
    throw error;
  }
}

/** So many roots per worker are planned before their records are handed on, which keeps the order and bounds memory. */
const rootsPerTurn = 16;

/**
 * Plans root templates in workers, each with one root at a time. Records come in the order of the tasks, whoever was
 * ready first; the next turn begins when the records of the last one have been taken.
 * @param whenDefect the record of a root that has ended its worker; the others go on in a new one
 */
export async function* runFleet(
  tasks: readonly RootTask[],
  request: FleetRequest,
  { workers, jobs }: { readonly workers: Workers; readonly jobs: number },
  whenDefect: (because: string) => IdpFixError,
): AsyncGenerator<RootRecord> {
  const count = Math.min(jobs, tasks.length);
  const team = Array.from({ length: count }, () => workers.start<RootTask, RootRecord>(request));
  try {
    for (let first = 0; first < tasks.length; first += count * rootsPerTurn) {
      const turn = tasks.slice(first, first + count * rootsPerTurn);
      const records: RootRecord[] = [];
      let next = 0;
      const work = async (position: number): Promise<void> => {
        for (let index = next++; index < turn.length; index = next++) {
          const task = turn[index];
          const worker = team[position];
          if (task === undefined || worker === undefined) return;
          try {
            records[index] = await worker.ask(task);
          } catch (error) {
            records[index] = failedRecord(task.path, whenDefect(String(error)));
            await worker.end();
            team[position] = workers.start<RootTask, RootRecord>(request);
          }
        }
      };
      await Promise.all(team.map((_, position) => work(position)));
      yield* records;
    }
  } finally {
    await Promise.all(team.map((worker) => worker.end()));
  }
}
