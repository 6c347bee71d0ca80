import type { IdpFixError } from '../errors.js';
import type { Workers } from '../ports.js';
import { type FleetRequest, failedRecord, type RootRecord, type RootTask } from './record.js';

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
