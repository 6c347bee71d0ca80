import { writeAll } from '../../deliver/write-all.js';
import { IdpFixError } from '../../errors.js';
import { shellWord } from '../../escape.js';
import { planRoots } from '../../plan-roots.js';
import type { Ports } from '../../ports.js';
import type { Product } from '../../product.js';
import { paint } from '../../report/paint.js';
import { parameterWords, secretParameters } from '../parameters.js';
import { deliver, rootsRequest } from '../plan-command.js';
import { applyCommand } from '../plan-report.js';
import type { CreateChangeSetRequest, PlanRequest, WizardRequest } from '../request.js';
import { showError } from '../show-error.js';
import { converse, type Outcome } from './conversation.js';
import { isEmpty } from './draft.js';
import { hold, interrupted, type Session } from './hold.js';
import { bytesWith, describedPresets, isFoundFrom, policyTarget } from './policy-target.js';
import type { Scene } from './scene.js';

const interruptedExitCode = 130;

/** `idp-fix wizard [TEMPLATE…]`: asks, shows, and does what was chosen in the end. @returns the exit code */
export async function wizardCommand(request: WizardRequest, ports: Ports, product: Product): Promise<number> {
  if (!ports.prompt.isPossible) {
    throw new IdpFixError('no-terminal', 'the wizard asks questions, and there is no terminal to answer at', {
      hint: 'without questions: idp-fix [--policy FILE|PRESET] [--include review] [--skip IDS] TEMPLATE, then with --apply; idp-fix policy init writes a policy that takes the answers',
    });
  }
  ports.live.whenInterrupted('nothing has been written');
  const opened = await openSession(request, ports, product);
  if (!('plan' in opened)) return opened.exitCode;
  const { target } = opened;
  const outcome = await hold(converse(await sceneOf(opened, request), target.preset), opened);
  if (outcome === interrupted) return interruptedExitCode;
  ports.live.whenInterrupted(undefined);
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
    baseline: undefined,
    writeBaseline: undefined,
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

async function sceneOf({ target, ports, product }: Session, { plain }: WizardRequest): Promise<Scene> {
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
async function conclude({ draft, survey, ending }: Outcome, session: Session): Promise<number> {
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
  const secret = secretParameters(survey.roots);
  if (ending.kind === 'change-set') {
    const request = changeSetRequest(again, ending, survey.roots[0]?.rootPath);
    output.note(`the same without questions: ${changeSetCommandLine(request, secret)}\n`);
    const { changeSetCommand } = await import('../change-set-command.js');
    return changeSetCommand(request, ports, product);
  }
  if (ending.kind === 'write') await deliver({ roots: survey.roots, failures: [] }, plan, ports);
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
    hint: 'take over by hand what is printed above, or run idp-fix wizard again',
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
