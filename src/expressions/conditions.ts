import { isList, isMap, type Value } from '../document/value.js';
import { isHidden, rootOf, textOf } from '../template/consumers.js';
import type { Scope } from '../template/template.js';
import { type Assigned, type Conditions, conditionKey, contextOf, guardOf, type Passed } from './context.js';
import { evaluate, evaluateTogether, tooEntangled } from './evaluate.js';
import {
  all,
  always,
  any,
  type Budget,
  type Formula,
  isSpent,
  never,
  newBudget,
  not,
  opaque,
  type Test,
  type Variable,
} from './formula.js';
import { type Family, familyOf, whileSharing } from './scope.js';
import { identityOf, isGiven, known, type SymbolicValue, type VariableValue } from './symbolic.js';

export interface ConditionsOptions {
  readonly assigned?: Assigned;
  /** What parents pass instead of what they do. */
  readonly passed?: Passed;
  /** In the place of the defaults the templates have. */
  readonly defaults?: Assigned;
  /** Known values of the root count as defaults: what they are can be changed. */
  readonly knownCanChange?: true;
}

const withoutAssigned = new WeakMap<Scope, Conditions>();

interface Budgets {
  /** For what the templates say. */
  readonly reading: Budget;
  /** For what they would say with other parameters: trying never costs a judgment. */
  readonly trying: Budget;
}

/** A tree that a plan has made of another one is looked at with what is left of the steps. */
const budgets = new WeakMap<Family, Budgets>();

function budgetsOf(root: Scope): Budgets {
  const family = familyOf(root);
  const kept = budgets.get(family) ?? { reading: newBudget(), trying: newBudget() };
  budgets.set(family, kept);
  return kept;
}

/** A plan of the tree begins with all its steps. @param root of the tree */
export function renewBudgets(root: Scope): void {
  const { reading, trying } = budgetsOf(root);
  reading.steps = newBudget().steps;
  trying.steps = newBudget().steps;
}

/** Why what is said of a tree is not to be relied on any more; `undefined` while there are steps left. */
export function spentBecause(root: Scope): string | undefined {
  return isSpent(budgetsOf(root).reading) ? tooEntangled : undefined;
}

/** The conditions of the tree a stack is part of. */
export function conditionsOf(stack: Scope, options?: ConditionsOptions): Conditions {
  const root = rootOf(stack);
  if (options !== undefined) return makeConditions(options, budgetsOf(root).trying);
  const made = withoutAssigned.get(root) ?? makeConditions({}, budgetsOf(root).reading);
  withoutAssigned.set(root, made);
  return made;
}

function makeConditions(options: ConditionsOptions, budget: Budget): Conditions {
  const { assigned = new Map(), passed = new Map(), defaults = new Map(), knownCanChange = false } = options;
  const formulas = new Map<string, Formula>();
  const variables = new Map<string, Variable>();
  const underWay = new Set<string>();

  function once(key: string, make: () => Formula, inCircle: () => Formula): Formula {
    const made = formulas.get(key);
    if (made !== undefined) return made;
    if (underWay.has(key)) return inCircle();
    underWay.add(key);
    const formula = whileSharing(make);
    underWay.delete(key);
    formulas.set(key, formula);
    return formula;
  }

  function formula(stack: Scope, name: string): Formula {
    for (const each of usedFirst(stack, name)) compiled(stack, each);
    return compiled(stack, name);
  }

  /** The conditions a condition is made of that are not compiled yet, so that a long chain of them is no deep recursion. */
  function usedFirst(stack: Scope, name: string): readonly string[] {
    const isNew = (each: string) => !formulas.has(conditionKey(stack, each));
    const found = new Set<string>();
    const entered = new Set<string>();
    const left = isNew(name) ? [name] : [];
    for (let next = left.at(-1); next !== undefined; next = left.at(-1)) {
      const inner = entered.has(next) ? [] : conditionsUsedBy(stack.template.conditions.get(next) ?? null);
      entered.add(next);
      const open = inner.filter((each) => isNew(each) && !entered.has(each));
      left.push(...open);
      if (open.length === 0) found.add(left.pop() ?? next);
    }
    return [...found];
  }

  function compiled(stack: Scope, name: string): Formula {
    const key = conditionKey(stack, name);
    return once(
      key,
      () => compile(stack.template.conditions.get(name) ?? null, stack, key),
      () => opaque(key),
    );
  }

  function compile(definition: Value, stack: Scope, id: string): Formula {
    if (!isMap(definition)) return opaque(id);
    const [[name, argument] = []] = Object.entries(definition);
    if (name === 'Condition' && typeof argument === 'string') return compiled(stack, argument);
    const parts = isList(argument) ? argument : [];
    const inner = () => parts.map((part, index) => compile(part, stack, `${id}/${index}`));
    if (name === 'Fn::And') return all(inner());
    if (name === 'Fn::Or') return any(inner());
    if (name === 'Fn::Not') return not(inner()[0] ?? opaque(id));
    return name === 'Fn::Equals' && parts.length === 2 ? equals(parts, stack, id) : opaque(id);
  }

  function equals(sides: readonly Value[], stack: Scope, id: string): Formula {
    const looks = sides.map((side) => (from: typeof open) => evaluate(side, stack, from));
    const ways = evaluateTogether(looks, open);
    if (ways === undefined) return opaque(id);
    return any(
      ways.map(({ values: [left, right], context }) =>
        left === undefined || right === undefined
          ? opaque(id)
          : all([guardOf(context), equalValues(left, right)]),
      ),
    );
  }

  function existence(stack: Scope, logicalId: string | null): Formula {
    const condition = logicalId === null ? undefined : stack.template.resources.get(logicalId)?.condition;
    const own = condition === undefined ? always : formula(stack, condition);
    return all([
      own,
      once(
        `${stack.template.path}#`,
        () => creation(stack),
        () => always,
      ),
    ]);
  }

  function creation(stack: Scope): Formula {
    return stack.parents.length === 0
      ? always
      : any(stack.parents.map((parent) => existence(parent.stack, parent.logicalId)));
  }

  function defaultOf(stack: Scope, name: string): Value | undefined {
    return defaults.get(stack)?.get(name) ?? stack.template.parameters.get(name)?.default;
  }

  function variable(stack: Scope, name: string): Variable {
    const id = name.startsWith('AWS::') ? name : conditionKey(stack, name);
    const made = variables.get(id) ?? whileSharing(() => makeVariable(stack, name, id));
    variables.set(id, made);
    return made;
  }

  function makeVariable(stack: Scope, name: string, id: string): Variable {
    const parameter = stack.template.parameters.get(name);
    const isOpen = parameter === undefined || isHidden(parameter, stack);
    const usual = stack.knownParameters.get(name) ?? defaultOf(stack, name);
    return {
      id,
      allowed: isOpen ? undefined : parameter.allowedValues?.map(textOf),
      default: isOpen || usual === undefined ? undefined : textOf(usual),
    };
  }

  const conditions = { formula, existence, variable, assigned, passed, knownCanChange, budget, defaultOf };
  const open = contextOf(conditions, 'open');
  return conditions;
}

/** Named by `Condition` or `Fn::If` anywhere in a condition. */
function conditionsUsedBy(value: Value): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const named = key === 'Fn::If' && isList(inner) ? inner[0] : key === 'Condition' ? inner : undefined;
    return [...(typeof named === 'string' ? [named] : []), ...conditionsUsedBy(inner)];
  });
}

/** `Fn::Equals`. */
function equalValues(left: SymbolicValue, right: SymbolicValue): Formula {
  if (left.kind === 'value' && right.kind === 'value')
    return textOf(left.value) === textOf(right.value) ? always : never;
  const ids = [identityOf(left), identityOf(right)].sort();
  const open = opaque(ids.join(' = '));
  if (ids[0] === ids[1]) return isIdentified(left) && isIdentified(right) ? always : open;
  if (left.kind === 'value') return equalsText(right, textOf(left.value), open);
  if (right.kind === 'value') return equalsText(left, textOf(right.value), open);
  const isOfOne =
    left.kind === 'variable' && right.kind === 'variable' && left.variable.id === right.variable.id;
  if (!isOfOne) return open;
  return testOf(left, [...left.texts, ...right.texts], (text) =>
    constantOf(equalValues(left.of(text), right.of(text))),
  );
}

/** Not for what nothing is known of, not even what it is. */
function isIdentified(value: SymbolicValue): boolean {
  if (value.kind === 'text')
    return value.pieces.every((piece) => typeof piece === 'string' || isIdentified(piece.value));
  if (value.kind === 'list') return value.items.every(isIdentified);
  return value.kind !== 'unknown' || value.at !== undefined;
}

function equalsText(value: SymbolicValue, text: string, open: Formula): Formula {
  if (text === '' && isGiven(value)) return never;
  switch (value.kind) {
    case 'text': {
      const [first, last] = [value.pieces[0], value.pieces.at(-1)];
      const isPossible =
        value.isLoose ||
        ((typeof first !== 'string' || text.startsWith(first)) &&
          (typeof last !== 'string' || text.endsWith(last)));
      return isPossible ? open : never;
    }
    case 'unknown':
      return value.among?.every((each) => textOf(each) !== text) ? never : open;
    case 'variable':
      return variableEqualsText(value, text);
    default:
      return open;
  }
}

function variableEqualsText(value: VariableValue, text: string): Formula {
  const { variable, around, empty } = value;
  const test = (wanted: string): Test => ({
    kind: 'test',
    variable,
    texts: [wanted],
    holds: (given) => given === wanted,
  });
  if (around !== undefined) {
    const { before, after } = around;
    const isPossible =
      text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
    return isPossible ? test(text.slice(before.length, text.length - after.length)) : never;
  }
  if (empty === 'same' && text === '') return test('');
  return testOf(value, ['', text, ...value.texts], (given) =>
    constantOf(equalValues(value.of(given), known(text))),
  );
}

/** More allowed values than this are not all tried. */
const mostAllowed = 64;

function testOf(
  { variable }: VariableValue,
  texts: readonly string[],
  holds: (text: string) => boolean | undefined,
): Formula {
  const { allowed = [] } = variable;
  return {
    kind: 'test',
    variable,
    texts: [...texts, ...(allowed.length > mostAllowed ? [] : allowed)],
    holds: (text) => (text === undefined ? undefined : holds(text)),
  };
}

function constantOf(formula: Formula): boolean | undefined {
  return formula.kind === 'constant' ? formula.value : undefined;
}
