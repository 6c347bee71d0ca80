import { type MachineTask, tasksOf, withQuotedSubstitutions } from '../code/state-machine.js';
import type { ResourceView, Trigger } from '../contract/facts.js';
import { lineOf, nearestNode } from '../document/locate.js';
import type { Document } from '../document/syntax.js';
import { isList, isMap, type Value } from '../document/value.js';
import type { Member } from '../expressions/coexistence.js';
import { textPatternsOf } from '../expressions/patterns.js';
import type { Stack, StackTree } from '../template/template.js';
import { directInvocations, isInvocation } from './invocations.js';
import { type FindFunctions, functionFinder, functionsOf, publishedTriggers } from './references.js';
import { authorizersOf, connectorTriggers, resourceTriggers } from './resource-triggers.js';
import { rolePermissions } from './roles.js';
import { type FoundTrigger, triggerFrom } from './trigger-places.js';
import { viewResources } from './view.js';

/** A task that calls a function of the tree. */
interface FunctionTask {
  readonly member: Member;
  readonly machine: ResourceView;
  readonly task: MachineTask;
  /** `statemachine/workflow.asl.json:12`. */
  readonly place: string;
}

const machineTypes: readonly string[] = ['AWS::Serverless::StateMachine', 'AWS::StepFunctions::StateMachine'];

/** The tasks of all state machines whose definition is in the tree or beside it. */
function functionTasks(tree: StackTree, find: FindFunctions): readonly FunctionTask[] {
  return viewResources(tree, machineTypes).flatMap((machine) => {
    const definition = definitionOf(machine, tree);
    if (definition === undefined) return [];
    return tasksOf(definition.value).flatMap((task) =>
      calleesOf(task, machine, find).map((member) => ({
        member,
        machine,
        task,
        place: definition.placeOf(task),
      })),
    );
  });
}

interface Definition {
  readonly value: Value;
  placeOf(task: MachineTask): string;
}

function definitionOf(machine: ResourceView, tree: StackTree): Definition | undefined {
  const { stack, logicalId, properties } = machine;
  const file = tree.code?.definitionOf(stack.template.path, logicalId);
  if (file !== undefined) return { value: file.value, placeOf: ({ path }) => placeIn(file, path) };
  const { document, path } = stack.template;
  const own = ['Resources', logicalId, 'Properties'];
  if (isMap(properties.Definition))
    return {
      value: properties.Definition,
      placeOf: (task) => placeIn(document, [...own, 'Definition', ...task.path]),
    };
  const value = parsed(textOf(properties.DefinitionString));
  const line = lineAt(document, [...own, 'DefinitionString']);
  return value === undefined ? undefined : { value, placeOf: () => `${path}:${line}` };
}

function placeIn(document: Document, path: readonly string[]): string {
  return `${document.source.path}:${lineAt(document, path)}`;
}

function lineAt(document: Document, path: readonly string[]): number {
  return lineOf(document.source, nearestNode(document, path).span.start);
}

/** A definition as text, with what is substituted as `${Name}`. */
function textOf(value: Value | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (!isMap(value)) return undefined;
  const { 'Fn::Sub': substituted, 'Fn::Join': joined } = value;
  if (isList(substituted)) return textOf(substituted[0]);
  if (typeof substituted === 'string') return substituted;
  const [separator, items] = isList(joined) ? joined : [];
  if (typeof separator !== 'string' || !isList(items)) return undefined;
  return items.map(partOf).join(separator);
}

function partOf(item: Value): string {
  if (!isMap(item)) return String(item);
  const { Ref: ref, 'Fn::GetAtt': attribute } = item;
  if (typeof ref === 'string') return `\${${ref}}`;
  return isList(attribute) ? `\${${attribute.join('.')}}` : '${?}';
}

function parsed(text: string | undefined): Value | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(withQuotedSubstitutions(text));
  } catch {
    return undefined;
  }
}

function calleesOf({ callee }: MachineTask, machine: ResourceView, find: FindFunctions): readonly Member[] {
  if (typeof callee !== 'string') return find(callee, machine.stack);
  const substitutions = machine.expression('DefinitionSubstitutions');
  const own = isMap(substitutions) ? substitutions : {};
  const [, name] = /^\$\{([^}]+)\}(?::[\w$-]+)?$/.exec(callee) ?? [];
  const given = name === undefined ? undefined : own[name];
  if (given !== undefined) return find({ FunctionName: given }, machine.stack);
  return find({ FunctionName: { 'Fn::Sub': [callee, own] } }, machine.stack);
}

/** How the tasks call, where their definition can be read. */
function machineTriggers(tree: StackTree, find: FindFunctions): readonly FoundTrigger[] {
  return functionTasks(tree, find)
    .filter(({ task }) => task.invocationType !== 'DryRun')
    .map(({ member, machine, task, place }) => {
      const invocation: Trigger['invocation'] = task.invocationType === 'Event' ? 'async' : 'sync';
      const trigger = triggerFrom(machine, member, { invocation, source: 'state-machine' }, 'state machine');
      const how = task.invocationType === 'Event' ? ' with InvocationType Event' : '';
      const many =
        task.atOnce === undefined
          ? ', without a limit'
          : task.atOnce > 1
            ? `, up to ${task.atOnce} at once`
            : '';
      const { state, atOnce, retriesWhenThrottled } = task;
      const seen = `${place} state ${state} calls it${how}${many}`;
      return { member, trigger: { ...trigger, seen, task: { state, atOnce, retriesWhenThrottled } } };
    });
}

/**
 * What invokes each function of the tree, by evidence in the templates alone. References are followed through the
 * parameters and outputs of nested stacks; mentions in outputs, dashboards and descriptions are no triggers.
 */
export function triggersOf(tree: StackTree): ReadonlyMap<Stack, ReadonlyMap<string, readonly Trigger[]>> {
  const find = functionFinder(tree);
  const views = viewResources(tree);
  const triggers = new Map(tree.stacks.map((stack) => [stack, new Map<string, Trigger[]>()]));
  for (const { stack, logicalId } of functionsOf(tree)) triggers.get(stack)?.set(logicalId, []);
  const listOf = ({ stack, logicalId }: Member): Trigger[] => triggers.get(stack)?.get(logicalId) ?? [];
  const record = (found: readonly FoundTrigger[]): void => {
    for (const { member, trigger } of found) {
      const list = listOf(member);
      const isKnown = list.some(
        ({ description, invocation, seen }) =>
          description === trigger.description && invocation === trigger.invocation && seen === trigger.seen,
      );
      const isTold =
        trigger.source === 'state-machine' &&
        trigger.seen === undefined &&
        list.some(({ description, seen }) => description === trigger.description && seen !== undefined);
      if (!isKnown && !isTold) list.push(trigger);
    }
  };
  // First, because what a definition says of a call counts more than that the machine knows the function.
  record(machineTriggers(tree, find));
  record(definedApiTriggers(tree, find));
  record(resourceTriggers(views, find));
  record(globalAuthorizers(tree, find));
  record(directInvocations(tree, find, listOf));
  record(connectorTriggers(views, find, listOf));
  // Last, because a permission counts only where nothing else explains it.
  for (const view of views) record(permissionTriggers(view, find, listOf));
  for (const view of views) record(roleInvocations(view, find, listOf));
  record(publishedTriggers(tree, find, listOf));
  return triggers;
}

/** Authorizers of the APIs that SAM makes by itself have no resource to stand in. */
function globalAuthorizers(tree: StackTree, find: FindFunctions): readonly FoundTrigger[] {
  return tree.stacks.flatMap((stack) =>
    ['Api', 'HttpApi', 'WebSocketApi'].flatMap((section) => {
      const { [section]: settings } = stack.template.globals;
      return find(isMap(settings) ? settings.Auth : undefined, stack).map((member) => ({
        member,
        trigger: {
          invocation: 'sync',
          source: 'identity',
          description: `authorizer in Globals.${section}`,
        } as const,
      }));
    }),
  );
}

/**
 * Invocations by a service that assumes a role with `lambda:InvokeFunction`: a gateway or a schedule made by an API
 * call or a custom resource is in no template, but the role it takes is.
 */
function roleInvocations(
  view: ResourceView,
  find: FindFunctions,
  triggers: (member: Member) => readonly Trigger[],
): readonly FoundTrigger[] {
  if (view.type !== 'AWS::IAM::Role') return [];
  const services = servicesTrusted(view);
  if (services.length === 0) return [];
  const statements = rolePermissions(view.stack, view.logicalId).statements.filter(isInvocation);
  const members = statements.flatMap(({ resources = [], stack }) =>
    resources.flatMap((resource) => find(resource, stack)),
  );
  return services.flatMap((service) => {
    const caller = serviceCaller(service);
    if (caller === undefined) return [];
    return members
      .filter((member) => !triggers(member).some(({ source }) => caller.confirms.includes(source)))
      .map((member) => ({ member, trigger: triggerFrom(view, member, caller, `${service} with role`) }));
  });
}

function servicesTrusted({ properties, stack }: ResourceView): readonly string[] {
  const trust = properties.AssumeRolePolicyDocument;
  const statements = isMap(trust) ? listOf(trust.Statement) : [];
  return statements.flatMap((statement) => {
    const principal = isMap(statement) && statement.Effect === 'Allow' ? statement.Principal : undefined;
    return isMap(principal)
      ? listOf(principal.Service).flatMap((service) => textPatternsOf(service, stack))
      : [];
  });
}

function listOf(value: Value | undefined): readonly Value[] {
  if (value === undefined) return [];
  return isList(value) ? value : [value];
}

/** Whom an `AWS::Lambda::Permission` admits; `confirms` are the sources of triggers that already explain it. */
interface Caller {
  readonly invocation: Trigger['invocation'];
  readonly source: string;
  readonly confirms: readonly string[];
}

function caller(source: string, invocation: Trigger['invocation'], ...confirms: readonly string[]): Caller {
  return { invocation, source, confirms: [source, ...confirms] };
}

/** By the first label of the service principal. */
const callers: Readonly<Record<string, Caller>> = {
  'alexa-appkit': caller('api', 'sync'),
  'alexa-connectedhome': caller('api', 'sync'),
  apigateway: caller('api', 'sync', 'identity'),
  appconfig: caller('operations', 'unknown'),
  appflow: caller('records', 'sync'),
  appsync: caller('identity', 'sync', 'api'),
  autoscaling: caller('operations', 'sync'),
  batchoperations: caller('records', 'sync'),
  'bedrock-agentcore': caller('api', 'sync'),
  bedrock: caller('api', 'sync'),
  chime: caller('api', 'unknown'),
  cloudformation: caller('custom-resource', 'async', 'operations'),
  codecommit: caller('operations', 'async'),
  codepipeline: caller('operations', 'async'),
  'cognito-idp': caller('identity', 'sync'),
  'cognito-sync': caller('identity', 'sync'),
  config: caller('operations', 'async'),
  connect: caller('api', 'sync'),
  edgelambda: caller('api', 'sync'),
  elasticloadbalancing: caller('api', 'sync'),
  events: caller('event-rule', 'async', 'schedule', 'records', 'operations'),
  healthlake: caller('identity', 'sync'),
  iot: caller('records', 'async', 'identity'),
  iotanalytics: caller('records', 'sync'),
  iotevents: caller('records', 'async'),
  ivschat: caller('api', 'sync'),
  lambda: caller('operations', 'async'),
  lex: caller('api', 'sync'),
  lexv2: caller('api', 'sync'),
  logs: caller('records', 'async'),
  pinpoint: caller('records', 'unknown'),
  s3: caller('records', 'async'),
  scheduler: caller('schedule', 'async'),
  secretsmanager: caller('operations', 'sync'),
  ses: caller('records', 'async'),
  sns: caller('records', 'async', 'operations'),
  transfer: caller('identity', 'sync'),
  'vpc-lattice': caller('api', 'sync'),
};

const urlCaller = caller('api', 'sync');

/** Another account, or a service this table does not know: how it calls, nothing here says. */
const outsideCaller: Caller = { invocation: 'unknown', source: 'direct', confirms: [] };

/** How a service calls; `undefined` for what is no service, or one this table does not know. */
function serviceCaller(principal: string): Caller | undefined {
  const label = principal.split('.', 1)[0] ?? '';
  if (!Object.hasOwn(callers, label)) return undefined;
  return /\.amazon(?:aws)?\.|\.\$\{AWS::URLSuffix\}$/.test(principal) ? callers[label] : undefined;
}

/** A permission tells of a caller that is not in the templates, or not where one would look. */
function permissionTriggers(
  view: ResourceView,
  find: FindFunctions,
  triggers: (member: Member) => readonly Trigger[],
): readonly FoundTrigger[] {
  if (view.type !== 'AWS::Lambda::Permission') return [];
  return textPatternsOf(view.properties.Principal, view.stack).flatMap((principal) => {
    const known = serviceCaller(principal);
    const isUrl = view.properties.FunctionUrlAuthType !== undefined;
    const { invocation, source, confirms } = known ?? (isUrl ? urlCaller : outsideCaller);
    return find(view.properties.FunctionName, view.stack)
      .filter((member) => !triggers(member).some((trigger) => confirms.includes(trigger.source)))
      .map((member) => ({
        member,
        trigger: triggerFrom(view, member, { invocation, source }, `permission for ${principal} in`),
      }));
  });
}

const apiTypes: readonly string[] = [
  'AWS::Serverless::Api',
  'AWS::Serverless::HttpApi',
  'AWS::ApiGateway::RestApi',
  'AWS::ApiGatewayV2::Api',
];

/** Calls by APIs whose OpenAPI document lies in a file of its own. */
function definedApiTriggers(tree: StackTree, find: FindFunctions): readonly FoundTrigger[] {
  return viewResources(tree, apiTypes).flatMap((view) => {
    const document = tree.code?.definitionOf(view.stack.template.path, view.logicalId);
    if (document === undefined || !isMap(document.value)) return [];
    const authorizers = authorizersOf(document.value, view.stack, find);
    return find(document.value, view.stack).map((member) => {
      const isAuthorizer = authorizers.some(
        ({ stack, logicalId }) => stack === member.stack && logicalId === member.logicalId,
      );
      const source = isAuthorizer ? 'identity' : 'api';
      const trigger = triggerFrom(view, member, { invocation: 'sync', source }, 'API');
      return { member, trigger: { ...trigger, seen: `${document.source.path} names it` } };
    });
  });
}
