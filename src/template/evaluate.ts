import { intrinsicName } from '../document/intrinsics.js';
import type { Path } from '../document/pointer.js';
import { isList, isMap, type Value } from '../document/value.js';
import { fold, foldable, mostBranches } from './fold.js';
import { isSpent } from './formula.js';
import { type Outcome, unknown } from './outcome.js';
import { rootOf } from './parameter-passing.js';
import { parameterIn } from './passed.js';
import { settled } from './settle.js';
import type { Stack } from './template.js';
import { type Found, shared, type World, waysOf } from './world.js';

/** What an expression comes to, a branch per way its conditions can go. */
export function evaluateIn(expression: Value | undefined, stack: Stack, world: World): readonly Found[] {
  const single = (outcome: Outcome): readonly Found[] => [{ outcome, path: [], world, parameters: [] }];
  if (expression === undefined || expression === null) return single({ kind: 'absent' });
  if (typeof expression === 'string' && expression.includes('{{resolve:')) {
    return single(unknown('a dynamic reference is looked up at deployment', expression));
  }
  const name = intrinsicName(expression);
  if (name === undefined || !isMap(expression))
    return single({ kind: 'value', value: settled(expression, stack, world, evaluateIn) });
  const argument = expression[name];
  if (name === 'Ref' && typeof argument === 'string') return reference(argument, stack, world);
  if (name === 'Fn::GetAtt' && isList(argument)) return attribute(argument, stack, world);
  if (name === 'Fn::If' && isList(argument)) {
    return branchesOf(argument, stack, world, (branch, inner) => evaluateIn(branch, stack, inner));
  }
  if (foldable.has(name) && argument !== undefined) {
    return fold(name, argument, world, stack, (inner, from) => evaluateIn(inner, stack, from));
  }
  return single(unknown(`${name} is worked out by CloudFormation`));
}

/** What stands at a path below an expression; branch paths start at the expression. */
export function readIn(
  expression: Value | undefined,
  path: Path,
  stack: Stack,
  world: World,
): readonly Found[] {
  const [token, ...rest] = path;
  if (token === undefined || expression === undefined || expression === null)
    return evaluateIn(expression, stack, world);
  if (isList(expression)) return below(token, readIn(expression[Number(token)], rest, stack, world));
  const name = intrinsicName(expression);
  const argument = isMap(expression) && name !== undefined ? expression[name] : undefined;
  if (name === 'Fn::If' && isList(argument)) {
    return branchesOf(argument, stack, world, (branch, inner) => readIn(branch, path, stack, inner));
  }
  if (name !== undefined)
    return evaluateIn(expression, stack, world).map((found) => ({
      ...found,
      outcome: inside(found.outcome, path),
    }));
  const value = isMap(expression) && Object.hasOwn(expression, token) ? expression[token] : undefined;
  return value === undefined
    ? evaluateIn(undefined, stack, world)
    : below(token, readIn(value, rest, stack, world));
}

function below(token: string, found: readonly Found[]): readonly Found[] {
  return found.map((branch) => ({ ...branch, path: [token, ...branch.path] }));
}

function branchesOf(
  [condition, ...branches]: readonly Value[],
  stack: Stack,
  world: World,
  look: (branch: Value | undefined, world: World) => readonly Found[],
): readonly Found[] {
  if (typeof condition !== 'string') {
    return [{ outcome: unknown('Fn::If names no condition'), path: [], world, parameters: [] }];
  }
  const found = waysOf(world, stack, condition).flatMap((way) => {
    const index = way.value ? 0 : 1;
    const branch = look(branches[index], way.world);
    return branch.map((each) => ({ ...each, path: ['Fn::If', String(index + 1), ...each.path] }));
  });
  const because = isSpent(world.conditions.budget)
    ? 'the conditions of the template depend on each other in too many ways'
    : found.length > mostBranches
      ? 'it has too many branches'
      : undefined;
  return because === undefined ? found : [{ outcome: unknown(because), path: [], world, parameters: [] }];
}

/** What a path leads to inside something that is not written here. */
function inside(outcome: Outcome, path: Path): Outcome {
  if (outcome.kind === 'resource')
    return unknown(`${outcome.logicalId}.${outcome.attribute} is known at deployment only`);
  if (outcome.kind !== 'value') return outcome;
  let value: Value | undefined = outcome.value;
  for (const token of path) {
    if (isList(value)) value = value[Number(token)];
    else value = isMap(value) && Object.hasOwn(value, token) ? value[token] : undefined;
  }
  return value === undefined ? { kind: 'absent' } : { kind: 'value', value };
}

function reference(name: string, stack: Stack, world: World): readonly Found[] {
  const single = (outcome: Outcome): readonly Found[] => [{ outcome, path: [], world, parameters: [] }];
  if (name === 'AWS::NoValue') return single({ kind: 'absent' });
  if (name.startsWith('AWS::')) {
    const root = rootOf(stack);
    const known = world.conditions.assigned.get(root)?.get(name) ?? root.knownParameters.get(name);
    return single(
      known === undefined
        ? unknown(`${name} is known at deployment only`, `\${${name}}`)
        : { kind: 'value', value: known },
    );
  }
  const parameter = stack.template.parameters.get(name);
  if (parameter !== undefined) return parameterIn(parameter, stack, world, evaluateIn);
  if (stack.template.resources.has(name))
    return single({ kind: 'resource', stack, logicalId: name, attribute: 'Ref' });
  return single(unknown(`${name} is neither a parameter nor a resource of ${stack.template.path}`));
}

function attribute([target, ...rest]: readonly Value[], stack: Stack, world: World): readonly Found[] {
  const single = (outcome: Outcome): readonly Found[] => [{ outcome, path: [], world, parameters: [] }];
  const name = rest.every((part) => typeof part === 'string') ? rest.join('.') : undefined;
  if (typeof target !== 'string' || name === undefined)
    return single(unknown('Fn::GetAtt is worked out by CloudFormation'));
  if (!stack.template.resources.has(target)) {
    return single(unknown(`${target} is not a resource of ${stack.template.path}`));
  }
  const child = name.startsWith('Outputs.') ? stack.children.get(target) : undefined;
  if (child === undefined) return single({ kind: 'resource', stack, logicalId: target, attribute: name });
  const output = name.slice('Outputs.'.length);
  const definition = Object.hasOwn(child.template.outputs, output)
    ? child.template.outputs[output]
    : undefined;
  if (!isMap(definition)) return single(unknown(`${child.template.path} has no output ${output}`));
  return shared(`${child.template.path}#Outputs.${output}`, world, () =>
    evaluateIn(definition.Value, child, world).map((found) => ({ ...found, path: [] })),
  );
}
