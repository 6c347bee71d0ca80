import type { RawChange, RawDetail } from '../aws-ports.js';
import { formatPointer, parsePointer, type ValueMap } from '../document/value.js';
import type { AskedFor } from './asked-for.js';
import type { ReviewedChange } from './record.js';

/** What is known of the templates on both sides of a change. */
export interface TemplateSides {
  readonly asked: AskedFor;
  /** The stack has never been deployed: all that the template says is what its author asks for. */
  readonly isNew: boolean;
  /** The SAM transform makes resources of others. */
  readonly isSam: boolean;
  /** That the stack gets, and hands on to its resources. */
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  /** Parameters a person gives another value than the stack has. */
  readonly given: ReadonlySet<string>;
  /** The template as deployed, as read, and as submitted with the patches. */
  readonly before: ValueMap;
  readonly local: ValueMap;
  readonly after: ValueMap;
}

type PropertyChange = Pick<ReviewedChange['properties'][number], 'path' | 'before' | 'after' | 'cause'>;

/** A change of one property, and what CloudFormation says of it. */
export interface Difference extends PropertyChange {
  readonly details: readonly RawDetail[];
}

const longestValue = 2_000;

/** Property by property: what it is and what it becomes, with what is behind it. */
export function differencesOf(
  change: RawChange,
  sides: TemplateSides | undefined,
  hide: (text: string) => string,
): readonly Difference[] {
  const contexts = { before: parsed(change.beforeContext), after: parsed(change.afterContext) };
  const written = { before: resourceIn(sides?.before, change), after: resourceIn(sides?.after, change) };
  const found = new Map<string, Difference>();
  for (const detail of change.details) {
    if (isOfStackTags(detail) && sides !== undefined && sides.tags.length > 0) {
      for (const { key, value } of sides.tags) {
        const path = formatPointer(['Tags', key]);
        found.set(path, { path, before: absent, after: value, cause: null, details: [detail] });
      }
      continue;
    }
    const path = pathOf(detail);
    const value = (side: 'before' | 'after') =>
      detail[side] ??
      textAt(contexts[side], path) ??
      textAt(written[side], path) ??
      (isWhole(contexts[side]) || isAsWritten(written[side], change) ? absent : undefined);
    for (const each of leaves(path, value('before'), value('after'), causeOf(detail), hide)) {
      const known = found.get(each.path);
      found.set(each.path, {
        path: each.path,
        before: known?.before ?? each.before,
        after: known?.after ?? each.after,
        cause: known?.cause ?? each.cause,
        details: [...(known?.details ?? []), detail],
      });
    }
  }
  if (found.size === 0 && change.action === 'Modify')
    return contextDifferences(contexts, hide).map((each) => ({ ...each, details: [] }));
  return [...found.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** What is not there, where that is known; what is not known is not told. */
const absent = '(absent)';

/** The tags of the stack come to its resources without a place in the template. */
function isOfStackTags({ attribute, path, before, after }: RawDetail): boolean {
  return attribute === 'Tags' && path === undefined && before === undefined && after === undefined;
}

function isWhole(context: unknown): boolean {
  return typeof context === 'object' && context !== null;
}

/** A transform makes something else of a resource, and of its properties. */
function isAsWritten(resource: unknown, { type }: RawChange): boolean {
  return typeof resource === 'object' && resource !== null && 'Type' in resource && resource.Type === type;
}

/** A whole property in its parts that differ; where nothing differs to the eye, as one. */
function leaves(
  path: string,
  before: string | undefined,
  after: string | undefined,
  cause: string | null,
  hide: (text: string) => string,
): readonly PropertyChange[] {
  const whole = { path, before: shown(before, hide), after: shown(after, hide), cause };
  const sides = { before: structured(before), after: structured(after) };
  if (sides.before === undefined || sides.after === undefined || !path.startsWith('/')) return [whole];
  const parts = contextDifferences(sides, hide).map((part) => ({
    ...part,
    path: `${path}${part.path}`,
    cause,
  }));
  return parts.length === 0 ? [whole] : parts;
}

/** JSON of a list or a map; undefined for anything else. */
function structured(text: string | undefined): object | undefined {
  const value = text !== undefined && /^[[{]/.test(text) ? parsed(text) : undefined;
  return typeof value === 'object' && value !== null ? value : undefined;
}

function pathOf({ path, attribute, name }: RawDetail): string {
  if (path !== undefined && path !== '') return path;
  return formatPointer(name === undefined ? [attribute] : [attribute, ...name.split('.')]);
}

function causeOf({ source, cause }: RawDetail): string | null {
  if (cause !== undefined) return cause;
  return source === 'Automatic' ? 'CloudFormation itself' : null;
}

function shown(text: string | undefined, hide: (text: string) => string): string | null {
  if (text === undefined) return null;
  const hidden = hide(text);
  return hidden.length > longestValue ? `${hidden.slice(0, longestValue - 1)}…` : hidden;
}

function parsed(json: string | undefined): unknown {
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function resourceIn(
  template: Readonly<Record<string, unknown>> | undefined,
  { logicalId }: RawChange,
): unknown {
  return at(template, ['Resources', logicalId]);
}

function textAt(value: unknown, pointer: string): string | undefined {
  if (!pointer.startsWith('/')) return undefined;
  const found = at(value, parsePointer(pointer));
  if (found === undefined) return undefined;
  return typeof found === 'string' ? found : JSON.stringify(found);
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const token of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, token)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[token];
  }
  return found;
}

/** Where CloudFormation gives both sides whole and no details, the difference of the sides. */
function contextDifferences(
  { before, after }: { readonly before: unknown; readonly after: unknown },
  hide: (text: string) => string,
): readonly PropertyChange[] {
  const left = flat(before, []);
  const right = flat(after, []);
  return [...new Set([...left.keys(), ...right.keys()])]
    .sort()
    .filter((path) => left.get(path) !== right.get(path))
    .map((path) => ({
      path,
      before: shown(left.get(path), hide),
      after: shown(right.get(path), hide),
      cause: null,
    }));
}

function flat(value: unknown, path: readonly string[]): Map<string, string> {
  if (value === undefined) return new Map();
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return new Map([[formatPointer(path), typeof value === 'string' ? value : JSON.stringify(value)]]);
  }
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...flat(inner, [...path, key])]));
}
