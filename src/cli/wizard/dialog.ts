import type { AccountKey } from '../../aws-ports.js';
import type { PlannedRoot } from '../../plan-roots.js';
import type { Policy } from '../../policy/policy.js';
import type {
  CheckList,
  Choice,
  PromptAnswer,
  PromptOption,
  PromptQuestion,
  TypedText,
} from '../../ports.js';
import type { Draft } from './draft.js';

/** What templates and draft come to. */
export interface Preview {
  readonly roots: readonly PlannedRoot[];
  /** The draft's, with everything it builds on. */
  readonly policy: Policy;
}

/** The policy that takes the answers. */
export interface Opened {
  readonly policyFile: string;
  /** It is there already. */
  readonly isAmended: boolean;
  /** As it is before the first answer. */
  readonly policy: Policy;
}

/** What the conversation wants done; it does nothing itself. */
export type Step =
  | { readonly kind: 'say'; readonly lines: readonly string[] }
  | { readonly kind: 'ask'; readonly question: PromptQuestion }
  /** Finds the policy that counts for some root templates; what follows is about these. */
  | { readonly kind: 'open'; readonly templates: readonly string[] }
  | { readonly kind: 'survey'; readonly draft: Draft }
  | { readonly kind: 'account-keys' }
  /** The exact diff of what would be written, as data. */
  | { readonly kind: 'diff'; readonly preview: Preview };

export type Reply =
  | { readonly kind: 'done' }
  | { readonly kind: 'answer'; readonly answer: PromptAnswer }
  | { readonly kind: 'opened'; readonly opened: Opened | { readonly because: string } }
  | { readonly kind: 'survey'; readonly preview: Preview }
  /** Or why they cannot be had. */
  | { readonly kind: 'account-keys'; readonly keys: readonly AccountKey[] | { readonly because: string } };

/** A part of the conversation: pure, and as easy to drive by a test as by a terminal. */
export type Dialog<Result> = Generator<Step, Result, Reply>;

export function* say(...lines: readonly string[]): Dialog<void> {
  yield { kind: 'say', lines };
}

export function* ask(question: Choice | TypedText): Dialog<string> {
  const reply = yield { kind: 'ask', question };
  const { answer } = received(reply, 'answer');
  if (typeof answer !== 'string') throw new Error('the wizard was given a list for one answer');
  return answer;
}

/** @returns the values ticked, in the order of the options */
export function* check(question: Omit<CheckList, 'kind'>): Dialog<readonly string[]> {
  const reply = yield { kind: 'ask', question: { ...question, kind: 'checks' } };
  const { answer } = received(reply, 'answer');
  if (typeof answer === 'string') throw new Error('the wizard was given one answer for a list');
  return answer;
}

export function* opened(templates: readonly string[]): Dialog<Opened | { readonly because: string }> {
  const reply = yield { kind: 'open', templates };
  return received(reply, 'opened').opened;
}

export function* choose<Value extends string>(
  message: string,
  options: readonly (PromptOption & { readonly value: Value })[],
  preselected?: Value,
): Dialog<Value> {
  const answer = yield* ask({
    kind: 'choice',
    message,
    options,
    ...(preselected !== undefined && { preselected }),
  });
  const chosen = options.find(({ value }) => value === answer);
  if (chosen === undefined) throw new Error(`${answer} was not among the options`);
  return chosen.value;
}

export function* previewed(draft: Draft): Dialog<Preview> {
  const reply = yield { kind: 'survey', draft };
  return received(reply, 'survey').preview;
}

export function* accountKeys(): Dialog<readonly AccountKey[] | { readonly because: string }> {
  const reply = yield { kind: 'account-keys' };
  return received(reply, 'account-keys').keys;
}

function received<Kind extends Reply['kind']>(reply: Reply, kind: Kind): Extract<Reply, { kind: Kind }> {
  if (reply.kind !== kind) throw new Error(`the wizard was given ${reply.kind} for ${kind}`);
  return reply as Extract<Reply, { kind: Kind }>;
}
