import { IdpFixError } from '../../errors.js';
import { planRoots } from '../../plan-roots.js';
import { loadPolicy } from '../../policy/load.js';
import type { Ports } from '../../ports.js';
import type { Product } from '../../product.js';
import { diffReport } from '../../report/diff.js';
import { paint } from '../../report/paint.js';
import { paintDiff } from '../../report/paint-diff.js';
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

/** By what the policy would say, since the same policy comes to the same. */
type Surveys = Map<string, Survey>;

/** Does what a conversation wants done, until it ends or the person has had enough. */
export async function hold<Result>(
  talk: Talk<Result>,
  session: Session,
): Promise<Result | typeof interrupted> {
  const surveys: Surveys = new Map();
  let reply: Reply = { kind: 'done' };
  for (;;) {
    const turn = talk.next(reply);
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
      return { kind: 'survey', survey: await survey(step.draft, session, surveys) };
    case 'diff':
      showDiff(step.survey, session);
      return { kind: 'done' };
    case 'account-keys':
      return { kind: 'account-keys', keys: await keysOfAccount(ports) };
  }
}

/** Goes the way of the run it stands for, on the files as they would be. */
async function survey(draft: Draft, session: Session, surveys: Surveys): Promise<Survey> {
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
function showDiff({ roots }: Survey, { plan, ports: { output } }: Session): void {
  const diff = roots.map(({ result }) => diffReport(result.files)).join('');
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
