import type { ChangeSet, ChangeSetRequest, CreationAnswer, StoredObject } from '../aws-ports.js';
import { IdpFixError } from '../errors.js';
import { shellWord } from '../escape.js';
import { type Deployment, hiding, parameterChoices, withoutSecrets } from './deployed.js';
import { isMissing, removeShell } from './first-deployment.js';
import { unchecked } from './key-prerequisites.js';
import type { Prepared } from './prepare.js';
import { prerequisiteFailed } from './prerequisites.js';
import { type ChangeSetRecord, creationOf, description, makerIn, writeRecord } from './record.js';
import { reviewChanges } from './review.js';
import type { Session, StackContext } from './session.js';
import { tagsAfterwards } from './stack-tags.js';
import { bytesOf, placeTemplates, removeUploads, templateLimitBytes, uploadMetadata } from './submission.js';
import {
  failureReasons,
  nestedIds,
  patience,
  pauses,
  readChangeTree,
  saysNoChanges,
  waitForChangeSet,
  warningsOf,
} from './watch.js';
export type Creation =
  /** There is nothing to change, and nothing was made. */
  | { readonly outcome: 'nothing'; readonly because: string }
  | { readonly outcome: 'created'; readonly record: ChangeSetRecord };

interface Submission {
  readonly session: Session;
  readonly context: StackContext;
  readonly deployment: Deployment;
  readonly prepared: Prepared;
  readonly draft: ChangeSetRecord;
  /** Of an earlier run whose creation this one goes on with. */
  readonly earlier: ChangeSetRecord | undefined;
  readonly uploads: readonly (StoredObject & { readonly path: string })[];
  readonly capabilities: readonly string[];
  /** What could not be checked counts as failed. */
  readonly isStrict: boolean;
}

const validation = 'what early validation and hooks found';

/**
 * Uploads, has the change set made, and reads it. Written down before and after, and whatever is left behind by a
 * failure or an interruption is said.
 * @throws IdpFixError `change-set-failed`, `change-set-foreign`, `change-set-gone`, `aws-…`
 */
export async function submit(submission: Submission): Promise<Creation> {
  const { session, draft } = submission;
  const left = `the change set ${draft.name} or its uploads may exist; idp-fix change-set reject ${shellWord(draft.name)} ${session.where} takes them away`;
  session.live.whenInterrupted(left);
  const made = await make(submission)
    .catch((error: unknown) => {
      session.alert(`${left}\n`);
      throw withoutSecrets(error, submission.prepared.secrets);
    })
    .finally(() => session.live.whenInterrupted(undefined));
  if (made.outcome === 'failed') throw withoutSecrets(made.error, submission.prepared.secrets);
  return made;
}

/** Refused by CloudFormation, with nothing left behind. */
interface Failure {
  readonly outcome: 'failed';
  readonly error: IdpFixError;
}

async function make(submission: Submission): Promise<Creation | Failure> {
  const { session, deployment, prepared, draft } = submission;
  const { aws, files } = session;
  const { stack } = deployment;
  const asked = requestOf(submission);
  await writeRecord(files, prepared.folder, draft);
  const answer = await send({ ...asked, template: await place(submission) }, submission);
  if (answer.outcome === 'failed') return answer;
  const found = await reconcile(session, answer, draft, prepared.secrets.length > 0);
  if (found instanceof IdpFixError) {
    await clear(submission, 'failed', undefined);
    return { outcome: 'failed', error: found };
  }
  if (found === undefined) return nothing(submission, undefined);
  const { id, creation, maker } = found;
  const isOwn = creation === draft.creation;
  if (!isOwn) await takeUp(submission);
  const known: ChangeSetRecord = { ...draft, creation, maker, arn: id, uploads: isOwn ? draft.uploads : [] };
  await writeRecord(files, prepared.folder, known);
  const changeSet = await waitForChangeSet(session, id, stack.name);
  if (changeSet.status === 'FAILED' && !saysNoChanges(changeSet.statusReason)) {
    const reasons = await failureReasons(aws.stacks, changeSet);
    await clear(submission, 'failed', isOwn ? id : undefined);
    return { outcome: 'failed', error: failedCreation(draft.name, reasons) };
  }
  refuseStrangeState(changeSet, session);
  const tree = changeSet.status === 'FAILED' ? [] : await readChangeTree(aws.stacks, changeSet);
  if (tree.every(({ changes }) => changes.length === 0)) return nothing(submission, isOwn ? id : undefined);
  const changes = reviewChanges(tree, prepared, deployment);
  const hide = hiding(prepared.secrets);
  const findings = await warningsOf(aws.stacks, [id, ...nestedIds(tree)]);
  const unread = findings.unread === undefined ? [] : [unchecked(validation, hide(findings.unread))];
  for (const { what, because } of unread) session.note(`could not be checked: ${what}: ${because}\n`);
  if (unread.length > 0 && submission.isStrict) {
    await clear(submission, 'failed', isOwn ? id : undefined);
    return { outcome: 'failed', error: prerequisiteFailed(unread) };
  }
  const record: ChangeSetRecord = {
    ...known,
    state: 'created',
    stack: deployment.isNew ? await shellOf(session, changeSet) : known.stack,
    changes,
    warnings: findings.lines.map(hide),
    checks: [...known.checks, ...unread],
  };
  const previous = deployment.isNew ? undefined : deployment.tree.root.template.document.source.text;
  await writeRecord(files, prepared.folder, record, previous);
  return { outcome: 'created', record };
}

/** The stack that a change set of a first deployment has made, as yet without anything in it. */
async function shellOf({ aws }: Session, { stackId }: ChangeSet): Promise<ChangeSetRecord['stack']> {
  const found = await aws.stacks.stack(stackId);
  if (found === undefined) {
    throw new IdpFixError('change-set-gone', `the stack ${stackId} was deleted meanwhile`, {
      hint: 'someone else is updating this stack; wait, then create the change set again',
    });
  }
  return { name: found.name, id: found.id, updatedAt: found.updatedAt, isNew: true };
}

/** Of a change set that is neither made nor failed nobody knows what it is good for; it is said as it is, and stays. */
function refuseStrangeState({ name, status, executionStatus }: ChangeSet, { where }: Session): void {
  const isMade = status === 'CREATE_COMPLETE' && executionStatus === 'AVAILABLE';
  if (isMade || status === 'FAILED') return;
  throw new IdpFixError(
    'change-set-failed',
    `the change set ${name} is there but cannot be executed: ${status}, ${executionStatus ?? 'not executable'}`,
    { hint: `idp-fix change-set show ${name} ${where} looks again; reject takes it away` },
  );
}

/** What AWS refuses it has not made, so only the uploads have to go. */
async function send(request: ChangeSetRequest, submission: Submission): Promise<CreationAnswer | Failure> {
  try {
    return await submission.session.aws.stacks.create(request);
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
    await clear(submission, 'failed', undefined);
    return { outcome: 'failed', error };
  }
}

/** Nothing to change is what everybody hopes for: the empty change set goes, and all is well. */
async function nothing(submission: Submission, id: string | undefined): Promise<Creation> {
  await clear(submission, 'empty', id);
  return { outcome: 'nothing', because: 'CloudFormation finds nothing to change' };
}

/** Somebody else has created the same plan: it is one change set, whose uploads are theirs, so ours are not needed. */
async function takeUp({ session, draft }: Submission): Promise<void> {
  const { aws, caller } = session;
  await removeUploads(aws.storage, draft, caller.account);
  session.note(`another run has made ${draft.name} of the same plan; this is that one\n`);
}

/**
 * Takes away what this creation has made, and nothing else: a change set that an earlier run has made of it keeps its
 * uploads and its record.
 * @param id of a change set that this creation has made and that goes with its uploads
 */
async function clear(
  { session, deployment, prepared, draft, earlier }: Submission,
  state: 'empty' | 'failed',
  id: string | undefined,
): Promise<void> {
  const { aws, caller, files } = session;
  if (id !== undefined) await aws.stacks.deleteChangeSet(id, draft.stack.name);
  else if (earlier !== undefined) {
    const there = await aws.stacks.changeSet(draft.name, draft.stack.name);
    if (there !== undefined && creationOf(there.description, draft.planSha256) === earlier.creation) {
      if (draft.creation !== earlier.creation) await removeUploads(aws.storage, draft, caller.account);
      await writeRecord(files, prepared.folder, earlier);
      return;
    }
  }
  await removeUploads(aws.storage, draft, caller.account);
  // A shell that was there before is somebody else's.
  const shell = isMissing(deployment) ? await removeShell(aws, draft.stack.name) : undefined;
  if (shell !== undefined) session.note(`${shell}\n`);
  await writeRecord(files, prepared.folder, { ...draft, state, arn: id ?? null, uploads: [] });
}

function requestOf({
  context,
  deployment,
  prepared,
  draft,
  capabilities,
}: Submission): Omit<ChangeSetRequest, 'template'> {
  const { stack } = deployment;
  return {
    stackId: deployment.isNew ? stack.name : stack.id,
    isNew: deployment.isNew,
    name: draft.name,
    token: `idp-fix-${draft.planSha256}-${draft.creation}`,
    description: description({
      plan: draft.planSha256,
      creation: draft.creation,
      maker: draft.maker,
      allowed: draft.allowed,
    }),
    parameters: parameterChoices(prepared.submitted.root.template, stack, prepared.values),
    capabilities,
    tags: tagsAfterwards(prepared, stack.tags),
    notificationArns: stack.notificationArns,
    rollback: stack.rollback,
    roleArn: context.roleArn,
    importExisting: prepared.imports,
  };
}

async function place({
  session,
  prepared,
  draft,
  uploads,
}: Submission): Promise<ChangeSetRequest['template']> {
  const { aws, caller } = session;
  const { source, submitted, templates } = prepared;
  if (source === 'parameters') return { kind: 'previous' };
  const { text, url } = await placeTemplates(submitted.root, templates, async (path, content) => {
    if (bytesOf(content) > templateLimitBytes) {
      throw new IdpFixError(
        'template-invalid',
        `${path} is larger than the ${templateLimitBytes} bytes CloudFormation takes`,
        {
          hint: 'move a part of it to a nested stack',
        },
      );
    }
    const object = uploads.find((upload) => upload.path === path);
    if (object === undefined) throw new Error(`no place was chosen for ${path}`);
    session.progress(`uploading ${path}\n`);
    return aws.storage.put(object, content, uploadMetadata(draft), caller.account);
  });
  return url === undefined ? { kind: 'body', text } : { kind: 'url', url };
}

function failedCreation(name: string, reasons: readonly string[]): IdpFixError {
  const companions = reasons.join(' ');
  return new IdpFixError(
    'change-set-failed',
    `CloudFormation could not make ${name}: ${reasons.join('; ') || 'it gives no reason'}`,
    {
      hint: /Requires capabilities/.test(companions)
        ? 'acknowledge them with --capabilities, as the message names them'
        : 'the stack is as it was; the failed change set and its uploads are gone',
    },
  );
}

/** A request whose answer was lost may still be under way, and what it made is not seen at once everywhere. */
const longestDoubtMs = 60_000;

/** The change set of a plan, and which run has made it. */
interface Found {
  readonly id: string;
  readonly creation: string;
  readonly maker: string | null;
}

/**
 * The change set that a request led to; undefined when there is nothing to change; an error when the name belongs to a
 * change set of another plan. A lost answer is not asked for again: the name, and the description, which carries what
 * the `ClientToken` is made of, say whether the request arrived. CloudFormation tells the token itself nowhere.
 * @throws IdpFixError `aws-timeout` when the change set has not come into sight after a minute
 */
async function reconcile(
  session: Session,
  answer: CreationAnswer,
  { name, stack, planSha256, creation, maker: caller }: ChangeSetRecord,
  hasSecrets: boolean,
): Promise<Found | IdpFixError | undefined> {
  if (answer.outcome === 'created') return { id: answer.id, creation, maker: caller };
  if (answer.outcome === 'no-changes') return undefined;
  const unseen = new IdpFixError(
    'change-set-foreign',
    `${name} exists already, and it cannot be seen whether it has the same values for NoEcho parameters`,
    { hint: `idp-fix change-set reject ${shellWord(name)} ${session.where}, then create it again` },
  );
  if (answer.outcome === 'name-taken' && hasSecrets) return unseen;
  const wait = patience(session);
  for (const pauseMs of pauses(session.live, longestDoubtMs)) {
    const found = await session.aws.stacks.changeSet(name, stack.name);
    if (found !== undefined) {
      const isOfStack = stack.isNew || found.stackId === stack.id;
      const madeBy = isOfStack ? creationOf(found.description, planSha256) : undefined;
      if (madeBy === undefined) {
        return new IdpFixError(
          'change-set-foreign',
          `another change set of this stack has the name ${name}`,
          { hint: 'give this one another name with --name, or reject the other' },
        );
      }
      if (madeBy !== creation && hasSecrets) return unseen;
      return { id: found.id, creation: madeBy, maker: makerIn(found.description) };
    }
    wait(`looking whether ${name} was made`, pauseMs);
    await session.live.pause(pauseMs);
  }
  const because = answer.outcome === 'unknown' ? answer.because : `${name} was deleted meanwhile`;
  throw new IdpFixError('aws-timeout', `it is not known whether the change set was made: ${because}`, {
    hint: `run again: the name ${name} stays the same, so no second one is made; or idp-fix change-set reject ${shellWord(name)} ${session.where}`,
  });
}
