import { isList, isMap } from '../document/value.js';
import { ignoresGlobal } from '../template/globals.js';
import { globalsAccept } from '../template/sam.js';
import type { Template } from '../template/template.js';
import type { Change } from './change.js';
import type { Slot } from './insertion-points.js';

/** Fewer than this many and the value is easier to read on the resources themselves. */
const fewestMembers = 3;

const sectionOf: Readonly<Record<string, string>> = {
  'AWS::Serverless::Function': 'Function',
  'AWS::Serverless::Api': 'Api',
  'AWS::Serverless::HttpApi': 'HttpApi',
  'AWS::Serverless::SimpleTable': 'SimpleTable',
  'AWS::Serverless::StateMachine': 'StateMachine',
};

/**
 * Writes a value once in `Globals` where that takes fewer edits than writing it on every resource, the resources that
 * are to stay without it counted in. Returns what it left alone.
 */
export function placeInGlobals(
  slots: readonly Slot[],
  give: (slot: Slot, changes: readonly Change[]) => void,
): readonly Slot[] {
  const groups = new Map<string, Slot[]>();
  for (const slot of slots) {
    const { stack } = slot.finding;
    const key = canBeGlobal(slot)
      ? JSON.stringify([stack.template.path, slot.type, slot.want.path, slot.want.value])
      : JSON.stringify([slot.finding.key, slot.logicalId, slot.leaf.path]);
    groups.set(key, [...(groups.get(key) ?? []), slot]);
  }
  const left: Slot[] = [];
  for (const group of groups.values()) {
    const changes = globalChanges(group);
    if (changes === undefined) left.push(...group);
    else for (const slot of group) give(slot, changes);
  }
  return left;
}

function canBeGlobal({ finding, logicalId, want, type, leaf }: Slot): boolean {
  const section = sectionOf[type];
  const [properties, property] = want.path;
  if (section === undefined || properties !== 'Properties' || property === undefined) return false;
  if (want.individual === true || leaf.expression !== undefined) return false;
  const { isSam, globals, resources } = finding.stack.template;
  const resource = resources.get(logicalId);
  if (resource === undefined || ignoresGlobal(resource, property)) return false;
  const kind = globals[section];
  const isFree = !isMap(kind) || !Object.hasOwn(kind, property);
  return isSam && isFree && globalsAccept(section, property);
}

function globalChanges(group: readonly Slot[]): readonly Change[] | undefined {
  const [first] = group;
  const section = sectionOf[first?.type ?? ''];
  if (first === undefined || section === undefined || group.length < fewestMembers) return undefined;
  const { template } = first.finding.stack;
  const [, property = ''] = first.want.path;
  const exceptions = exceptionsTo(group, template, first.type, property);
  if (1 + exceptions.length >= group.length || !canBeExcepted(exceptions, template)) return undefined;
  const path = ['Globals', section, ...first.want.path.slice(1)];
  return [
    { kind: 'set', template: template.path, path, value: first.want.value, placement: 'globals' },
    ...exceptions.map(
      (logicalId): Change => ({
        kind: 'append',
        template: template.path,
        path: ['Resources', logicalId, 'IgnoreGlobals'],
        value: property,
        placement: 'globals',
      }),
    ),
  ];
}

/** Resources of the type that would inherit the value without having asked for it. */
function exceptionsTo(
  group: readonly Slot[],
  template: Template,
  type: string,
  property: string,
): readonly string[] {
  const members = new Set(group.map(({ logicalId }) => logicalId));
  return [...template.resources.values()]
    .filter((resource) => resource.type === type && !members.has(resource.logicalId))
    .filter((resource) => !overrides(resource.properties[property]) && !ignoresGlobal(resource, property))
    .map(({ logicalId }) => logicalId);
}

/** A scalar or an intrinsic of the resource's own wins; maps and lists would be merged with the global ones. */
function overrides(own: unknown): boolean {
  if (own === undefined) return false;
  if (typeof own !== 'object' || own === null) return true;
  const keys = Object.keys(own);
  return keys.length === 1 && (keys[0] === 'Ref' || keys[0]?.startsWith('Fn::') === true);
}

function canBeExcepted(exceptions: readonly string[], template: Template): boolean {
  return exceptions.every((logicalId) => {
    const ignored = template.resources.get(logicalId)?.body.IgnoreGlobals;
    return ignored === undefined || isList(ignored);
  });
}
