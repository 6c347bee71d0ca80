import type { FunctionClass, LogGroupClass, LogGroupKind } from '../contract/classes.js';
import type { ResourceView } from '../contract/resource-view.js';
import { isList, isMap, type Value } from '../document/value.js';
import { textPatternsOf } from '../expressions/patterns.js';
import { resolve, scalarText } from '../expressions/resolve.js';
import type { Stack, StackTree } from '../template/template.js';
import { overridesFor } from './classify-functions.js';
import { type LogGroupOwner, logGroupOwners } from './log-group-owners.js';
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
  return { ...found, class: kind, evidence: [said, ...found.evidence] };
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
  /** What a tag says about the environment. */
  readonly environment?: string | undefined;
}

function named(group: ResourceView): NamedGroup {
  const names = [
    group.logicalId,
    ...textPatternsOf(group.expression('LogGroupName'), group.stack).map(withoutUnknowns),
  ];
  return { words: new Set(names.flatMap(wordsOf)), environment: environmentTag(group) };
}

function classOf(group: NamedGroup, owner: LogGroupOwner | undefined, functions: Functions): LogGroupClass {
  const written = owner && `written to by ${owner.logicalId} (${owner.type}), by ${owner.evidence}`;
  const audit = owner && (auditOwner(owner) ?? identityFunction(owner, functions));
  const [kind, because]: readonly [LogGroupKind, string | undefined] =
    audit === undefined ? classByName(group, owner) : ['audit-security', audit];
  return {
    class: kind,
    owner: owner?.logicalId,
    evidence: [because, written].filter((line) => line !== undefined),
    ...(because === undefined && written === undefined ? { evidence: [noEvidence] } : {}),
  };
}

const noEvidence = 'nothing in the templates writes to it; taken for a log of the application';

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

/** By the words of the name, and failing that by a tag that names the environment. */
function classByName(
  { words, environment }: NamedGroup,
  owner: LogGroupOwner | undefined,
): readonly [LogGroupKind, string | undefined] {
  const named = (candidates: readonly string[]): string | undefined =>
    candidates.find((word) => words.has(word));
  // A function that looks after trails or firewalls does not write their logs.
  const serviceWords = isFunction(owner) ? ['audit'] : auditWords;
  const flow = words.has('vpc') && !isFunction(owner) ? named(['flow']) : undefined;
  const audit = named(serviceWords) ?? flow;
  if (audit !== undefined) return ['audit-security', `its name says ${audit}`];
  const debug = named(debugWords);
  if (debug !== undefined) return ['debug', `its name says ${debug}`];
  if (owner?.type === 'AWS::Synthetics::Canary') return ['debug', 'written to by a canary'];
  const development = named(developmentWords) ?? environment;
  return development === undefined ? ['application', undefined] : ['development', `marked ${development}`];
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
  const tag = (isList(tags) ? tags : []).find((item) => isMap(item) && isEnvironment(item.Key));
  return isMap(tag)
    ? sureValues(tag.Value, group.stack).find((value) => /^(dev|development|test|sandbox)$/i.test(value))
    : undefined;
}

function isEnvironment(key: Value | undefined): boolean {
  return typeof key === 'string' && /^(environment|env|stage)$/i.test(key);
}

function sureValues(expression: Value | undefined, stack: Stack): readonly string[] {
  const branches = resolve(expression, stack);
  const isSure = branches.every(({ parameters }) =>
    parameters.every(({ stack: own, name }) => own.knownParameters.has(name)),
  );
  return isSure ? branches.flatMap(({ outcome }) => scalarText(outcome) ?? []) : [];
}
