import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { viewResources } from '../../src/analysis/view.js';
import { deepFreeze, type Value } from '../../src/document/value.js';
import { IdpFixError } from '../../src/errors.js';
import { coexisting } from '../../src/expressions/coexistence.js';
import { conditionsOf } from '../../src/expressions/conditions.js';
import { resolve } from '../../src/expressions/resolve.js';
import { consumers, solve } from '../../src/expressions/solve.js';
import { limitProblems } from '../../src/template/limits.js';
import { substitutionParts } from '../../src/template/mentions.js';
import { openTemplate } from '../../src/template/open.js';
import { dependencies, findCycle } from '../../src/template/references.js';
import { joinStackTree } from '../../src/template/stack-tree.js';
import type { StackTree } from '../../src/template/template.js';
import { treeOf } from '../template/trees.js';
import { read } from './reading.js';

const names = [
  'A',
  'B',
  'C',
  'P',
  'Q',
  'Child',
  'AWS::NoValue',
  'AWS::Region',
  '__proto__',
  'constructor',
  'A.Arn',
  'Child.Outputs.O',
];
const functions = [
  'Ref',
  'Fn::GetAtt',
  'Fn::Sub',
  'Fn::Join',
  'Fn::Select',
  'Fn::Split',
  'Fn::If',
  'Fn::FindInMap',
  'Fn::Equals',
  'Fn::And',
  'Fn::Or',
  'Fn::Not',
  'Condition',
  'Fn::ImportValue',
  'Fn::Transform',
];

const { value: anyValue } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom<Value>(
      ...names,
      1,
      0,
      true,
      null,
      '',
      ',',
      '${A}',
      '${P}-${!x}',
      '${',
      '{{resolve:ssm:x}}',
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .tuple(fc.constantFrom(...functions), tie('value'))
      .map(([name, argument]): Value => ({ [name]: argument })),
    fc.dictionary(fc.constantFrom('x', 'y', 'Events', 'Value'), tie('value'), { maxKeys: 2 }),
  ),
}));

const anyTemplate = fc.record({
  Transform: fc.constantFrom<Value>('AWS::Serverless-2016-10-31', null),
  Parameters: fc.record({
    P: fc.record({
      Type: fc.constantFrom('String', 'Number', 'CommaDelimitedList'),
      Default: anyValue,
      AllowedValues: anyValue,
    }),
    Q: fc.constant({ Type: 'String' }),
  }),
  Conditions: fc.dictionary(fc.constantFrom('A', 'B', 'C'), anyValue),
  Mappings: fc.dictionary(fc.constantFrom('A', 'B'), anyValue),
  Globals: fc.record({ Function: anyValue }),
  Resources: fc.record({
    A: fc.record({
      Type: fc.constantFrom('AWS::Serverless::Function', 'AWS::Serverless::Api'),
      Condition: fc.constantFrom('A', 'B'),
      DependsOn: anyValue,
      IgnoreGlobals: anyValue,
      Connectors: anyValue,
      Properties: fc.dictionary(
        fc.constantFrom(
          'Policies',
          'Role',
          'Events',
          'EventInvokeConfig',
          'Auth',
          'Domain',
          'Environment',
          'FunctionUrlConfig',
        ),
        anyValue,
      ),
    }),
    Child: fc.record({
      Type: fc.constant('AWS::CloudFormation::Stack'),
      Properties: fc.record({
        TemplateURL: fc.constantFrom<Value>('child.yaml', { Ref: 'P' }),
        Parameters: fc.oneof(anyValue, fc.record({ P: anyValue, Q: anyValue })),
      }),
    }),
  }),
  Outputs: fc.record({ O: fc.record({ Value: anyValue }) }),
});

function treeFrom(root: Value, child: Value): StackTree {
  const document = read('Resources: {A: {Type: T}}');
  const open = (path: string, value: Value) =>
    openTemplate(deepFreeze({ ...document, source: { ...document.source, path }, value }));
  return joinStackTree(
    'template.yaml',
    new Map([
      ['template.yaml', open('template.yaml', root)],
      ['child.yaml', open('child.yaml', child)],
    ]),
  );
}

function everythingAbout(tree: StackTree, wanted: Value): unknown {
  const views = viewResources(tree);
  return [
    views.map((view) => [
      view.logicalId,
      Object.keys(view.properties).map((name) => view.read(name, 'x').map(({ outcome }) => outcome.kind)),
    ]),
    tree.stacks.map((stack) => [
      resolve(wanted, stack).map(({ outcome, path }) => [outcome.kind, path]),
      solve(wanted, { value: 'x' }, stack)?.assignments.map(({ parameter, value }) => [parameter, value]),
      consumers(tree, stack, 'P').map(({ path }) => path),
      findCycle(dependencies(stack.template)),
      limitProblems(stack.template),
    ]),
    coexisting(tree, views),
  ];
}

describe('whatever a template says', () => {
  it('is either refused or understood, the same way each time', () => {
    fc.assert(
      fc.property(anyTemplate, anyTemplate, anyValue, (root, child, wanted) => {
        const attempt = () => {
          try {
            return everythingAbout(treeFrom(root, child), wanted);
          } catch (error) {
            if (error instanceof IdpFixError && error.code === 'template-invalid') return error.message;
            throw error;
          }
        };
        expect(attempt()).toEqual(attempt());
      }),
      { numRuns: 300 },
    );
  });

  it('does not double for ever between a parent and its child', () => {
    const count = 40;
    const indices = Array.from({ length: count }, (_, index) => index);
    const tree = treeOf({
      't.yaml': `Parameters: {Start: {Type: String, Default: xxxxxxxx}}
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: c.yaml
      Parameters:
        P0: !Ref Start
${indices
  .slice(1)
  .map((index) => `        P${index}: !GetAtt Child.Outputs.O${index - 1}`)
  .join('\n')}`,
      'c.yaml': `Parameters:
${indices.map((index) => `  P${index}: {Type: String}`).join('\n')}
Resources: {A: {Type: T}}
Outputs:
${indices.map((index) => `  O${index}: {Value: !Join ['', [!Ref P${index}, !Ref P${index}]]}`).join('\n')}`,
    });
    const [branch] = resolve({ 'Fn::GetAtt': ['Child', `Outputs.O${count - 1}`] }, tree.root);
    expect(branch?.outcome).toMatchObject({ kind: 'unknown', because: 'the text is too long' });
  });

  it('does not run through every combination of many conditions', () => {
    const indices = Array.from({ length: 30 }, (_, index) => index);
    const { root } = treeOf({
      't.yaml': `Parameters:
${indices.map((index) => `  P${index}: {Type: String}`).join('\n')}
Conditions:
${indices.map((index) => `  C${index}: !Equals [!Ref P${index}, x]`).join('\n')}
Resources: {A: {Type: T}}`,
    });
    const items = indices.map((index): Value => ({ 'Fn::If': [`C${index}`, 'a', 'b'] }));
    expect(resolve({ 'Fn::Join': ['', items] }, root).map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'unknown', because: 'it has too many branches' },
    ]);
  });

  it.each([
    [
      'a condition that uses the one before twice',
      40,
      (index: number) => `!And [!Condition C${index - 1}, !Condition C${index - 1}]`,
    ],
    [
      'a condition that uses the one before in two ways',
      40,
      (index: number) => `!Or [!Condition C${index - 1}, !Not [!Condition C${index - 1}]]`,
    ],
    ['a long chain', 3_000, (index: number) => `!Not [!Condition C${index - 1}]`],
    [
      'a long chain of choices',
      3_000,
      (index: number) => `!Or [!Condition C${index - 1}, !Equals [!Ref Q, x${index % 7}]]`,
    ],
  ])('settles %s in few steps', (_, count, definition) => {
    const { root } = treeOf({
      't.yaml': `Parameters: {P: {Type: String, Default: a}, Q: {Type: String, Default: a}}
Conditions:
  C0: !Equals [!Ref P, a]
${Array.from({ length: count }, (__, index) => `  C${index + 1}: ${definition(index + 1)}`).join('\n')}
Resources: {A: {Type: T}}`,
    });
    const before = conditionsOf(root).budget.steps;
    expect(resolve({ 'Fn::If': [`C${count}`, 'a', 'b'] }, root).length).toBeLessThanOrEqual(2);
    expect(before - conditionsOf(root).budget.steps).toBeLessThan(100_000);
  });

  it('tries few ways through nested choices', () => {
    const { root } = nestedChoices(24);
    const before = conditionsOf(root).budget.steps;
    const nested = Array.from({ length: 24 }, (__, index) => index).reduce<Value>(
      (inner, index) => ({ 'Fn::If': [`C${index}`, inner, index] }),
      3,
    );
    expect(solve(nested, { value: 365 }, root)).toBeUndefined();
    expect(resolve(nested, root)).toHaveLength(25);
    expect(before - conditionsOf(root).budget.steps).toBeLessThan(500_000);
  });

  it('says that a balanced tree of choices has too many branches', () => {
    const { root } = nestedChoices(10);
    const tree = (depth: number): Value =>
      depth < 0 ? 1 : { 'Fn::If': [`C${depth}`, tree(depth - 1), tree(depth - 1)] };
    expect(resolve(tree(9), root).map(({ outcome }) => outcome)).toContainEqual({
      kind: 'unknown',
      because: 'it has too many branches',
    });
    expect(solve(tree(9), { value: 2 }, root)).toBeUndefined();
  });

  it('gives up, and says so, past the steps of a tree', () => {
    const { root } = nestedChoices(2);
    conditionsOf(root).budget.steps = 0;
    expect(resolve({ 'Fn::If': ['C1', 'a', 'b'] }, root).map(({ outcome }) => outcome)).toEqual([
      { kind: 'unknown', because: 'the conditions of the template depend on each other in too many ways' },
    ]);
    expect(solve({ Ref: 'P1' }, { value: 'x' }, root)).toBeUndefined();
  });

  it('reads a substitution that never closes at once', () => {
    expect(substitutionParts('${'.repeat(200_000))).toEqual([{ text: '${'.repeat(200_000) }]);
  });
});

function nestedChoices(count: number): StackTree {
  const indices = Array.from({ length: count }, (_, index) => index);
  return treeOf({
    't.yaml': `Parameters:
${indices.map((index) => `  P${index}: {Type: String, Default: a}`).join('\n')}
Conditions:
${indices.map((index) => `  C${index}: !Equals [!Ref P${index}, a]`).join('\n')}
Resources: {A: {Type: T}}`,
  });
}
