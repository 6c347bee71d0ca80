import { intrinsicName } from '../document/intrinsics.js';
import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import { attributeText, namePropertyOf } from './arns.js';
import { substitutedExpression, substitutionParts } from './mentions.js';
import { type Outcome, resolve } from './resolve.js';
import type { Stack } from './template.js';

/** More texts than these tell nothing. */
const mostTexts = 32;

/** Names are made of names, but templates that are wrong can make them of each other. */
const deepestName = 3;

/**
 * The texts an expression can come to, one per branch, with what is not known left as `${…}`: `${Key.Arn@template.yaml}`
 * for an attribute, `${AWS::Region}` for a pseudo parameter. Two expressions of two templates that mean the same have
 * the same text, which is what makes ARNs comparable. Empty for what comes to no text at all (`AWS::NoValue`).
 */
export function textsOf(expression: Value | undefined, stack: Stack): readonly string[] {
  return [...new Set(rawTexts(expression, stack, 0).map(withPartition))].slice(0, mostTexts);
}

/** ARNs written for one partition are compared as if they were written for all. */
function withPartition(text: string): string {
  return text.replace(/^arn:aws(-[a-z]+)*:/, 'arn:${AWS::Partition}:');
}

function rawTexts(expression: Value | undefined, stack: Stack, depth: number): readonly string[] {
  if (expression === undefined || expression === null) return [];
  if (typeof expression !== 'object') return [String(expression)];
  if (!isMap(expression)) return [];
  const argument = Object.values(expression)[0];
  switch (intrinsicName(expression)) {
    case 'Ref':
      return typeof argument === 'string' && argument.startsWith('AWS::')
        ? pseudoTexts(argument, stack)
        : resolvedTexts(expression, stack, depth);
    case 'Fn::Sub':
      return substitutedTexts(argument, stack, depth);
    case 'Fn::Join':
      return joinedTexts(argument, stack, depth);
    case 'Fn::If': {
      const [, yes, no] = isList(argument) ? argument : [];
      return reachableSides(expression, stack).flatMap((index) => rawTexts([yes, no][index], stack, depth));
    }
    case undefined:
      return [];
    default:
      return resolvedTexts(expression, stack, depth);
  }
}

function pseudoTexts(name: string, stack: Stack): readonly string[] {
  if (name === 'AWS::NoValue') return [];
  return [
    name === 'AWS::StackName' || name === 'AWS::StackId'
      ? `\${${name}@${stack.template.path}}`
      : `\${${name}}`,
  ];
}

function resolvedTexts(expression: ValueMap, stack: Stack, depth: number): readonly string[] {
  return resolve(expression, stack).flatMap(({ outcome, parameters }) => {
    if (outcome.kind === 'unknown') return unknownText(expression, parameters.at(-1) ?? { stack });
    return outcomeTexts(outcome, depth);
  });
}

function outcomeTexts(outcome: Exclude<Outcome, { kind: 'unknown' }>, depth: number): readonly string[] {
  switch (outcome.kind) {
    case 'absent':
      return [];
    case 'value':
      return typeof outcome.value === 'object' ? [] : [String(outcome.value)];
    case 'resource':
      return attributeTexts(outcome.stack, outcome.logicalId, outcome.attribute, depth);
  }
}

function unknownText(
  expression: ValueMap,
  parameter: { readonly stack: Stack; readonly name?: string },
): string {
  const { stack, name = JSON.stringify(expression).replace(/[{}]/g, '') } = parameter;
  return `\${?${name}@${stack.template.path}}`;
}

/** A text that starts with something unknown, such as an imported value or a required parameter. */
export function isUnknownText(text: string): boolean {
  return text.startsWith('${?');
}

function attributeTexts(
  stack: Stack,
  logicalId: string,
  attribute: string,
  depth: number,
): readonly string[] {
  const type = stack.template.resources.get(logicalId)?.type ?? '';
  const names = depth < deepestName ? namesOf(stack, logicalId, depth + 1) : [];
  const texts = names.flatMap((name) => attributeText(type, attribute, name) ?? []);
  return texts.length > 0 ? texts : [`\${${logicalId}.${attribute}@${stack.template.path}}`];
}

/** The names a resource can have; a generated one looks as CloudFormation makes them. */
export function namesOf(stack: Stack, logicalId: string, depth = 0): readonly string[] {
  const resource = stack.template.resources.get(logicalId);
  const property = resource && namePropertyOf(resource.type);
  const given = property === undefined ? [] : rawTexts(resource?.properties[property], stack, depth);
  if (given.length > 0) return given;
  const { path } = stack.template;
  return [
    property === undefined ? `\${${logicalId}@${path}}` : `\${AWS::StackName@${path}}-${logicalId}-GENERATED`,
  ];
}

/** Which of the two sides of an `Fn::If` can be taken. */
function reachableSides(expression: ValueMap, stack: Stack): readonly number[] {
  const [condition] = isList(expression['Fn::If']) ? expression['Fn::If'] : [];
  if (typeof condition !== 'string') return [0, 1];
  return conditionValues(condition, stack).map((holds) => (holds ? 0 : 1));
}

/** The values a condition can have: one when its inputs are known, else both. */
export function conditionValues(condition: string, stack: Stack): readonly boolean[] {
  const branches = resolve({ 'Fn::If': [condition, 'true', 'false'] }, stack);
  const values = branches.map(({ outcome }) =>
    outcome.kind === 'value' ? outcome.value === 'true' : undefined,
  );
  return [true, false].filter((value) => values.includes(value) || values.includes(undefined));
}

function substitutedTexts(argument: Value | undefined, stack: Stack, depth: number): readonly string[] {
  const [template, own] = isList(argument) ? argument : [argument];
  if (typeof template !== 'string') return [];
  const variables = isMap(own) ? own : {};
  const parts = substitutionParts(template).map((part) => {
    if ('text' in part) return [part.text];
    const given = Object.hasOwn(variables, part.name)
      ? variables[part.name]
      : substitutedExpression(part.name);
    return rawTexts(given, stack, depth);
  });
  return combine(parts, '');
}

function joinedTexts(argument: Value | undefined, stack: Stack, depth: number): readonly string[] {
  const [separator, items] = isList(argument) ? argument : [];
  if (typeof separator !== 'string' || !isList(items)) return [];
  return combine(
    items.map((item) => rawTexts(item, stack, depth)),
    separator,
  );
}

function combine(parts: readonly (readonly string[])[], separator: string): readonly string[] {
  let texts: readonly string[] = [''];
  for (const [index, choices] of parts.entries()) {
    const between = index === 0 ? '' : separator;
    texts = texts.flatMap((text) => choices.map((choice) => text + between + choice)).slice(0, mostTexts);
  }
  return texts;
}
