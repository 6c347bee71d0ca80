import { IdpFixError } from '../errors.js';
import type { PlanPorts } from '../plan-roots.js';
import type { Policies } from '../policy/load.js';
import type { FileStore } from '../ports.js';
import type { Product } from '../product.js';
import { failedRecord, planRecord, type RootDigest } from './record.js';
import { findRoots } from './run.js';
import { type FleetSummary, fleetTally, fleetText } from './summary.js';

/** Where a run over many machines keeps what it has so far; names are keys below the run's own prefix. */
export interface ResultStore {
  put(name: string, text: string): Promise<void>;
  /** `undefined` for what is not there. */
  get(name: string): Promise<string | undefined>;
}

/** One root template of a run, in the order they were found. */
export interface FleetItem {
  readonly index: number;
  readonly path: string;
}

export const rootsName = 'roots.json';

/** First step: the root templates below a folder, as a list for the steps that plan them. */
export async function findStep(files: FileStore, folder: string, results: ResultStore): Promise<number> {
  const roots = await findRoots(files, [folder]);
  const items = roots.map(({ path }, index): FleetItem => ({ index, path }));
  await results.put(rootsName, JSON.stringify(items));
  return items.length;
}

/** A step for each root template: its plan as `idp-fix fleet --format ndjson` has it, and what the summary counts. */
export async function planStep(
  { index, path }: FleetItem,
  { folder, policy }: { readonly folder: string; readonly policy: string | undefined },
  ports: PlanPorts,
  product: Product,
  policies: Policies,
  results: ResultStore,
): Promise<RootDigest> {
  const request = {
    policy,
    allowOutside: false,
    plan: { skip: [], includeReview: false },
    plugins: [],
    wantsPlans: true,
  };
  const { digest, line } = await planRecord({ path, searched: folder }, request, ports, product, policies);
  await results.put(`plans/${numbered(index)}`, line);
  await results.put(`digests/${numbered(index)}`, JSON.stringify(digest));
  return digest;
}

/** Last step: the summary that `idp-fix fleet` prints. A root without a digest has ended its step, which says so. */
export async function summaryStep(results: ResultStore): Promise<FleetSummary> {
  const items: readonly FleetItem[] = JSON.parse((await results.get(rootsName)) ?? '[]');
  const tally = fleetTally();
  for (const { index, path } of items) {
    const digest = await results.get(`digests/${numbered(index)}`);
    tally.add(digest === undefined ? failedRecord(path, withoutAnswer()).digest : JSON.parse(digest));
  }
  const summary = tally.summary();
  await results.put('summary.json', `${JSON.stringify(summary, null, 2)}\n`);
  await results.put('summary.txt', fleetText(summary));
  return summary;
}

function withoutAnswer(): IdpFixError {
  return new IdpFixError(
    'defect',
    'planning it took too long, too much memory, or showed a defect in idp-fix',
  );
}

function numbered(index: number): string {
  return `${String(index).padStart(7, '0')}.json`;
}
