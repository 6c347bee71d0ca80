import {
  type Companion,
  type Facts,
  isEqual,
  isMap,
  type LogGroupUser,
  manual,
  notApplicable,
  numberOf,
  type Outcome,
  type PropertyEdit,
  type ResourceView,
  scalarText,
  shellWord,
  unknown,
  type Value,
  type ValueMap,
  type Verdict,
} from '../../src/remediation.js';
import { logGroup } from './companions.js';
import { keyFor } from './encrypt-with.js';
import { alwaysSays, functionTypes, outcomesAt } from './values.js';

/** What makes a log group for itself where none is named. */
export const selfLogging = [...functionTypes, 'AWS::CodeBuild::Project'] as const;

/** Where a resource names the log group it writes to. */
interface LogSetting {
  readonly folder: string;
  /** From the properties. */
  readonly path: readonly string[];
  /** The property that names the resource, and so the group it makes. */
  readonly named: string;
  /** What else has to be set. */
  readonly also?: readonly PropertyEdit[];
  /** Why it has no group that could be declared. */
  readonly excused?: (view: ResourceView, facts: Facts) => string | undefined;
}

const ofFunctions: LogSetting = {
  folder: '/aws/lambda/',
  path: ['LoggingConfig', 'LogGroup'],
  named: 'FunctionName',
  excused: (view, facts) =>
    facts.functionKind(view).isEdge ? 'it runs at the edge and logs in the Region of the visitor' : undefined,
};

const status = ['LogsConfig', 'CloudWatchLogs', 'Status'];

const ofBuilds: LogSetting = {
  folder: '/aws/codebuild/',
  path: ['LogsConfig', 'CloudWatchLogs', 'GroupName'],
  named: 'Name',
  also: [{ path: ['Properties', ...status], value: 'ENABLED', individual: true }],
  excused: (view) =>
    alwaysSays('DISABLED', view, ...status) ? 'it writes no logs to CloudWatch Logs' : undefined,
};

function settingOf({ type }: ResourceView): LogSetting {
  return type === 'AWS::CodeBuild::Project' ? ofBuilds : ofFunctions;
}

/** Which log group a function has that is judged for itself; `undefined` when it makes its own. */
export function ownLogGroup(view: ResourceView, facts: Facts): OwnLogGroup | undefined {
  const setting = settingOf(view);
  if (setting.excused?.(view, facts) !== undefined)
    return { isJudged: true, says: setting.excused(view, facts) ?? '' };
  const configured = outcomesAt(view, ...setting.path);
  if (configured.every(({ kind }) => kind !== 'absent')) return configuredLogGroup(view, configured, facts);
  const { stack } = view;
  const declared = [...stack.template.resources.keys()]
    .filter((logicalId) => facts.logGroupClass(stack, logicalId)?.owner === view.logicalId)
    .map((logicalId) => ({ stack, logicalId }));
  const [first] = declared;
  if (first === undefined) return undefined;
  if (facts.isAlwaysWith(declared, view))
    return { isJudged: true, says: `it logs to ${first.logicalId}, which is checked on its own` };
  return {
    isJudged: false,
    says: `it logs to ${first.logicalId} in some deployments only, and to an auto-created log group in the others`,
    advice: partlyDeclared,
  };
}

/** The setting names a group, which nobody judges unless a template declares it. */
function configuredLogGroup(view: ResourceView, configured: readonly Outcome[], facts: Facts): OwnLogGroup {
  const groups = facts.resources('AWS::Logs::LogGroup');
  const { path } = settingOf(view);
  const names = facts.textsOf(view.stack, view.expression(...path));
  const isDeclared = (name: string) => {
    const named = groups.filter((group) =>
      facts.textsOf(group.stack, group.expression('LogGroupName')).includes(name),
    );
    return named.length > 0 && facts.isAlwaysWith(named, view);
  };
  const isOfTemplates = (outcome: Outcome) =>
    outcome.kind === 'resource' &&
    groups.some(({ stack, logicalId }) => stack === outcome.stack && logicalId === outcome.logicalId);
  if (configured.every(isOfTemplates) || (names.length > 0 && names.every(isDeclared)))
    return { isJudged: true, says: `it logs to the group its ${path[0]} names` };
  const texts = configured.flatMap((outcome) => {
    const text = outcome.kind === 'unknown' ? outcome.text : scalarText(outcome);
    return text === undefined ? [] : [text];
  });
  const [text] = texts;
  const isOpen = texts.length < configured.length || names.some((name) => name.includes('${?'));
  if (isOpen || text === undefined)
    return { isJudged: undefined, says: `which log group its ${path[0]} names is not known` };
  return {
    isJudged: false,
    says: `it logs to ${text}, an auto-created log group where no template declares it`,
    advice: 'declare it in every deployment, importing the group where it is there already',
  };
}

/** The log group of a function that the templates declare, or its service has elsewhere. */
export interface OwnLogGroup {
  /** In every deployment that has the function; `undefined` where nothing tells which group it is. */
  readonly isJudged: boolean | undefined;
  /** For reading. */
  readonly says: string;
  /** What to do where it is not judged. */
  readonly advice?: string;
}

/** What to do about a declared log group that is missing in some deployments. */
export const partlyDeclared =
  'give the log group the condition of what writes to it, or none, so that both are always there together';

/** @param lacks what is wrong with a group that no template declares, as a clause */
export function verdictOnOwn({ isJudged, says, advice }: OwnLogGroup, lacks: string): Verdict {
  if (isJudged === undefined) return unknown(says);
  return isJudged ? notApplicable(says) : manual(`${says}, ${lacks}: ${advice}`);
}

/** The id of the log group a function would get. */
export function newGroupId({ stack, logicalId }: ResourceView, facts: Facts): string {
  return facts.freeId(stack, `${logicalId}LogGroup`);
}

/** What names a group in a setting of its own, in the same template, without a name that stands in the way of a new one. */
function canFollow({ view, isName }: LogGroupUser, { stack, condition }: ResourceView): boolean {
  const follows = ['AWS::Logs::MetricFilter', 'AWS::Logs::QueryDefinition', 'AWS::Logs::SubscriptionFilter'];
  const isThere = condition === undefined || condition === view?.condition;
  return (
    view !== undefined &&
    isName &&
    isThere &&
    view.stack === stack &&
    follows.includes(view.type) &&
    view.expression('FilterName') === undefined
  );
}

/**
 * A log group in the template, of another name than the one the function has made for itself meanwhile, and the setting
 * that makes the function use it; it keeps its logs as long as the others of the template do. Filters and queries go with
 * the function.
 * @returns why the function has to stay with the group it has, where something else cannot follow it
 */
export function declareLogGroup(
  view: ResourceView,
  properties: ValueMap,
  facts: Facts,
):
  | {
      readonly edits: readonly PropertyEdit[];
      readonly companions: readonly Companion[];
      readonly notes: readonly string[];
    }
  | { readonly stays: string } {
  const { logicalId, condition, stack } = view;
  const { folder, path, named, also = [] } = settingOf(view);
  const group = newGroupId(view, facts);
  const users = facts.implicitLogGroupUsers(view);
  // What finds groups by how their names begin finds the new one too.
  const name = `${folder}\${AWS::StackName}-${group}`;
  const LogGroupName = { 'Fn::Sub': name };
  const texts = facts.textsOf(stack, LogGroupName);
  const finds = ({ prefix }: LogGroupUser) =>
    prefix !== undefined && texts.every((text) => text.startsWith(prefix));
  const following = users.filter((user) => canFollow(user, view));
  const left = users.filter((user) => !following.includes(user) && !finds(user));
  if (left.length > 0) {
    const names = [...new Set(left.map(({ name }) => name))];
    return {
      stays: `${names.join(', ')} ${names.length === 1 ? 'goes' : 'go'} by the name of that group, and would be left with the old one: declare the group and point ${names.length === 1 ? 'it' : 'them'} there`,
    };
  }
  const lines = facts.implicitLogGroupLines(view);
  if (lines.length > 0) {
    return {
      stays: `code names that group (${lines.join(', ')}), and would be left with the old one: declare the group and have the code take its name from a variable`,
    };
  }
  const convention = retentionOfOthers(view, facts);
  const actions = ['logs:CreateLogStream', 'logs:PutLogEvents'];
  const isByName = needsRole(view, group, facts);
  const resource: Value = isByName
    ? { 'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:${name}:*` }
    : { 'Fn::GetAtt': [group, 'Arn'] };
  return {
    edits: [
      { path: ['Properties', ...path], value: { Ref: group }, individual: true },
      ...also,
      ...following.map(
        (user): PropertyEdit => ({ logicalId: user.name, path: user.path, value: { Ref: group } }),
      ),
    ],
    companions: [
      logGroup(
        { logicalId: group, condition },
        { ...((isByName || users.some(finds)) && { LogGroupName }), ...convention, ...properties },
      ),
      { kind: 'permission', logicalId, actions, resource },
    ],
    notes: [oldLogGroup(folder, view, named)],
  };
}

/**
 * Whether the key of a new group needs the role that writes to it: a policy that has the ARN of the group from the group
 * would close a circle, so that it names it by its text.
 */
function needsRole(view: ResourceView, group: string, facts: Facts): boolean {
  const { stack } = view;
  const use = { by: 'logs', group: { stack, logicalId: group } } as const;
  const key = keyFor(view, { type: 'AWS::Logs::LogGroup', use }, facts);
  return 'arn' in key && key.resource !== undefined && facts.needsRoleOf(key.resource, view);
}

/**
 * The expression of the other log groups. A number, or a parameter whose deployed value is not known, may be what another
 * fix is about to change for them.
 * @param days what it has to come to at least
 */
export function retentionOfOthers({ stack }: ResourceView, facts: Facts, days = 0): ValueMap {
  const retention = facts.convention(stack, 'AWS::Logs::LogGroup', 'RetentionInDays');
  if (!isMap(retention)) return {};
  const other = facts
    .resources('AWS::Logs::LogGroup')
    .find((each) => each.stack === stack && isEqual(each.expression('RetentionInDays'), retention));
  const branches = other?.read('RetentionInDays') ?? [];
  if (branches.some(({ outcome }) => (numberOf(outcome) ?? 0) < days)) return {};
  const through = branches.flatMap(({ parameters }) => parameters);
  const isOpen = through.some(
    ({ stack: owner, name }) => owner.parents.length === 0 && !owner.knownParameters.has(name),
  );
  return isOpen ? {} : { RetentionInDays: retention };
}

/**
 * What becomes of the group that a service has made and is left behind: nobody deletes it, and it keeps its logs for ever.
 * That is for whoever knows what is in it.
 * @param named the property that gives the resource its name; without one CloudFormation has made a name that begins with
 * those of stack and resource
 */
function oldLogGroup(prefix: string, view: ResourceView, named: string): string {
  const [name, ...others] = view.read(named).map(({ outcome }) => scalarText(outcome));
  const isKnown = name !== undefined && others.length === 0;
  const group = shellWord(isKnown ? `${prefix}${name}` : `${prefix}STACK-${view.logicalId}-SUFFIX`);
  const find = isKnown
    ? ''
    : ` (aws logs describe-log-groups --log-group-name-prefix ${shellWord(`${prefix}STACK-${view.logicalId}-`)} finds it)`;
  return `the old log group ${group} stays with its logs${find}: aws logs put-retention-policy --log-group-name ${group} --retention-in-days 365 keeps them a year, aws logs delete-log-group --log-group-name ${group} removes them`;
}
