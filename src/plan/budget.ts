import { isList, isMap, type Path, type Value, type ValueMap } from '../document/value.js';
import type { Policy } from '../policy/policy.js';
import { limits } from '../template/limits.js';
import { resourcesAfterTransform } from '../template/sam.js';
import type { StackTree, Template, TemplateResource } from '../template/template.js';
import type { PlanAttempt } from './attempt.js';
import type { Fixable } from './finding.js';

/** What a template has of each thing that CloudFormation counts and fixes add. */
type Amounts = Readonly<Record<'resources' | 'parameters' | 'bytes', number>>;

const counted: readonly (keyof Amounts)[] = ['resources', 'parameters', 'bytes'];

const limitOf: Amounts = {
  resources: limits.resources,
  parameters: limits.parameters,
  bytes: limits.templateBytes,
};

const nameOf: Readonly<Record<keyof Amounts, string>> = {
  resources: 'resources after the transforms',
  parameters: 'parameters',
  bytes: 'bytes',
};

/** What one finding adds to one template; what has a name counts once, whoever else asks for it. */
interface Demand {
  readonly named: Map<string, Named>;
  /** Of what has no name of its own. */
  bytes: number;
}

interface Named {
  readonly resources: number;
  readonly parameters: number;
  readonly bytes: number;
}

/**
 * Gives the findings of a round room in their templates, most important first, before anything is placed. A finding that
 * adds resources, parameters or bytes to a template gets room for all of it or none.
 * @returns why a finding has no room, by its key
 */
export function reserveRoom(
  findings: readonly Fixable[],
  original: StackTree,
  policy: Policy,
  attempt: PlanAttempt,
): ReadonlyMap<string, string> {
  const rooms = new Map<string, Room>();
  const refused = new Map<string, string>();
  for (const finding of byImportance(findings)) {
    const steps = [...demandsOf(finding)].map(([path, demand]) => {
      const room = rooms.get(path) ?? { used: amountsOf(path, original, attempt.tree), names: new Set() };
      rooms.set(path, room);
      return { path, room, next: withDemand(room, demand), demand };
    });
    const problem = steps
      .map(({ path, room, next }) => excess(path, room.used, next, policy.limits.headroomPercent))
      .find((each) => each !== undefined);
    if (problem !== undefined) {
      refused.set(finding.key, problem);
      continue;
    }
    for (const { room, next, demand } of steps) {
      room.used = next;
      for (const name of demand.named.keys()) room.names.add(name);
    }
  }
  return refused;
}

/** What a template comes to with all that has been given room so far, and the names of what is new. */
interface Room {
  used: Amounts;
  readonly names: Set<string>;
}

function withDemand({ used, names }: Room, { named, bytes }: Demand): Amounts {
  const added = [...named].filter(([name]) => !names.has(name)).map(([, each]) => each);
  const sum = (what: keyof Named) => added.reduce((total, each) => total + each[what], 0);
  return {
    resources: used.resources + sum('resources'),
    parameters: used.parameters + sum('parameters'),
    bytes: used.bytes + sum('bytes') + bytes,
  };
}

const guideRisks = ['high', 'medium', 'low'] as const;

/** By the guide's risk, then by what the remediation says; among equals in the order they were judged. */
function byImportance(findings: readonly Fixable[]): readonly Fixable[] {
  const rank = ({ remediation }: Fixable) => guideRisks.indexOf(remediation.guideRisk);
  return [...findings].sort((left, right) => rank(left) - rank(right) || left.priority - right.priority);
}

function excess(path: string, before: Amounts, next: Amounts, headroomPercent: number): string | undefined {
  for (const what of counted) {
    const limit = limitOf[what];
    const kept = Math.floor((limit * headroomPercent) / 100);
    // What does not grow is no reason, however little room the template leaves.
    if (next[what] === before[what] || next[what] <= limit - kept) continue;
    const reserve = kept === 0 ? '' : `, of which the policy keeps ${kept} free (limits.headroomPercent)`;
    return `${path} has no room for it: CloudFormation takes ${limit} ${nameOf[what]}${reserve}, and more important findings and the template itself have what there is`;
  }
  return undefined;
}

function amountsOf(path: string, original: StackTree, tree: StackTree): Amounts {
  const now = templateAt(path, tree);
  const before = templateAt(path, original);
  return {
    resources: resourcesAfterTransform(now),
    parameters: now.parameters.size,
    bytes: Buffer.byteLength(before.document.source.text) + bytesOf(now.value) - bytesOf(before.value),
  };
}

function templateAt(path: string, { stacks }: StackTree): Template {
  const found = stacks.find(({ template }) => template.path === path);
  if (found === undefined) throw new Error(`no template ${path}`);
  return found.template;
}

/** By template. */
function demandsOf(finding: Fixable): ReadonlyMap<string, Demand> {
  const { stack, verdict, logicalId } = finding;
  const demands = new Map<string, Demand>();
  const demandIn = (path: string): Demand => {
    const demand = demands.get(path) ?? { named: new Map<string, Named>(), bytes: 0 };
    demands.set(path, demand);
    return demand;
  };
  for (const companion of verdict.companions ?? []) {
    const { template } = companion.in ?? stack;
    const { path } = template;
    if (companion.kind === 'resource' && !template.resources.has(companion.logicalId)) {
      const { logicalId: id, body } = companion;
      const resources = generatedBy(template, id, body);
      demandIn(path).named.set(id, { resources, parameters: 0, bytes: bytesOf(body) });
    }
    if (companion.kind === 'parameter' && !template.parameters.has(companion.name)) {
      const bytes = bytesOf(companion.definition);
      demandIn(path).named.set(companion.name, { resources: 0, parameters: 1, bytes });
    }
    if (companion.kind === 'statement') demandIn(path).bytes += bytesOf(companion.statement);
  }
  for (const want of verdict.edits) {
    const demand = demandIn(stack.template.path);
    demand.bytes += bytesOf(want.value);
    const id = want.logicalId ?? logicalId ?? '';
    const body = stack.template.resources.get(id)?.body;
    if (body === undefined) continue;
    const now = generatedBy(stack.template, id, body);
    const then = generatedBy(stack.template, id, withValue(body, want.path, want.value));
    const named = { resources: Math.max(0, then - now), parameters: 0, bytes: 0 };
    demand.named.set(`${id} ${want.path.join('/')}`, named);
  }
  return demands;
}

/** How many resources one comes to after the transforms. */
function generatedBy(template: Template, logicalId: string, body: ValueMap): number {
  const type = String(body.Type);
  const resource: TemplateResource = {
    logicalId,
    type,
    condition: undefined,
    dependsOn: [],
    properties: isMap(body.Properties) ? body.Properties : {},
    metadata: {},
    body,
  };
  return resourcesAfterTransform({ ...template, resources: new Map([[logicalId, resource]]) });
}

function withValue(map: ValueMap, [token = '', ...rest]: Path, value: Value): ValueMap {
  const below = map[token];
  return { ...map, [token]: rest.length === 0 ? value : withValue(isMap(below) ? below : {}, rest, value) };
}

/** As indented JSON, which is no shorter than YAML with the same content. */
function bytesOf(value: Value): number {
  return sizeOf(value).bytes;
}

interface Size {
  readonly bytes: number;
  /** Line breaks, each of which is followed by the indentation of what the value stands in. */
  readonly breaks: number;
}

const sizes = new WeakMap<object, Size>();

/** Put together of its parts, which are the same objects from round to round where nothing is patched. */
function sizeOf(value: Value): Size {
  if (typeof value !== 'object' || value === null)
    return { bytes: Buffer.byteLength(JSON.stringify(value)), breaks: 0 };
  const known = sizes.get(value);
  if (known !== undefined) return known;
  const parts = isList(value)
    ? value.map((item) => ({ key: 0, ...sizeOf(item) }))
    : Object.entries(value).map(([key, item]) => ({
        key: Buffer.byteLength(JSON.stringify(key)) + ': '.length,
        ...sizeOf(item),
      }));
  let bytes = '{}'.length;
  let breaks = 0;
  for (const part of parts) {
    // Each part has a line of its own, and a comma behind it but for the last.
    bytes += part.key + part.bytes + indentation.length * (part.breaks + 1) + '\n,'.length;
    breaks += part.breaks + 1;
  }
  // The last line closes the whole, and the last part has no comma.
  const size = parts.length === 0 ? { bytes, breaks: 0 } : { bytes, breaks: breaks + 1 };
  sizes.set(value, size);
  return size;
}

const indentation = '  ';
