import { formatPointer } from '../document/value.js';
import { IdpFixError } from '../errors.js';
import type { Operation } from '../patch/json-patch.js';
import type { FileStore } from '../ports.js';
import type { TemplateResource } from '../template/template.js';
import type { Prepared } from './prepare.js';
import { type ChangeSetRecord, readRecord, recordFile } from './record.js';
import { withOperations } from './submission.js';

/** The name of a change set that was given by its name or its ARN. */
function nameOf(changeSet: string): string {
  return /:changeSet\/([^/]+)\//.exec(changeSet)?.[1] ?? changeSet;
}

/**
 * The record of a change set, if there is one.
 * @throws IdpFixError `usage` when it is of another stack than the one named, and for what is no name
 */
export async function knownRecord(
  files: FileStore,
  folder: string,
  changeSet: string,
  stackName: string,
): Promise<ChangeSetRecord | undefined> {
  const record = await readRecord(files, folder, nameOf(changeSet));
  if (record === undefined) return undefined;
  // The same name, given to a change set that was made later or elsewhere.
  if (changeSet.startsWith('arn:') && record.arn !== null && record.arn !== changeSet) return undefined;
  if ([record.stack.name, record.stack.id].includes(stackName)) return record;
  throw new IdpFixError(
    'usage',
    `${record.name} is a change set of ${record.stack.name}, not of ${stackName}`,
    {
      hint: `if you mean that one: --stack ${record.stack.name}`,
    },
  );
}

/**
 * The record of a change set.
 * @throws IdpFixError `change-set-foreign` when it was not made from here, and as `knownRecord` does
 */
export async function recordOf(
  files: FileStore,
  folder: string,
  changeSet: string,
  stackName: string,
): Promise<ChangeSetRecord> {
  const record = await knownRecord(files, folder, changeSet, stackName);
  if (record !== undefined) return record;
  throw new IdpFixError('change-set-foreign', `nothing says what ${changeSet} was made from`, {
    place: { file: recordFile(folder, nameOf(changeSet)) },
    hint: 'run this in the folder of the templates it was made from, or name that folder with --folder',
  });
}

/** A log group that exists already and becomes part of the stack. */
export interface Adoption {
  /** Of the template. */
  readonly path: string;
  readonly logicalId: string;
  readonly name: string;
}

/**
 * The templates with what CloudFormation wants of a resource that it imports by its name: the name as plain text, and a
 * policy that keeps the resource.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
 */
export function withAdoptions(prepared: Prepared, adoptions: readonly Adoption[]): Prepared {
  if (adoptions.length === 0) return prepared;
  const templates = new Map(prepared.templates);
  for (const { template } of prepared.submitted.stacks) {
    const operations = adoptions.flatMap(({ path, logicalId, name }) => {
      const resource = path === template.path ? template.resources.get(logicalId) : undefined;
      return resource === undefined ? [] : importable(resource, name);
    });
    const before = templates.get(template.path);
    if (operations.length === 0 || before === undefined) continue;
    const text = withOperations(template.path, before.text, operations);
    templates.set(template.path, { ...before, text, isChanged: true });
  }
  const { source } = prepared;
  return {
    ...prepared,
    // A resource is taken over by what the template says of it, so the template has to go along.
    source: source === 'parameters' ? 'deployed' : source,
    templates,
    submitted: prepared.join(templates),
    imports: true,
  };
}

const keeping: ReadonlySet<unknown> = new Set(['Retain', 'RetainExceptOnCreate']);

function importable({ logicalId, body, properties }: TemplateResource, name: string): readonly Operation[] {
  const at = (...path: string[]) => formatPointer(['Resources', logicalId, ...path]);
  return [
    body.Properties === undefined
      ? { op: 'add', path: at('Properties'), value: { LogGroupName: name } }
      : {
          op: properties.LogGroupName === undefined ? 'add' : 'replace',
          path: at('Properties', 'LogGroupName'),
          value: name,
        },
    ...(keeping.has(body.DeletionPolicy)
      ? []
      : [
          {
            op: body.DeletionPolicy === undefined ? ('add' as const) : ('replace' as const),
            path: at('DeletionPolicy'),
            value: 'Retain',
          },
        ]),
  ];
}

/** What a record is compared with before it is executed. */
export interface Present {
  readonly account: string;
  readonly region: string;
  readonly stackId: string;
  readonly updatedAt: string;
  /** SHA-256 of the deployed templates by the way to their stack. */
  readonly deployed: ReadonlyMap<string, string>;
  readonly parameters: ReadonlyMap<string, string>;
  /** SHA-256 of the local templates by path; of a file that is gone, nothing. */
  readonly local: ReadonlyMap<string, string>;
}

/** What has moved since a change set was reviewed, one line each; nothing when it may be executed. */
export function movedSince(record: ChangeSetRecord, now: Present): readonly string[] {
  const { stack, account, region, deployed, templates, parameters } = record;
  const moved: string[] = [];
  if (account !== now.account) moved.push(`reviewed in account ${account}, and this is ${now.account}`);
  if (region !== now.region) moved.push(`reviewed in region ${region}, and this is ${now.region}`);
  if (stack.id !== now.stackId) moved.push(`the stack ${stack.name} is another one than was reviewed`);
  else if (stack.updatedAt !== now.updatedAt) {
    moved.push(`the stack was updated at ${now.updatedAt}, after the review`);
  }
  const ways = new Set([...deployed.map((each) => each.stack), ...now.deployed.keys()]);
  for (const way of [...ways].sort()) {
    const reviewed = deployed.find((each) => each.stack === way)?.sha256;
    if (reviewed !== now.deployed.get(way))
      moved.push(`the deployed template of ${way === '' ? 'the stack' : way} has changed`);
  }
  const names = new Set([...Object.keys(parameters), ...now.parameters.keys()]);
  for (const name of [...names].sort()) {
    if (parameters[name] !== now.parameters.get(name)) moved.push(`the parameter ${name} has another value`);
  }
  for (const { path, localSha256 } of templates) {
    if (localSha256 !== null && localSha256 !== now.local.get(path))
      moved.push(`the local template ${path} has changed`);
  }
  return moved;
}
