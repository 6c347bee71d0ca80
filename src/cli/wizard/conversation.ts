import { basePreset } from '../../policy/locate.js';
import { environments } from '../../policy/sections.js';
import { count } from '../../report/words.js';
import { askAccount } from './account-questions.js';
import { askChanges } from './choose-changes.js';
import { openGroups, type Preset, stepLines, type WizardContext } from './context.js';
import { askDecisions } from './decisions.js';
import {
  ask,
  check,
  choose,
  type Dialog,
  type Opened,
  opened,
  type Preview,
  previewed,
  say,
} from './dialog.js';
import { type Draft, emptyDraft, isEmpty, withSetting } from './draft.js';
import { overviewLines, templateLines, totalLine } from './findings-lines.js';

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
