import type { ResourceView } from '../contract/resource-view.js';
import { namesOf, textPatternsOf } from '../expressions/patterns.js';
import type { Stack, StackTree } from '../template/template.js';
import { resourcesIn } from './resource-references.js';
import { viewResources } from './view.js';

/** Who writes to a log group, and how that is known. */
export interface LogGroupOwner {
  readonly stack: Stack;
  readonly logicalId: string;
  readonly type: string;
  /** The property that names the group, or the group's name. */
  readonly evidence: string;
}

/** Resources that read a log group, or look after it, rather than write to it. */
const bystanders =
  /^AWS::(Logs::|IAM::|CloudWatch::|CloudFormation::|KMS::|SSM::|Lambda::Permission)|^Custom::/;

/** By the settings of everything that can log to a group; else by the name, which services and people derive. */
export function logGroupOwners(tree: StackTree): (group: ResourceView) => LogGroupOwner | undefined {
  const views = viewResources(tree);
  const writers = views.filter(({ type }) => !bystanders.test(type));
  const byGroup = new Map<string, LogGroupOwner>();
  for (const view of writers) {
    for (const { key, owner } of destinationsOf(view)) if (!byGroup.has(key)) byGroup.set(key, owner);
  }
  return (group) => {
    const keys = [keyOf(group.stack, group.logicalId), ...namesOf(group.stack, group.logicalId)];
    const named = keys.flatMap((key) => byGroup.get(key) ?? [])[0];
    return named ?? ownerInName(group, writers);
  };
}

function keyOf(stack: Stack, logicalId: string): string {
  return `${stack.template.path}#${logicalId}`;
}

/** The log groups a resource's logging settings name, as resources or as names written out. */
function destinationsOf(
  view: ResourceView,
): readonly { readonly key: string; readonly owner: LogGroupOwner }[] {
  const { stack, logicalId, type, properties } = view;
  const owner = (path: readonly string[]): LogGroupOwner => ({
    stack,
    logicalId,
    type,
    evidence: path.filter((token) => !/^(\d+|Ref|Fn::.*)$/.test(token)).join('.'),
  });
  const referred = resourcesIn(properties, stack, isLogging).map((found) => ({
    key: keyOf(found.stack, found.logicalId),
    owner: owner(found.path),
  }));
  const named = nameProperties.flatMap((path) =>
    textPatternsOf(view.expression(...path), stack).map((key) => ({ key, owner: owner(path) })),
  );
  return [...referred, ...named];
}

/** Log groups by name, in the settings where a name is usual. */
const nameProperties = [
  ['LoggingConfig', 'LogGroup'],
  ['LogsConfig', 'CloudWatchLogs', 'GroupName'],
  ['LogGroupName'],
] as const;

function isLogging(path: readonly string[]): boolean {
  if (path[0] === 'Environment' || path[0] === 'Policies' || path[0] === 'Events') return false;
  return path.some((token) => /log/i.test(token));
}

/** `/aws/lambda/${Handler}`: the resource the name is made of, or the one whose name it ends with. */
function ownerInName(group: ResourceView, writers: readonly ResourceView[]): LogGroupOwner | undefined {
  const { stack, logicalId } = group;
  const expression = group.expression('LogGroupName');
  const [mentioned] = resourcesIn(expression, stack).flatMap((found) =>
    writers.filter((writer) => writer.stack === found.stack && writer.logicalId === found.logicalId),
  );
  const writer = mentioned ?? writerNamed(expression === undefined ? [] : namesOf(stack, logicalId), writers);
  return (
    writer && { stack: writer.stack, logicalId: writer.logicalId, type: writer.type, evidence: 'its name' }
  );
}

/** `/aws/lambda/NAME`, where a function or build project of the tree is called NAME. */
function writerNamed(names: readonly string[], writers: readonly ResourceView[]): ResourceView | undefined {
  return writers.find(
    (writer) =>
      serviceFolders[writer.type] !== undefined &&
      [
        ...namesOf(writer.stack, writer.logicalId),
        ...textPatternsOf(writer.expression('Name'), writer.stack),
      ].some((name) => names.includes(`${serviceFolders[writer.type]}${name}`)),
  );
}

const serviceFolders: Readonly<Record<string, string>> = {
  'AWS::CodeBuild::Project': '/aws/codebuild/',
  'AWS::Lambda::Function': '/aws/lambda/',
  'AWS::Serverless::Function': '/aws/lambda/',
};
