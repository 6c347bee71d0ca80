import { normalize } from 'node:path';
import { basePreset } from '../../policy/locate.js';
import { environments } from '../../policy/sections.js';
import type { FileStore } from '../../ports.js';
import { count } from '../../report/words.js';
import { askAccount } from './account-questions.js';
import { type OpenGroup, openGroups, type Preset, type WizardContext } from './context.js';
import { askDecisions } from './decisions.js';
import { ask, choose, type Dialog, type Preview, previewed, say } from './dialog.js';
import { type Draft, emptyDraft, isEmpty, withSetting } from './draft.js';
import { overviewLines, reviewFindings, templateLines, totalLine, totalsOf } from './review-findings.js';

type Ending =
  | { readonly kind: 'write' | 'save' | 'leave' }
  /** Of a stack, from the templates at hand or from the deployed ones. */
  | { readonly kind: 'change-set'; readonly stack: string; readonly fromDeployed: boolean };

/** What came of it all. */
export interface Outcome {
  readonly draft: Draft;
  readonly preview: Preview;
  readonly ending: Ending;
}

/**
 * The whole conversation, from the first question to what is to be done: environment and policy, what falls short, what
 * only a person can decide, which changes to take. Pure: what it wants done it yields.
 * @param preset given on the command line
 */
export function* converse(context: WizardContext, preset: string | undefined): Dialog<Outcome> {
  const first = yield* previewed(emptyDraft);
  yield* say(...templateLines(first, context), ...policyLine(context));
  let draft = yield* askEnvironment(emptyDraft, first, context, preset);
  let preview = yield* previewed(draft);
  yield* say(...overviewLines(preview, context));
  if (openGroups(preview, context).length > 0) {
    draft = yield* askAccount(draft, preview, context);
    draft = yield* askDecisions(draft, yield* previewed(draft), context);
    preview = yield* previewed(draft);
    draft = yield* askChanges(draft, preview, context);
  }
  preview = yield* previewed(draft);
  return { draft, preview, ending: yield* askEnding(draft, preview, context) };
}

function policyLine({ isAmended, policyFile, brush }: WizardContext): readonly string[] {
  return [
    brush.dim(
      isAmended
        ? `answers go into ${policyFile}, which is kept otherwise`
        : `answers go into a new ${policyFile}`,
    ),
  ];
}

/** Which of the changes to take: all that are safe, all, or what a walk through them comes to. */
function* askChanges(draft: Draft, preview: Preview, context: WizardContext): Dialog<Draft> {
  const groups = openGroups(preview, context);
  const isConsented = preview.policy.include.includes('review');
  yield* say('', totalLine(groups));
  if (groups.length === 0) return draft;
  const how = yield* choose('What about them?', changeOptions(groups, isConsented));
  if (how === 'as-it-is') return draft;
  if (how === 'all') return withSetting(draft, ['include'], ['review']);
  const { postponed, deviations, hasConsent } = yield* reviewFindings(groups, isConsented, context);
  const walked = { ...draft, postponed, deviations };
  return hasConsent ? withSetting(walked, ['include'], ['review']) : walked;
}

function changeOptions(groups: readonly OpenGroup[], isConsented: boolean) {
  const { safe, review } = totalsOf(groups);
  const all = `take all ${safe + review}`;
  const options: { value: 'as-it-is' | 'all' | 'walk'; label: string; detail?: string }[] = [];
  if (safe + review === 0) options.push({ value: 'as-it-is', label: 'leave them open' });
  else if (isConsented)
    options.push({ value: 'as-it-is', label: all, detail: 'the policy has consented (include)' });
  else if (safe === 0) options.push({ value: 'as-it-is', label: 'take none of them' });
  else {
    const which = safe === 1 ? 'the change that is safe' : `the ${safe} changes that are safe`;
    options.push({ value: 'as-it-is', label: `take ${which}` });
  }
  if (review > 0 && !isConsented) {
    options.push({
      value: 'all',
      label: `${all}, with approval`,
      detail: 'also in every later run (policy: include)',
    });
  }
  options.push({
    value: 'walk',
    label: 'go through them, remediation by remediation',
    detail: 'see each edit; take it, skip it, or accept the risk',
  });
  return options;
}

function* askEnding(draft: Draft, preview: Preview, context: WizardContext): Dialog<Ending> {
  const changed = preview.roots.flatMap(({ result }) => result.files.filter((file) => file.changed));
  const left = openGroups(preview, context);
  yield* say('', left.length === 0 ? 'Nothing is left to do.' : totalLine(left));
  if (changed.length === 0 && isEmpty(draft)) return { kind: 'leave' };
  const files = count(changed.length, 'template');
  for (;;) {
    const chosen = yield* choose('What now?', [
      ...(changed.length === 0
        ? []
        : [
            {
              value: 'write' as const,
              label: `write ${files}`,
              detail: `and ${context.policyFile}; idp-fix undo takes the templates back`,
            },
            {
              value: 'dry-run' as const,
              label: 'show the exact diff first',
              detail: 'writes nothing, and asks again',
            },
            {
              value: 'change-set' as const,
              label: 'create a change set',
              detail: `saves ${context.policyFile}; the stack is unchanged until the change set is executed`,
            },
          ]),
      ...(isEmpty(draft) ? [] : [{ value: 'save' as const, label: `only save ${context.policyFile}` }]),
      { value: 'leave' as const, label: 'leave, and write nothing' },
    ]);
    if (chosen === 'dry-run') yield { kind: 'diff', preview };
    else if (chosen === 'change-set') return yield* askStack();
    else return { kind: chosen };
  }
}

function* askStack(): Dialog<Ending> {
  const stack = yield* ask({
    kind: 'text',
    message: 'Name of the stack',
    problemWith: (text) => (text.trim() === '' ? 'a change set belongs to a stack' : undefined),
  });
  const from = yield* choose('Which templates?', [
    { value: 'deployed', label: 'those the stack was deployed with' },
    { value: 'local', label: 'those here', detail: 'code and nested templates have to be packaged' },
  ]);
  return { kind: 'change-set', stack: stack.trim(), fromDeployed: from === 'deployed' };
}

/** Files as they will be once a draft is saved, so that a preview goes the same way as the run it stands for. */
export function withDraft(files: FileStore, path: string, bytes: Uint8Array): FileStore {
  const isDraft = (asked: string) => normalize(asked) === normalize(path);
  return {
    ...files,
    read: async (asked) => (isDraft(asked) ? bytes : files.read(asked)),
    kindOf: async (asked) => (isDraft(asked) ? 'file' : files.kindOf(asked)),
  };
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
  { policy }: Preview,
  context: WizardContext,
  preset: string | undefined,
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
  if (context.isAmended) {
    const rebased = preset === undefined ? draft : withSetting(draft, ['extends'], preset);
    return environment === policy.environment ? rebased : withSetting(rebased, ['environment'], environment);
  }
  const base = preset ?? (yield* askPreset(context.presets, environment));
  const based = withSetting(draft, ['extends'], base);
  const comesWith = context.presets.find(({ name }) => name === base)?.environment;
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
