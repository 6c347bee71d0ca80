import type { Need } from '../contract/companions.js';
import type { EncryptionKey } from '../contract/facts.js';
import { isEqual, isList, isMap, type Value } from '../document/value.js';

import { resolve } from '../expressions/resolve.js';
import { passedBy } from '../template/parameter-passing.js';

import type { Stack } from '../template/template.js';

/** The parameter an expression is, or is where it is anything. */
export function parameterIn(expression: Value): string | undefined {
  if (!isMap(expression)) return undefined;
  const { Ref: name, 'Fn::If': choice } = expression;
  if (typeof name === 'string') return name;
  const [, ...sides] = isList(choice) ? choice : [];
  const given = sides.filter((side) => !isEqual(side, { Ref: 'AWS::NoValue' }));
  return given.length === 1 && sides.length === 2 ? parameterIn(given[0] ?? null) : undefined;
}

export function isArnParameter(stack: Stack, name: string): boolean {
  return /arn/i.test(name) || /arn:/.test(stack.template.parameters.get(name)?.allowedPattern ?? '');
}

/**
 * A parameter that may be left empty is named only where it is not, under the template's own condition for that or a new
 * one; `undefined` for a parameter that always has a value, or none at all as far as is known.
 */
export function optionalParameter(stack: Stack, name: string): EncryptionKey | undefined {
  const parameter = stack.template.parameters.get(name);
  if (parameter === undefined || stack.knownParameters.has(name)) return undefined;
  const guard = emptinessOf(stack, name);
  if (parameter.default !== '' && (parameter.default !== undefined || guard === undefined)) return undefined;
  const values = resolve({ Ref: name }, stack).map(({ outcome }) => outcome);
  const isOpen =
    stack.parents.length === 0 || values.some(({ kind }) => kind === 'unknown') || isPassedOn(stack, name);
  if (!isOpen) return undefined;
  return optionalKey(stack, name, guard);
}

/** A parent that may be given a key passes it on. */
function isPassedOn(stack: Stack, name: string): boolean {
  return stack.parents.some((link) => {
    const passed = parameterIn(passedBy(link, name) ?? null);
    return passed !== undefined && optionalParameter(link.stack, passed) !== undefined;
  });
}

interface Guard {
  readonly condition: string;
  /** The condition holds when the parameter is empty. */
  readonly isNegated: boolean;
}

export function optionalKey(
  stack: Stack,
  name: string,
  guard: Guard | undefined,
  needs: readonly Need[] = [],
) {
  const { condition, isNegated } = guard ?? { condition: `Has${name}`, isNegated: false };
  const definition = { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: name }, ''] }] };
  const made: Need[] =
    guard === undefined ? [{ kind: 'condition', name: condition, definition, in: stack }] : [];
  const sides = isNegated
    ? [{ Ref: 'AWS::NoValue' }, { Ref: name }]
    : [{ Ref: name }, { Ref: 'AWS::NoValue' }];
  return {
    arn: { 'Fn::If': [condition, ...sides] },
    needs: [...needs, ...made],
    optional: name,
    description: `the parameter ${name} of ${stack.template.path}`,
  } satisfies EncryptionKey;
}

/** The condition by which a template asks whether a parameter is empty. */
function emptinessOf({ template }: Stack, name: string): Guard | undefined {
  for (const [condition, definition] of template.conditions) {
    if (asksForEmpty(definition, name)) return { condition, isNegated: true };
    const not = isMap(definition) ? definition['Fn::Not'] : undefined;
    if (isList(not) && asksForEmpty(not[0], name)) return { condition, isNegated: false };
  }
  return undefined;
}

function asksForEmpty(definition: Value | undefined, name: string): boolean {
  const sides = isMap(definition) ? definition['Fn::Equals'] : undefined;
  return isList(sides) && sides.includes('') && sides.some((side) => isEqual(side, { Ref: name }));
}
