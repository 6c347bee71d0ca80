import { isEqual, isList, isMap, type Value } from '../document/value.js';
import { conditionKey } from './conditions.js';
import { type Outcome, unknown } from './outcome.js';
import { isHidden, isStored, itemsOf, passedBy, textOf } from './parameter-passing.js';
import type { Parameter, Stack } from './template.js';
import { backTo, type Evaluate, type Found, given, shared, valueIn, type World } from './world.js';

/** What a parameter has: the known value, what the parents pass, or the default. */
export function parameterIn(
  parameter: Parameter,
  stack: Stack,
  world: World,
  evaluate: Evaluate,
): readonly Found[] {
  const { name, type } = parameter;
  const through = { stack, name };
  const single = (outcome: Outcome): readonly Found[] => [
    { outcome, path: [], world, parameters: [through] },
  ];
  const valued = (value: Value) => single({ kind: 'value', value: typed(value, type) });
  const assigned = world.conditions.assigned.get(stack)?.get(name);
  if (assigned !== undefined) return valued(assigned);
  if (isStored(type))
    return single(unknown(`parameter ${name} is read from the parameter store at deployment`));
  if (isHidden(parameter, stack)) return single(unknown(`parameter ${name} is secret (NoEcho)`));
  if (stack.parents.length > 0)
    return shared(conditionKey(stack, name), world, () => passedIn(parameter, stack, world, evaluate));
  const known = stack.knownParameters.get(name);
  if (known !== undefined) return valued(known);
  const text = valueIn(world, world.conditions.variable(stack, name));
  const usual = world.conditions.defaultOf(stack, name);
  if (usual !== undefined && text === textOf(usual)) return valued(usual);
  if (text !== undefined) return valued(text);
  const why = usual === undefined ? 'has no default and no known value' : 'is not at its default here';
  return single(unknown(`parameter ${name} ${why}`));
}

type Through = Found['parameters'][number];

/** What the parents pass, each different outcome once. */
function passedIn(parameter: Parameter, stack: Stack, world: World, evaluate: Evaluate): readonly Found[] {
  const through = { stack, name: parameter.name };
  const found: Found[] = [];
  for (const parent of stack.parents) {
    for (const branch of passedByOne(parameter, through, parent, world, evaluate)) {
      const isKnown = found.some(
        (known) => known.world.id === branch.world.id && isSameOutcome(known.outcome, branch.outcome),
      );
      if (!isKnown) found.push({ ...branch, path: [], parameters: [through, ...branch.parameters] });
    }
  }
  return found;
}

function passedByOne(
  parameter: Parameter,
  through: Through,
  parent: Stack['parents'][number],
  world: World,
  evaluate: Evaluate,
): readonly Found[] {
  const passed = passedBy(parent, parameter.name);
  if (passed === undefined) {
    const usual = world.conditions.defaultOf(through.stack, through.name);
    const outcome: Outcome =
      usual === undefined
        ? unknown(
            `parameter ${parameter.name} has no default and ${parent.logicalId} of ${parent.stack.template.path} passes none`,
          )
        : { kind: 'value', value: typed(usual, parameter.type) };
    return [{ outcome, path: [], world, parameters: [] }];
  }
  const condition = parent.stack.template.resources.get(parent.logicalId)?.condition;
  const inside = given(world, parent.stack, condition);
  return evaluate(passed, parent.stack, inside).map((found) => {
    const { outcome } = found;
    const back = backTo(world, found.world);
    const value: Outcome =
      outcome.kind === 'value' ? { kind: 'value', value: typed(outcome.value, parameter.type) } : outcome;
    return { ...found, outcome: value, world: back };
  });
}

function isSameOutcome(left: Outcome, right: Outcome): boolean {
  if (left.kind === 'value') return right.kind === 'value' && isEqual(left.value, right.value);
  if (left.kind !== 'resource') return left.kind === right.kind;
  return (
    right.kind === 'resource' &&
    left.stack === right.stack &&
    left.logicalId === right.logicalId &&
    left.attribute === right.attribute
  );
}

/** A parameter's value in the type it was declared with: numbers may be given as text, lists are. */
function typed(value: Value, type: string): Value {
  if (type === 'Number' && typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)))
    return Number(value);
  const isListType = type === 'CommaDelimitedList' || type.startsWith('List<');
  return isListType && !isList(value) && !isMap(value) ? itemsOf(textOf(value)) : value;
}
