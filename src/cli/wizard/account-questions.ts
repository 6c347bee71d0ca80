import { encryptionKeyFor } from '../../analysis/encryption-key.js';
import type { Value } from '../../document/value.js';
import { problemOfAnswer } from '../../policy/problems.js';
import { sections } from '../../policy/sections.js';
import { hang } from '../../report/words.js';
import type { WizardContext } from './context.js';
import { later } from './decisions.js';
import { accountKeys, ask, choose, type Dialog, type Preview, previewed, say } from './dialog.js';
import { type Draft, withSetting } from './draft.js';

const keyPath = ['encryption', 'key'];
const limitPath = ['account', 'concurrencyLimit'];

/** The form of an answer, which means nothing: to see whether an answer would make a difference. */
const anyKeyIn = (region = 'us-east-1') =>
  `arn:aws:kms:${region}:111122223333:key/00000000-0000-0000-0000-000000000000`;
const anyLimit = 100_000;

/** Questions about the account that no template answers; only where these templates make them matter. */
export function* askAccount(draft: Draft, preview: Preview, context: WizardContext): Dialog<Draft> {
  const withKey: Draft = (yield* matters(draft, preview, keyPath, anyKeyIn(preview.policy.region)))
    ? yield* askKey(draft, preview, context)
    : draft;
  if (preview.policy.account.concurrencyLimit !== undefined) return withKey;
  // The key has changed something already; the limit is to be asked for what it changes itself.
  const now = withKey === draft ? preview : yield* previewed(withKey);
  if (!(yield* matters(withKey, now, limitPath, anyLimit))) return withKey;
  return yield* askLimit(withKey, context);
}

function* matters(draft: Draft, now: Preview, path: readonly string[], probe: Value): Dialog<boolean> {
  const other = yield* previewed(withSetting(draft, path, probe));
  return wantsOf(other) !== wantsOf(now);
}

function wantsOf({ roots }: Preview): string {
  const stacks = roots.flatMap(({ result }) => result.document.stacks);
  return JSON.stringify(
    stacks.flatMap(({ findings }) => findings.map(({ verdict, target }) => [verdict, target])),
  );
}

function* askKey(draft: Draft, preview: Preview, { brush, columns }: WizardContext): Dialog<Draft> {
  const configured = preview.policy.encryptionKey;
  const intro =
    'A customer-managed key opens only to whom its policy names. What has none yet is given this one.';
  yield* say('', ...[...hang(intro, 0, 0, columns), 'policy: encryption.key'].map(brush.dim));
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
  yield* say('', ...[...hang(intro, 0, 0, columns), 'policy: account.concurrencyLimit'].map(brush.dim));
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
