import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { isIntrinsic } from '../../src/document/intrinsics.js';
import { readDocument } from '../../src/document/read.js';
import { decodeSource } from '../../src/document/source.js';
import { isList, isMap, type Value, type ValueMap } from '../../src/document/value.js';
import { parseCases } from '../../src/testing/cases.js';

/** What generated expressions refer to. */
export const declarations: ValueMap = {
  Parameters: {
    Stage: { Type: 'String', Default: 'dev', AllowedValues: ['dev', 'prod'] },
    Position: { Type: 'Number', Default: 1, AllowedValues: [0, 1] },
    Name: { Type: 'String', Default: 'logs' },
    Empty: { Type: 'String', Default: '' },
    Required: { Type: 'String' },
    Items: { Type: 'CommaDelimitedList', Default: 'a, b' },
    Nothing: { Type: 'CommaDelimitedList', Default: '' },
  },
  Mappings: { Table: { dev: { size: 'small', all: ['a', 'b'] }, prod: { size: 'large', all: ['c'] } } },
  Conditions: {
    IsProd: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] },
    IsFirst: { 'Fn::Equals': [{ Ref: 'Position' }, 0] },
    IsGiven: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'Empty' }, ''] }] },
    HasItems: { 'Fn::Not': [{ 'Fn::Equals': [{ 'Fn::Join': ['', { Ref: 'Items' }] }, ''] }] },
    IsBoth: { 'Fn::And': [{ Condition: 'IsProd' }, { Condition: 'IsFirst' }] },
    IsEither: { 'Fn::Or': [{ Condition: 'IsProd' }, { Condition: 'IsGiven' }] },
  },
  Resources: { Key: { Type: 'AWS::KMS::Key' }, Logs: { Type: 'AWS::Logs::LogGroup' } },
};

/** The values parameters of `declarations` can be given, by name. */
export const parameterValues: Readonly<Record<string, readonly string[]>> = {
  Stage: ['dev', 'prod'],
  Position: ['0', '1'],
  Name: ['logs', 'a'],
  Empty: ['', 'given'],
  Required: ['a', 'logs'],
  Items: ['a,b', 'c'],
  Nothing: ['', 'a'],
};

const conditions = fc.constantFrom('IsProd', 'IsFirst', 'IsGiven', 'HasItems', 'IsBoth', 'IsEither');
const separators = fc.constantFrom('', '-', ',');

/** Nested intrinsics that come to a text. */
export const { text: anyText } = fc.letrec<{ text: Value; list: Value }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc.constantFrom<Value>('a', 'logs', '', 'a-b', 'x,y', 1, true),
    fc.constantFrom('Stage', 'Position', 'Name', 'Empty', 'Required').map((name) => ({ Ref: name })),
    fc.constantFrom<Value>({ Ref: 'AWS::Region' }, { Ref: 'Logs' }, { 'Fn::GetAtt': ['Key', 'Arn'] }),
    fc.tuple(conditions, tie('text'), tie('text')).map((argument) => ({ 'Fn::If': argument })),
    fc
      .constantFrom(
        '${Stage}',
        'x-${Name}',
        '${Name}/${Stage}',
        '${Empty}',
        'a',
        '${!Name}',
        '${AWS::Region}',
      )
      .map((argument) => ({ 'Fn::Sub': argument })),
    tie('text').map((inner) => ({ 'Fn::Sub': ['${Inner}-${Stage}', { Inner: inner }] })),
    fc.tuple(separators, tie('list')).map((argument) => ({ 'Fn::Join': argument })),
    fc.tuple(position(), tie('list')).map((argument) => ({ 'Fn::Select': argument })),
    fc
      .tuple(fc.oneof(fc.constantFrom<Value>('dev', 'prod', { Ref: 'Stage' }), tie('text')))
      .map(([key]) => ({ 'Fn::FindInMap': ['Table', key, 'size'] })),
    tie('list').map((list) => ({ 'Fn::Length': list })),
  ),
  list: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc.array(
      fc.oneof(
        tie('text'),
        fc.tuple(conditions, tie('text')).map(([name, item]) => optional(name, item)),
      ),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    fc.constantFrom<Value>({ Ref: 'Items' }, { Ref: 'Nothing' }),
    fc
      .tuple(fc.constantFrom('-', ','), tie('text'))
      .map(([separator, text]): Value => ({ 'Fn::Split': [separator, text] })),
    fc.tuple(conditions, tie('list'), tie('list')).map((argument) => ({ 'Fn::If': argument })),
    fc
      .constantFrom<Value>('dev', 'prod', { Ref: 'Stage' })
      .map((key) => ({ 'Fn::FindInMap': ['Table', key, 'all'] })),
  ),
}));

function position(): fc.Arbitrary<Value> {
  return fc.constantFrom<Value>(0, '1', { Ref: 'Position' }, { 'Fn::If': ['IsProd', 1, 0] });
}

function optional(condition: string, item: Value): Value {
  return { 'Fn::If': [condition, item, { Ref: 'AWS::NoValue' }] };
}

/** Every intrinsic of a template, outermost first. */
export function expressionsIn(value: Value): readonly Value[] {
  const own = isIntrinsic(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return own;
  return [...own, ...(isList(value) ? value : Object.values(value)).flatMap(expressionsIn)];
}

/** Templates by name: those of the cases, the examples, the corpus and, where they are at hand, of the accelerator. */
export function fixtures(): readonly (readonly [string, ValueMap])[] {
  const cases = filesIn('remediations', /cases\.md$/).flatMap((path) =>
    parseCases(readFileSync(path, 'utf8')).cases.flatMap(({ name, templates }) =>
      Object.entries(templates).map(([file, text]) => [`${path}: ${name}: ${file}`, text] as const),
    ),
  );
  const files = ['examples', 'test/corpus', '../shared/data', '../shared/cases']
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => filesIn(folder, /\.(?:ya?ml|json)$/))
    .map((path) => [path, readFileSync(path, 'utf8')] as const);
  return [...cases, ...files].flatMap(([name, text]) => {
    const value = parsed(text);
    return isMap(value) && isMap(value.Resources) ? [[name, value] as const] : [];
  });
}

function parsed(text: string): Value | undefined {
  try {
    return readDocument(decodeSource('template.yaml', new TextEncoder().encode(text))).value;
  } catch {
    return undefined;
  }
}

function filesIn(folder: string, pattern: RegExp): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => pattern.test(path) && !dirname(path).includes('node_modules'))
    .map((path) => join(folder, path).replaceAll('\\', '/'))
    .sort();
}
