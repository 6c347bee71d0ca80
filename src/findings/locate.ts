import { lineOf, nodeAt } from '../document/locate.js';
import { isMap } from '../document/value.js';
import { pathFromWorkingFolder } from '../paths.js';
import type { PlanDocument } from '../plan/document.js';
import type { PatchedFile } from '../plan/written.js';
import { pathOfConstruct } from '../template/metadata.js';
import { openTemplate } from '../template/open.js';
import type { TemplateResource } from '../template/template.js';
import type { ImportedFinding } from './imported.js';

/** A template of a plan, as findings of other tools are looked up in it. */
export interface KnownTemplate {
  readonly document: PlanDocument;
  readonly template: string;
  /** From the folder idp-fix was started in. */
  readonly path: string;
  readonly resources: ReadonlyMap<string, TemplateResource>;
  /** First and last line of each resource, one-based. */
  readonly lines: ReadonlyMap<string, readonly [first: number, last: number]>;
}

export type Location =
  | { readonly template: KnownTemplate; readonly logicalId: string | undefined }
  | { readonly missing: string };

export function knownTemplates(
  root: string,
  document: PlanDocument,
  files: readonly PatchedFile[],
): readonly KnownTemplate[] {
  return files.map(({ path, document: { root: tree, source, ...rest } }) => {
    const section = nodeAt({ root: tree, source, ...rest }, ['Resources']);
    const entries = section?.kind === 'map' ? section.entries : [];
    return {
      document,
      template: path,
      path: pathFromWorkingFolder(root, path),
      resources: openTemplate({ root: tree, source, ...rest }).resources,
      lines: new Map(
        entries.map(({ key, keySpan, value }) => [
          key,
          [lineOf(source, keySpan.start), lineOf(source, value.span.end)],
        ]),
      ),
    };
  });
}

/** The template and the resource a finding is about: by logical id, by line, or by the name of what is deployed. */
export function locate(finding: ImportedFinding, templates: readonly KnownTemplate[]): Location {
  const { file, logicalId, construct, physicalId } = finding;
  const inFile = file === undefined ? templates : templatesCalled(file, templates);
  if (inFile.length === 0) return { missing: `${file} is none of these templates` };
  if (logicalId !== undefined) {
    const having = inFile.filter(({ resources }) => resources.has(logicalId));
    if (having.length > 0) return only(having, logicalId);
  }
  if (construct !== undefined) return byConstruct(construct, inFile);
  if (physicalId !== undefined) return byPhysicalId(physicalId, inFile);
  return byLine(finding, inFile);
}

/** Ways to the same file differ with the folder a tool was started in, so the end that both have in common counts. */
function templatesCalled(file: string, templates: readonly KnownTemplate[]): readonly KnownTemplate[] {
  const wanted = segmentsOf(file);
  const scored = templates.map((template) => {
    const own = segmentsOf(template.path);
    const length = commonEnd(wanted, own);
    return { template, length, isWhole: length === Math.min(wanted.length, own.length) };
  });
  const whole = scored.filter(({ isWhole, length }) => isWhole && length > 0);
  const longest = Math.max(...whole.map(({ length }) => length), 0);
  return whole.filter(({ length }) => length === longest).map(({ template }) => template);
}

function segmentsOf(path: string): readonly string[] {
  return path
    .replaceAll('\\', '/')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.' && segment !== '..');
}

function commonEnd(left: readonly string[], right: readonly string[]): number {
  let length = 0;
  while (length < Math.min(left.length, right.length) && left.at(-1 - length) === right.at(-1 - length))
    length++;
  return length;
}

function only([template, ...others]: readonly KnownTemplate[], logicalId: string): Location {
  if (template === undefined) return { missing: `no template has a resource ${logicalId}` };
  if (others.length === 0) return { template, logicalId };
  const paths = [template, ...others].map(({ path }) => path).join(' and ');
  return { missing: `${logicalId} is in ${paths}, and the finding does not say which is meant` };
}

/** The resource of a construct, or the one that a construct of a higher level is made for; a stack is its template. */
function byConstruct(construct: string, templates: readonly KnownTemplate[]): Location {
  const meant = [construct, `${construct}/Resource`, `${construct}/Default`];
  const found = templates.flatMap((template) =>
    constructsIn(template)
      .filter(([, path]) => meant.includes(path))
      .map(([logicalId]) => ({ template, logicalId })),
  );
  const stacks = templates.filter((each) => {
    const paths = constructsIn(each).map(([, path]) => path);
    const isRoot = each.document.stacks[0]?.template === each.template;
    return isRoot && paths.length > 0 && paths.every((path) => path.startsWith(`${construct}/`));
  });
  const [first, ...others] =
    found.length > 0 ? found : stacks.map((template) => ({ template, logicalId: undefined }));
  if (first !== undefined && others.length === 0) return first;
  return { missing: `no one resource of these templates is the construct ${construct}` };
}

function constructsIn({ resources }: KnownTemplate): readonly (readonly [logicalId: string, path: string])[] {
  return [...resources].flatMap(([logicalId, { body }]) => {
    const path = pathOfConstruct(body);
    return path === undefined ? [] : [[logicalId, path] as const];
  });
}

function byPhysicalId(physicalId: string, templates: readonly KnownTemplate[]): Location {
  const found = templates.flatMap((template) => {
    const logicalId = resourceNamed(physicalId, template.resources);
    return logicalId === undefined ? [] : [{ template, logicalId }];
  });
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  const many = found.map(({ template, logicalId }) => `${template.path} ${logicalId}`).join(' and ');
  return {
    missing:
      first === undefined
        ? `no resource of these templates can be told to be ${physicalId}`
        : `${physicalId} may be ${many}`,
  };
}

function byLine(
  { file = 'it', line, logicalId }: ImportedFinding,
  [template, ...others]: readonly KnownTemplate[],
): Location {
  if (template === undefined || others.length > 0)
    return { missing: `${file} may be more than one of these templates` };
  if (line === undefined) {
    return logicalId === undefined
      ? { template, logicalId: undefined }
      : { missing: `${template.path} has no resource ${logicalId}` };
  }
  const at = [...template.lines].find(([, [first, last]]) => first <= line && line <= last);
  if (at === undefined && logicalId !== undefined)
    return { missing: `${template.path} has no resource ${logicalId}` };
  return { template, logicalId: at?.[0] };
}

/** CloudFormation cuts long logical ids in the names it makes; what is shorter than this might be anything. */
const shortestCutLength = 10;

/**
 * Which resource of a template a deployed one is: the one that has been given this name, or the one CloudFormation has
 * made the name of, `<stack>-<logical id>-<random>`. An ARN says what kind it is, so a permission that names a function is
 * not taken for it, nor a queue for the table of the same name.
 * @param physicalId name, ARN, or URL of a queue
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
 */
export function resourceNamed(
  physicalId: string,
  all: ReadonlyMap<string, TemplateResource>,
): string | undefined {
  const { kind, name } = deployedOf(physicalId);
  const types = kind === undefined ? undefined : typesByKind[kind];
  const resources = [...all].filter(([, { type }]) => types === undefined || types.test(type));
  const named = resources.filter(([, resource]) => hasName(resource, name));
  if (named.length > 0) return named.length === 1 ? named[0]?.[0] : undefined;
  const made = kind !== undefined && kindsWithoutStack.has(kind) ? madeWithoutStack : madeByStack;
  const part = made.exec(name.toLowerCase())?.[1];
  if (part === undefined) return undefined;
  const ids = resources.map(([id]) => id);
  const exact = ids.find((id) => id.toLowerCase() === part);
  if (exact !== undefined || part.length < shortestCutLength) return exact;
  const cut = ids.filter((id) => id.toLowerCase().startsWith(part));
  return cut.length === 1 ? cut[0] : undefined;
}

const madeByStack = /-([a-z0-9]+)-[a-z0-9]{8,}$/;
const madeWithoutStack = /(?:^|-)([a-z0-9]+)-[a-z0-9]{8,}$/;
/** CloudFormation leaves the name of the stack out of theirs. */
const kindsWithoutStack: ReadonlySet<string> = new Set(['states stateMachine', 'secretsmanager secret']);

/** By service and first word of an ARN; the log group of a function is its own, where no resource is the group. */
const typesByKind: Readonly<Record<string, RegExp>> = {
  'cloudwatch alarm': /^AWS::CloudWatch::(?:Composite)?Alarm$/,
  'codebuild project': /^AWS::CodeBuild::Project$/,
  'dynamodb table': /^AWS::(?:DynamoDB::(?:Global)?Table|Serverless::SimpleTable)$/,
  'es domain': /^AWS::(?:OpenSearchService|Elasticsearch)::Domain$/,
  'iam role': /^AWS::IAM::Role$/,
  'lambda function': /^AWS::(?:Lambda|Serverless)::Function$/,
  'logs log-group': /^AWS::(?:Logs::LogGroup|(?:Lambda|Serverless)::Function)$/,
  'rds cluster': /^AWS::RDS::DBCluster$/,
  'rds db': /^AWS::RDS::DBInstance$/,
  's3 ': /^AWS::S3::Bucket$/,
  'secretsmanager secret': /^AWS::SecretsManager::Secret$/,
  'sns ': /^AWS::SNS::Topic$/,
  'sqs ': /^AWS::SQS::Queue$/,
  'states stateMachine': /^AWS::(?:StepFunctions|Serverless)::StateMachine$/,
};

/** What an ARN or the URL of a queue names; of anything else the kind is not known. */
function deployedOf(physicalId: string): { readonly kind: string | undefined; readonly name: string } {
  const queue = /^https:\/\/sqs\.[^/]+\/\d{12}\/([^/]+)$/.exec(physicalId)?.[1];
  if (queue !== undefined) return { kind: 'sqs ', name: queue };
  const [, service = '', resource = ''] = /^arn:[^:]*:([^:]*):[^:]*:[^:]*:(.*)$/.exec(physicalId) ?? [];
  if (resource === '') return { kind: undefined, name: physicalId };
  const [, word = '', rest = resource] = /^([A-Za-z-]+)[:/](.+)$/.exec(resource) ?? [];
  const kind = `${service} ${word}`;
  const known = Object.hasOwn(typesByKind, kind) || !Object.hasOwn(typesByKind, `${service} `);
  if (!known) return { kind: `${service} `, name: nameIn(`${service} `, resource) };
  return { kind, name: nameIn(kind, rest) };
}

/** `function:name:alias` and `log-group:name:*` have more behind the name, and a role has its path before it. */
function nameIn(kind: string, resource: string): string {
  switch (kind) {
    case 'cloudwatch alarm':
      return resource;
    case 'iam role':
      return resource.slice(resource.lastIndexOf('/') + 1);
    case 'dynamodb table':
    case 's3 ':
      return resource.split('/')[0] ?? resource;
    case 'secretsmanager secret':
      return resource.replace(/-[A-Za-z0-9]{6}$/, '');
    default:
      return resource.replace(/:[^:]*$/, '');
  }
}

const nameProperty = /(?:Name|Identifier)$/;

function hasName({ body }: TemplateResource, name: string): boolean {
  const properties = isMap(body) ? body.Properties : undefined;
  return (
    isMap(properties) &&
    Object.entries(properties).some(([key, value]) => nameProperty.test(key) && value === name)
  );
}
