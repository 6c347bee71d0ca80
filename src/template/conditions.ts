import { intrinsicName } from '../document/intrinsics.js';
import { isList, isMap, type Value } from '../document/value.js';
import {
  type Assertion,
  all,
  always,
  any,
  type Budget,
  type Formula,
  newBudget,
  not,
  opaque,
  type Variable,
} from './formula.js';
import { substitutedExpression, substitutionParts } from './mentions.js';
import { isHidden, itemsOf, passedBy, rootOf, textOf } from './parameter-passing.js';
import type { Stack } from './template.js';
import {
  chooseTerms,
  equalTerms,
  joinTerms,
  makeTerms,
  openTerm,
  type Terms,
  textTerm,
  variableTerm,
} from './terms.js';

/** Values that take the place of what a parameter of a stack would get: stack, then name. */
export type Assigned = ReadonlyMap<Stack, ReadonlyMap<string, Value>>;

/** The conditions of a stack tree as formulas, each made when first asked for. */
export interface Conditions {
  /** What a condition says; a name nobody defines is open. */
  formula(stack: Stack, name: string): Formula;
  /** Holds when the resource (and every nested stack above it) is created. */
  existence(stack: Stack, logicalId: string): Formula;
  /** The variable a parameter of the root is, or a parameter whose value comes from nowhere in the tree. */
  variable(stack: Stack, name: string): Variable;
  readonly assigned: Assigned;
  /** Shared by all conditions of one tree, whatever is assigned. */
  readonly budget: Budget;
  /** What a parameter has when nobody gives it a value. */
  defaultOf(stack: Stack, name: string): Value | undefined;
}

export interface ConditionsOptions {
  readonly assigned?: Assigned;
  /** In the place of the defaults the templates have. */
  readonly defaults?: Assigned;
  /** Known values of the root count as defaults: what they are can be changed. */
  readonly knownCanChange?: true;
}

export function conditionKey(stack: Stack, name: string): string {
  return `${stack.template.path}#${name}`;
}

export function conditionAssertion(
  conditions: Conditions,
  stack: Stack,
  name: string,
  value: boolean,
): Assertion {
  return { key: conditionKey(stack, name), formula: conditions.formula(stack, name), value };
}

const withoutAssigned = new WeakMap<Stack, Conditions>();

/** The conditions of the tree a stack is part of. */
export function conditionsOf(stack: Stack, options?: ConditionsOptions): Conditions {
  const root = rootOf(stack);
  if (options !== undefined) return makeConditions(options, conditionsOf(root).budget);
  const known = withoutAssigned.get(root) ?? makeConditions({}, newBudget());
  withoutAssigned.set(root, known);
  return known;
}

function makeConditions(options: ConditionsOptions, budget: Budget): Conditions {
  const { assigned = new Map(), defaults = new Map(), knownCanChange } = options;
  const formulas = new Map<string, Formula>();
  const variables = new Map<string, Variable>();
  const parameters = new Map<string, Terms>();
  const underWay = new Set<string>();

  function once<T>(key: string, cache: Map<string, T>, make: () => T, inCircle: () => T): T {
    const known = cache.get(key);
    if (known !== undefined) return known;
    if (underWay.has(key)) return inCircle();
    underWay.add(key);
    const made = make();
    underWay.delete(key);
    cache.set(key, made);
    return made;
  }

  function formula(stack: Stack, name: string): Formula {
    for (const each of usedFirst(stack, name)) compiled(stack, each);
    return compiled(stack, name);
  }

  /** The conditions a condition is made of that are not compiled yet, so that a long chain of them is no deep recursion. */
  function usedFirst(stack: Stack, name: string): readonly string[] {
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

  function compiled(stack: Stack, name: string): Formula {
    const key = conditionKey(stack, name);
    const definition = stack.template.conditions.get(name);
    if (definition === undefined) return opaque(key);
    return once(
      key,
      formulas,
      () => compile(definition, stack, key),
      () => opaque(key),
    );
  }

  function compile(definition: Value, stack: Stack, id: string): Formula {
    if (!isMap(definition)) return opaque(id);
    const [[name, argument] = []] = Object.entries(definition);
    if (name === 'Condition' && typeof argument === 'string') return compiled(stack, argument);
    const parts = isList(argument) ? argument : [];
    const inner = () => parts.map((part, index) => compile(part, stack, `${id}/${index}`));
    if (name === 'Fn::And') return all(inner());
    if (name === 'Fn::Or') return any(inner());
    if (name === 'Fn::Not') return not(inner()[0] ?? opaque(id));
    if (name !== 'Fn::Equals' || parts.length !== 2) return opaque(id);
    const [left = null, right = null] = parts;
    return equalTerms(termsOf(left, stack), termsOf(right, stack));
  }

  function existence(stack: Stack, logicalId: string): Formula {
    const condition = stack.template.resources.get(logicalId)?.condition;
    const own = condition === undefined ? always : formula(stack, condition);
    return all([
      own,
      once(
        `${stack.template.path}#`,
        formulas,
        () => creation(stack),
        () => always,
      ),
    ]);
  }

  function creation(stack: Stack): Formula {
    return stack.parents.length === 0
      ? always
      : any(stack.parents.map((parent) => existence(parent.stack, parent.logicalId)));
  }

  function defaultOf(stack: Stack, name: string): Value | undefined {
    return defaults.get(stack)?.get(name) ?? stack.template.parameters.get(name)?.default;
  }

  function variable(stack: Stack, name: string): Variable {
    const id = name.startsWith('AWS::') ? name : conditionKey(stack, name);
    const make = (): Variable => {
      const parameter = stack.template.parameters.get(name);
      const isOpen = parameter === undefined || isHidden(parameter, stack);
      const usual = stack.knownParameters.get(name) ?? defaultOf(stack, name);
      return {
        id,
        allowed: isOpen ? undefined : parameter.allowedValues?.map(textOf),
        default: isOpen || usual === undefined ? undefined : textOf(usual),
      };
    };
    return once(id, variables, make, make);
  }

  /** What an expression in a comparison may be. */
  function termsOf(expression: Value, stack: Stack): Terms {
    const id = `${stack.template.path}#${JSON.stringify(expression)}`;
    if (typeof expression !== 'object' || expression === null) return textTerm(textOf(expression));
    const name = intrinsicName(expression);
    const argument = isMap(expression) && name !== undefined ? expression[name] : undefined;
    const list = isList(argument) ? argument : [];
    switch (name) {
      case 'Ref':
        return typeof argument === 'string' ? reference(argument, stack) : openTerm(id, false);
      case 'Fn::GetAtt':
        return attribute(list, stack, id);
      case 'Fn::If': {
        const [condition, whenTrue = null, whenFalse = null] = list;
        if (typeof condition !== 'string') return openTerm(id, false);
        return chooseTerms(formula(stack, condition), termsOf(whenTrue, stack), termsOf(whenFalse, stack));
      }
      case 'Fn::FindInMap':
        return mapped(list, stack, id);
      case 'Fn::Sub':
        return substituted(argument, stack, id);
      case 'Fn::Join':
        return joined(list, stack, id);
      case 'Fn::Select':
        return selected(list, stack, id);
      default:
        return openTerm(id, false);
    }
  }

  function reference(name: string, stack: Stack): Terms {
    const root = rootOf(stack);
    if (name === 'AWS::NoValue') return textTerm('');
    if (name.startsWith('AWS::')) {
      const known = assigned.get(root)?.get(name) ?? root.knownParameters.get(name);
      return known === undefined ? variableTerm(variable(root, name)) : textTerm(textOf(known));
    }
    const key = conditionKey(stack, name);
    if (!stack.template.parameters.has(name)) return openTerm(key, stack.template.resources.has(name));
    return once(
      key,
      parameters,
      () => parameterTerms(name, stack),
      () => openTerm(key, false),
    );
  }

  function parameterTerms(name: string, stack: Stack): Terms {
    const own = assigned.get(stack)?.get(name);
    if (own !== undefined) return textTerm(textOf(own));
    const parameter = stack.template.parameters.get(name);
    const anything = variableTerm(variable(stack, name));
    if (parameter === undefined || isHidden(parameter, stack)) return anything;
    if (stack.parents.length === 0) {
      const known = stack.knownParameters.get(name);
      return known === undefined || knownCanChange ? anything : textTerm(textOf(known));
    }
    const perParent = stack.parents.map((parent) => {
      const passed = passedBy(parent, name);
      if (passed !== undefined) return termsOf(passed, parent.stack);
      const usual = defaultOf(stack, name);
      return usual === undefined ? anything : textTerm(textOf(usual));
    });
    const [first = anything] = perParent;
    const isSame = perParent.every((terms) => JSON.stringify(terms) === JSON.stringify(first));
    return isSame ? first : openTerm(conditionKey(stack, name), false);
  }

  function attribute([target, name]: readonly Value[], stack: Stack, id: string): Terms {
    if (typeof target !== 'string') return openTerm(id, false);
    const child = stack.children.get(target);
    const output =
      typeof name === 'string' && name.startsWith('Outputs.') ? name.slice('Outputs.'.length) : undefined;
    const definition = output === undefined ? undefined : child?.template.outputs[output];
    const value = isMap(definition) ? definition.Value : undefined;
    if (child === undefined || value === undefined) return openTerm(id, stack.template.resources.has(target));
    return once(
      id,
      parameters,
      () => termsOf(value, child),
      () => openTerm(id, false),
    );
  }

  function mapped([map, ...keys]: readonly Value[], stack: Stack, id: string): Terms {
    const table = typeof map === 'string' ? stack.template.mappings[map] : undefined;
    if (!isMap(table)) return openTerm(id, false);
    const inTable = (rows: Value | undefined, [key, ...rest]: readonly Value[]): Terms => {
      if (key === undefined || rest.length > 1)
        return isMap(rows) || rows === undefined ? openTerm(id, false) : textTerm(textOf(rows));
      const wanted = termsOf(key, stack);
      const entries = isMap(rows) ? Object.entries(rows) : [];
      return entries.reduceRight<Terms>(
        (others, [name, row]) => chooseTerms(equalTerms(wanted, textTerm(name)), inTable(row, rest), others),
        openTerm(id, false),
      );
    };
    return inTable(table, keys.slice(0, 2));
  }

  function substituted(argument: Value | undefined, stack: Stack, id: string): Terms {
    const [text, given] = isList(argument) ? argument : [argument];
    if (typeof text !== 'string') return openTerm(id, false);
    const own = isMap(given) ? given : {};
    const pieces = substitutionParts(text).map((part): Terms => {
      if ('text' in part) return textTerm(part.text);
      const value = Object.hasOwn(own, part.name) ? own[part.name] : undefined;
      return termsOf(value ?? substitutedExpression(part.name), stack);
    });
    return joinTerms(id, pieces);
  }

  function joined([delimiter, items]: readonly Value[], stack: Stack, id: string): Terms {
    if (typeof delimiter !== 'string') return openTerm(id, false);
    if (isMap(items))
      return makeTerms(id, termsOf(items, stack), (text) => itemsOf(text).join(delimiter), true);
    const pieces = (isList(items) ? items : []).flatMap((item, index) =>
      index === 0 ? [termsOf(item, stack)] : [textTerm(delimiter), termsOf(item, stack)],
    );
    return joinTerms(id, pieces);
  }

  function selected([position = null, items]: readonly Value[], stack: Stack, id: string): Terms {
    if (typeof position === 'object' && position !== null) {
      if (!isList(items)) return openTerm(id, false);
      const wanted = termsOf(position, stack);
      return items.reduceRight<Terms>(
        (others, item, index) =>
          chooseTerms(equalTerms(wanted, textTerm(String(index))), termsOf(item, stack), others),
        openTerm(id, false),
      );
    }
    const index = Number(textOf(position));
    if (isList(items)) return termsOf(items[index] ?? null, stack);
    const split = isMap(items) ? items['Fn::Split'] : undefined;
    const [delimiter, text = null] = isList(split) ? split : [];
    if (typeof delimiter === 'string')
      return makeTerms(id, termsOf(text, stack), (whole) => whole.split(delimiter)[index]);
    return isMap(items) && 'Ref' in items
      ? makeTerms(id, termsOf(items, stack), (text) => itemsOf(text)[index])
      : openTerm(id, false);
  }

  return { formula, existence, variable, assigned, budget, defaultOf };
}

/** Named by `Condition` or `Fn::If` anywhere in a condition. */
function conditionsUsedBy(value: Value): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isList(value)) return value.flatMap(conditionsUsedBy);
  return Object.entries(value).flatMap(([key, inner]) => {
    const named = key === 'Fn::If' && isList(inner) ? inner[0] : key === 'Condition' ? inner : undefined;
    return [...(typeof named === 'string' ? [named] : []), ...conditionsUsedBy(inner)];
  });
}
