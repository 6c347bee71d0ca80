import { intrinsicName, isIntrinsic } from '../document/intrinsics.js';
import { isList, isMap, type Path, type Value, type ValueMap } from '../document/value.js';
import { referencesIn, rootOf, textOf } from '../template/consumers.js';
import { substitutedExpression, substitutionParts } from '../template/mentions.js';
import type { Scope } from '../template/template.js';
import { assuming, type EvaluationContext, type GuardedValue, shared, waysOf } from './context.js';
import { isSpent } from './formula.js';
import { behindTheEnd, type Call, callIntrinsic, isPlain, withoutText } from './functions.js';
import { parameterValue, variableValue } from './parameter-values.js';
import {
  absent,
  known,
  reasonFor,
  type SymbolicValue,
  unknownValue,
  variablesIn,
  withVariable,
} from './symbolic.js';

/** More branches than this are not told apart. */
const mostBranches = 64;

const tooMany = 'it has too many branches';
export const tooEntangled = 'the conditions of the template depend on each other in too many ways';

/** What an expression comes to, once per way its conditions can go; never empty. */
export function evaluate(
  expression: Value | undefined,
  stack: Scope,
  context: EvaluationContext,
): readonly GuardedValue[] {
  const single = (value: SymbolicValue) => [{ value, path: [], context, parameters: [] }];
  if (expression === undefined || expression === null) return single(absent);
  if (typeof expression === 'string' && expression.includes('{{resolve:')) {
    const because = 'a dynamic reference is looked up at deployment';
    return single({ kind: 'unknown', because, text: expression, at: { stack, expression } });
  }
  const name = intrinsicName(expression);
  if (name === undefined || !isMap(expression))
    return context.reading === 'open' && isList(expression)
      ? evaluateItems(expression, stack, context)
      : single(known(substituteKnown(expression, stack, context)));
  const { budget } = context.conditions;
  budget.steps--;
  if (isSpent(budget)) return single(unknownValue(tooEntangled, { stack, expression }));
  const argument = expression[name];
  if (name === 'Ref' && typeof argument === 'string') return reference(argument, stack, context);
  if (name === 'Fn::GetAtt' && isList(argument)) return attribute(argument, stack, context);
  if (name === 'Fn::If' && isList(argument))
    return branchesOf(argument, stack, context, (branch, inner) => evaluate(branch, stack, inner));
  if (name === 'Fn::Select' && isList(argument)) {
    const selected = selectWritten(argument, stack, context);
    if (selected !== undefined) return selected;
  }
  return call(expression, name, argument ?? null, stack, context);
}

/** What stands at a path below an expression; branch paths start at the expression. */
export function evaluateAt(
  expression: Value | undefined,
  path: Path,
  stack: Scope,
  context: EvaluationContext,
): readonly GuardedValue[] {
  const [token, ...rest] = path;
  if (token === undefined || expression === undefined || expression === null)
    return evaluate(expression, stack, context);
  const below = (found: readonly GuardedValue[]) =>
    found.map((branch) => ({ ...branch, path: [token, ...branch.path] }));
  if (isList(expression)) return below(evaluateAt(expression[Number(token)], rest, stack, context));
  const name = intrinsicName(expression);
  const argument = isMap(expression) && name !== undefined ? expression[name] : undefined;
  if (name === 'Fn::If' && isList(argument))
    return branchesOf(argument, stack, context, (branch, inner) => evaluateAt(branch, path, stack, inner));
  if (name !== undefined)
    return evaluate(expression, stack, context).map((found) => ({
      ...found,
      value: valueAt(found.value, path),
    }));
  const value = isMap(expression) && Object.hasOwn(expression, token) ? expression[token] : undefined;
  return value === undefined
    ? evaluate(undefined, stack, context)
    : below(evaluateAt(value, rest, stack, context));
}

/** What a path leads to inside something that is not written here. */
function valueAt(whole: SymbolicValue, path: Path): SymbolicValue {
  if (whole.kind === 'resource')
    return unknownValue(`${whole.logicalId}.${whole.attribute} is known at deployment only`);
  if (whole.kind !== 'value') return whole.kind === 'text' ? unknownValue(reasonFor(whole)) : whole;
  let value: Value | undefined = whole.value;
  for (const token of path) {
    if (isList(value)) value = value[Number(token)];
    else value = isMap(value) && Object.hasOwn(value, token) ? value[token] : undefined;
  }
  return value === undefined ? absent : known(value);
}

function branchesOf(
  [condition, ...branches]: readonly Value[],
  stack: Scope,
  context: EvaluationContext,
  look: (branch: Value | undefined, context: EvaluationContext) => readonly GuardedValue[],
): readonly GuardedValue[] {
  const single = (because: string) => [{ value: unknownValue(because), path: [], context, parameters: [] }];
  if (typeof condition !== 'string') return single('Fn::If names no condition');
  const found = waysOf(context, stack, condition).flatMap((way) => {
    const index = way.value ? 0 : 1;
    const branch = look(branches[index], way.context);
    return branch.map((each) => ({ ...each, path: ['Fn::If', String(index + 1), ...each.path] }));
  });
  if (isSpent(context.conditions.budget)) return single(tooEntangled);
  return found.length > mostBranches ? single(tooMany) : found;
}

/** An item of a list that is written here is evaluated alone, and can be edited in its place. */
function selectWritten(
  [position = null, items]: readonly Value[],
  stack: Scope,
  context: EvaluationContext,
): readonly GuardedValue[] | undefined {
  if (!isList(items)) return undefined;
  const positions = evaluate(position, stack, context);
  if (positions.some(({ value }) => value.kind === 'variable')) return undefined;
  return positions.flatMap((at): readonly GuardedValue[] => {
    if (at.value.kind !== 'value') return [{ ...at, value: withoutText(at.value), path: [] }];
    const index = textOf(at.value.value);
    const item = items[Number(index)];
    if (item === undefined) return [{ ...at, value: unknownValue(behindTheEnd), path: [] }];
    return evaluate(item, stack, at.context).flatMap((branch) => {
      // A branch taken in the item can say which item it is.
      const again =
        branch.context.taken.length === at.context.taken.length
          ? []
          : evaluate(position, stack, branch.context);
      const isOther = ({ value }: GuardedValue) => value.kind !== 'value' || textOf(value.value) !== index;
      return again.some(isOther)
        ? (selectWritten([position, items], stack, branch.context) ?? [])
        : [{ ...branch, path: ['Fn::Select', '1', index, ...branch.path] }];
    });
  });
}

/** Several expressions in one context after the other, so that they agree on the conditions they share. */
interface Together {
  readonly values: readonly SymbolicValue[];
  readonly context: EvaluationContext;
  readonly parameters: GuardedValue['parameters'];
}

type Look = (context: EvaluationContext) => readonly GuardedValue[];

/**
 * `undefined` when there are too many ways. What was read before a later branch was taken is read again in that
 * branch, so that defaults agree with it.
 */
export function evaluateTogether(
  looks: readonly Look[],
  context: EvaluationContext,
): readonly Together[] | undefined {
  const ways = inTurn(looks, context);
  const again = ways?.flatMap((way) =>
    way.context.taken.length === context.taken.length || looks.length === 1
      ? [way]
      : (inTurn(looks, way.context) ?? []),
  );
  return again === undefined || again.length > mostBranches ? undefined : again;
}

function inTurn(looks: readonly Look[], context: EvaluationContext): readonly Together[] | undefined {
  let ways: readonly Together[] = [{ values: [], context, parameters: [] }];
  for (const look of looks) {
    ways = ways.flatMap((way) =>
      look(way.context).map((branch) => ({
        values: [...way.values, branch.value],
        context: branch.context,
        parameters: unique([...way.parameters, ...branch.parameters]),
      })),
    );
    if (ways.length > mostBranches) return undefined;
  }
  return ways;
}

function unique(parameters: GuardedValue['parameters']): GuardedValue['parameters'] {
  return parameters.filter(
    ({ stack, name }, index) =>
      parameters.findIndex((other) => other.stack === stack && other.name === name) === index,
  );
}

/** The items of a list, known or not; a value that is no list as it is. */
function evaluateItems(
  expression: Value | undefined,
  stack: Scope,
  context: EvaluationContext,
): readonly GuardedValue[] {
  if (isMap(expression) && isList(expression['Fn::If']) && isIntrinsic(expression))
    return branchesOf(expression['Fn::If'], stack, context, (branch, inner) =>
      evaluateItems(branch, stack, inner),
    );
  if (!isList(expression)) return evaluate(expression, stack, context);
  const looks = expression.map((item) => (from: EvaluationContext) => evaluate(item, stack, from));
  const ways = evaluateTogether(looks, context);
  if (ways === undefined) return [{ value: unknownValue(tooMany), path: [], context, parameters: [] }];
  return ways.map(({ values, ...way }) => ({ ...way, value: { kind: 'list', items: values }, path: [] }));
}

/** The arguments of a call, and how each is written in a text for a person. */
function argumentsOf(
  name: string,
  argument: Value,
  stack: Scope,
): { readonly looks: readonly Look[]; readonly placeholders: readonly string[] } | undefined {
  const list = isList(argument) ? argument : [argument];
  const plain =
    (value: Value | undefined): Look =>
    (from) =>
      evaluate(value, stack, from);
  const listed =
    (value: Value | undefined): Look =>
    (from) =>
      evaluateItems(value, stack, from);
  const placeholders = list.map(() => '${…}');
  switch (name) {
    case 'Fn::Sub': {
      const [text, given] = list;
      if (typeof text !== 'string') return undefined;
      const own = isMap(given) ? given : {};
      const parts = substitutionParts(text);
      return {
        looks: parts.map((part): Look => {
          if ('text' in part)
            return (context) => [{ value: known(part.text), path: [], context, parameters: [] }];
          return plain(
            Object.hasOwn(own, part.name) ? (own[part.name] ?? null) : substitutedExpression(part.name),
          );
        }),
        placeholders: parts.map((part) => ('text' in part ? part.text : `\${${part.name}}`)),
      };
    }
    case 'Fn::Join':
    case 'Fn::Select':
      return { looks: [plain(list[0]), listed(list[1])], placeholders };
    case 'Fn::Length':
      return { looks: [listed(argument)], placeholders };
    case 'Fn::FindInMap': {
      const [map, first, second, options] = list;
      const fallback = isMap(options) ? options.DefaultValue : undefined;
      const keys = [map, first, second].map(plain);
      return { looks: fallback === undefined ? keys : [...keys, plain(fallback)], placeholders };
    }
    case 'Fn::Split':
      return { looks: [plain(list[0]), plain(list[1])], placeholders };
    case 'Fn::Base64':
    case 'Fn::ToJsonString':
      return { looks: [plain(argument)], placeholders };
    default:
      return { looks: [], placeholders };
  }
}

function call(
  expression: Value,
  name: string,
  argument: Value,
  stack: Scope,
  context: EvaluationContext,
): readonly GuardedValue[] {
  const at = { stack, expression };
  const single = (because: string) => [
    { value: unknownValue(because, at), path: [], context, parameters: [] },
  ];
  const given = argumentsOf(name, argument, stack);
  if (given === undefined) return single(`${name} has no text`);
  const ways = evaluateTogether(given.looks, context)?.flatMap(oneVariableEach);
  if (ways === undefined || ways.length > mostBranches) return single(tooMany);
  return ways.flatMap(({ values, ...way }) => {
    const { mappings, path: scope } = stack.template;
    const value = callIntrinsic({
      name,
      arguments: values,
      placeholders: given.placeholders,
      scope,
      mappings,
    } satisfies Call);
    const each = context.reading === 'open' || value.kind !== 'unknown' ? undefined : value.among?.map(known);
    return (each ?? [identified(value, at)]).map((one) => ({ ...way, value: one, path: [] }));
  });
}

function identified(value: SymbolicValue, at: { readonly stack: Scope; readonly expression: Value }) {
  return value.kind === 'unknown' && value.at === undefined ? { ...value, at } : value;
}

/** More allowed values than this are not told apart where a text is made of several parameters. */
const mostAllowed = 8;

/** A function of several parameters is one of a single parameter for each value the others may have, if those are few. */
function oneVariableEach(way: Together): readonly Together[] {
  const [first, ...others] = variablesIn(way.values);
  if (first === undefined || others.length === 0) return [way];
  const few = [first, ...others].find(
    ({ allowed = [] }) => allowed.length > 0 && allowed.length <= mostAllowed,
  );
  if (few === undefined) return [way];
  const texts = new Set([...(few.allowed ?? []), ...(few.default === undefined ? [] : [few.default])]);
  return [...texts].flatMap((text) => {
    const context = assuming(way.context, few, text);
    const values = way.values.map((value) => withVariable(value, few.id, text));
    return context === undefined ? [] : oneVariableEach({ ...way, context, values });
  });
}

function reference(name: string, stack: Scope, context: EvaluationContext): readonly GuardedValue[] {
  const single = (value: SymbolicValue) => [{ value, path: [], context, parameters: [] }];
  if (name === 'AWS::NoValue') return single(absent);
  if (name.startsWith('AWS::')) return single(pseudoParameter(name, stack, context));
  const parameter = stack.template.parameters.get(name);
  if (parameter !== undefined) return parameterValue(parameter, stack, context, evaluate);
  if (stack.template.resources.has(name))
    return single({ kind: 'resource', stack, logicalId: name, attribute: 'Ref' });
  const because = `${name} is neither a parameter nor a resource of ${stack.template.path}`;
  return single(unknownValue(because, { stack, expression: { Ref: name } }));
}

function pseudoParameter(name: string, stack: Scope, context: EvaluationContext): SymbolicValue {
  const root = rootOf(stack);
  const value = context.conditions.assigned.get(root)?.get(name) ?? root.knownParameters.get(name);
  if (value !== undefined && context.reading !== 'named') return known(value);
  return context.reading === 'open'
    ? variableValue(context.conditions.variable(root, name), undefined)
    : { kind: 'pseudo', name, stack };
}

function attribute(
  [target, ...rest]: readonly Value[],
  stack: Scope,
  context: EvaluationContext,
): readonly GuardedValue[] {
  const at = { stack, expression: { 'Fn::GetAtt': [target ?? null, ...rest] } };
  const single = (value: SymbolicValue) => [{ value, path: [], context, parameters: [] }];
  const name = rest.every((part) => typeof part === 'string') ? rest.join('.') : undefined;
  if (typeof target !== 'string' || name === undefined)
    return single(unknownValue('Fn::GetAtt is worked out by CloudFormation', at));
  if (!stack.template.resources.has(target))
    return single(unknownValue(`${target} is not a resource of ${stack.template.path}`, at));
  const child = name.startsWith('Outputs.') ? stack.children.get(target) : undefined;
  if (child === undefined) return single({ kind: 'resource', stack, logicalId: target, attribute: name });
  const output = name.slice('Outputs.'.length);
  const definition = Object.hasOwn(child.template.outputs, output)
    ? child.template.outputs[output]
    : undefined;
  if (!isMap(definition)) return single(unknownValue(`${child.template.path} has no output ${output}`, at));
  return shared(`${child.template.path}#Outputs.${output}`, context, at, (from) =>
    evaluate(definition.Value, child, from).map((found) => ({ ...found, path: [] })),
  );
}

/** A map or list with every part that has one value replaced by it; the rest stays as written. */
function substituteKnown(value: Value, stack: Scope, context: EvaluationContext): Value {
  if (isPlain(value)) return value;
  if (isList(value))
    return value.map((item) => knownPart(item, stack, context)).filter((item) => item !== undefined);
  if (!isMap(value)) return value;
  const entries = Object.entries(value).map(([key, part]) => [key, knownPart(part, stack, context)] as const);
  return Object.fromEntries(
    entries.filter((entry): entry is readonly [string, Value] => entry[1] !== undefined),
  );
}

function knownPart(part: Value, stack: Scope, context: EvaluationContext): Value | undefined {
  if (!isIntrinsic(part)) return substituteKnown(part, stack, context);
  if (isOfResource(part, stack)) return part;
  const [only, ...more] = evaluate(part, stack, context);
  if (only === undefined || more.length > 0) return part;
  if (only.value.kind === 'absent') return undefined;
  return only.value.kind === 'value' ? only.value.value : part;
}

/** A shortcut: what names a resource is not known before that exists, unless a nested stack hands it back. */
function isOfResource(part: ValueMap, stack: Scope): boolean {
  const { Ref: ref, 'Fn::GetAtt': attributeOf, 'Fn::Sub': text } = part;
  if (ref === undefined && attributeOf === undefined && typeof text !== 'string') return false;
  return referencesIn(part).some((id) => stack.template.resources.has(id) && !stack.children.has(id));
}
