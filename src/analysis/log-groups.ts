import type {
  Basis,
  FunctionClass,
  LogGroupClass,
  LogGroupKind,
  LogGroupUser,
  ResourceView,
} from '../contract/facts.js';
import { isIntrinsic } from '../document/intrinsics.js';
import { isList, isMap, type Path, type Value } from '../document/value.js';
import { namesOf, textPatternsOf } from '../expressions/patterns.js';
import { resolve, scalarText } from '../expressions/resolve.js';
import { isStageTag } from '../expressions/stages.js';
import type { Stack, StackTree } from '../template/template.js';
import { overridesFor } from './classify-functions.js';
import { expressionOf } from './invocations.js';
import { resourcesIn } from './references.js';
import { viewResources } from './view.js';

/** What the policy says about log groups, by name; the last one that fits counts. */
export interface LogGroupOverride {
  /** Path of the template, with `*` and `?`; any template when left out. */
  readonly template?: string | undefined;
  /** Logical id, with `*` and `?`. */
  readonly logicalId: string;
  readonly class: LogGroupKind;
  readonly reason?: string | undefined;
}

type Functions = ReadonlyMap<Stack, ReadonlyMap<string, FunctionClass>>;

/** Classifies every log group of the tree by who writes to it and what it is called. */
export function classifyLogGroups(
  tree: StackTree,
  functions: Functions,
  overrides: readonly LogGroupOverride[] = [],
): ReadonlyMap<Stack, ReadonlyMap<string, LogGroupClass>> {
  const ownerOf = logGroupOwners(tree);
  const classes = new Map(tree.stacks.map((stack) => [stack, new Map<string, LogGroupClass>()]));
  for (const group of viewResources(tree, ['AWS::Logs::LogGroup'])) {
    const found = classOf(named(group), ownerOf(group), functions);
    const override = overridesFor(overrides, group.stack, group.logicalId).at(-1);
    classes.get(group.stack)?.set(group.logicalId, override === undefined ? found : set(found, override));
  }
  return classes;
}

function set(found: LogGroupClass, { class: kind, reason }: LogGroupOverride): LogGroupClass {
  const said = reason === undefined ? 'set by the policy' : `set by the policy: ${reason}`;
  return { ...found, class: kind, basis: 'stated', evidence: [said, ...found.evidence] };
}

/**
 * The class of the log group a function makes for itself, and so of one that is declared for it: its name comes from
 * the function's.
 */
export function classifyImplicitLogGroup(
  { stack, logicalId, type }: ResourceView,
  functions: Functions,
  overrides: readonly LogGroupOverride[] = [],
): LogGroupClass {
  const owner = { stack, logicalId, type, evidence: 'its default name' };
  const found = classOf({ words: new Set(wordsOf(logicalId)) }, owner, functions);
  const override = overridesFor(overrides, stack, `${logicalId}LogGroup`).at(-1);
  return override === undefined ? found : set(found, override);
}

interface NamedGroup {
  /** Of its name and logical id. */
  readonly words: ReadonlySet<string>;
  /** Of defaults in its name: another deployment may have another value. */
  readonly openWords?: ReadonlySet<string>;
  /** What a tag says about the environment. */
  readonly environment?: string | undefined;
}

function named(group: ResourceView): NamedGroup {
  const name = group.expression('LogGroupName');
  const names = [group.logicalId, ...textPatternsOf(name, group.stack).map(withoutUnknowns)];
  return {
    words: new Set(names.flatMap(wordsOf)),
    openWords: new Set(openDefaults(name, group.stack).flatMap(wordsOf)),
    environment: environmentTag(group),
  };
}

function classOf(group: NamedGroup, owner: LogGroupOwner | undefined, functions: Functions): LogGroupClass {
  const written = owner && `written to by ${owner.logicalId} (${owner.type}), by ${owner.evidence}`;
  const audit = owner && (auditOwner(owner) ?? identityFunction(owner, functions));
  const [kind, because, basis = 'stated']: ByName =
    audit === undefined ? classByName(group, owner) : ['audit-security', audit];
  return {
    class: kind,
    owner: owner?.logicalId,
    basis,
    evidence: [because, written].filter((line) => line !== undefined),
    ...(because === undefined && written === undefined ? { evidence: [noEvidence] } : {}),
  };
}

const noEvidence = 'no writer found in the templates; assumed to be an application log';

/** Services whose logs are kept to find out later who did what. */
const auditTypes: Readonly<Record<string, string>> = {
  'AWS::CloudTrail::EventDataStore': 'an audit trail',
  'AWS::CloudTrail::Trail': 'an audit trail',
  'AWS::Cognito::LogDeliveryConfiguration': 'sign-in events',
  'AWS::EC2::ClientVpnEndpoint': 'connections to the network',
  'AWS::EC2::FlowLog': 'network traffic',
  'AWS::EC2::VerifiedAccessInstance': 'access decisions',
  'AWS::NetworkFirewall::LoggingConfiguration': 'network traffic',
  'AWS::Route53::HostedZone': 'name queries',
  'AWS::Route53Resolver::ResolverQueryLoggingConfig': 'name queries',
  'AWS::Transfer::Server': 'file transfers',
  'AWS::WAFv2::LoggingConfiguration': 'requests seen by the firewall',
};

function auditOwner({ type, evidence }: LogGroupOwner): string | undefined {
  const what = Object.hasOwn(auditTypes, type) ? auditTypes[type] : undefined;
  if (what !== undefined) return `records ${what}`;
  return /audit/i.test(evidence) ? 'named as an audit log' : undefined;
}

function identityFunction({ stack, logicalId }: LogGroupOwner, functions: Functions): string | undefined {
  const triggers = functions.get(stack)?.get(logicalId)?.triggers ?? [];
  const identity = triggers.find(({ source }) => source === 'identity');
  return identity && `records decisions on who may sign in or call (${identity.description})`;
}

const auditWords = ['audit', 'cloudtrail', 'waf'];
const debugWords = ['debug', 'debugging', 'trace', 'tracing'];
const developmentWords = ['dev', 'development', 'sandbox'];

type ByName = readonly [kind: LogGroupKind, because: string | undefined, basis?: Basis];

/** By the words of the name, and failing that by a tag that names the environment. */
function classByName(
  { words, openWords = new Set(), environment }: NamedGroup,
  owner: LogGroupOwner | undefined,
): ByName {
  const named = (candidates: readonly string[]): string | undefined =>
    candidates.find((word) => words.has(word));
  // A function that looks after trails or firewalls does not write their logs.
  const serviceWords = isFunction(owner) ? ['audit'] : auditWords;
  const flow = words.has('vpc') && !isFunction(owner) ? named(['flow']) : undefined;
  const audit = named(serviceWords) ?? flow;
  if (audit !== undefined) return ['audit-security', `its name says ${audit}`, 'assumed'];
  const sure = (candidates: readonly string[]): string | undefined =>
    named(candidates.filter((word) => !openWords.has(word)));
  const debug = sure(debugWords);
  if (debug !== undefined) return ['debug', `its name says ${debug}`, 'assumed'];
  if (owner?.type === 'AWS::Synthetics::Canary') return ['debug', 'written to by a canary'];
  const development = sure(developmentWords);
  if (development !== undefined) return ['development', `marked ${development}`, 'assumed'];
  // Without any mark it is what the policy says of logs of the application.
  return environment === undefined ? ['application', undefined] : ['development', `marked ${environment}`];
}

function isFunction(owner: LogGroupOwner | undefined): boolean {
  return owner?.type === 'AWS::Lambda::Function' || owner?.type === 'AWS::Serverless::Function';
}

function withoutUnknowns(text: string): string {
  return text.replace(/\$\{[^}]*\}/g, '/');
}

/** `VpcFlowLogs` and `/vpc/flow-logs` both say `vpc`, `flow`, `logs`. */
function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}

/** Only a value that is sure to be deployed: a default of `dev` says nothing about production. */
function environmentTag(group: ResourceView): string | undefined {
  const tags = group.expression('Tags');
  const tag = (isList(tags) ? tags : []).find(
    (item) => isMap(item) && typeof item.Key === 'string' && isStageTag(item.Key),
  );
  return isMap(tag)
    ? sureValues(tag.Value, group.stack).find((value) => /^(dev|development|test|sandbox)$/i.test(value))
    : undefined;
}

/** The defaults an expression is made of, of parameters whose deployed value is not known. */
function openDefaults(expression: Value | undefined, stack: Stack): readonly string[] {
  return resolve(expression, stack)
    .flatMap(({ parameters }) => parameters)
    .filter(({ stack: own, name }) => own.parents.length === 0 && !own.knownParameters.has(name))
    .map(({ stack: own, name }) => String(own.template.parameters.get(name)?.default ?? ''));
}

function sureValues(expression: Value | undefined, stack: Stack): readonly string[] {
  const branches = resolve(expression, stack);
  const isSure = branches.every(({ parameters }) =>
    parameters.every(({ stack: own, name }) => own.knownParameters.has(name)),
  );
  return isSure ? branches.flatMap(({ outcome }) => scalarText(outcome) ?? []) : [];
}

/** Who writes to a log group, and how that is known. */
interface LogGroupOwner {
  readonly stack: Stack;
  readonly logicalId: string;
  readonly type: string;
  /** The property that names the group, or the group's name. */
  readonly evidence: string;
}

/** Resources that read a log group, or look after it, rather than write to it. */
const otherConsumers =
  /^AWS::(Logs::|IAM::|CloudWatch::|CloudFormation::|KMS::|SSM::|Lambda::Permission)|^Custom::/;

/** By the settings of everything that can log to a group; else by the name, which services and people derive. */
function logGroupOwners(tree: StackTree): (group: ResourceView) => LogGroupOwner | undefined {
  const views = viewResources(tree);
  const writers = views.filter(({ type }) => !otherConsumers.test(type));
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

/** Where a service makes the log group of a resource that names none. */
const serviceFolders: Readonly<Record<string, string>> = {
  'AWS::CodeBuild::Project': '/aws/codebuild/',
  'AWS::Lambda::Function': '/aws/lambda/',
  'AWS::Serverless::Function': '/aws/lambda/',
};

/**
 * What goes by the names of log groups that functions and builds make for themselves, or by how these names begin:
 * filters, queries, permissions to read, dashboards, variables, outputs, by whatever expression. What follows its own
 * group is none, nor is a permission to write.
 */
export function logGroupUsers(tree: StackTree): (view: ResourceView) => readonly LogGroupUser[] {
  const resources = viewResources(tree)
    .filter(({ body }) => isNaming(body))
    .map((view) => ({ view, name: view.logicalId, found: expressionsIn(view.body, view.stack, []) }));
  const outputs = tree.stacks.flatMap((stack) =>
    Object.entries(stack.template.outputs)
      .filter(([, output]) => isNaming(output))
      .map(([id, output]) => ({
        view: undefined,
        name: `the output ${id}`,
        found: expressionsIn(isMap(output) ? (output.Value ?? '') : '', stack, ['Value']),
      })),
  );
  const naming = [...resources, ...outputs];
  return (view) => {
    const folder = serviceFolders[view.type] ?? '';
    const names = new Set(
      [
        ...namesOf(view.stack, view.logicalId),
        ...textPatternsOf({ Ref: view.logicalId }, view.stack),
        ...textPatternsOf(view.expression('Name'), view.stack),
      ].map((name) => `${folder}${name}`),
    );
    return naming
      .filter((user) => user.view !== view)
      .flatMap((user) =>
        user.found.flatMap(({ path, texts }): LogGroupUser[] => {
          const found = { view: user.view, name: user.name, path };
          if (texts.some((text) => names.has(text))) return [{ ...found, isName: true }];
          if (texts.some((text) => [...names].some((name) => hasName(text, name))))
            return [{ ...found, isName: false }];
          const prefix = texts.map((text) => prefixIn(text, folder)).find((each) => beginsAny(names, each));
          return prefix === undefined ? [] : [{ ...found, isName: false, prefix }];
        }),
      );
  };
}

const naming = new WeakMap<object, boolean>();

/** Few parts of a template name such a group at all. */
function isNaming(value: Value): boolean {
  const isFrozen = typeof value === 'object' && value !== null;
  const known = isFrozen ? naming.get(value) : undefined;
  if (known !== undefined) return known;
  const found = /\/aws\/(lambda|codebuild)/.test(JSON.stringify(value));
  if (isFrozen) naming.set(value, found);
  return found;
}

/** Lines of code that name the log group a function makes for itself: `src/report/app.py:4`. */
export function logGroupLines(tree: StackTree): (view: ResourceView) => readonly string[] {
  const found = viewResources(tree, functionTypes).flatMap((view) => {
    const code = tree.code?.codeOf(view.stack.template.path, view.logicalId);
    if (code?.mentions(ofFunctions) !== true) return [];
    return code.facts.flatMap((fact) => {
      if (fact.kind !== 'name' || fact.of !== 'log-group') return [];
      const texts = textPatternsOf(expressionOf(fact.name, view), view.stack);
      return [{ line: `${fact.place.file}:${fact.place.line}`, texts }];
    });
  });
  return ({ stack, logicalId }) => {
    const names = namesOf(stack, logicalId).map((name) => `${ofFunctions}${name}`);
    const lines = found.filter(({ texts }) => texts.some((text) => names.includes(text)));
    return [...new Set(lines.map(({ line }) => line))];
  };
}

const functionTypes = ['AWS::Lambda::Function', 'AWS::Serverless::Function'];

const ofFunctions = '/aws/lambda/';

function beginsAny(names: ReadonlySet<string>, prefix: string | undefined): boolean {
  return prefix !== undefined && [...names].some((name) => name.startsWith(prefix));
}

/** `/aws/lambda/Pick` is not in `/aws/lambda/Picker`. */
function hasName(text: string, name: string): boolean {
  const at = text.indexOf(name);
  return at >= 0 && !/^[\w./#-]/.test(text.slice(at + name.length));
}

/** The beginning that is meant by `/aws/lambda/shop-`, by `/aws/lambda/shop-*`, and by an ARN with the latter. */
function prefixIn(text: string, folder: string): string | undefined {
  const [, group] = /^arn:.*:log-group:(.*?)(?::\*)?$/.exec(text) ?? [];
  const name = group ?? text;
  if (!`${name.replace(/\*$/, '')}/`.startsWith(folder)) return undefined;
  const isPattern = name.endsWith('*');
  return group !== undefined && !isPattern ? undefined : name.replace(/\*$/, '');
}

interface Expression {
  readonly path: Path;
  readonly texts: readonly string[];
}

function expressionsIn(value: Value, stack: Stack, path: Path): readonly Expression[] {
  if (typeof value === 'string' || isIntrinsic(value)) {
    const texts = textPatternsOf(value, stack).filter((text) => /\/aws\/(lambda|codebuild)/.test(text));
    if (texts.length > 0) return [{ path, texts }];
  }
  if (isList(value))
    return value.flatMap((item, index) => expressionsIn(item, stack, [...path, String(index)]));
  if (!isMap(value) || isNoReader(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => expressionsIn(inner, stack, [...path, key]));
}

/** A statement of a policy that names no action by which logs are read: one on the old group is none too many. */
function isNoReader({ Effect: effect, Action: action }: { readonly [key: string]: Value }): boolean {
  if (effect === undefined || action === undefined) return false;
  const actions = (isList(action) ? action : [action]).map(String);
  return !actions.some((each) => /^logs:(Get|Filter|Start|CreateExport|Unmask)/i.test(each));
}
