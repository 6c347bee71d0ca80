import { isEqual, isList, isMap, type Value } from '../document/value.js';
import type { Parameter, ParentLink, Stack } from './template.js';

export function rootOf(stack: Stack): Stack {
  const [parent] = stack.parents;
  return parent === undefined ? stack : rootOf(parent.stack);
}

/** What a parent passes for a parameter; `undefined` when it leaves it to the default. */
export function passedBy({ stack, logicalId }: ParentLink, name: string): Value | undefined {
  const passed = stack.template.resources.get(logicalId)?.properties.Parameters;
  const value = isMap(passed) && Object.hasOwn(passed, name) ? passed[name] : undefined;
  return value === null || isEqual(value, { Ref: 'AWS::NoValue' }) ? undefined : value;
}

/** Its value is stored in the parameter store and read at deployment. */
export function isStored(type: string): boolean {
  return type.startsWith('AWS::SSM::Parameter::Value<');
}

/**
 * Nobody here looks at its value: it is read at deployment, or it was given and is secret. What is not looked at is in no
 * report.
 */
export function isHidden({ name, type, noEcho }: Parameter, stack: Stack): boolean {
  return isStored(type) || (noEcho && stack.knownParameters.has(name));
}

/** What a list parameter holds. */
export function itemsOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(',').map((item) => item.trim());
}

/** Parameters and comparisons are text, whatever the template writes. */
export function textOf(value: Value): string {
  if (isList(value)) return value.map(textOf).join(',');
  return isMap(value) ? JSON.stringify(value) : String(value ?? '');
}
