import type { Path } from '../document/pointer.js';
import { isEqual, isMap, type ValueMap } from '../document/value.js';
import type { Assignment } from '../expressions/solve.js';
import type { Stack } from '../template/template.js';
import { type Change, valueAt } from './change.js';

/**
 * A parameter of its own for a property that shares one with what is to be changed, so that it keeps its value: the one
 * that is known from outside, else the default. `undefined` where the property is more than the parameter itself, or
 * stands in another template.
 */
export function splitOff(
  { stack, parameter }: Assignment,
  owner: Stack,
  logicalId: string,
  path: Path,
): { readonly changes: readonly Change[]; readonly leaves: readonly string[] } | undefined {
  const { template, knownParameters: known } = stack;
  const definition = valueAt(template.value, ['Parameters', parameter]);
  const current = known.get(parameter) ?? template.parameters.get(parameter)?.default;
  if (owner !== stack || !isMap(definition) || current === undefined) return undefined;
  if (!isEqual(valueAt(template.value, path), { Ref: parameter })) return undefined;
  const property = path.findLast((token) => /^[A-Za-z]+$/.test(token)) ?? '';
  const name = freeName(stack, `${logicalId}${property}`);
  const own: ValueMap = {
    ...definition,
    Description: `${property} of ${logicalId}, which was the same as ${parameter} before`,
  };
  const changes: Change[] = [
    {
      kind: 'set',
      template: template.path,
      path: ['Parameters', name],
      value: own,
      placement: 'parameter-default',
    },
    { kind: 'set', template: template.path, path, value: { Ref: name }, placement: 'resource' },
  ];
  if (known.has(parameter)) {
    changes.push({ kind: 'parameter-value', template: template.path, name, value: String(current) });
  }
  const doubt =
    stack.parents.length > 0 || known.has(parameter)
      ? ''
      : `: give it the value a deployed stack has for ${parameter} where that is not ${String(current)}`;
  const leaves = [
    `${property} of ${logicalId} stays as it is and has its own parameter ${name} from now on${doubt}`,
  ];
  return { changes, leaves };
}

function freeName({ template }: Stack, wanted: string): string {
  const isTaken = (name: string) =>
    template.parameters.has(name) || template.resources.has(name) || template.conditions.has(name);
  let name = wanted;
  for (let number = 2; isTaken(name); number++) name = `${wanted}${number}`;
  return name;
}
