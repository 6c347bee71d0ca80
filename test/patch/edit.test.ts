import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { formatPointer, isList, isMap, type Value } from '../../src/document/value.js';
import { IdpFixError } from '../../src/errors.js';
import { applyPatch, invert, type Operation } from '../../src/patch/json-patch.js';
import { applyEdits, editText, invertEdits, verifyEdit } from '../../src/patch/verify.js';
import { read } from '../document/reading.js';

/** The text after the operations; it has been read again and says what they say. */
function edited(text: string, operations: readonly Operation[], path?: string): string {
  const document = read(text, path);
  const result = applyEdits(document.source.text, editText(document, operations));
  verifyEdit(document, operations, result);
  return result;
}

const add = (path: string, value: Value): Operation => ({ op: 'add', path, value });
const replace = (path: string, value: Value): Operation => ({ op: 'replace', path, value });
const remove = (path: string): Operation => ({ op: 'remove', path });

const template = `Resources:
  # The queue.
  Queue:
    Type: AWS::SQS::Queue # first in, first out

  Function:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 30   
      Tags: {a: b, c: !Ref D}
      Layers:
        - !Ref One
        - Two # two
      Role: !GetAtt Role.Arn
`;

describe('edits in place', () => {
  test.each<[string, Operation[], string, string]>([
    ['a scalar', [replace('/Resources/Function/Properties/Timeout', 60)], 'Timeout: 30', 'Timeout: 60'],
    [
      'an entry of a block map',
      [add('/Resources/Function/Properties/KmsKeyArn', { 'Fn::GetAtt': ['Key', 'Arn'] })],
      'Role: !GetAtt Role.Arn\n',
      'Role: !GetAtt Role.Arn\n      KmsKeyArn: !GetAtt Key.Arn\n',
    ],
    [
      'an entry of a flow map',
      [add('/Resources/Function/Properties/Tags/e', 'f')],
      'c: !Ref D}',
      'c: !Ref D, e: f}',
    ],
    [
      'an item',
      [add('/Resources/Function/Properties/Layers/-', { Ref: 'Three' })],
      '- Two # two\n',
      '- Two # two\n        - !Ref Three\n',
    ],
    [
      'an item in the middle',
      [add('/Resources/Function/Properties/Layers/1', 'Mid')],
      '- !Ref One\n',
      '- !Ref One\n        - Mid\n',
    ],
    ['an argument', [replace('/Resources/Function/Properties/Tags/c/Ref', 'E')], '!Ref D', '!Ref E'],
    [
      'new properties',
      [add('/Resources/Queue/Properties', { KmsMasterKeyId: { Ref: 'Key' } })],
      '# first in, first out\n',
      '# first in, first out\n    Properties:\n      KmsMasterKeyId: !Ref Key\n',
    ],
    [
      'a resource, spaced as its siblings are',
      [add('/Resources/New', { Type: 'AWS::SNS::Topic' })],
      'Role: !GetAtt Role.Arn\n',
      'Role: !GetAtt Role.Arn\n\n  New:\n    Type: AWS::SNS::Topic\n',
    ],
    [
      'a section in its place',
      [add('/Parameters', { Key: { Type: 'String', Default: '' } })],
      'Resources:\n',
      "Parameters:\n  Key:\n    Type: String\n    Default: ''\nResources:\n",
    ],
    [
      'operations that build on each other',
      [
        add('/Resources/New', { Type: 'AWS::SNS::Topic' }),
        add('/Resources/New/Properties', {}),
        add('/Resources/New/Properties/Tags', []),
        add('/Resources/New/Properties/Tags/-', { Key: 'a', Value: 'yes' }),
        add('/Resources/Function/Properties/MemorySize', 128),
      ],
      'Role: !GetAtt Role.Arn\n',
      "Role: !GetAtt Role.Arn\n      MemorySize: 128\n\n  New:\n    Type: AWS::SNS::Topic\n    Properties:\n      Tags:\n        - Key: a\n          Value: 'yes'\n",
    ],
    [
      'the removal of an entry',
      [remove('/Resources/Function/Properties/Timeout')],
      '      Timeout: 30   \n',
      '',
    ],
    [
      'the removal of a resource with its comment',
      [remove('/Resources/Queue')],
      '  # The queue.\n  Queue:\n    Type: AWS::SQS::Queue # first in, first out\n',
      '',
    ],
    [
      'a removal next to an addition',
      [remove('/Resources/Function/Properties/Role'), add('/Resources/Function/Properties/Runtime', 'x')],
      '      Role: !GetAtt Role.Arn\n',
      '      Runtime: x\n',
    ],
  ])('%s', (_, operations, before, after) => {
    expect(template).toContain(before);
    const expected = template.replace(before, () => after);
    expect(edited(template, operations)).toBe(expected);
    const crlf = (text: string) => text.replaceAll('\n', '\r\n');
    expect(edited(crlf(template), operations)).toBe(crlf(expected));
  });

  test.each<[string, string, Operation[], string]>([
    ['no final line break', 'a:\n  b: 1', [add('/a/c', 2)], 'a:\n  b: 1\n  c: 2'],
    ['an empty map', 'a:\n  b: {}\n', [add('/a/b/c', 2)], 'a:\n  b:\n    c: 2\n'],
    ['an empty value', 'a:\n  b:\n', [replace('/a/b', { c: 2 })], 'a:\n  b:\n    c: 2\n'],
    ['a sequence at the column of its key', 'a:\n- 1\nb: 2\n', [add('/a/-', 3)], 'a:\n- 1\n- 3\nb: 2\n'],
    ['a map in an item', 'a:\n  - k: 1\n', [add('/a/0/v', 2)], 'a:\n  - k: 1\n    v: 2\n'],
    ['the only entry', 'a:\n  b: 1\n', [remove('/a/b')], 'a: {}\n'],
    [
      'a block scalar that keeps',
      'a:\n  b: |+\n    x\n\nc: 1\n',
      [add('/a/d', 2)],
      'a:\n  d: 2\n  b: |+\n    x\n\nc: 1\n',
    ],
    ['minified JSON', '{"a":{"b":1}}', [add('/a/c', { d: [1] })], '{"a":{"b":1,"c":{"d":[1]}}}'],
    [
      'JSON with lines',
      '{\n  "a": {\n    "b": 1\n  }\n}\n',
      [add('/a/c', { d: 1 })],
      '{\n  "a": {\n    "b": 1,\n    "c": {\n      "d": 1\n    }\n  }\n}\n',
    ],
    [
      'an implicit pair',
      'a: !Not [Condition: X]\n',
      [replace('/a/Fn::Not/0', { Condition: 'Z' })],
      'a: !Not [{Condition: Z}]\n',
    ],
    ['an account id', 'a: {b: 1}\n', [add('/a/c', '012345678901')], "a: {b: 1, c: '012345678901'}\n"],
    ['a date', 'a:\n  b: 1\n', [add('/a/c', '2012-10-17')], "a:\n  b: 1\n  c: '2012-10-17'\n"],
  ])('%s', (_, text, operations, expected) => {
    expect(edited(text, operations)).toBe(expected);
  });

  test.each<[string, string, Operation[]]>([
    ['what an alias repeats', 'a: &x {b: 1}\nc: *x\n', [add('/a/d', 2)]],
    ['an alias', 'a: &x {b: 1}\nc: *x\n', [replace('/c', 2)]],
    ['what a merge key brings in', 'a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n', [remove('/c/b')]],
  ])('%s is refused', (_, text, operations) => {
    expect(() => edited(text, operations)).toThrow(
      expect.objectContaining({ code: 'edit-refused', message: expect.stringMatching(/^\/[ac]/) }),
    );
  });

  test('comments go with their line, or with the blanks before them', () => {
    const document = read('a: 1 # one\n# two\nb: 2\n');
    const spans = document.comments.map(({ span }) => span);
    expect(applyEdits(document.source.text, editText(document, [], spans))).toBe('a: 1\nb: 2\n');
  });
});

const scalar = fc.oneof(
  fc.constantFrom(
    'yes',
    '012',
    'a: b',
    '# c',
    "it's",
    '"q"',
    'x\ny',
    '',
    ' z',
    '-',
    '1e3',
    '${A}',
    '~',
    '\\',
    'é',
    '*a',
    '%',
    'arn:aws:s3:::b/*',
  ),
  fc.string({ maxLength: 8 }),
  fc.integer({ min: -1000, max: 1000 }),
  fc.boolean(),
  fc.constant(null),
);
const key = fc.constantFrom('A', 'b', 'Ref', 'on', '1', 'c d', 'Fn::Sub');
const { value: anyValue } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ) as fc.Arbitrary<Value>,
}));
const root = fc.dictionary(key, anyValue, { minKeys: 1, maxKeys: 3, noNullPrototype: true });

const layouts: readonly (readonly [string, (value: unknown) => string])[] = [
  ['template.yaml', (value) => stringify(value, { version: '1.1', lineWidth: 0 })],
  ['template.yaml', (value) => stringify(value, { version: '1.1', indentSeq: false, indent: 4 })],
  ['template.yaml', (value) => stringify(value, { version: '1.1', collectionStyle: 'flow' })],
  ['template.yaml', (value) => stringify(value, { version: '1.1' }).replaceAll('\n', '\r\n')],
  ['template.yaml', (value) => stringify(value, { version: '1.1' }).trimEnd()],
  ['template.json', (value) => JSON.stringify(value)],
  ['template.json', (value) => JSON.stringify(value, null, '\t')],
  ['template.json', (value) => JSON.stringify(value, null, 4)],
];

/** Every place of a tree. */
function places(value: Value, path: readonly string[] = []): string[][] {
  const inner = isList(value)
    ? value.map((each, index) => [String(index), each] as const)
    : isMap(value)
      ? Object.entries(value)
      : [];
  return [[...path], ...inner.flatMap(([token, each]) => places(each, [...path, token]))];
}

describe('any operation in any layout', () => {
  test('is refused or says what the patch says, and can be taken back', () => {
    let done = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        root,
        fc.constantFrom(...layouts),
        fc.array(fc.tuple(fc.nat(), fc.nat(3), anyValue), { minLength: 1, maxLength: 4 }),
        (value, [path, write], steps) => {
          const text = write(value);
          const document = read(text, path);
          const operations: Operation[] = [];
          let current = document.value;
          for (const [where, how, wanted] of steps) {
            const all = places(current).slice(1);
            const place = all[where % Math.max(all.length, 1)];
            if (place === undefined) continue;
            const parentPath = place.slice(0, -1);
            const parent = parentPath.reduce<Value | undefined>(
              (at, token) => (isList(at) ? at[Number(token)] : isMap(at) ? at[token] : undefined),
              current,
            );
            const operation: Operation =
              how === 0
                ? replace(formatPointer(place), wanted)
                : how === 1 && places(current).length > 2
                  ? remove(formatPointer(place))
                  : add(formatPointer([...parentPath, isList(parent) ? '-' : 'New']), wanted);
            operations.push(operation);
            current = applyPatch(current, [operation]);
          }
          try {
            const edits = editText(document, operations);
            const result = applyEdits(document.source.text, edits);
            verifyEdit(document, operations, result);
            expect(applyEdits(result, invertEdits(document.source.text, edits))).toBe(document.source.text);
            expect(applyPatch(current, invert(document.value, operations))).toEqual(document.value);
            done++;
          } catch (error) {
            if (!(error instanceof IdpFixError) || error.code !== 'edit-refused') throw error;
            refused++;
          }
        },
      ),
      { numRuns: 3000 },
    );
    expect(refused).toBeLessThan(done / 20);
  });
});
