import type { Path } from '../document/pointer.js';
import { isEqual, isList, isMap, type Value } from '../document/value.js';
import { resolve, scalarText } from '../expressions/resolve.js';
import { consumers } from '../template/consumers.js';
import { passedBy } from '../template/parameter-passing.js';
import type { Stack, StackTree, Template } from '../template/template.js';
import type { Change } from './change.js';
import { isAccepted, type Refusal, type Slot } from './insertion-points.js';

/** Where an expression looks: a mapping, and the keys its two levels can have; `undefined` for a key nobody knows. */
interface Lookup {
  readonly mapping: string;
  readonly rows: readonly string[] | undefined;
  readonly columns: readonly string[] | undefined;
}

/**
 * Writes a value into the mapping it is looked up in, where all that looks there wants it: what the mapping says for other
 * deployments stays, which a value in place of the lookup would lose. Returns what it left alone.
 */
export function placeInMappings(
  tree: StackTree,
  slots: readonly Slot[],
  give: (slot: Slot, changes: readonly Change[]) => void,
  refuse: (slot: Slot, refusal: Refusal) => void,
): readonly Slot[] {
  const origins = new Map(slots.map((slot) => [slot, originOf(slot)]));
  return slots.filter((slot) => {
    const origin = origins.get(slot);
    const lookup = origin === undefined ? undefined : lookupOf(origin.expression, origin.stack);
    const cells = lookup && origin && cellsOf(lookup, origin.stack.template);
    if (origin === undefined || lookup === undefined || cells === undefined) return true;
    const wrong = cells.filter(({ value }) => !isAccepted(slot.want, { kind: 'value', value }));
    const isSlot = (stack: Stack, path: Path): boolean =>
      slots.some(
        (each) =>
          isEqual(each.want.value, slot.want.value) &&
          (isAt(origins.get(each), stack, path) ||
            isAt({ stack: each.finding.stack, path: each.leaf.path }, stack, path)),
      );
    const looking = lookupsIn(origin.stack)
      .filter((other) => wrong.some((cell) => reaches(other.lookup, lookup.mapping, cell)))
      .map(({ path }) => ({ stack: origin.stack, path }));
    const given = origin.passed.flatMap(({ stack, name }) => consumers(tree, stack, name));
    const bystander = [...looking, ...given].find(({ stack, path }) => !isSlot(stack, path));
    if (bystander !== undefined) {
      const user = bystander.path.slice(0, 2).join('.');
      refuse(slot, {
        refused: `its value comes from the mapping ${lookup.mapping}, and ${user} has its own from there too`,
      });
      return false;
    }
    give(
      slot,
      wrong.map((cell) => changeOf(cell, slot, origin.stack, lookup.mapping)),
    );
    return false;
  });
}

/** Where the expression of a slot is written: in its own template, or in the one that passes it on. */
interface Origin {
  readonly expression: Value;
  readonly stack: Stack;
  readonly path: Path;
  /** Parameters of nested stacks it goes through. */
  readonly passed: readonly { readonly stack: Stack; readonly name: string }[];
}

function originOf({ leaf, finding }: Slot): Origin | undefined {
  if (leaf.expression === undefined || leaf.rest.length > 0) return undefined;
  let origin: Origin = { expression: leaf.expression, stack: finding.stack, path: leaf.path, passed: [] };
  for (;;) {
    const { expression, stack, passed } = origin;
    const name = isMap(expression) ? expression.Ref : undefined;
    const [link, ...others] = stack.parents;
    if (typeof name !== 'string' || link === undefined || others.length > 0) return origin;
    const given = passedBy(link, name);
    if (given === undefined) return origin;
    origin = {
      expression: given,
      stack: link.stack,
      path: ['Resources', link.logicalId, 'Properties', 'Parameters', name],
      passed: [...passed, { stack, name }],
    };
  }
}

function isAt(
  place: { readonly stack: Stack; readonly path: Path } | undefined,
  stack: Stack,
  path: Path,
): boolean {
  return place !== undefined && place.stack === stack && isEqual([...place.path], [...path]);
}

interface Cell {
  readonly row: string;
  readonly column: string;
  readonly value: Value;
}

function lookupOf(expression: Value | undefined, stack: Stack): Lookup | undefined {
  const found = isMap(expression) ? expression['Fn::FindInMap'] : undefined;
  const [mapping, row, column] = isList(found) ? found : [];
  if (typeof mapping !== 'string') return undefined;
  return { mapping, rows: textsOf(row, stack), columns: textsOf(column, stack) };
}

function textsOf(key: Value | undefined, stack: Stack): readonly string[] | undefined {
  const texts = resolve(key, stack).map(({ outcome }) => scalarText(outcome));
  const known = texts.filter((text) => text !== undefined);
  return known.length === texts.length && known.length > 0 ? known : undefined;
}

/** What a lookup finds; `undefined` where that is not written out. */
function cellsOf({ mapping, rows, columns }: Lookup, { mappings }: Template): readonly Cell[] | undefined {
  const table = mappings[mapping];
  if (!isMap(table) || rows === undefined || columns === undefined) return undefined;
  const cells = rows.flatMap((row) =>
    columns.map((column) => {
      const of = Object.hasOwn(table, row) ? table[row] : undefined;
      const value = isMap(of) && Object.hasOwn(of, column) ? of[column] : undefined;
      return value === undefined ? undefined : { row, column, value };
    }),
  );
  const found = cells.filter((cell) => cell !== undefined);
  return found.length === cells.length ? found : undefined;
}

/** Values in mappings are written as texts or as numbers, and stay so. */
function changeOf({ row, column, value }: Cell, { want }: Slot, stack: Stack, mapping: string): Change {
  const isText = typeof value === 'string' && typeof want.value === 'number';
  return {
    kind: 'set',
    template: stack.template.path,
    path: ['Mappings', mapping, row, column],
    value: isText ? String(want.value) : want.value,
    placement: 'mapping',
  };
}

function reaches({ mapping, rows, columns }: Lookup, of: string, { row, column }: Cell): boolean {
  return mapping === of && (rows?.includes(row) ?? true) && (columns?.includes(column) ?? true);
}

interface Use {
  readonly path: Path;
  readonly lookup: Lookup;
}

const known = new WeakMap<Stack, readonly Use[]>();
const sections = ['Conditions', 'Globals', 'Rules', 'Resources', 'Outputs'] as const;

/** Every lookup in a template; one whose mapping is chosen by an expression can be in any of them. */
function lookupsIn(stack: Stack): readonly Use[] {
  const cached = known.get(stack);
  if (cached !== undefined) return cached;
  const found: Use[] = [];
  const walk = (value: Value | undefined, path: readonly string[]): void => {
    if (isList(value)) for (const [index, item] of value.entries()) walk(item, [...path, String(index)]);
    if (!isMap(value)) return;
    const lookup = lookupOf(value, stack);
    if (lookup !== undefined) found.push({ path, lookup });
    for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
  };
  for (const section of sections) walk(stack.template.value[section], [section]);
  known.set(stack, found);
  return found;
}
