import { posix } from 'node:path';
import type { Stacks } from '../aws-ports.js';
import { readDocument } from '../document/read.js';
import { decodeSource } from '../document/source.js';
import { type ErrorCode, IdpFixError } from '../errors.js';
import type { PlanPorts } from '../plan-roots.js';
import type { Policies } from '../policy/load.js';
import type { FileStore } from '../ports.js';
import type { Product } from '../product.js';
import { childLocations, openTemplate } from '../template/open.js';
import { failedRecord, planRecord, type RootDigest, type RootTask } from './record.js';
import { findRoots } from './run.js';
import { type FleetSummary, fleetTally, fleetText } from './summary.js';

/** Where a run over many machines keeps what it has so far; names are keys below the run's own prefix. */
export interface ResultStore {
  put(name: string, text: string): Promise<void>;
  /** `undefined` for what is not there. */
  get(name: string): Promise<string | undefined>;
}

/** An account and a Region whose deployed stacks are planned. */
export interface FleetSource {
  readonly index: number;
  readonly account: string;
  readonly region: string;
}

/** One root template of a run, in the order they were found, and the folder it was searched for in. */
export interface FleetItem {
  readonly index: number;
  readonly path: string;
  readonly folder: string | undefined;
}

export const sourcesName = 'sources.json';
export const rootsName = 'roots.json';
/** Below the run's own prefix: `ACCOUNT/REGION/STACK/template.yaml`. */
export const stacksFolder = 'stacks';

/** First step: the accounts and Regions whose stacks are planned, as a list for the steps that gather them. */
export async function sourcesStep(
  accounts: readonly string[],
  regions: readonly string[],
  results: ResultStore,
): Promise<number> {
  const sources = accounts
    .flatMap((account) => regions.map((region) => ({ account, region })))
    .map((source, index): FleetSource => ({ index, ...source }));
  await results.put(sourcesName, JSON.stringify(sources));
  return sources.length;
}

interface Failure {
  readonly root: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** A step for each account and Region: the templates of its stacks, as files. What cannot be had is told, and stops no other. */
export async function gatherStep(
  { index, account, region }: FleetSource,
  connect: () => Promise<Pick<Stacks, 'roots' | 'template' | 'resources'>>,
  results: ResultStore,
): Promise<{ readonly stacks: number; readonly failed: number }> {
  const folder = `${stacksFolder}/${account}/${region}`;
  const failures: Failure[] = [];
  const trying = async (root: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof IdpFixError)) throw error;
      failures.push({ root, code: error.code, message: error.message });
    }
  };
  let count = 0;
  await trying(folder, async () => {
    const stacks = await connect();
    for (const { id, name } of await stacks.roots()) {
      count++;
      await trying(`${folder}/${name}`, () => gatherStack(id, `${folder}/${name}`, stacks, results));
    }
  });
  await results.put(`sources/${numbered(index)}`, JSON.stringify(failures));
  return { stacks: count, failed: failures.length };
}

/**
 * Writes the template of a stack, and those of its nested stacks where the end of their URL has them lie beside it, so
 * that they are found as they would be in a repository; one without such an end is a root of its own.
 */
async function gatherStack(
  id: string,
  folder: string,
  stacks: Pick<Stacks, 'template' | 'resources'>,
  results: ResultStore,
): Promise<void> {
  const text = await stacks.template(id);
  const queue = [{ id, text, path: `${folder}/${fileNameFor(text)}` }];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { path } = next;
    await results.put(path, next.text);
    const ends = urlEnds(path, next.text);
    if (ends.size === 0) continue;
    for (const { logicalId, type, physicalId } of await stacks.resources(next.id)) {
      if (type !== 'AWS::CloudFormation::Stack' || physicalId === undefined) continue;
      const nested = await stacks.template(physicalId);
      const end = ends.get(logicalId) ?? ['nested', logicalId, fileNameFor(nested)];
      queue.push({ id: physicalId, text: nested, path: posix.join(posix.dirname(path), ...end) });
    }
  }
}

/** By the logical id of a nested stack; a template that cannot be read has none, and planning it says why. */
function urlEnds(path: string, text: string): ReadonlyMap<string, readonly string[] | undefined> {
  try {
    const template = readTemplate(path, text);
    return new Map(childLocations(template).map(({ logicalId, urlEnd }) => [logicalId, urlEnd]));
  } catch (error) {
    if (error instanceof IdpFixError) return new Map();
    throw error;
  }
}

function readTemplate(path: string, text: string) {
  return openTemplate(readDocument(decodeSource(path, new TextEncoder().encode(text))));
}

function fileNameFor(text: string): string {
  return text.trimStart().startsWith('{') ? 'template.json' : 'template.yaml';
}

/**
 * The root templates below folders, as a list for the steps that plan them.
 * @param filesIn what is read, with the folder that paths are relative to
 */
export async function findStep(
  filesIn: (folder: string) => FileStore,
  { templates, stacks }: { readonly templates: string | undefined; readonly stacks: string },
  results: ResultStore,
): Promise<number> {
  const roots: RootTask[] = [];
  if (templates !== undefined) {
    const files = filesIn(templates);
    if ((await files.kindOf(templates)) !== 'directory')
      throw new IdpFixError('file-not-found', 'there is no template in this folder', {
        place: { file: templates },
      });
    roots.push(...(await findRoots(files, [templates])));
  }
  const gathered = filesIn(stacks);
  if ((await gathered.list(stacks)).length > 0) roots.push(...(await findRoots(gathered, [stacks])));
  const items = roots.map(({ path, searched }, index): FleetItem => ({ index, path, folder: searched }));
  await results.put(rootsName, JSON.stringify(items));
  return items.length;
}

/** A step for each root template: its plan as `idp-fix fleet --format ndjson` has it, and what the summary counts. */
export async function planStep(
  { index, path, folder }: FleetItem,
  policy: string | undefined,
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
  const sources: readonly FleetSource[] = JSON.parse((await results.get(sourcesName)) ?? '[]');
  const items: readonly FleetItem[] = JSON.parse((await results.get(rootsName)) ?? '[]');
  const tally = fleetTally();
  const failed = (root: string, error: IdpFixError) => tally.add(failedRecord(root, error).digest);
  for (const { index, account, region } of sources) {
    const told = await results.get(`sources/${numbered(index)}`);
    if (told === undefined)
      failed(`${stacksFolder}/${account}/${region}`, withoutAnswer('gathering its stacks'));
    const failures: readonly Failure[] = JSON.parse(told ?? '[]');
    for (const { root, code, message } of failures) failed(root, new IdpFixError(code, message));
  }
  for (const { index, path } of items) {
    const digest = await results.get(`digests/${numbered(index)}`);
    if (digest === undefined) failed(path, withoutAnswer('planning it'));
    else tally.add(JSON.parse(digest));
  }
  const summary = tally.summary();
  await results.put('summary.json', `${JSON.stringify(summary, null, 2)}\n`);
  await results.put('summary.txt', fleetText(summary));
  return summary;
}

function withoutAnswer(doing: string): IdpFixError {
  return new IdpFixError('defect', `${doing} took too long, too much memory, or showed a defect in idp-fix`);
}

function numbered(index: number): string {
  return `${String(index).padStart(7, '0')}.json`;
}
