import { writeAll } from '../../deliver/write-template.js';
import { IdpFixError } from '../../errors.js';
import { shellWord } from '../../escape.js';
import { pathInDiff } from '../../plan/paths.js';
import { planRoots } from '../../plan-roots.js';
import { loadPolicy } from '../../policy/load.js';
import type { Ports } from '../../ports.js';
import type { Product } from '../../product.js';
import { diffReport } from '../../report/diff.js';
import { paint, paintDiff } from '../../report/paint.js';
import { parameterWords, secretParameters } from '../parameters.js';
import { applyCommand, deliver, rootsRequest } from '../plan-command.js';
import type { CreateChangeSetRequest, PlanRequest, WizardRequest } from '../request.js';
import { showError } from '../show-error.js';
import type { WizardContext } from './context.js';
import { converse, type Outcome, withDraft } from './conversation.js';
import type { Dialog, Preview, Reply, Step } from './dialog.js';
import { type Draft, isEmpty } from './draft.js';
import {
  bytesWith,
  describedPresets,
  isFoundFrom,
  type PolicyTarget,
  policyTarget,
} from './policy-target.js';

const interruptedExitCode = 130;

/** `idp-fix wizard [TEMPLATE…]`: asks, shows, and does what was chosen in the end. @returns the exit code */
export async function wizardCommand(request: WizardRequest, ports: Ports, product: Product): Promise<number> {
  if (!ports.prompt.isPossible) {
    throw new IdpFixError('no-terminal', 'the wizard asks questions, and there is no terminal to answer at', {
      hint: 'without questions: idp-fix [--policy FILE|PRESET] [--include review] [--skip IDS] TEMPLATE, then with --apply; idp-fix policy init writes a policy that takes the answers',
    });
  }
  const opened = await openSession(request, ports, product);
  if (!('plan' in opened)) return opened.exitCode;
  const { target } = opened;
  const outcome = await runWizard(converse(await sceneOf(opened, request), target.preset), opened);
  if (outcome === interrupted) return interruptedExitCode;
  return conclude(outcome, opened);
}

/** Finds the templates, the root among them that this is about, and the policy that counts for it. */
async function openSession(
  request: WizardRequest,
  ports: Ports,
  product: Product,
): Promise<Session | { readonly exitCode: number }> {
  const named = request.templates.length === 0 ? ['.'] : request.templates;
  const plan = planRequest(request, named);
  const { roots, failures } = await planRoots(await rootsRequest(plan, ports, product), ports, product);
  const brush = paint(ports.output.noteTerminal.colour && !request.plain);
  for (const failure of failures) ports.output.note(showError(failure, brush));
  const [first] = roots;
  if (first === undefined) return { exitCode: Math.max(...failures.map(({ exitCode }) => exitCode)) };
  let root = first;
  if (roots.length > 1) {
    const answer = await ports.prompt.ask({
      kind: 'choice',
      message: `There are ${roots.length} stacks. Which one is it about?`,
      options: roots.map(({ rootPath }) => ({ value: rootPath, label: rootPath })),
    });
    if (answer === undefined) {
      ports.output.note('interrupted: nothing has been written\n');
      return { exitCode: interruptedExitCode };
    }
    root = roots.find(({ rootPath }) => rootPath === answer) ?? first;
  }
  const { folder, rootPath } = root;
  // One that did not load would stand in the way of a run on all of them.
  const isOnlyOne = roots.length === 1 && failures.length === 0;
  const places = { files: ports.files, policiesFolder: product.policiesFolder };
  return {
    plan: isOnlyOne ? plan : { ...plan, templates: [rootPath] },
    target: await policyTarget(places, request.policy, folder),
    folder,
    ports,
    product,
  };
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

async function sceneOf(
  { target, ports, product }: Session,
  { plain }: WizardRequest,
): Promise<WizardContext> {
  const places = { files: ports.files, policiesFolder: product.policiesFolder };
  const { colour, columns } = ports.output.noteTerminal;
  return {
    remediations: product.remediations,
    presets: await describedPresets(places, product),
    policyFile: target.file,
    isAmended: target.isThere,
    today: ports.clock.today(),
    brush: paint(colour && !plain),
    columns,
  };
}

/** Saves the answers, does what was chosen, and says how the same is had without questions. */
async function conclude({ draft, preview, ending }: Outcome, session: Session): Promise<number> {
  const { ports, product, plan, target, folder } = session;
  const { files, output } = ports;
  if (ending.kind === 'leave') {
    output.note('nothing has been written\n');
    return 0;
  }
  if (!isEmpty(draft)) {
    await save(bytesWith(target, draft), session);
    output.note(`wrote ${target.file}\n`);
  }
  const places = { files, policiesFolder: product.policiesFolder };
  const isFound = await isFoundFrom(folder, target, places);
  const again = { ...plan, policy: isFound ? undefined : target.file };
  const secret = secretParameters(preview.roots);
  if (ending.kind === 'change-set') {
    const request = changeSetRequest(again, ending, preview.roots[0]?.rootPath);
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
  { stack, fromDeployed }: Extract<Outcome['ending'], { kind: 'change-set' }>,
  rootPath: string | undefined,
): CreateChangeSetRequest {
  const { policy, parameters, allowOutside, plain, quiet, verbose, withoutCode, unasked, plugins } = plan;
  return {
    command: 'change-set',
    action: 'create',
    template: fromDeployed ? undefined : rootPath,
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

/** What a conversation is held with. */
export interface Session {
  /** The run that the answers come to; its policy is the target. */
  readonly plan: PlanRequest;
  readonly target: PolicyTarget;
  /** Of the root template. */
  readonly folder: string;
  readonly ports: Ports;
  readonly product: Product;
}

export const interrupted = Symbol('interrupted');

/** By what the policy would say, since the same policy comes to the same. */
type Surveys = Map<string, Preview>;

/** Does what a conversation wants done, until it ends or the person has had enough. */
export async function runWizard<Result>(
  dialog: Dialog<Result>,
  session: Session,
): Promise<Result | typeof interrupted> {
  const surveys: Surveys = new Map();
  let reply: Reply = { kind: 'done' };
  for (;;) {
    const turn = dialog.next(reply);
    if (turn.done) return turn.value;
    const next = await carryOut(turn.value, session, surveys);
    if (next === interrupted) {
      session.ports.output.note('interrupted: nothing has been written\n');
      return interrupted;
    }
    reply = next;
  }
}

async function carryOut(step: Step, session: Session, surveys: Surveys): Promise<Reply | typeof interrupted> {
  const { ports } = session;
  switch (step.kind) {
    case 'say':
      ports.output.note(step.lines.map((line) => `${line}\n`).join(''));
      return { kind: 'done' };
    case 'ask': {
      const answer = await ports.prompt.ask(step.question);
      return answer === undefined ? interrupted : { kind: 'answer', answer };
    }
    case 'survey':
      return { kind: 'survey', preview: await preview(step.draft, session, surveys) };
    case 'diff':
      showDiff(step.preview, session);
      return { kind: 'done' };
    case 'account-keys':
      return { kind: 'account-keys', keys: await keysOfAccount(ports) };
  }
}

/** Goes the way of the run it stands for, on the files as they would be. */
async function preview(draft: Draft, session: Session, surveys: Surveys): Promise<Preview> {
  const { plan, target, folder, ports, product } = session;
  const bytes = bytesWith(target, draft);
  const text = new TextDecoder().decode(bytes);
  const known = surveys.get(text);
  if (known !== undefined) return known;
  const files = withDraft(ports.files, target.file, bytes);
  const request = await rootsRequest({ ...plan, policy: target.file }, ports, product);
  const { roots, failures } = await planRoots(request, { ...ports, files }, product);
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  const policy = await loadPolicy(files, product, { named: target.file, folder });
  surveys.set(text, { roots, policy });
  return { roots, policy };
}

/** Painted for a terminal, and as `git apply` takes it for anything else. */
function showDiff({ roots }: Preview, { plan, ports: { output } }: Session): void {
  const diff = roots
    .map(({ result, rootPath }) => diffReport(result.files, (path) => pathInDiff(rootPath, path)))
    .join('');
  output.data(paintDiff(diff, paint(output.dataTerminal.colour && !plan.plain)));
}

async function keysOfAccount({ live }: Ports) {
  try {
    const { account } = await live.connect({});
    return await account.keys();
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
    return { because: error.message };
  }
}
