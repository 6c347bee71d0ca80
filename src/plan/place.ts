import type { PropertyEdit } from '../contract/remediation.js';
import { formatPointer, isEqual, isList, isMap, type Path, type Value } from '../document/value.js';
import { resolve, scalarText } from '../expressions/resolve.js';
import { chosenByStage } from '../expressions/stages.js';
import { applyPatch } from '../patch/json-patch.js';
import { consumers, passedBy } from '../template/consumers.js';
import { ignoresGlobal, mergedProperties } from '../template/globals.js';
import { mutabilityAt } from '../template/metadata.js';
import { globalsAccept } from '../template/sam.js';
import type { Stack, StackTree, Template } from '../template/template.js';
import { type Change, valueAt } from './change.js';
import type { Fixable } from './finding.js';
import {
  failingPaths,
  insertionPoints,
  isAccepted,
  isPartlyRight,
  type Refusal,
  type WantedEdit,
} from './insertion-points.js';
import { doubtsAbout, type Give, placeInParameters, type SoFar } from './place-parameter.js';

interface Placed {
  readonly changes: readonly Change[];
  readonly leaves: readonly string[];
  /** Why it needs approval where it is written. */
  readonly doubts: readonly string[];
}

/**
 * Chooses the depth at which each wanted value of one remediation is written: a parameter that already decides it,
 * else the mapping it is looked up in, else the `Globals` of SAM where one value serves most, else the resource itself.
 */
export function placeEdits(
  tree: StackTree,
  findings: readonly Fixable[],
  writeDefaults: boolean,
  soFar: SoFar,
): ReadonlyMap<string, Placed | Refusal> {
  const placed = new Map<string, { changes: Change[]; leaves: string[]; doubts: string[] } | Refusal>();
  const edits: WantedEdit[] = [];
  for (const finding of findings) {
    placed.set(finding.key, { changes: [], leaves: [], doubts: [] });
    for (const want of finding.verdict.edits) {
      const found = editsOf(finding, want);
      if ('refused' in found) placed.set(finding.key, found);
      else edits.push(...found);
    }
  }
  const give: Give = (edit, changes, { leaves = [], doubts = [] } = {}) => {
    const page = placed.get(edit.finding.key);
    if (page === undefined || 'refused' in page) return;
    page.changes.push(...changes);
    page.leaves.push(...leaves);
    page.doubts.push(...doubts);
  };
  const open = edits.filter(({ finding }) => !('refused' in (placed.get(finding.key) ?? {})));
  const refuse = (edit: WantedEdit, refusal: Refusal) => placed.set(edit.finding.key, refusal);
  const afterParameters = placeInParameters(tree, open, writeDefaults, give, soFar);
  const afterMappings = placeInMappings(tree, afterParameters, give, refuse);
  const afterGlobals = placeInGlobals(afterMappings, give);
  for (const edit of afterGlobals)
    give(edit, onResource(edit), { doubts: [...doubtsAbout(edit, soFar), ...overwritten(edit)] });
  for (const edit of open) give(edit, [], { doubts: undoneChoices(edit) });
  return placed;
}

/** A template that is nested more than once has one text: where another use of it passes, the value is lost as well. */
function overwritten({ leaf, want, finding: { stack } }: WantedEdit): readonly string[] {
  const { expression, rest } = leaf;
  if (expression === undefined || rest.length > 0 || stack.parents.length < 2) return [];
  const lost = resolve(expression, stack).flatMap(({ outcome }) => {
    const text = scalarText(outcome) ?? 'the value it is given';
    return isAccepted(want, outcome) && text !== String(want.value) ? [text] : [];
  });
  return [...new Set(lost)].map(
    (text) =>
      `${stack.template.path} is nested more than once: where it is ${text} already, it becomes ${scalarText({ kind: 'value', value: want.value }) ?? 'the same'} too`,
  );
}

/** What a template chooses by the stage it chooses on purpose: a value for another stage is not changed unasked. */
function undoneChoices({ leaf, want, logicalId, finding: { stack } }: WantedEdit): readonly string[] {
  const resource = stack.template.resources.get(logicalId);
  if (resource === undefined) return [];
  const { expression, rest } = leaf;
  const [section, ...path] = want.path;
  const inherited =
    section === 'Properties' ? valueAt(mergedProperties(stack.template, resource), path) : undefined;
  const onTheWay = leaf.path.flatMap((token, index): Value[] => {
    const choice =
      token === 'Fn::If' ? valueAt(stack.template.value, leaf.path.slice(0, index + 1)) : undefined;
    const [condition] = isList(choice) ? choice : [];
    return condition === undefined ? [] : [{ 'Fn::If': [condition] }];
  });
  const chosen = [...onTheWay, ...(rest.length > 0 ? [] : [expression ?? inherited])];
  const found = chosen.map((each) => chosenByStage(each, stack)).find((each) => each !== undefined);
  return found === undefined
    ? []
    : [
        `the template chooses this by stage (${found}), and the stage of the stack is not known: with --parameters only that stage is judged`,
      ];
}

function editsOf(finding: Fixable, want: PropertyEdit): readonly WantedEdit[] | Refusal {
  const { stack } = finding;
  const logicalId = want.logicalId ?? finding.logicalId;
  const resource = logicalId === null ? undefined : stack.template.resources.get(logicalId);
  if (logicalId === null || resource === undefined) {
    return { refused: `${logicalId ?? 'the template'} is not a resource of ${stack.template.path}` };
  }
  const leaves = insertionPoints(resource.body, ['Resources', logicalId], want.path, stack);
  if ('refused' in leaves) return leaves;
  return leaves.map((leaf) => ({ finding, want, logicalId, type: resource.type, leaf }));
}

/** The value as it has to be written at a leaf, with the levels that are missing. */
function valueFor({ want, leaf }: WantedEdit): Value {
  return leaf.rest.reduceRight<Value>((inner, token) => ({ [token]: inner }), want.value);
}

function onResource(edit: WantedEdit): readonly Change[] {
  const { leaf, want, finding } = edit;
  const template = finding.stack.template.path;
  const at = (path: Path): Change => ({
    kind: 'set',
    template,
    path,
    value: valueFor(edit),
    placement: 'resource',
  });
  // Levels that are missing come into being with the value, so that several values can share them.
  if (leaf.expression === undefined) {
    const value = amendedGlobal(edit) ?? want.value;
    return [{ kind: 'set', template, path: [...leaf.path, ...leaf.rest], value, placement: 'resource' }];
  }
  if (leaf.rest.length > 0) return [at(leaf.path)];
  // An expression of which nothing stays says no more than the value.
  if (!isPartlyRight(leaf.expression, want, finding.stack)) return [at(leaf.path)];
  return failingPaths(leaf.expression, want, finding.stack).map((path) => at(written(edit, path)));
}

/** What `Globals` say, with the value in the branches that are wrong: what somebody chose for the others stays. */
function amendedGlobal({ finding: { stack }, want, logicalId }: WantedEdit): Value | undefined {
  const resource = stack.template.resources.get(logicalId);
  const [section, ...path] = want.path;
  if (resource === undefined || section !== 'Properties') return undefined;
  const inherited = valueAt(mergedProperties(stack.template, resource), path);
  if (inherited === undefined || !isPartlyRight(inherited, want, stack)) return undefined;
  const wrong = failingPaths(inherited, want, stack);
  if (wrong.some((each) => valueAt(inherited, each) === undefined)) return undefined;
  return applyPatch(
    inherited,
    wrong.map((each) => ({ op: 'replace', path: formatPointer(each), value: want.value })),
  );
}

/** Some branches stand where the text has no value of its own (inside `Fn::Sub`); then the whole is replaced. */
function written({ leaf }: WantedEdit, path: Path): Path {
  return valueAt(leaf.expression, path) === undefined ? leaf.path : [...leaf.path, ...path];
}

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
function placeInGlobals(
  edits: readonly WantedEdit[],
  give: (edit: WantedEdit, changes: readonly Change[]) => void,
): readonly WantedEdit[] {
  const groups = new Map<string, WantedEdit[]>();
  for (const edit of edits) {
    const { stack } = edit.finding;
    const key = canBeGlobal(edit)
      ? JSON.stringify([stack.template.path, edit.type, edit.want.path, edit.want.value])
      : JSON.stringify([edit.finding.key, edit.logicalId, edit.leaf.path]);
    groups.set(key, [...(groups.get(key) ?? []), edit]);
  }
  const left: WantedEdit[] = [];
  for (const group of groups.values()) {
    const changes = globalChanges(group);
    if (changes === undefined) left.push(...group);
    else for (const edit of group) give(edit, changes);
  }
  return left;
}

function canBeGlobal({ finding, logicalId, want, type, leaf }: WantedEdit): boolean {
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

function globalChanges(group: readonly WantedEdit[]): readonly Change[] | undefined {
  const [first] = group;
  const section = sectionOf[first?.type ?? ''];
  if (first === undefined || section === undefined || group.length < fewestMembers) return undefined;
  const { stack } = first.finding;
  const { template } = stack;
  const [, property = ''] = first.want.path;
  const exceptions = exceptionsTo(group, template, first.type, property);
  if (1 + exceptions.length >= group.length || !canBeExcepted(exceptions, stack)) return undefined;
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
  group: readonly WantedEdit[],
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

function canBeExcepted(exceptions: readonly string[], stack: Stack): boolean {
  return exceptions.every((logicalId) => {
    const ignored = stack.template.resources.get(logicalId)?.body.IgnoreGlobals;
    const { level = 'free-to-tune' } = mutabilityAt(stack, ['Resources', logicalId, 'IgnoreGlobals']) ?? {};
    return level === 'free-to-tune' && (ignored === undefined || isList(ignored));
  });
}

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
function placeInMappings(
  tree: StackTree,
  edits: readonly WantedEdit[],
  give: (edit: WantedEdit, changes: readonly Change[]) => void,
  refuse: (edit: WantedEdit, refusal: Refusal) => void,
): readonly WantedEdit[] {
  const origins = new Map(edits.map((edit) => [edit, originOf(edit)]));
  return edits.filter((edit) => {
    const origin = origins.get(edit);
    const lookup = origin === undefined ? undefined : lookupOf(origin.expression, origin.stack);
    const cells = lookup && origin && cellsOf(lookup, origin.stack.template);
    if (origin === undefined || lookup === undefined || cells === undefined) return true;
    const wrong = cells.filter(({ value }) => !isAccepted(edit.want, { kind: 'value', value }));
    const isWanted = (stack: Stack, path: Path): boolean =>
      edits.some(
        (each) =>
          isEqual(each.want.value, edit.want.value) &&
          (isAt(origins.get(each), stack, path) ||
            isAt({ stack: each.finding.stack, path: each.leaf.path }, stack, path)),
      );
    const looking = lookupsIn(origin.stack)
      .filter((other) => wrong.some((cell) => reaches(other.lookup, lookup.mapping, cell)))
      .map(({ path }) => ({ stack: origin.stack, path }));
    const given = origin.passed.flatMap(({ stack, name }) => consumers(tree, stack, name));
    const bystander = [...looking, ...given].find(({ stack, path }) => !isWanted(stack, path));
    if (bystander !== undefined) {
      const user = bystander.path.slice(0, 2).join('.');
      refuse(edit, {
        refused: `its value comes from the mapping ${lookup.mapping}, and ${user} has its own from there too`,
      });
      return false;
    }
    give(
      edit,
      wrong.map((cell) => changeOf(cell, edit, origin.stack, lookup.mapping)),
    );
    return false;
  });
}

/** Where the expression of a edit is written: in its own template, or in the one that passes it on. */
interface Origin {
  readonly expression: Value;
  readonly stack: Stack;
  readonly path: Path;
  /** Parameters of nested stacks it goes through. */
  readonly passed: readonly { readonly stack: Stack; readonly name: string }[];
}

function originOf({ leaf, finding }: WantedEdit): Origin | undefined {
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
function changeOf({ row, column, value }: Cell, { want }: WantedEdit, stack: Stack, mapping: string): Change {
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
