import { describe, expect, test } from 'vitest';
import {
  argumentOf,
  columnOf,
  lineOf,
  nearestNode,
  nodeAt,
  placeOf,
  propertiesOf,
} from '../../src/document/locate.js';
import { read, sourceOf, textOf } from './reading.js';

const document = read(`Resources:
  Function:
    Properties:
      KmsKeyArn: !GetAtt Key.Arn
      Name: !Sub
        - "\${Prefix}-x"
        - Prefix: !Ref Prefix
      Role: !If [HasRole, !Ref Role, !GetAtt [Made, Arn]]
      Code: !Sub |
        exit 0
      Layers: !If
        # none
        - NoLayers
        - Ref: AWS::NoValue
        - []
      Tags: &tags
        - Key: a
      Copy: *tags
      Zones: !GetAZs
      Extra:
        <<: {Merged: 1}
        Own: 2
`);
const properties = ['Resources', 'Function', 'Properties'];

function found(...path: string[]): string | undefined {
  const node = nodeAt(document, [...properties, ...path]);
  return node === undefined ? undefined : textOf(document, node);
}

describe('nodes at paths of the value tree', () => {
  test.each([
    [['KmsKeyArn'], '!GetAtt Key.Arn'],
    [['KmsKeyArn', 'Fn::GetAtt'], 'Key.Arn'],
    [['Name', 'Fn::Sub', '0'], `"\${Prefix}-x"`],
    [['Name', 'Fn::Sub', '1', 'Prefix'], '!Ref Prefix'],
    [['Name', 'Fn::Sub', '1', 'Prefix', 'Ref'], 'Prefix'],
    [['Role', 'Fn::If'], '[HasRole, !Ref Role, !GetAtt [Made, Arn]]'],
    [['Role', 'Fn::If', '1'], '!Ref Role'],
    [['Role', 'Fn::If', '2', 'Fn::GetAtt', '1'], 'Arn'],
    [['Code', 'Fn::Sub'], '|\n        exit 0'],
    [['Layers', 'Fn::If'], '- NoLayers\n        - Ref: AWS::NoValue\n        - []'],
    [['Layers', 'Fn::If', '1', 'Ref'], 'AWS::NoValue'],
    [['Tags', '0', 'Key'], 'a'],
    [['Zones', 'Fn::GetAZs'], ''],
    [['Extra', 'Own'], '2'],
  ])('%j', (path, text) => {
    expect(found(...path)).toBe(text);
  });

  test.each([
    [['KmsKeyArn', 'Fn::GetAtt', '1']],
    [['KmsKeyArn', 'Ref']],
    [['Role', '1']],
    [['Role', 'Fn::If', '01']],
    [['Role', 'Fn::If', '-']],
    [['Role', 'Fn::If', '3']],
    [['Missing', 'Deeper']],
    [['Copy', '0']],
    [['Extra', 'Merged']],
    [['Extra', '<<']],
  ])('%j has no node of its own', (path) => {
    expect(found(...path)).toBeUndefined();
  });

  test('the argument of a short form has neither its tag nor its anchor', () => {
    expect(nodeAt(document, [...properties, 'Role', 'Fn::If'])).not.toHaveProperty('tag');
    expect(nodeAt(read('a: &x !Sub b\n'), ['a', 'Fn::Sub'])).toEqual({
      kind: 'scalar',
      style: 'plain',
      value: 'b',
      span: { start: 11, end: 12 },
    });
  });

  test('the nearest node stands in for what has none', () => {
    const near = (...path: string[]) => textOf(document, nearestNode(document, [...properties, ...path]));
    expect(near('KmsKeyArn', 'Fn::GetAtt', '1')).toBe('Key.Arn');
    expect(near('Copy', '0', 'Key')).toBe('*tags');
    expect(nearestNode(document, [])).toBe(document.root);
  });
});

describe('lines and columns', () => {
  const source = sourceOf('a: 1\r\n  b: 2\n\nc');

  test.each([
    [0, 1, 0],
    [5, 1, 5],
    [6, 2, 0],
    [8, 2, 2],
    [13, 3, 0],
    [14, 4, 0],
    [15, 4, 1],
  ])('offset %i is on line %i, column %i', (offset, line, column) => {
    expect([lineOf(source, offset), columnOf(source, offset)]).toEqual([line, column]);
  });

  test('places count from one and stay within the text', () => {
    expect(placeOf(source, 8)).toEqual({ file: 'template.yaml', line: 2, column: 3 });
    expect(placeOf(source, 1000)).toEqual({ file: 'template.yaml', line: 4, column: 2 });
  });
});

describe('where tag and anchor of a node end', () => {
  test.each<[string, string, string]>([
    // The value of a key, what is tag and anchor of it, and its content.
    ['b', '', 'b'],
    ['!Sub b', '!Sub', 'b'],
    ['&x  !Sub   b', '&x  !Sub', 'b'],
    ['!Sub &x b', '!Sub &x', 'b'],
    ['!Sub # c # d\n  # e\u2028f\n\n  b', '!Sub', 'b'],
    ['!If\n  - b\n  - c', '!If', '- b\n  - c'],
    ['!If\n- b\n- c', '!If', '- b\n- c'],
    ['&x\n  b: c', '&x', 'b: c'],
    ['&x {b: c}', '&x', '{b: c}'],
    ['!If [b, c]', '!If', '[b, c]'],
    ['&x !GetAZs', '&x !GetAZs', ''],
    ['!Sub &xy "&x"', '!Sub &xy', '"&x"'],
  ])('%j', (written, properties, content) => {
    const text = `a: ${written}\n`;
    const parsed = read(text);
    const node = nodeAt(parsed, ['a']);
    if (node === undefined) throw new Error('no node');
    const { end, content: start } = propertiesOf(node, text);
    expect(text.slice(node.span.start, end)).toBe(properties);
    expect(text.slice(start, node.span.end)).toBe(content);
    expect(textOf(parsed, argumentOf(node, parsed.source))).toBe(content);
  });
});

test('positions of lists are decimal numbers', () => {
  const list = read(`a: [${Array.from({ length: 12 }, (_, index) => index).join(', ')}]\n`);
  const at = (token: string) => nodeAt(list, ['a', token]);
  expect(at('10')).toMatchObject({ value: 10 });
  expect(['010', '1x', '', '12', '-1'].map(at)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('lines start behind line breaks, the first character included', () => {
  expect(lineOf(sourceOf('\na: 1\n'), 1)).toBe(2);
});
