import { encryptionKeyFor } from '../../analysis/encryption-key.js';
import { basePreset } from '../../policy/locate.js';
import { problemOfAnswer } from '../../policy/problems.js';
import { environments, sections } from '../../policy/sections.js';
import { count, hang, keyQuestion } from '../../report/words.js';
import { askChanges, overviewLines, templateLines, totalLine } from './choose-changes.js';
import {
  accountKeys,
  ask,
  check,
  choose,
  type Dialog,
  type Draft,
  emptyDraft,
  isEmpty,
  type Opened,
  opened,
  openGroups,
  type Preset,
  type Preview,
  previewed,
  say,
  stepLines,
  type WizardContext,
  withSetting,
} from './context.js';
import { askDecisions, later } from './decisions.js';

type Ending =
  | { readonly kind: 'write' | 'save' | 'leave' }
  /** Of a stack, from a root template at hand or from the deployed templates. */
  | { readonly kind: 'change-set'; readonly stack: string; readonly template: string | undefined };

/** What came of it all. */
export interface Outcome {
  readonly draft: Draft;
  readonly preview: Preview;
  readonly ending: Ending;
}

/**
 * The whole conversation, from the first question to what is to be done: stacks, environment and policy, the account, what
 * only the user can decide, which changes to apply. Pure: what it wants done it yields.
 */
export function* converse(context: WizardContext): Dialog<Outcome> {
  yield* say(...stepLines(1, 'Stacks', context));
  const target = yield* askStacks(context);
  yield* say(...stepLines(2, 'Policy', context), ...policyLine(target, context));
  let draft = yield* askEnvironment(emptyDraft, target, context);
  let preview = yield* previewed(draft);
  yield* say('', ...templateLines(preview, context), ...overviewLines(preview, context));
  if (openGroups(preview, context).length > 0) {
    yield* say(...stepLines(3, 'Account', context));
    draft = yield* askAccount(draft, preview, context);
    yield* say(...stepLines(4, 'Decisions', context));
    draft = yield* askDecisions(draft, preview, context);
    preview = yield* previewed(draft);
    yield* say(...stepLines(5, 'Changes', context));
    draft = yield* askChanges(draft, preview, context);
    preview = yield* previewed(draft);
  }
  yield* say(...stepLines(6, 'Result', context));
  return { draft, preview, ending: yield* askEnding(draft, preview, target, context) };
}

/** Which root templates it is about; without a question where there is one. */
function* askStacks({ candidates, brush }: WizardContext): Dialog<Opened> {
  const [only, another] = candidates;
  if (only !== undefined && another === undefined) {
    yield* say(only);
    const found = yield* opened(candidates);
    if ('because' in found) throw new Error(found.because);
    return found;
  }
  const usual = candidates.find((path) => /(?:^|[\\/])template\.[a-z]+$/.test(path)) ?? only;
  let checked = usual === undefined ? [] : [usual];
  for (;;) {
    checked = [
      ...(yield* check({
        message: 'Which stacks?',
        options: candidates.map((path) => ({ value: path, label: path })),
        checked,
        problemWith: (values) => (values.length === 0 ? 'tick at least one (space)' : undefined),
      })),
    ];
    const found = yield* opened(checked);
    if (!('because' in found)) return found;
    yield* say(brush.yellow(found.because));
  }
}

function policyLine({ isAmended, policyFile }: Opened, { brush }: WizardContext): readonly string[] {
  return [
    brush.dim(
      isAmended
        ? `answers go into ${policyFile}, which is kept otherwise`
        : `answers go into a new ${policyFile}`,
    ),
  ];
}

function* askEnding(
  draft: Draft,
  preview: Preview,
  { policyFile }: Opened,
  context: WizardContext,
): Dialog<Ending> {
  const changed = preview.roots.flatMap(({ result }) => result.files.filter((file) => file.changed));
  const left = openGroups(preview, context);
  yield* say(left.length === 0 ? 'Nothing is left to do.' : totalLine(left));
  if (changed.length === 0 && isEmpty(draft)) return { kind: 'leave' };
  const files = count(changed.length, 'template');
  for (;;) {
    const chosen = yield* choose('What now?', [
      ...(changed.length === 0
        ? []
        : [
            {
              value: 'dry-run' as const,
              label: 'show the exact diff',
              detail: 'writes nothing, and asks again',
            },
            {
              value: 'write' as const,
              label: `write ${files}`,
              detail: `and ${policyFile}; idp-fix undo takes the templates back`,
            },
            {
              value: 'change-set' as const,
              label: 'create a change set',
              detail: `saves ${policyFile}; the stack is unchanged until the change set is executed`,
            },
          ]),
      ...(isEmpty(draft) ? [] : [{ value: 'save' as const, label: `only save ${policyFile}` }]),
      { value: 'leave' as const, label: 'leave, and write nothing' },
    ]);
    if (chosen === 'dry-run') yield { kind: 'diff', preview };
    else if (chosen === 'change-set') return yield* askStack(preview);
    else return { kind: chosen };
  }
}

function* askStack({ roots }: Preview): Dialog<Ending> {
  const stack = yield* ask({
    kind: 'text',
    message: 'Name of the stack',
    problemWith: (text) => (text.trim() === '' ? 'a change set belongs to a stack' : undefined),
  });
  const template = yield* choose('Which templates?', [
    { value: '', label: 'those the stack was deployed with' },
    ...roots.map(({ rootPath }) => ({
      value: rootPath,
      label: roots.length === 1 ? 'those here' : rootPath,
      detail: 'code and nested templates have to be packaged',
    })),
  ]);
  return { kind: 'change-set', stack: stack.trim(), template: template === '' ? undefined : template };
}

const meanings: Readonly<Record<(typeof environments)[number], string>> = {
  production: 'users depend on it',
  staging: 'like production, for a last look',
  development: 'work in progress',
  test: 'it may break',
};

/** What the stack is for, and for a new policy what it builds on. */
function* askEnvironment(
  draft: Draft,
  { isAmended, policy }: Opened,
  { preset, presets }: WizardContext,
): Dialog<Draft> {
  const environment = yield* choose(
    'What is the stack for?',
    environments.map((value) => ({
      value,
      label: value,
      detail: `${meanings[value]} (policy: environment)`,
    })),
    policy.environment,
  );
  if (isAmended) {
    const rebased = preset === undefined ? draft : withSetting(draft, ['extends'], preset);
    return environment === policy.environment ? rebased : withSetting(rebased, ['environment'], environment);
  }
  const base = preset ?? (yield* askPreset(presets, environment));
  const based = withSetting(draft, ['extends'], base);
  const comesWith = presets.find(({ name }) => name === base)?.environment;
  return environment === comesWith ? based : withSetting(based, ['environment'], environment);
}

function* askPreset(presets: readonly Preset[], environment: string): Dialog<string> {
  const fitting = presets.filter((preset) => preset.environment === environment);
  const usual = fitting.find(({ name }) => name === basePreset) ?? fitting[0];
  return yield* choose(
    'Which policy do we start from?',
    presets.map(({ name, about }) => ({ value: name, label: name, detail: `${about} (policy: extends)` })),
    usual?.name ?? basePreset,
  );
}

const keyPath = ['encryption', 'key'];
const limitPath = ['account', 'concurrencyLimit'];

/** Questions about the account that no template answers; only where these templates make them matter. */
function* askAccount(draft: Draft, preview: Preview, context: WizardContext): Dialog<Draft> {
  const asksKey = dependsOnKey(preview);
  const asksLimit = preview.policy.account.concurrencyLimit === undefined && dependsOnLimit(preview);
  if (!asksKey && !asksLimit) yield* say('Nothing here depends on the account.');
  const withKey: Draft = asksKey ? yield* askKey(draft, preview, context) : draft;
  return asksLimit ? yield* askLimit(withKey, context) : withKey;
}

/** A finding misses a key, or is given the one there is; read off the plan, so that no second plan has to be made. */
function dependsOnKey({ roots, policy }: Preview): boolean {
  const names = roots.flatMap(({ tree }) =>
    tree.stacks.flatMap((stack) => {
      const key = encryptionKeyFor(tree, stack, {});
      return 'because' in key ? [] : [JSON.stringify(key.arn)];
    }),
  );
  const isTarget = (text: string) =>
    text.includes(policy.encryptionKey) || names.some((name) => text.includes(name));
  return openFindings(roots).some(
    ({ because, target, decidedBy }) =>
      [because, ...decidedBy].some((text) => text.includes('encryption.key')) ||
      isTarget(JSON.stringify(target)),
  );
}

/** A patch goes by an assumed limit, or a finding exceeds it: both say so. */
function dependsOnLimit({ roots }: Preview): boolean {
  const says = (text: string) => /\bassumed limit\b|\bwhich is assumed\b/.test(text);
  const patches = roots.flatMap(({ result }) => result.document.stacks.flatMap((stack) => stack.patches));
  return (
    openFindings(roots).some(({ because }) => says(because)) ||
    patches.some(({ prerequisites }) => prerequisites.some(({ what }) => says(what)))
  );
}

function openFindings(roots: Preview['roots']) {
  return roots.flatMap(({ result }) =>
    result.document.stacks.flatMap(({ findings }) =>
      findings.filter(({ verdict }) => ['fixable', 'manual', 'unknown'].includes(verdict)),
    ),
  );
}

function* askKey(draft: Draft, preview: Preview, { brush, columns }: WizardContext): Dialog<Draft> {
  const configured = preview.policy.encryptionKey;
  const intro =
    'A customer-managed key opens only to whom its policy names. What has none yet is given this one.';
  yield* say(...[...hang(intro, 0, 0, columns), 'policy: encryption.key'].map(brush.dim));
  for (;;) {
    const from = yield* choose(keyQuestion, [
      ...(configured === fromTemplate
        ? []
        : [{ value: 'kept' as const, label: `as the policy has it: ${configured}` }]),
      { value: fromTemplate, label: keyInTemplates(preview), detail: 'from the templates' },
      ...(configured === created ? [] : [newKeyChoice]),
      { value: 'account', label: 'one of the account', detail: 'asks AWS for the aliases of its keys' },
      { value: 'typed', label: 'another one, by its ARN' },
    ]);
    if (from === 'kept') return draft;
    if (from === created) return withSetting(draft, keyPath, created);
    if (from === fromTemplate) {
      return configured === fromTemplate ? draft : withSetting(draft, keyPath, fromTemplate);
    }
    const arn = from === 'account' ? yield* askAccountKey() : yield* askArn();
    if (arn !== later) return withSetting(draft, keyPath, arn);
  }
}

const fromTemplate = 'from-template';
const created = 'create';

const newKeyChoice = {
  value: created,
  label: 'a new one, where the templates have none',
  detail: 'about 1 USD a month; needs approval',
} as const;

function keyInTemplates({ roots }: Preview): string {
  for (const { tree } of roots) {
    for (const stack of tree.stacks) {
      const key = encryptionKeyFor(tree, stack, {});
      if (!('because' in key)) return key.description;
    }
  }
  return 'none yet: the templates have no key';
}

/** @returns `later` where there is none, or none was chosen */
function* askAccountKey(): Dialog<string> {
  const keys = yield* accountKeys();
  if ('because' in keys) {
    yield* say(`  the keys of the account cannot be listed: ${keys.because}`);
    return later;
  }
  if (keys.length === 0) {
    yield* say('  the account has no customer-managed key with an alias in this region');
    return later;
  }
  return yield* choose('Which of them?', [
    ...keys.map(({ arn, alias }) => ({ value: arn, label: alias, detail: arn })),
    { value: later, label: 'none of these' },
  ]);
}

function* askArn(): Dialog<string> {
  const arn = yield* ask({
    kind: 'text',
    message: 'ARN of the key (Enter: back)',
    problemWith: (typed) =>
      typed.trim() === later ? undefined : problemOfAnswer(sections.encryption.shape.key, typed.trim()),
  });
  return arn.trim();
}

function* askLimit(draft: Draft, { brush, columns }: WizardContext): Dialog<Draft> {
  const intro =
    'Functions may reserve what the account has; 1000 is assumed, and new accounts may have 10. See: aws lambda get-account-settings --query AccountLimit.ConcurrentExecutions';
  yield* say(...[...hang(intro, 0, 0, columns), 'policy: account.concurrencyLimit'].map(brush.dim));
  const typed = yield* ask({
    kind: 'text',
    message: 'How many executions at once does the account allow? (Enter: not known)',
    problemWith: (text) =>
      text.trim() === later
        ? undefined
        : problemOfAnswer(sections.account.shape.concurrencyLimit, Number(text)),
  });
  return typed.trim() === later ? draft : withSetting(draft, limitPath, Number(typed));
}
