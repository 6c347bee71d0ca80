import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdpFixError } from '../../src/errors.js';
import { coexisting } from '../../src/template/coexistence.js';
import { limitProblems } from '../../src/template/limits.js';
import { openTemplate } from '../../src/template/open.js';
import { dependencies, findCycle } from '../../src/template/references.js';
import { resolve } from '../../src/template/resolve.js';
import { consumers, solve } from '../../src/template/solve.js';
import { joinStackTree } from '../../src/template/stack-tree.js';
import type { StackTree } from '../../src/template/template.js';
import { deepFreeze, type Value } from '../../src/template/value.js';
import { viewResources } from '../../src/template/view.js';
import { read } from './reading.js';
import { treeOf } from './trees.js';

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
});
