import type { Value } from '../document/value.js';
import { attributeText, namePropertyOf } from '../template/mentions.js';
import type { Scope, Stack } from '../template/template.js';
import { evaluate } from './evaluate.js';
import { contextFor } from './resolve.js';
import { type Kept, kept, scopeOf } from './scope.js';
import type { ResourceValue, SymbolicValue, UnknownValue } from './symbolic.js';

/** More texts than these tell nothing. */
const mostTexts = 32;

/** Names are made of names, but templates that are wrong can make them of each other. */
const deepestName = 3;

const patternsKnown: Kept<readonly string[]> = new WeakMap();

/**
 * The text patterns an expression can come to, one per branch, with what is not known left as `${…}`:
 * `${Key.Arn@template.yaml}` for an attribute, `${AWS::Region}` for a pseudo parameter. Two expressions of two templates
 * that mean the same have the same text, which is what makes ARNs comparable. Empty for what comes to no text at all
 * (`AWS::NoValue`).
 */
export function textPatternsOf(expression: Value | undefined, stack: Stack): readonly string[] {
  if (expression === undefined || expression === null) return [];
  if (typeof expression !== 'object') return [withPartition(String(expression))];
  const scope = scopeOf(stack);
  return kept(patternsKnown, scope, '', expression, () => comparable(expression, scope));
}

function comparable(expression: Value, stack: Scope): readonly string[] {
  const patterns = new Set(patternsOf(expression, stack, 0).map(withPartition));
  return patterns.size > mostTexts ? [...[...patterns].slice(0, mostTexts), tooMany(stack)] : [...patterns];
}

function tooMany(stack: Scope): string {
  return `\${?too many texts@${stack.template.path}}`;
}

/** ARNs written for one partition are compared as if they were written for all. */
function withPartition(text: string): string {
  return text.replace(/^arn:aws(-[a-z]+)*:/, 'arn:${AWS::Partition}:');
}

function patternsOf(expression: Value | undefined, stack: Scope, depth: number): readonly string[] {
  if (typeof expression === 'string') return [expression];
  const found = evaluate(expression, stack, contextFor(stack, '', 'named'));
  return found.flatMap(({ value }) => patternsOfValue(value, stack, depth));
}

function patternsOfValue(value: SymbolicValue, stack: Scope, depth: number): readonly string[] {
  switch (value.kind) {
    case 'value':
      return typeof value.value === 'object' ? [] : [String(value.value)];
    case 'absent':
      return [];
    case 'resource':
      return attributePatterns(value, depth);
    case 'pseudo':
      return [
        value.name === 'AWS::StackName' || value.name === 'AWS::StackId'
          ? `\${${value.name}@${value.stack.template.path}}`
          : `\${${value.name}}`,
      ];
    case 'text':
      return combined(
        value.pieces.map((piece) =>
          typeof piece === 'string' ? [piece] : patternsOfValue(piece.value, stack, depth),
        ),
        stack,
      );
    case 'unknown':
      return [value.text ?? unknownPattern(value, stack)];
    default:
      return [unknownPattern({ kind: 'unknown', because: value.kind }, stack)];
  }
}

function unknownPattern({ at, because }: UnknownValue, within: Scope): string {
  const { stack, expression } = at ?? { stack: within, expression: because };
  const name =
    typeof expression === 'object' && expression !== null && 'Ref' in expression
      ? expression.Ref
      : JSON.stringify(expression).replace(/[{}]/g, '');
  return `\${?${name}@${stack.template.path}}`;
}

/** A text that starts with something unknown, such as an imported value or a required parameter. */
export function isUnknownText(text: string): boolean {
  return text.startsWith('${?');
}

function attributePatterns({ stack, logicalId, attribute }: ResourceValue, depth: number): readonly string[] {
  const type = stack.template.resources.get(logicalId)?.type ?? '';
  const names = depth < deepestName ? namesIn(stack, logicalId, depth + 1) : [];
  const texts = names.flatMap((name) => attributeText(type, attribute, name) ?? []);
  return texts.length > 0 ? texts : [`\${${logicalId}.${attribute}@${stack.template.path}}`];
}

const namesKnown: Kept<readonly string[]> = new WeakMap();

/** The names a resource can have; a generated one looks as CloudFormation makes them. */
export function namesOf(stack: Stack, logicalId: string): readonly string[] {
  return namesIn(scopeOf(stack), logicalId, 0);
}

function namesIn(stack: Scope, logicalId: string, depth: number): readonly string[] {
  return kept(namesKnown, stack, String(depth), logicalId, () => findNames(stack, logicalId, depth));
}

function findNames(stack: Scope, logicalId: string, depth: number): readonly string[] {
  const resource = stack.template.resources.get(logicalId);
  const property = resource && namePropertyOf(resource.type);
  const given = property === undefined ? [] : patternsOf(resource?.properties[property], stack, depth);
  if (given.length > 0) return given;
  const { path } = stack.template;
  return [
    property === undefined ? `\${${logicalId}@${path}}` : `\${AWS::StackName@${path}}-${logicalId}-GENERATED`,
  ];
}

function combined(parts: readonly (readonly string[])[], stack: Scope): readonly string[] {
  let texts: readonly string[] = [''];
  for (const choices of parts) {
    texts = texts.flatMap((text) => choices.map((choice) => text + choice));
    if (texts.length > mostTexts) return [tooMany(stack)];
  }
  return texts;
}
