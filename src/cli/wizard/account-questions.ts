import { encryptionKeyFor } from '../../analysis/encryption-key.js';
import { problemOfAnswer } from '../../policy/problems.js';
import { sections } from '../../policy/sections.js';
import { hang } from '../../report/words.js';
import type { WizardContext } from './context.js';
import { later } from './decisions.js';
import { accountKeys, ask, choose, type Dialog, type Preview, say } from './dialog.js';
import { type Draft, withSetting } from './draft.js';

const keyPath = ['encryption', 'key'];
const limitPath = ['account', 'concurrencyLimit'];

/** Questions about the account that no template answers; only where these templates make them matter. */
export function* askAccount(draft: Draft, preview: Preview, context: WizardContext): Dialog<Draft> {
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
    const from = yield* choose('Which KMS key should new encryption use?', [
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
