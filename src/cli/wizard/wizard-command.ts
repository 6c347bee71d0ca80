import { join } from 'node:path';
import { writeAll } from '../../deliver/write-template.js';
import { IdpFixError } from '../../errors.js';
import { shellWord } from '../../escape.js';
import { findTemplates } from '../../load/find-templates.js';
import { loadTree } from '../../load/load.js';
import { namedPolicy } from '../../policy/locate.js';
import type { FileStore, Ports } from '../../ports.js';
import type { Product } from '../../product.js';
import { paint } from '../../report/paint.js';
import { parameterWords, secretParameters } from '../parameters.js';
import { applyCommand, deliver } from '../plan-command.js';
import type { CreateChangeSetRequest, PlanRequest, WizardRequest } from '../request.js';
import { isEmpty, type WizardContext } from './context.js';
import { converse, type Outcome } from './conversation.js';
import { bytesWith, describedPresets, isFoundFrom } from './policy-target.js';
import { interrupted, progressFile, runWizard, type Session } from './session.js';

const interruptedExitCode = 130;

/** `idp-fix wizard [TEMPLATE…]`: asks, shows, and does what was chosen in the end. @returns the exit code */
export async function wizardCommand(request: WizardRequest, ports: Ports, product: Product): Promise<number> {
  if (!ports.prompt.isPossible) {
    throw new IdpFixError('no-terminal', 'the wizard asks questions, and there is no terminal to answer at', {
      hint: 'without questions: idp-fix [--policy FILE|PRESET] [--include review] [--skip IDS] TEMPLATE, then with --apply; idp-fix policy init writes a policy that takes the answers',
    });
  }
  const named = request.templates.length === 0 ? ['.'] : request.templates;
  const candidates = await candidateRoots(ports.files, named);
  const context = await contextOf(candidates, request, ports, product);
  const plan = planRequest(request, named);
  const held = await runWizard(() => converse(context), { plan, candidates, ports, product });
  if (held === interrupted) return interruptedExitCode;
  return conclude(held.result, held.session);
}

function planRequest(request: WizardRequest, templates: readonly string[]): PlanRequest {
  const { policy, parameters, allowOutside, plain, quiet, verbose, withoutCode, unasked, plugins } = request;
  return {
    command: 'plan',
    templates,
    apply: true,
    dryRun: false,
    out: undefined,
    only: [],
    skip: [],
    includeReview: false,
    policy,
    parameters,
    suppressions: undefined,
    format: undefined,
    output: undefined,
    allowOutside,
    trusted: undefined,
    transformed: undefined,
    baseline: undefined,
    writeBaseline: undefined,
    onlyOpen: false,
    findings: [],
    slip: undefined,
    plain,
    quiet,
    verbose,
    withoutCode,
    unasked,
    plugins,
  };
}

async function contextOf(
  candidates: readonly string[],
  { plain, policy }: WizardRequest,
  { files, clock, output }: Ports,
  product: Product,
): Promise<WizardContext> {
  const places = { files, policiesFolder: product.policiesFolder };
  const { color, columns } = output.noteTerminal;
  const asked = policy === undefined ? undefined : await namedPolicy(places, policy);
  return {
    remediations: product.remediations,
    presets: await describedPresets(places, product),
    candidates,
    preset: asked?.preset,
    today: clock.today(),
    brush: paint(color && !plain),
    columns,
  };
}

/** Saves the answers, does what was chosen, and says how the same is had without questions. */
async function conclude({ draft, preview, ending }: Outcome, session: Session): Promise<number> {
  const { ports, product, plan, target, folder } = session;
  const { files, output } = ports;
  if (ending.kind === 'leave') {
    await files.remove(progressFile);
    output.note('nothing has been written\n');
    return 0;
  }
  if (!isEmpty(draft)) {
    await save(bytesWith(target, draft), session);
    output.note(`wrote ${target.file}\n`);
  }
  // From here on the policy has the answers.
  await files.remove(progressFile);
  const places = { files, policiesFolder: product.policiesFolder };
  const isFound = await isFoundFrom(folder, target, places);
  const again = { ...plan, policy: isFound ? undefined : target.file };
  const secret = secretParameters(preview.roots);
  if (ending.kind === 'change-set') {
    const request = changeSetRequest(again, ending);
    output.note(`the same without questions: ${changeSetCommandLine(request, secret)}\n`);
    const { changeSetCommand } = await import('../change-set-command.js');
    return changeSetCommand(request, ports, product);
  }
  if (ending.kind === 'write') await deliver({ roots: preview.roots, failures: [] }, plan, ports);
  output.note(`the same without questions: ${applyCommand(again, secret)}\n`);
  return 0;
}

/** Answers that cannot be saved are printed, so that they are not lost. */
async function save(bytes: Uint8Array, session: Session): Promise<void> {
  const { target, ports } = session;
  try {
    await refuseChanged(session);
    const expected = target.isThere ? target.source.sha256 : null;
    await writeAll(ports.files, [{ path: target.file, bytes, expected }]);
  } catch (error) {
    ports.output.note(`${target.file} has not been written; this is what it would say:\n`);
    ports.output.data(new TextDecoder().decode(bytes));
    throw error;
  }
}

/** Somebody may have worked on the policy while the questions were answered. */
async function refuseChanged({
  target: { file, isThere, source },
  ports: { files },
}: Session): Promise<void> {
  const isNow = (await files.kindOf(file)) === 'file';
  const isSame = isNow && new TextDecoder().decode(await files.read(file)) === source.text;
  if (isThere ? isSame : !isNow) return;
  throw new IdpFixError('stale', 'the policy has changed since it was read', {
    place: { file },
    hint: 'copy what is printed above, or run idp-fix wizard again',
  });
}

function changeSetRequest(
  plan: PlanRequest,
  { stack, template }: Extract<Outcome['ending'], { kind: 'change-set' }>,
): CreateChangeSetRequest {
  const { policy, parameters, allowOutside, plain, quiet, verbose, withoutCode, unasked, plugins } = plan;
  return {
    command: 'change-set',
    action: 'create',
    template,
    stack,
    policy,
    parameters,
    allowOutside,
    plain,
    quiet,
    verbose,
    withoutCode,
    unasked,
    plugins,
    only: [],
    skip: [],
    includeReview: false,
    suppressions: undefined,
    bucket: undefined,
    bucketPrefix: undefined,
    roleArn: undefined,
    capabilities: [],
    name: undefined,
    strict: false,
    allowed: [],
    removedTags: [],
    adoptLogGroups: false,
    showPermissions: false,
    region: undefined,
    profile: undefined,
    endpointUrl: undefined,
    configEnvironment: 'default',
    readSamConfig: true,
    format: 'text',
  };
}

function changeSetCommandLine(
  { template, stack = '', policy, parameters }: CreateChangeSetRequest,
  secret: ReadonlySet<string>,
): string {
  const words = [
    ...(template === undefined ? [] : [template]),
    '--stack',
    stack,
    ...(policy === undefined ? [] : ['--policy', policy]),
  ];
  return [
    'idp-fix',
    'change-set',
    'create',
    ...words.map(shellWord),
    ...parameterWords(parameters, secret),
  ].join(' ');
}

/**
 * Root templates by name: those named, and those of folders that no other template there nests. Only templates that nest
 * others are read, and nothing is planned, so that the first question comes at once.
 * @throws IdpFixError `file-not-found` for a folder without templates, `file-unreadable`
 */
export async function candidateRoots(files: FileStore, named: readonly string[]): Promise<readonly string[]> {
  const roots: string[] = [];
  for (const name of named) {
    if ((await files.kindOf(name)) === 'directory') roots.push(...(await rootsBelow(files, name)));
    else roots.push(name);
  }
  return [...new Set(roots)];
}

async function rootsBelow(files: FileStore, folder: string): Promise<readonly string[]> {
  const { templates, nesting } = await findTemplates(files, folder);
  const nested = new Set<string>();
  for (const path of nesting) {
    if (nested.has(path)) continue;
    for (const child of await templatesNestedBy(files, path, folder)) nested.add(child);
  }
  return templates.filter((path) => !nested.has(path));
}

/** A template that cannot be read nests nothing; why it cannot is said when it is chosen. */
async function templatesNestedBy(
  files: FileStore,
  path: string,
  boundary: string,
): Promise<readonly string[]> {
  try {
    const { folder, tree } = await loadTree(files, path, { boundary });
    return tree.stacks.slice(1).map(({ template }) => join(folder, template.path));
  } catch (error) {
    if (error instanceof IdpFixError) return [];
    throw error;
  }
}
