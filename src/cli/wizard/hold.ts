import { IdpFixError } from '../../errors.js';
import { planRoots } from '../../plan-roots.js';
import { loadPolicy } from '../../policy/load.js';
import type { Ports } from '../../ports.js';
import type { Product } from '../../product.js';
import { diffReport } from '../../report/diff.js';
import { rootsRequest } from '../plan-command.js';
import type { PlanRequest } from '../request.js';
import type { Draft } from './draft.js';
import { bytesWith, type PolicyTarget } from './policy-target.js';
import type { Reply, Step, Survey, Talk } from './talk.js';
import { withDraft } from './with-draft.js';

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

/** Does what a conversation wants done, until it ends or the person has had enough. */
export async function hold<Result>(
  talk: Talk<Result>,
  session: Session,
): Promise<Result | typeof interrupted> {
  let reply: Reply = { kind: 'done' };
  for (;;) {
    const turn = talk.next(reply);
    if (turn.done) return turn.value;
    const next = await carryOut(turn.value, session);
    if (next === interrupted) {
      session.ports.output.note('interrupted: nothing has been written\n');
      return interrupted;
    }
    reply = next;
  }
}

async function carryOut(step: Step, session: Session): Promise<Reply | typeof interrupted> {
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
      return { kind: 'survey', survey: await survey(step.draft, session) };
    case 'diff':
      ports.output.data(step.survey.roots.map(({ result }) => diffReport(result.files)).join(''));
      return { kind: 'done' };
    case 'account-keys':
      return { kind: 'account-keys', keys: await keysOfAccount(ports) };
  }
}

/** Goes the way of the run it stands for, on the files as they would be. */
async function survey(draft: Draft, { plan, target, folder, ports, product }: Session): Promise<Survey> {
  const files = withDraft(ports.files, target.file, bytesWith(target, draft));
  const { roots, failures } = await planRoots(
    await rootsRequest({ ...plan, policy: target.file }, ports, product),
    { ...ports, files },
    product,
  );
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  return { roots, policy: await loadPolicy(files, product, { named: target.file, folder }) };
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
