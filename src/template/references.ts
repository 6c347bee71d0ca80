import { isMap, type ValueMap } from '../document/value.js';
import { referencesIn } from './consumers.js';
import { generatedResources } from './generated.js';
import { mergedProperties } from './globals.js';
import type { Template, TemplateResource } from './template.js';

export { referencesIn } from './consumers.js';

export type Dependencies = ReadonlyMap<string, ReadonlySet<string>>;

const known = new WeakMap<Template, Dependencies>();

/**
 * Which resources each resource needs before it can be created, after the SAM transform: a role that SAM makes for a
 * function is a node of its own (`<Function>Role`), and so are permissions, event source mappings, stages and the like,
 * because a circle through the function may not be one through its role.
 */
export function dependencies(template: Template): Dependencies {
  const cached = known.get(template);
  if (cached !== undefined) return cached;
  const companions = new Map<string, Set<string>>();
  for (const resource of template.resources.values()) {
    companions.set(resource.logicalId, new Set([...resource.dependsOn, ...ownNeeds(resource, template)]));
  }
  const generated = generatedResources(template);
  for (const { logicalId, companions: needed } of generated) companions.set(logicalId, new Set(needed));
  for (const { logicalId, owner, isOwnedFirst, neededBy = [] } of generated) {
    if (isOwnedFirst) companions.get(owner)?.add(logicalId);
    for (const id of neededBy) companions.get(id)?.add(logicalId);
  }
  for (const [id, needed] of integrations(template)) companions.get(id)?.add(needed);
  for (const needed of companions.values())
    for (const id of needed) if (!companions.has(id)) needed.delete(id);
  known.set(template, companions);
  return companions;
}

/** Whether a resource can be created only after another, or is the other. */
export function needs(template: Template, logicalId: string, other: string): boolean {
  const graph = dependencies(template);
  const seen = new Set<string>();
  const open = [logicalId];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === other) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(graph.get(next) ?? []));
  }
  return false;
}

/** Properties SAM moves to resources of their own. */
const moved: Readonly<Record<string, ReadonlySet<string>>> = {
  'AWS::Serverless::Function': new Set([
    'Policies',
    'Events',
    'EventInvokeConfig',
    'DeploymentPreference',
    'PermissionsBoundary',
    'AssumeRolePolicyDocument',
    'FunctionUrlConfig',
  ]),
  'AWS::Serverless::StateMachine': new Set([
    'Policies',
    'Events',
    'PermissionsBoundary',
    'DeploymentPreference',
  ]),
  'AWS::Serverless::Api': new Set([
    'AccessLogSetting',
    'CanarySetting',
    'MethodSettings',
    'Variables',
    'StageName',
    'Domain',
  ]),
  'AWS::Serverless::HttpApi': new Set([
    'AccessLogSettings',
    'DefaultRouteSettings',
    'RouteSettings',
    'StageVariables',
    'StageName',
    'Domain',
  ]),
  'AWS::Serverless::WebSocketApi': new Set([
    'AccessLogSettings',
    'DefaultRouteSettings',
    'RouteSettings',
    'StageVariables',
    'StageName',
    'Domain',
    'Routes',
    'Auth',
  ]),
};

/** Attributes that are no part of what is deployed. */
const silent: ReadonlySet<string> = new Set([
  'Type',
  'Properties',
  'Metadata',
  'DependsOn',
  'Condition',
  'Connectors',
]);

function ownNeeds(resource: TemplateResource, template: Template): readonly string[] {
  const { type, body } = resource;
  const elsewhere =
    (template.isSam && Object.hasOwn(moved, type) ? moved[type] : undefined) ?? new Set<string>();
  const properties: ValueMap = mergedProperties(template, resource);
  const own = Object.keys(properties).filter((name) => !elsewhere.has(name));
  const attributes = Object.keys(body).filter((name) => !silent.has(name));
  return [
    ...own.flatMap((name) => referencesIn(properties[name])),
    ...attributes.flatMap((name) => referencesIn(body[name])),
  ];
}

/**
 * An API whose definition SAM writes has the ARN of every function with a route on it, and a user pool that of its
 * triggers; a bucket has that of the functions it notifies.
 */
function integrations(template: Template): readonly (readonly [string, string])[] {
  if (!template.isSam) return [];
  return [...template.resources.values()].flatMap((resource) => {
    const events = mergedProperties(template, resource).Events;
    if (!/^AWS::Serverless::(Function|StateMachine)$/.test(resource.type) || !isMap(events)) return [];
    return Object.values(events).flatMap((event) => {
      const properties = isMap(event) ? event.Properties : undefined;
      if (!isMap(properties)) return [];
      const names = ['RestApiId', 'ApiId', 'Bucket', 'UserPool'];
      return names.flatMap((name) =>
        callers(properties[name]).map((id) => [id, resource.logicalId] as const),
      );
    });
  });
}

/** A logical id may also be written as it is: `RestApiId: MyApi`. */
function callers(value: ValueMap[string] | undefined): readonly string[] {
  return typeof value === 'string' ? [value] : referencesIn(value);
}

/**
 * The first circle of a dependency graph, from and to the same id: `['A', 'B', 'A']`. The same graph gives the same
 * circle, whatever the order it was built in.
 */
export function findCycle(graph: Dependencies): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const onPath = new Set<string>();
  const visit = (id: string): string[] | undefined => {
    if (onPath.has(id)) return [...path.slice(path.indexOf(id)), id];
    if (done.has(id)) return undefined;
    path.push(id);
    onPath.add(id);
    for (const next of [...(graph.get(id) ?? [])].sort()) {
      const circle = visit(next);
      if (circle !== undefined) return circle;
    }
    path.pop();
    onPath.delete(id);
    done.add(id);
    return undefined;
  };
  for (const id of [...graph.keys()].sort()) {
    const circle = visit(id);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** A logical id nothing in the template has: the wanted one, or with a number behind it. */
export function freeId({ parameters, conditions, resources }: Template, wanted: string): string {
  const isTaken = (id: string) => parameters.has(id) || conditions.has(id) || resources.has(id);
  let id = wanted;
  for (let number = 2; isTaken(id); number++) id = `${wanted}${number}`;
  return id;
}
