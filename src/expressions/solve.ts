import { intrinsicName, isIntrinsic } from '../document/intrinsics.js';
import { isEqual, isList, isMap, type Value } from '../document/value.js';
import { isStored, passedBy, rootOf, textOf } from '../template/consumers.js';
import type { ParentLink, Stack } from '../template/template.js';
import { type ConditionsOptions, conditionsOf, spentBecause } from './conditions.js';
import type { Conditions, Outcome } from './context.js';
import { domainsOf, evaluate, isNothing, isSpent, type Variable } from './formula.js';
import { candidateValues, isValid, written } from './parameter-values.js';
import { resolveUnder } from './resolve.js';
import { isStageParameter } from './stages.js';

export { consumers } from '../template/consumers.js';

export interface WantedValue {
  readonly value: Value;
  /** What else would do; default: equal to `value`. */
  readonly isSatisfiedBy?: (outcome: Outcome) => boolean;
}

/** One parameter that gets another value. */
export interface Assignment {
  /** The stack whose parameter it is. */
  readonly stack: Stack;
  readonly parameter: string;
  /** In the type in which the template writes it today. */
  readonly value: Value;
  /** Written as `Default` of the parameter, or where a parent passes a literal to it. */
  readonly writtenAt: 'default' | 'passed';
  /** The parent's resource, for `passed`: `Resources/<logicalId>/Properties/Parameters/<parameter>`. */
  readonly link?: ParentLink;
  /** The parameter's `AllowedValues` lack the value and have to get it. */
  readonly extendAllowedValues: boolean;
}

export interface Solution {
  readonly assignments: readonly Assignment[];
}

type Candidate = readonly Assignment[];

/** More ways than this are not tried. */
const mostCandidates = 64;

/** A look at one part of an expression, in steps of the budget. */
const stepsPerCandidate = 20;

/**
 * Which parameters have to be given which values for an expression to come to an accepted value in every branch that
 * can be reached: with the fewest assignments, as far up as the value comes from, by an allowed value if one will do.
 * `undefined` when literals or anything else but parameters stand in the way.
 */
export function solve(expression: Value, wanted: WantedValue, stack: Stack): Solution | undefined {
  if (spentBecause(rootOf(stack)) !== undefined) return undefined;
  const isSatisfiedBy =
    wanted.isSatisfiedBy ?? ((outcome) => outcome.kind === 'value' && isSame(outcome.value, wanted.value));
  const candidates = [[], ...candidatesFor(expression, wanted.value, stack, [])];
  const ranked = candidates.map((chosen, index) => ({ chosen, index, rank: rankOf(chosen) }));
  ranked.sort((left, right) => left.rank - right.rank || left.index - right.index);
  const best = ranked.find(({ chosen }) => isMetBy(expression, stack, chosen, isSatisfiedBy));
  return best && { assignments: best.chosen };
}

function rankOf(chosen: Candidate): number {
  return chosen.length * 100 + chosen.filter(({ extendAllowedValues }) => extendAllowedValues).length;
}

/**
 * A default is but a default: where a condition on it can go the other way all the same, assigning it solves nothing.
 */
function isMetBy(
  expression: Value,
  stack: Stack,
  chosen: Candidate,
  isSatisfiedBy: (outcome: Outcome) => boolean,
): boolean {
  const isDefault = (each: Assignment) =>
    each.writtenAt === 'default' && !each.stack.knownParameters.has(each.parameter);
  const { assigned: defaults = new Map() } = underAssignments(chosen.filter(isDefault));
  const under = { ...underAssignments(chosen.filter((each) => !isDefault(each))), defaults };
  return resolveUnder(expression, stack, under).every(({ outcome }) => isSatisfiedBy(outcome));
}

/** The templates as they are once the assignments are written. */
export function underAssignments(
  assignments: readonly Assignment[],
): Pick<ConditionsOptions, 'assigned' | 'passed'> {
  const assigned = new Map<Stack, Map<string, Value>>();
  const passed = new Map<ParentLink, Map<string, Value>>();
  for (const { stack, parameter, value, link } of assignments) {
    if (link === undefined) addTo(assigned, stack, parameter, value);
    else addTo(passed, link, parameter, value);
  }
  return { assigned, passed };
}

function addTo<Key>(values: Map<Key, Map<string, Value>>, key: Key, name: string, value: Value): void {
  const own = values.get(key) ?? new Map<string, Value>();
  values.set(key, own.set(name, value));
}

/** A parameter takes `365` as a number and as a text. */
function isSame(left: Value, right: Value): boolean {
  if (typeof left === 'object' || typeof right === 'object') return isEqual(left, right);
  return String(left) === String(right);
}

/** The ways to bring an expression to a value, on top of what is assigned already; none when there is no way. */
function candidatesFor(
  expression: Value,
  value: Value,
  stack: Stack,
  chosen: Candidate,
): readonly Candidate[] {
  const { budget } = changeableConditionsOf(rootOf(stack));
  budget.steps -= stepsPerCandidate;
  if (isSpent(budget)) return [];
  const name = intrinsicName(expression);
  const argument = isMap(expression) && name !== undefined ? expression[name] : undefined;
  const list = isList(argument) ? argument : [];
  switch (name) {
    case undefined:
      return throughParts(expression, value, stack, chosen);
    case 'Ref':
      return typeof argument === 'string' ? throughParameter(argument, value, stack, chosen) : [];
    case 'Fn::If':
      return throughChoice(list, value, stack, chosen);
    case 'Fn::Sub':
      return throughText(argument, value, stack, chosen);
    case 'Fn::Split': {
      const [delimiter, text = null] = list;
      return typeof delimiter === 'string' && isList(value)
        ? candidatesFor(text, value.map(textOf).join(delimiter), stack, chosen)
        : [];
    }
    case 'Fn::Join': {
      const [delimiter, items = null] = list;
      return delimiter === ',' && isIntrinsic(items) ? candidatesFor(items, value, stack, chosen) : [chosen];
    }
    case 'Fn::FindInMap':
      return throughMapping(list, stack, chosen);
    case 'Fn::GetAtt':
      return throughOutput(list, value, stack, chosen);
    default:
      return [chosen];
  }
}

/** A literal is what it is; of a map every part the wanted value has, too, can be brought to it. */
function throughParts(
  expression: Value,
  value: Value,
  stack: Stack,
  chosen: Candidate,
): readonly Candidate[] {
  if (!isMap(expression) || !isMap(value)) return [chosen];
  const parts = Object.entries(expression).filter(([key]) => Object.hasOwn(value, key));
  return parts.reduce<readonly Candidate[]>(
    (candidates, [key, part]) =>
      limited(candidates.flatMap((each) => candidatesFor(part, value[key] ?? null, stack, each))),
    [chosen],
  );
}

function limited(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.slice(0, mostCandidates);
}

/** To the root-most parameter with a default, through every parent. */
function throughParameter(name: string, value: Value, stack: Stack, chosen: Candidate): readonly Candidate[] {
  const parameter = stack.template.parameters.get(name);
  if (parameter === undefined || isStored(parameter.type) || parameter.noEcho) return [];
  const already = chosen.find((each) => each.stack === stack && each.parameter === name);
  if (already !== undefined) return isSame(already.value, value) ? [chosen] : [];
  const current = stack.knownParameters.get(name) ?? parameter.default;
  if (stack.parents.length === 0) {
    if (current === undefined) return [];
    return candidateValues(parameter, value).map((candidate) => [
      ...chosen,
      {
        stack,
        parameter: name,
        ...written(parameter, candidate, parameter.default ?? current),
        writtenAt: 'default',
      },
    ]);
  }
  return stack.parents.reduce<readonly Candidate[]>(
    (candidates, parent) =>
      limited(candidates.flatMap((each) => throughParent(name, value, stack, parent, each))),
    [chosen],
  );
}

function throughParent(
  name: string,
  value: Value,
  stack: Stack,
  link: ParentLink,
  chosen: Candidate,
): readonly Candidate[] {
  const parameter = stack.template.parameters.get(name);
  if (parameter === undefined) return [];
  const passed = passedBy(link, name);
  if (passed !== undefined && typeof passed === 'object') {
    const allowed = candidateValues(parameter, value).filter((candidate) => isValid(parameter, candidate));
    return limited(allowed.flatMap((candidate) => candidatesFor(passed, candidate, link.stack, chosen)));
  }
  const current = passed ?? parameter.default;
  if (current === undefined) return [];
  const location =
    passed === undefined ? ({ writtenAt: 'default' } as const) : ({ writtenAt: 'passed', link } as const);
  const changed = candidateValues(parameter, value).flatMap((candidate): Candidate[] => {
    const assignment = { stack, parameter: name, ...written(parameter, candidate, current), ...location };
    const others = chosen.filter((each) => each.stack === stack && each.parameter === name);
    if (others.some((other) => !isSame(other.value, assignment.value))) return [];
    // The default serves all parents that pass nothing, and none of those that do.
    const isWritten = passed === undefined && others.some(({ writtenAt }) => writtenAt === 'default');
    return [isWritten ? chosen : [...chosen, assignment]];
  });
  // What this parent passes may do already, or be all there is in a parameter that others pass something else for.
  return stack.parents.length > 1 ? [chosen, ...changed] : changed;
}

function throughChoice(
  [condition, ...branches]: readonly Value[],
  value: Value,
  stack: Stack,
  chosen: Candidate,
): readonly Candidate[] {
  if (typeof condition !== 'string') return [];
  const [whenTrue = null, whenFalse = null] = branches;
  const whenTaken = candidatesFor(whenTrue, value, stack, chosen);
  const whenNotTaken = candidatesFor(whenFalse, value, stack, chosen);
  const onTrue = gathered(whenTaken, (each) => settling(condition, true, stack, each));
  const onFalse = gathered(whenNotTaken, (each) => settling(condition, false, stack, each));
  const onBoth = gathered(whenTaken, (each) => candidatesFor(whenFalse, value, stack, each));
  return limited([...onTrue, ...onFalse, ...onBoth]);
}

/** What each chosen leads to, until there are enough. */
function gathered(
  candidates: readonly Candidate[],
  further: (chosen: Candidate) => readonly Candidate[],
): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const chosen of candidates) {
    if (found.length >= mostCandidates) break;
    found.push(...further(chosen));
  }
  return limited(found);
}

/** The chosen with what else has to be assigned for a condition to come out one way; at most two parameters. */
function settling(condition: string, wanted: boolean, stack: Stack, chosen: Candidate): readonly Candidate[] {
  const root = rootOf(stack);
  const conditions = changeableConditionsOf(root);
  const formula = conditions.formula(stack, condition);
  const assigned = new Map(
    chosen.filter((each) => each.stack === root).map((each) => [each.parameter, each.value]),
  );
  const textFor = (
    { id, default: usual }: Variable,
    tried: ReadonlyMap<string, string>,
  ): string | undefined => {
    const own = assigned.get(parameterOf(root, id) ?? '');
    return tried.get(id) ?? (own === undefined ? usual : textOf(own));
  };
  const comesOut = (tried: ReadonlyMap<string, string>) =>
    evaluate(formula, (variable) => textFor(variable, tried), conditions.budget) === wanted;
  if (comesOut(new Map())) return [chosen];
  const moves = [...domainsOf([formula]).values()].flatMap(({ variable, choices }) => {
    const name = parameterOf(root, variable.id);
    const isFree = name !== undefined && !assigned.has(name) && variable.default !== undefined;
    if (!isFree || isStageParameter(root.template, name)) return [];
    const texts = choices.filter((choice) => typeof choice === 'string');
    // Whatever takes the place of none: the condition does not name it.
    const instead = texts.some(isNothing) ? (variable.allowed ?? []) : [];
    return [...new Set([...texts, ...instead])].map((text) => ({ id: variable.id, name, text }));
  });
  const found: Candidate[] = [];
  for (const set of onesAndPairs(moves)) {
    if (found.length >= mostCandidates || isSpent(conditions.budget)) break;
    if (!comesOut(new Map(set.map(({ id, text }) => [id, text])))) continue;
    const candidates = set.reduce<readonly Candidate[]>(
      (sofar, { name, text }) => sofar.flatMap((each) => throughParameter(name, text, root, each)),
      [chosen],
    );
    found.push(...candidates.filter((each) => each.every(({ extendAllowedValues }) => !extendAllowedValues)));
  }
  return limited(found);
}

function* onesAndPairs<T>(items: readonly T[]): Generator<readonly T[]> {
  for (const item of items) yield [item];
  for (const [index, first] of items.entries()) {
    for (const second of items.slice(index + 1)) yield [first, second];
  }
}

const changeable = new WeakMap<Stack, Conditions>();

function changeableConditionsOf(root: Stack): Conditions {
  const known = changeable.get(root) ?? conditionsOf(root, { knownCanChange: true });
  changeable.set(root, known);
  return known;
}

/** The parameter of the root a variable stands for. */
function parameterOf(root: Stack, id: string): string | undefined {
  const prefix = `${root.template.path}#`;
  const name = id.startsWith(prefix) ? id.slice(prefix.length) : '';
  return root.template.parameters.has(name) ? name : undefined;
}

/** A text around one placeholder. */
function throughText(
  argument: Value | undefined,
  value: Value,
  stack: Stack,
  chosen: Candidate,
): readonly Candidate[] {
  if (typeof argument !== 'string' || typeof value === 'object') return [chosen];
  const [before = '', name, after = '', ...more] = argument.split(/\$\{([^!}.]+)\}/);
  const text = String(value);
  const isMade = more.length === 0 && name !== undefined && !argument.includes('${!');
  if (!isMade || !text.startsWith(before) || !text.endsWith(after)) return [];
  return throughParameter(name, text.slice(before.length, text.length - after.length), stack, chosen);
}

function throughMapping(
  [map, ...keys]: readonly Value[],
  stack: Stack,
  chosen: Candidate,
): readonly Candidate[] {
  const table = typeof map === 'string' ? stack.template.mappings[map] : undefined;
  const [first = null, second = null] = keys;
  const rows = isMap(table) ? Object.entries(table) : [];
  const ways = rows.flatMap(([row, columns]) => {
    const names = isMap(columns) ? Object.keys(columns) : [];
    const onRow = candidatesFor(first, row, stack, chosen);
    return names.flatMap((column) => onRow.flatMap((each) => candidatesFor(second, column, stack, each)));
  });
  return limited([chosen, ...ways]);
}

function throughOutput(
  [target, name]: readonly Value[],
  value: Value,
  stack: Stack,
  chosen: Candidate,
): readonly Candidate[] {
  if (typeof target !== 'string' || typeof name !== 'string' || !name.startsWith('Outputs.')) return [chosen];
  const child = stack.children.get(target);
  const output = child?.template.outputs[name.slice('Outputs.'.length)];
  const inner = isMap(output) ? output.Value : undefined;
  return child === undefined || inner === undefined ? [chosen] : candidatesFor(inner, value, child, chosen);
}
