import { basename, dirname, join, normalize, relative } from 'node:path';
import type { Remediation } from './contract/remediation.js';
import { type Written, writeBelow, writeInPlace } from './deliver/write-template.js';
import { IdpFixError } from './errors.js';
import { findTemplates, trustedFiles } from './load/find-templates.js';
import { type Loaded, loadText, loadTree, parseFile } from './load/load.js';
import { buildPlan, type PlanOptions, type PlanResult } from './plan/build.js';
import { deletedBetween } from './plan/dangling-references.js';
import { loadPolicy, type Policies } from './policy/load.js';
import type { Policy } from './policy/policy.js';
import type { FileStore, Ports } from './ports.js';
import type { Product } from './product.js';
import type { StackTree } from './template/template.js';

/** What planning needs of the world. */
export type PlanPorts = Pick<Ports, 'files' | 'input' | 'clock'>;

export interface RootsRequest {
  /** Files, folders or `-`. */
  readonly templates: readonly string[];
  /** File or preset; the nearest policy file upwards of each root template when absent. */
  readonly policy: string | undefined;
  /** Checkout that policies are read from instead of the working directory, by the same paths. */
  readonly trusted?: string | undefined;
  readonly parameters: ReadonlyMap<string, string>;
  readonly allowOutside: boolean;
  /** What a later transform makes of the one root template: what it deletes is left alone. */
  readonly transformed?: string | undefined;
  /** Code and definitions beside the templates are not read. */
  readonly withoutCode?: boolean;
  readonly plan: Omit<PlanOptions, 'version' | 'today'>;
  /** The folder that files were found in which are named one by one all the same. */
  readonly searched?: string | undefined;
  /** Policies that were read already, for a run on many roots. */
  readonly policies?: Policies;
  /** Is told what is being worked on. */
  readonly progress?: (text: string) => void;
}

/** One root template with all it nests, and the plan for them. */
export interface PlannedRoot {
  /** Of the root template: what the paths of the templates are relative to. */
  readonly folder: string;
  /** The same from the folder that was searched for templates; empty for a template that was named. */
  readonly foundIn: string;
  /** As the user would name it. */
  readonly rootPath: string;
  /** It came on the standard input. */
  readonly isInput: boolean;
  /** Patches that need approval are written too: the request or the policy says so. */
  readonly includeReview: boolean;
  /** As read. */
  readonly tree: StackTree;
  /** What it is measured against. */
  readonly policy: Policy;
  readonly result: PlanResult;
}

export interface PlannedRoots {
  /** In the order they were named, or found. */
  readonly roots: readonly PlannedRoot[];
  /** What kept a root from being planned; the others are planned all the same. */
  readonly failures: readonly IdpFixError[];
  /** Files and folders that a search has not looked into. */
  readonly passedOver: readonly string[];
  /** The day what expires was judged by, `YYYY-MM-DD`. */
  readonly today: string;
  /** What could judge them; the policy of a root switches on some. */
  readonly remediations: readonly Remediation[];
}

interface LoadedRoot extends Loaded, Omit<PlannedRoot, 'result' | 'includeReview'> {}

interface Work {
  readonly request: RootsRequest;
  readonly ports: PlanPorts;
  readonly product: Product;
  readonly failures: IdpFixError[];
  readonly passedOver: string[];
}

/** How the standard input is called in plans and diffs. */
const inputPath = 'stdin.yaml';

/** Request to plans: find, read, judge, patch, verify. Nothing is written. */
export async function planRoots(
  request: RootsRequest,
  ports: PlanPorts,
  product: Product,
): Promise<PlannedRoots> {
  const work: Work = { request, ports, product, failures: [], passedOver: [] };
  if (request.templates.filter((named) => named === '-').length > 1) {
    throw new IdpFixError('usage', '- can be named once, since there is one standard input', {
      hint: 'name the other templates as files',
    });
  }
  const found: LoadedRoot[] = [];
  for (const named of request.templates) found.push(...(await loadNamed(named, work)));
  const loaded = eachOnce(found);
  refuseUnknownParameters(request.parameters, loaded, work.failures);
  const options = { ...request.plan, version: product.version, today: ports.clock.today() };
  const roots: PlannedRoot[] = [];
  if (request.transformed !== undefined && loaded.length > 1) {
    throw new IdpFixError('usage', '--transformed belongs to one root template, and several were named', {
      hint: 'name the template that was transformed',
    });
  }
  for (const [index, given] of loaded.entries()) {
    const root = { ...given, policy: await withTransformed(given, request.transformed, ports) };
    const { tree, policy, rootPath } = root;
    request.progress?.(`planning ${index + 1} of ${loaded.length}: ${rootPath}`);
    const includeReview = options.includeReview || policy.include.includes('review');
    const plan = async () => ({
      ...root,
      includeReview,
      result: buildPlan(tree, policy, product.remediations, { ...options, includeReview }),
    });
    roots.push(...(await unlessFailed(plan(), work)));
  }
  request.progress?.('');
  const { failures, passedOver } = work;
  return { roots, failures, passedOver, today: options.today, remediations: product.remediations };
}

/** The policy, with what a transform has deleted between the root template and the file. */
async function withTransformed(
  { policy, tree }: LoadedRoot,
  transformed: string | undefined,
  { files }: PlanPorts,
): Promise<Policy> {
  if (transformed === undefined) return policy;
  const after = await parseFile(files, transformed, transformed);
  const transform = deletedBetween(tree.root.template, after, basename(transformed));
  return { ...policy, transforms: [...policy.transforms, transform] };
}

/** A template that is named twice, or named and found in a folder, is one all the same. */
function eachOnce(roots: readonly LoadedRoot[]): readonly LoadedRoot[] {
  const first = new Map<string, LoadedRoot>();
  for (const root of roots) {
    const path = normalize(root.rootPath);
    if (!first.has(path)) first.set(path, root);
  }
  return [...first.values()];
}

async function loadNamed(named: string, work: Work): Promise<readonly LoadedRoot[]> {
  const { files } = work.ports;
  if (named === '') {
    throw new IdpFixError('usage', 'the name of a template is empty', {
      hint: 'name a file or a folder; a variable in the command may be empty',
    });
  }
  if (named === '-') return unlessFailed(loadInput(work), work);
  if ((await files.kindOf(named)) !== 'directory')
    return unlessFailed(loadFile(named, work, work.request.searched), work);
  const { templates, passedOver } = await findTemplates(files, named);
  work.passedOver.push(...passedOver);
  return loadFound(templates, named, work);
}

async function loadInput({ request, ports, product }: Work): Promise<LoadedRoot> {
  const policy = await policyFor('.', { request, ports, product });
  const loaded = loadText(inputPath, await ports.input.read(), treeOptions(request, policy));
  return { ...loaded, policy, rootPath: inputPath, foundIn: '', isInput: true };
}

/** @param searched the folder the template was found in, where it was not named itself */
async function loadFile(path: string, work: Work, searched?: string): Promise<LoadedRoot> {
  const { request, ports } = work;
  const policy = await policyFor(dirname(path), work);
  const options = {
    ...treeOptions(request, policy),
    allowOutside: request.allowOutside,
    code: request.withoutCode !== true,
    ...(searched !== undefined && { boundary: searched }),
  };
  const foundIn = searched === undefined ? '' : relative(searched, dirname(path));
  const loaded = await loadTree(ports.files, path, options);
  return { ...loaded, policy, rootPath: path, foundIn, isInput: false };
}

function policyFor(folder: string, { request, ports, product }: Pick<Work, 'request' | 'ports' | 'product'>) {
  const files = trustedFiles(ports.files, request.trusted, product.policiesFolder);
  return loadPolicy(files, product, { named: request.policy, folder }, request.policies);
}

/** What is given on the command line counts more than what the policy says. */
function treeOptions({ parameters }: RootsRequest, policy: Policy) {
  const known = new Map([...Object.entries(policy.parameters.values), ...parameters]);
  return { parameters: known, locations: policy.nested };
}

/** The roots among the templates of a folder: those that no other one nests. */
async function loadFound(
  templates: readonly string[],
  searched: string,
  work: Work,
): Promise<readonly LoadedRoot[]> {
  const loaded = new Map<string, LoadedRoot>();
  const nested = new Set<string>();
  for (const path of templates) {
    if (nested.has(path)) continue;
    for (const root of await unlessFailed(loadFile(path, work, searched), work)) {
      loaded.set(path, root);
      for (const { template } of root.tree.stacks.slice(1)) nested.add(join(root.folder, template.path));
    }
  }
  return [...loaded].filter(([path]) => !nested.has(path)).map(([, root]) => root);
}

/** A failure is kept, so that the other roots are planned all the same; a defect is not caught. */
async function unlessFailed<Result>(task: Promise<Result>, { failures }: Work): Promise<readonly Result[]> {
  try {
    return [await task];
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
    failures.push(error);
    return [];
  }
}

/** A misspelt parameter would leave a value unknown, so nothing passes that no root template has. */
function refuseUnknownParameters(
  given: ReadonlyMap<string, string>,
  loaded: readonly LoadedRoot[],
  failures: readonly IdpFixError[],
): void {
  if (failures.length > 0) return;
  const known = new Set(loaded.flatMap(({ tree }) => [...tree.root.template.parameters.keys()]));
  const unknown = [...given.keys()].filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new IdpFixError('parameters-invalid', `no root template has a parameter ${unknown.join(' or ')}`, {
    hint: known.size === 0 ? 'it has no parameters at all' : `there are ${[...known].join(', ')}`,
  });
}

/**
 * Writes the patched templates, all files or none.
 * @param out folder that takes them instead of their own places
 * @throws IdpFixError `edit-refused` when not all roots could be planned, `stale` when a template is no longer what was
 * read, `usage` when `out` has no place for a template, `write-failed`
 */
export async function applyRoots(
  { roots, failures }: Pick<PlannedRoots, 'roots' | 'failures'>,
  files: FileStore,
  out?: string,
): Promise<Written> {
  if (failures.length > 0) {
    throw new IdpFixError(
      'edit-refused',
      'nothing has been written, because not all templates could be planned',
      { hint: 'name the templates that can be planned, or fix the others first' },
    );
  }
  const deliveries = roots.map(({ folder, foundIn, result }) => ({
    folder,
    foundIn,
    templates: result.files,
  }));
  if (out === undefined) {
    for (const { folder } of roots) await refuseAssembly(files, folder);
    return writeInPlace(files, deliveries);
  }
  return writeBelow(
    files,
    deliveries.map((delivery) => ({ ...delivery, out: join(out, delivery.foundIn) })),
  );
}

/** The next synth would write over it. */
async function refuseAssembly(files: FileStore, folder: string): Promise<void> {
  if ((await files.kindOf(join(folder, 'cdk.out'))) !== 'file') return;
  throw new IdpFixError(
    'edit-refused',
    'cdk synth has made these templates, and the next one writes over them',
    {
      place: { file: folder },
      hint: '--format cdk-mixin --output idp-fix.ts writes the fix for the app, --out DIR patched copies',
    },
  );
}
