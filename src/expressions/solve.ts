import { intrinsicName, isIntrinsic } from '../document/intrinsics.js';
import { isEqual, isList, isMap, type Value } from '../document/value.js';
import { isStored, passedBy, rootOf, textOf } from '../template/consumers.js';
import type { ParentLink, Stack } from '../template/template.js';
import { conditionsOf, spentBecause } from './conditions.js';
import type { Assigned, Conditions, Outcome } from './context.js';
import { domainsOf, evaluate, isNothing, isSpent, type Variable } from './formula.js';
import { candidateValues, isValid, written } from './parameter-values.js';
import { resolveUnder } from './resolve.js';

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
  readonly site: 'default' | 'passed';
  /** The parent's resource, for `passed`: `Resources/<logicalId>/Properties/Parameters/<parameter>`. */
  readonly link?: ParentLink;
  /** The parameter's `AllowedValues` lack the value and have to get it. */
  readonly extendAllowedValues: boolean;
}

export interface Solution {
  readonly assignments: readonly Assignment[];
}

type Draft = readonly Assignment[];

/** More ways than this are not tried. */
const mostDrafts = 64;

/** A look at one part of an expression, in steps of the budget. */
const stepsPerDraft = 20;

/**
 * Which parameters have to be given which values for an expression to come to an accepted value in every branch that
 * can be reached: with the fewest assignments, as far up as the value comes from, by an allowed value if one will do.
 * `undefined` when literals or anything else but parameters stand in the way.
 */
export function solve(expression: Value, wanted: WantedValue, stack: Stack): Solution | undefined {
  if (spentBecause(rootOf(stack)) !== undefined) return undefined;
  const isSatisfiedBy =
    wanted.isSatisfiedBy ?? ((outcome) => outcome.kind === 'value' && isSame(outcome.value, wanted.value));
  const drafts = [[], ...draftsFor(expression, wanted.value, stack, [])];
  const ranked = drafts.map((draft, index) => ({ draft, index, rank: rankOf(draft) }));
  ranked.sort((left, right) => left.rank - right.rank || left.index - right.index);
  const best = ranked.find(({ draft }) => isMetBy(expression, stack, draft, isSatisfiedBy));
  return best && { assignments: best.draft };
}

function rankOf(draft: Draft): number {
  return draft.length * 100 + draft.filter(({ extendAllowedValues }) => extendAllowedValues).length;
}

/**
 * A default is but a default: where a condition on it can go the other way all the same, assigning it solves nothing.
 */
function isMetBy(
  expression: Value,
  stack: Stack,
  draft: Draft,
  isSatisfiedBy: (outcome: Outcome) => boolean,
): boolean {
  const isDefault = (each: Assignment) =>
    each.site === 'default' && !each.stack.knownParameters.has(each.parameter);
  const defaults = byStack(draft.filter(isDefault));
  const assigned = byStack(draft.filter((each) => !isDefault(each)));
  return resolveUnder(expression, stack, { assigned, defaults }).every(({ outcome }) =>
    isSatisfiedBy(outcome),
  );
}

function byStack(draft: Draft): Assigned {
  const assigned = new Map<Stack, Map<string, Value>>();
  for (const { stack, parameter, value } of draft) {
    const own = assigned.get(stack) ?? new Map<string, Value>();
    assigned.set(stack, own.set(parameter, value));
  }
  return assigned;
}

/** A parameter takes `365` as a number and as a text. */
function isSame(left: Value, right: Value): boolean {
  if (typeof left === 'object' || typeof right === 'object') return isEqual(left, right);
  return String(left) === String(right);
}

/** The ways to bring an expression to a value, on top of what a draft already assigns; none when there is no way. */
function draftsFor(expression: Value, value: Value, stack: Stack, draft: Draft): readonly Draft[] {
  const { budget } = changeableConditionsOf(rootOf(stack));
  budget.steps -= stepsPerDraft;
  if (isSpent(budget)) return [];
  const name = intrinsicName(expression);
  const argument = isMap(expression) && name !== undefined ? expression[name] : undefined;
  const list = isList(argument) ? argument : [];
  switch (name) {
    case undefined:
      return throughParts(expression, value, stack, draft);
    case 'Ref':
      return typeof argument === 'string' ? throughParameter(argument, value, stack, draft) : [];
    case 'Fn::If':
      return throughChoice(list, value, stack, draft);
    case 'Fn::Sub':
      return throughText(argument, value, stack, draft);
    case 'Fn::Split': {
      const [delimiter, text = null] = list;
      return typeof delimiter === 'string' && isList(value)
        ? draftsFor(text, value.map(textOf).join(delimiter), stack, draft)
        : [];
    }
    case 'Fn::Join': {
      const [delimiter, items = null] = list;
      return delimiter === ',' && isIntrinsic(items) ? draftsFor(items, value, stack, draft) : [draft];
    }
    case 'Fn::FindInMap':
      return throughMapping(list, stack, draft);
    case 'Fn::GetAtt':
      return throughOutput(list, value, stack, draft);
    default:
      return [draft];
  }
}

/** A literal is what it is; of a map every part the wanted value has, too, can be brought to it. */
function throughParts(expression: Value, value: Value, stack: Stack, draft: Draft): readonly Draft[] {
  if (!isMap(expression) || !isMap(value)) return [draft];
  const parts = Object.entries(expression).filter(([key]) => Object.hasOwn(value, key));
  return parts.reduce<readonly Draft[]>(
    (drafts, [key, part]) =>
      limited(drafts.flatMap((each) => draftsFor(part, value[key] ?? null, stack, each))),
    [draft],
  );
}

function limited(drafts: readonly Draft[]): readonly Draft[] {
  return drafts.slice(0, mostDrafts);
}

/** To the root-most parameter with a default, through every parent. */
function throughParameter(name: string, value: Value, stack: Stack, draft: Draft): readonly Draft[] {
  const parameter = stack.template.parameters.get(name);
  if (parameter === undefined || isStored(parameter.type) || parameter.noEcho) return [];
  const already = draft.find((each) => each.stack === stack && each.parameter === name);
  if (already !== undefined) return isSame(already.value, value) ? [draft] : [];
  const current = stack.knownParameters.get(name) ?? parameter.default;
  if (stack.parents.length === 0) {
    if (current === undefined) return [];
    return candidateValues(parameter, value).map((candidate) => [
      ...draft,
      {
        stack,
        parameter: name,
        ...written(parameter, candidate, parameter.default ?? current),
        site: 'default',
      },
    ]);
  }
  return stack.parents.reduce<readonly Draft[]>(
    (drafts, parent) => limited(drafts.flatMap((each) => throughParent(name, value, stack, parent, each))),
    [draft],
  );
}

function throughParent(
  name: string,
  value: Value,
  stack: Stack,
  link: ParentLink,
  draft: Draft,
): readonly Draft[] {
  const parameter = stack.template.parameters.get(name);
  if (parameter === undefined) return [];
  const passed = passedBy(link, name);
  if (passed !== undefined && typeof passed === 'object') {
    const allowed = candidateValues(parameter, value).filter((candidate) => isValid(parameter, candidate));
    return limited(allowed.flatMap((candidate) => draftsFor(passed, candidate, link.stack, draft)));
  }
  const current = passed ?? parameter.default;
  if (current === undefined) return [];
  const site = passed === undefined ? ({ site: 'default' } as const) : ({ site: 'passed', link } as const);
  return candidateValues(parameter, value).flatMap((candidate): Draft[] => {
    const assignment = { stack, parameter: name, ...written(parameter, candidate, current), ...site };
    const other = draft.find((each) => each.stack === stack && each.parameter === name);
    if (other !== undefined && !isSame(other.value, assignment.value)) return [];
    return [other !== undefined && site.site === 'default' ? draft : [...draft, assignment]];
  });
}

function throughChoice(
  [condition, ...branches]: readonly Value[],
  value: Value,
  stack: Stack,
  draft: Draft,
): readonly Draft[] {
  if (typeof condition !== 'string') return [];
  const [whenTrue = null, whenFalse = null] = branches;
  const whenTaken = draftsFor(whenTrue, value, stack, draft);
  const whenNotTaken = draftsFor(whenFalse, value, stack, draft);
  const onTrue = gathered(whenTaken, (each) => settling(condition, true, stack, each));
  const onFalse = gathered(whenNotTaken, (each) => settling(condition, false, stack, each));
  const onBoth = gathered(whenTaken, (each) => draftsFor(whenFalse, value, stack, each));
  return limited([...onTrue, ...onFalse, ...onBoth]);
}

/** What each draft leads to, until there are enough. */
function gathered(drafts: readonly Draft[], further: (draft: Draft) => readonly Draft[]): readonly Draft[] {
  const found: Draft[] = [];
  for (const draft of drafts) {
    if (found.length >= mostDrafts) break;
    found.push(...further(draft));
  }
  return limited(found);
}

/** The draft with what else has to be assigned for a condition to come out one way; at most two parameters. */
function settling(condition: string, wanted: boolean, stack: Stack, draft: Draft): readonly Draft[] {
  const root = rootOf(stack);
  const conditions = changeableConditionsOf(root);
  const formula = conditions.formula(stack, condition);
  const assigned = new Map(
    draft.filter((each) => each.stack === root).map((each) => [each.parameter, each.value]),
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
  if (comesOut(new Map())) return [draft];
  const moves = [...domainsOf([formula]).values()].flatMap(({ variable, choices }) => {
    const name = parameterOf(root, variable.id);
    const isFree = name !== undefined && !assigned.has(name) && variable.default !== undefined;
    if (!isFree || isEnvironment(root, name)) return [];
    const texts = choices.filter((choice) => typeof choice === 'string');
    // Whatever takes the place of none: the condition does not name it.
    const instead = texts.some(isNothing) ? (variable.allowed ?? []) : [];
    return [...new Set([...texts, ...instead])].map((text) => ({ id: variable.id, name, text }));
  });
  const found: Draft[] = [];
  for (const set of onesAndPairs(moves)) {
    if (found.length >= mostDrafts || isSpent(conditions.budget)) break;
    if (!comesOut(new Map(set.map(({ id, text }) => [id, text])))) continue;
    const drafts = set.reduce<readonly Draft[]>(
      (sofar, { name, text }) => sofar.flatMap((each) => throughParameter(name, text, root, each)),
      [draft],
    );
    found.push(...drafts.filter((each) => each.every(({ extendAllowedValues }) => !extendAllowedValues)));
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

/** Which stage a stack is of the operator knows: no finding is a reason to call it another one. */
function isEnvironment({ template }: Stack, name: string): boolean {
  const { allowedValues = [], default: usual = '' } = template.parameters.get(name) ?? {};
  const stages = [...allowedValues, usual].filter((value) =>
    /^(dev|develop|development|test|qa|uat|int|integration|sandbox|stag(e|ing)|pre-?prod|prod|prd|production|live)$/i.test(
      textOf(value),
    ),
  );
  return stages.length > 0 || /(^|[a-z_-])(env|environment|environmentname|stage|stagename)$/i.test(name);
}

/** A text around one placeholder. */
function throughText(
  argument: Value | undefined,
  value: Value,
  stack: Stack,
  draft: Draft,
): readonly Draft[] {
  if (typeof argument !== 'string' || typeof value === 'object') return [draft];
  const [before = '', name, after = '', ...more] = argument.split(/\$\{([^!}.]+)\}/);
  const text = String(value);
  const isMade = more.length === 0 && name !== undefined && !argument.includes('${!');
  if (!isMade || !text.startsWith(before) || !text.endsWith(after)) return [];
  return throughParameter(name, text.slice(before.length, text.length - after.length), stack, draft);
}

function throughMapping([map, ...keys]: readonly Value[], stack: Stack, draft: Draft): readonly Draft[] {
  const table = typeof map === 'string' ? stack.template.mappings[map] : undefined;
  const [first = null, second = null] = keys;
  const rows = isMap(table) ? Object.entries(table) : [];
  const ways = rows.flatMap(([row, columns]) => {
    const names = isMap(columns) ? Object.keys(columns) : [];
    const onRow = draftsFor(first, row, stack, draft);
    return names.flatMap((column) => onRow.flatMap((each) => draftsFor(second, column, stack, each)));
  });
  return limited([draft, ...ways]);
}

function throughOutput(
  [target, name]: readonly Value[],
  value: Value,
  stack: Stack,
  draft: Draft,
): readonly Draft[] {
  if (typeof target !== 'string' || typeof name !== 'string' || !name.startsWith('Outputs.')) return [draft];
  const child = stack.children.get(target);
  const output = child?.template.outputs[name.slice('Outputs.'.length)];
  const inner = isMap(output) ? output.Value : undefined;
  return child === undefined || inner === undefined ? [draft] : draftsFor(inner, value, child, draft);
}
