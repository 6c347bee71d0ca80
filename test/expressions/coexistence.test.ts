import { describe, expect, it } from 'vitest';
import { viewResources } from '../../src/analysis/view.js';
import type { Value } from '../../src/document/value.js';
import { coexisting, isAlwaysWith } from '../../src/expressions/coexistence.js';
import type { StackTree } from '../../src/template/template.js';
import { acceleratorTree, hasAccelerator, treeOf } from '../template/trees.js';

/** The sets of topics, by logical id. */
function sets(tree: StackTree): readonly string[] {
  const topics = viewResources(tree, ['AWS::SNS::Topic']);
  return coexisting(tree, topics).map((set) => set.map((index) => topics[index]?.logicalId).join(' '));
}

function treeWith(
  parameters: string,
  conditions: string,
  topics: readonly string[],
  known: Readonly<Record<string, Value>> = {},
): StackTree {
  const resources = topics.map((topic) => {
    const [id = '', condition] = topic.split(' if ');
    return `  ${id}: {Type: AWS::SNS::Topic${condition === undefined ? '' : `, Condition: ${condition}`}}`;
  });
  return treeOf(
    {
      't.yaml': `Parameters: {${parameters}}\nConditions: {${conditions}}\nResources:\n${resources.join('\n')}`,
    },
    known,
  );
}

const pattern = 'P: {Type: String, Default: a, AllowedValues: [a, b, c]}';
const isPattern = 'IsA: !Equals [!Ref P, a], IsB: !Equals [!Ref P, b], NotA: !Not [!Condition IsA]';

describe('coexisting', () => {
  it.each<[string, string, readonly string[], readonly string[]]>([
    ['', '', ['X', 'Y'], ['X Y']],
    [pattern, isPattern, ['X', 'A if IsA', 'B if IsB'], ['X A', 'X B']],
    [pattern, isPattern, ['A if IsA', 'N if NotA', 'B if IsB'], ['A', 'N B']],
    ['S: {Type: String, Default: low}', 'Lit: !Equals [!Ref S, high]', ['X', 'Y if Lit'], ['X Y']],
    [
      'S: {Type: String, Default: low}',
      'Lit: !Equals [!Ref S, high], Dark: !Not [!Condition Lit]',
      ['Y if Lit', 'Z if Dark'],
      ['Y', 'Z'],
    ],
    ['S: {Type: String, AllowedValues: [x]}', 'Never: !Equals [!Ref S, y]', ['X', 'Y if Never'], ['X']],
    [
      `${pattern}, S: {Type: String}`,
      `${isPattern}, Lit: !Equals [!Ref S, high], Dark: !Not [!Condition Lit]`,
      ['A if IsA', 'B if IsB', 'Y if Lit', 'Z if Dark'],
      ['A Y', 'A Z', 'B Y', 'B Z'],
    ],
    [
      '',
      'East: !Equals [!Ref AWS::Region, us-east-1], West: !Equals [!Ref AWS::Region, us-west-2]',
      ['E if East', 'W if West'],
      ['E', 'W'],
    ],
    [
      'S: {Type: String, Default: x}',
      'Given: !Not [!Equals [!Ref S, ""]], Empty: !Equals [!Ref S, ""]',
      ['G if Given', 'N if Empty'],
      ['G', 'N'],
    ],
  ])('{%s} {%s} %j', (parameters, conditions, topics, expected) => {
    expect(sets(treeWith(parameters, conditions, topics))).toEqual(expected);
  });

  it('tells no more sets apart than there is use for, and takes them for possible at once', () => {
    const names = Array.from({ length: 9 }, (_, index) => `P${index}`);
    const tree = (count: number) =>
      treeWith(
        names.map((name) => `${name}: {Type: String, AllowedValues: [a, b]}`).join(', '),
        names
          .map((name) => `${name}A: !Equals [!Ref ${name}, a], ${name}B: !Equals [!Ref ${name}, b]`)
          .join(', '),
        names.slice(0, count).flatMap((name) => [`${name}X if ${name}A`, `${name}Y if ${name}B`]),
      );
    expect(sets(tree(8))).toHaveLength(256);
    expect(sets(tree(8))[0]).toBe('P0X P1X P2X P3X P4X P5X P6X P7X');
    const all = names.flatMap((name) => [`${name}X`, `${name}Y`]).join(' ');
    expect(sets(tree(9))).toEqual([all]);
  });

  it('takes everything for possible where one condition has too many inputs', () => {
    const names = Array.from({ length: 13 }, (_, index) => `P${index}`);
    const both = (value: string) =>
      `!Equals [!Join ['', [${names.map((name) => `!Ref ${name}`).join(', ')}]], ${value}]`;
    const tree = treeWith(
      names.map((name) => `${name}: {Type: String, AllowedValues: [a, b]}`).join(', '),
      `First: ${both('aaaaaaaaaaaaa')}, Second: ${both('bbbbbbbbbbbbb')}`,
      ['X if First', 'Y if Second'],
    );
    expect(sets(tree)).toEqual(['X Y']);
  });

  it('goes by known values', () => {
    expect(sets(treeWith(pattern, isPattern, ['X', 'A if IsA', 'B if IsB'], { P: 'b' }))).toEqual(['X B']);
  });

  it('goes by the conditions of the nested stacks', () => {
    const tree = treeOf({
      't.yaml': `Parameters: {${pattern}}
Conditions: {${isPattern}}
Resources:
  A: {Type: AWS::CloudFormation::Stack, Condition: IsA, Properties: {TemplateURL: a.yaml, Parameters: {Q: !Ref P}}}
  B: {Type: AWS::CloudFormation::Stack, Condition: IsB, Properties: {TemplateURL: b.yaml, Parameters: {Q: !Ref P}}}`,
      'a.yaml': 'Resources: {T1: {Type: AWS::SNS::Topic}}',
      'b.yaml': `Parameters: {Q: {Type: String}}
Conditions: {IsA: !Equals [!Ref Q, a]}
Resources: {T2: {Type: AWS::SNS::Topic}, Never: {Type: AWS::SNS::Topic, Condition: IsA}}`,
    });
    expect(sets(tree)).toEqual(['T1', 'T2']);
  });

  it('takes everything together when too much hangs together', () => {
    const names = Array.from({ length: 14 }, (_, index) => `P${index}`);
    const parameters = names.map((name) => `${name}: {Type: String}`).join(', ');
    const conditions = `Any: !And [${names
      .slice(0, 10)
      .map((name) => `!Equals [!Ref ${name}, x]`)
      .join(', ')}], None: !Not [!Condition Any], Some: !Or [${names
      .slice(9)
      .map((name) => `!Equals [!Ref ${name}, x]`)
      .join(', ')}]`;
    expect(sets(treeWith(parameters, conditions, ['A if Any', 'B if None', 'C if Some']))).toEqual(['A B C']);
  });

  it('has no sets but the empty one for no members', () => {
    expect(coexisting(treeWith('', '', ['X']), [])).toEqual([[]]);
  });
});

describe.skipIf(!hasAccelerator)('the accelerator', () => {
  it('deploys 33 functions with pattern 1 and 34 with the others', () => {
    const tree = acceleratorTree();
    const functions = viewResources(tree, ['AWS::Serverless::Function', 'AWS::Lambda::Function']);
    const found = coexisting(tree, functions);
    const countIn = (set: readonly number[], folder: string) =>
      set.filter((index) => functions[index]?.stack.template.path.startsWith(folder)).length;
    expect(functions).toHaveLength(45);
    expect(
      found.map((set) => [
        set.length,
        ...[1, 2, 3].map((pattern) => countIn(set, `patterns/pattern-${pattern}/`)),
      ]),
    ).toEqual([
      [33, 4, 0, 0],
      [34, 0, 6, 0],
      [34, 0, 0, 6],
    ]);
  });
});

describe('isAlwaysWith (kind M: a companion under a condition counts only there)', () => {
  const conditions = `${isPattern}, Even: !Equals [a, !Ref P], Small: !Or [{Condition: IsA}, {Condition: IsB}]`;
  const topics = ['X', 'A if IsA', 'E if Even', 'B if IsB', 'N if NotA', 'S if Small'];

  it.each<[readonly string[], string | null, boolean]>([
    [['X'], 'A', true],
    [['A'], 'X', false],
    [['A'], null, false],
    [['X'], null, true],
    [[], 'X', false],
    // A condition of another name and the same meaning, one that is wider, and two that exclude each other.
    [['E'], 'A', true],
    [['S'], 'B', true],
    [['B'], 'S', false],
    [['A', 'N'], 'X', true],
    [['A', 'B'], 'X', false],
    [['A', 'B'], 'S', true],
    [['N'], 'B', true],
  ])('%j with %s: %s', (companions, other, answer) => {
    const tree = treeWith(pattern, conditions, topics);
    const members = companions.map((logicalId) => ({ stack: tree.root, logicalId }));
    expect(isAlwaysWith(tree, members, { stack: tree.root, logicalId: other })).toBe(answer);
  });
});
