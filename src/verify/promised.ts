import type { ChangeSet } from '../aws-ports.js';
import { type Deployment, readDeployment } from '../changeset/deployed.js';
import { physicalNames, wayOf } from '../changeset/physical.js';
import {
  type ChangeSetRecord,
  description,
  planHash,
  planOf,
  type ReviewedChange,
  readRecord,
  recordNames,
} from '../changeset/record.js';
import { actionsOf, nameOfChange, review } from '../changeset/review.js';
import type { Session } from '../changeset/session.js';
import { readChangeTree } from '../changeset/watch.js';
import { IdpFixError } from '../errors.js';
import { questions } from '../plan/checklist.js';
import type { ChecklistItemId } from '../policy/sections.js';
import type { Product } from '../product.js';
import type { Stack } from '../template/template.js';
import { changeProofs } from './changes.js';
import { attempt, type Proof, proof } from './proof.js';

/** The change set whose promises are held against what is deployed. */
export interface Promised {
  readonly changeSet: string;
  readonly planSha256: string;
  /** Who says that it was executed: the change set itself, or the events of the stack once it is gone. */
  readonly toldBy: 'change set' | 'events';
}

interface Promises {
  /** `null` where nothing here was executed on the stack. */
  readonly promised: Promised | null;
  readonly proofs: readonly Proof[];
}

const subject = { check: 'promised', item: null, of: undefined } as const;

/**
 * Holds what is deployed against the newest change set of a folder that was executed on the stack. A record is a file, and
 * a file can be edited: it counts as far as AWS confirms it, by the hash of the plan that the change set, or the events of
 * the stack, carry.
 */
export async function promises(
  folder: string,
  session: Session,
  deployment: Deployment,
  product: Product,
): Promise<Promises> {
  const said: Proof[] = [];
  for (const record of await recordsOf(folder, session, deployment, said)) {
    const found = await looked(record, session);
    if (found === undefined) continue;
    if ('status' in found) {
      said.push(found);
      continue;
    }
    const proofs = await attempt(subject, () => held(record, found, session, deployment, product));
    const { name: changeSet, planSha256 } = record;
    return { promised: { changeSet, planSha256, toldBy: found.toldBy }, proofs: [...said, ...proofs] };
  }
  if (said.length === 0) {
    session.note(
      `no change set executed on ${deployment.stack.name} has a record in ${folder}, so nothing is compared with what was promised\n`,
    );
  }
  return { promised: null, proofs: said };
}

/** Of this very stack, the newest first; what cannot be read is told. */
async function recordsOf(
  folder: string,
  { files, caller, aws }: Session,
  { stack }: Deployment,
  said: Proof[],
): Promise<readonly ChangeSetRecord[]> {
  const records: ChangeSetRecord[] = [];
  for (const name of await recordNames(files, folder)) {
    said.push(
      ...(await attempt({ ...subject, check: `promised: ${name}` }, async () => {
        const record = await readRecord(files, folder, name);
        if (record !== undefined) records.push(record);
        return [];
      })),
    );
  }
  const mayBe: ReadonlySet<string> = new Set(['created', 'executing', 'executed']);
  return records
    .filter(
      ({ account, region, stack: of, state }) =>
        account === caller.account && region === aws.region && of.id === stack.id && mayBe.has(state),
    )
    .sort((left, right) => (pinnedAt(left) < pinnedAt(right) ? 1 : -1));
}

/** When the stack was last updated before: a part of the plan, so of its hash; a first deployment comes before all. */
function pinnedAt({ stack, name }: ChangeSetRecord): string {
  return `${stack.isNew ? '' : stack.updatedAt}\0${name}`;
}

interface Executed extends Pick<Promised, 'toldBy'> {
  readonly changes: readonly ReviewedChange[];
}

/** What AWS does not answer is no reason to leave out the older ones. */
async function looked(record: ChangeSetRecord, session: Session): Promise<Executed | Proof | undefined> {
  try {
    return await executedAs(record, session);
  } catch (error) {
    if (!(error instanceof IdpFixError) || error.code === 'aws-credentials') throw error;
    return proof({ ...subject, check: `promised: ${record.name}` }, 'unknown', error.message);
  }
}

/** Undefined for a change set that nothing shows to have been executed; a proof where what the record says is not so. */
async function executedAs(record: ChangeSetRecord, session: Session): Promise<Executed | Proof | undefined> {
  const { stacks } = session.aws;
  const { name, planSha256: plan, creation, maker, allowed, state } = record;
  const of = { ...subject, check: `promised: ${name}` };
  const refuse = (because: string) =>
    proof(of, 'unknown', `${because}, so it is compared with nothing`, hintOf(record));
  const identity = planOf(record);
  const found = await stacks.changeSet(record.arn ?? name, record.stack.name);
  const isExecuted = found?.executionStatus === 'EXECUTE_COMPLETE';
  if (found !== undefined && !isExecuted) {
    return state === 'executed'
      ? refuse(
          `its record says that it was executed, and CloudFormation says ${found.executionStatus ?? found.status}`,
        )
      : undefined;
  }
  if (found === undefined && state === 'created') return undefined;
  if (identity === undefined)
    return refuse('its record was written by an older version and does not tell the whole plan');
  if (planHash(identity) !== plan)
    return refuse('its record does not have the hash of its own plan: it was edited');
  if (found === undefined) {
    const events = await stacks.eventsAfter(record.stack.id, undefined);
    if (events.some(({ token }) => token === `execute-${plan}`))
      return { changes: record.changes, toldBy: 'events' };
    return refuse('AWS has neither the change set nor the events of its execution any more');
  }
  const changes = await changesOf(found, session);
  const isSame =
    found.id === record.arn &&
    found.description === description({ plan, creation, maker, allowed }) &&
    actionsOf(changes) === actionsOf(record.changes);
  if (!isSame) return refuse('the change set of this name is not the one of the record');
  return { changes: merged(changes, record.changes), toldBy: 'change set' };
}

async function changesOf(found: ChangeSet, { aws }: Session): Promise<readonly ReviewedChange[]> {
  const tree = await readChangeTree(aws.stacks, found);
  return tree.flatMap((each) => review(each, undefined, (text) => text));
}

/** What AWS says of a change, with the reasons that only the record has. */
function merged(
  told: readonly ReviewedChange[],
  recorded: readonly ReviewedChange[],
): readonly ReviewedChange[] {
  const byName = new Map(told.map((change) => [nameOfChange(change), change]));
  return recorded.map((change) => {
    const values = new Map(
      byName.get(nameOfChange(change))?.properties.map((each) => [each.path, each.after]),
    );
    const properties = change.properties.map((each) => ({
      ...each,
      after: values.get(each.path) ?? each.after,
    }));
    return { ...change, properties };
  });
}

function hintOf({ name }: ChangeSetRecord): string {
  return `move .idp-fix/${name}.json away if it is not of this stack`;
}

/** What was promised, each beside what is deployed. */
async function held(
  record: ChangeSetRecord,
  { changes, toldBy }: Executed,
  session: Session,
  deployment: Deployment,
  product: Product,
): Promise<readonly Proof[]> {
  const { aws, caller } = session;
  const isTransformed = deployment.tree.stacks.some(({ template }) => template.transforms.length > 0);
  const processed = isTransformed ? await readDeployment(session, deployment.stack, 'Processed') : deployment;
  const physical = physicalNames(processed, { account: caller.account, region: aws.region });
  const items = itemsOf(product);
  return [
    ...parameterProofs(record, deployment),
    ...tagProofs(record, deployment),
    ...templateProofs(record, deployment),
    ...changes.flatMap((change) => changeProofs(change, toldBy === 'change set', processed, physical, items)),
  ];
}

function parameterProofs({ values, name }: ChangeSetRecord, { stack }: Deployment): readonly Proof[] {
  const deployed = new Map(stack.parameters.map((each) => [each.name, each]));
  const changed: string[] = [];
  const same: string[] = [];
  for (const [key, value] of Object.entries(values)) {
    const found = deployed.get(key);
    // CloudFormation masks it, or it is the name of a value kept elsewhere.
    if (found !== undefined && found.value === undefined) continue;
    if (found?.value === value) same.push(key);
    else
      changed.push(
        `${key} was set to '${value}' and is ${found === undefined ? 'no parameter any more' : `'${found.value}'`}`,
      );
  }
  return summed('promised-parameters', changed, same, `parameters are as ${name} has set them`);
}

function tagProofs({ tags, name }: ChangeSetRecord, { stack }: Deployment): readonly Proof[] {
  const deployed = new Map(stack.tags.map(({ key, value }) => [key, value]));
  const changed: string[] = [];
  const same: string[] = [];
  for (const { key, after } of tags) {
    const found = deployed.get(key) ?? null;
    if (found === after) same.push(key);
    else changed.push(`the tag ${key} became ${quoted(after)} and is ${quoted(found)}`);
  }
  return summed(
    'promised-tags',
    changed,
    same,
    `the tags of the stack are as ${name} has set them`,
    'tagging',
  );
}

function quoted(value: string | null): string {
  return value === null ? 'none' : `'${value}'`;
}

function summed(
  check: string,
  changed: readonly string[],
  same: readonly string[],
  well: string,
  item: ChecklistItemId | null = null,
): readonly Proof[] {
  const of = { check, item, of: undefined };
  const hint = 'a later update has changed it; idp-fix change-set create brings it back';
  if (changed.length > 0) return changed.map((because) => proof(of, 'dead', because, hint));
  return same.length === 0 ? [] : [proof(of, 'alive', `${well}: ${same.join(', ')}`)];
}

/**
 * Template by template, where a template nests none: one that does gets the addresses of those on its way, which no record
 * has. Another template is no fault; whether each change is still in it is told for itself.
 */
function templateProofs(
  { source, templates, name }: ChangeSetRecord,
  { tree }: Deployment,
): readonly Proof[] {
  if (source === 'parameters') return [];
  const submitted = new Set(templates.map(({ submittedSha256 }) => submittedSha256));
  return tree.stacks
    .filter(({ children, template }) => children.size === 0 && !nests(template))
    .map((stack): Proof => {
      const isSame = submitted.has(stack.template.document.source.sha256);
      const because = isSame
        ? `the deployed template is byte for byte the one that ${name} has submitted`
        : `the deployed template is not the one that ${name} has submitted: something else was deployed since`;
      const at = wayOf(stack).join('/');
      return {
        ...proof({ ...subject, check: 'promised-template' }, isSame ? 'alive' : 'unproven', because),
        stack: at,
      };
    });
}

function nests({ resources }: Stack['template']): boolean {
  return [...resources.values()].some(
    ({ type }) => type === 'AWS::CloudFormation::Stack' || type === 'AWS::Serverless::Application',
  );
}

/** The item of the checklist that each remediation answers. */
export function itemsOf({ remediations }: Product): ReadonlyMap<string, ChecklistItemId | null> {
  return new Map(
    remediations.map(({ id, checklist }) => [
      id,
      questions.find((each) => each.id === checklist)?.id ?? null,
    ]),
  );
}
