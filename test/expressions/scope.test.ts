import { describe, expect, it } from 'vitest';
import { isMap, type Value } from '../../src/document/value.js';
import { textPatternsOf } from '../../src/expressions/patterns.js';
import { conditionValues, resolve, resolveAt, resolveName } from '../../src/expressions/resolve.js';
import { joinFamily } from '../../src/expressions/scope.js';
import { applyPatch } from '../../src/patch/json-patch.js';
import { openTemplate } from '../../src/template/open.js';
import { joinStackTree } from '../../src/template/stack-tree.js';
import type { StackTree } from '../../src/template/template.js';
import { treeOf } from '../template/trees.js';

const root = `
Parameters: {Mode: {Type: String, Default: prod}, Days: {Type: Number, Default: 30}}
Conditions: {IsProd: !Equals [!Ref Mode, prod]}
Mappings: {Sizes: {prod: {memory: 512}}}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: alerts}}
  Function:
    Type: AWS::Lambda::Function
    Condition: IsProd
    Properties:
      MemorySize: !FindInMap [Sizes, !Ref Mode, memory]
      Environment:
        Variables: {TOPIC: !Ref Topic, MODE: !If [IsProd, !Ref Mode, none], NAME: !GetAtt Topic.TopicName, LATER: !Ref Later}
  Nested:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: nested.yaml, Parameters: {Kept: !Ref Days, Target: !Ref Topic}}
`;
const nested = `
Parameters: {Kept: {Type: Number, Default: 7}, Target: {Type: String}, Level: {Type: String, Default: INFO}}
Resources:
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref Kept, LogGroupName: !Sub 'of-\${Target}-\${Level}'}}
Outputs: {Logs: {Value: !GetAtt Logs.Arn}}
`;

type Operations = Parameters<typeof applyPatch>[1];

/** The tree with patches of its root applied; what a patch leaves alone is the same object. */
function patched(tree: StackTree, operations: Operations, of = 'template.yaml'): StackTree {
  const templates = new Map(
    tree.stacks.map(({ template }) => [
      template.path,
      template.path === of
        ? openTemplate({ ...template.document, value: applyPatch(template.value, operations) })
        : template,
    ]),
  );
  return joinStackTree('template.yaml', templates);
}

/** All that expressions of a tree come to; that its stacks are those of the tree is looked at as well. */
function answers(tree: StackTree): readonly string[] {
  return tree.stacks.flatMap((stack) => {
    const said: string[] = [];
    const own = (value: unknown) =>
      JSON.stringify(value, (key, inner) => {
        if (key !== 'stack') return inner;
        expect(tree.stacks).toContain(inner);
        return inner.template.path;
      });
    const visit = (value: Value | undefined): void => {
      if (typeof value !== 'object' || value === null) return;
      said.push(own(resolve(value, stack)), own(textPatternsOf(value, stack)));
      for (const inner of isMap(value) ? Object.values(value) : value) visit(inner);
    };
    for (const { body, properties, condition } of stack.template.resources.values()) {
      visit(body);
      for (const name of Object.keys(properties))
        said.push(own(resolveAt(properties, [name], stack, condition)));
    }
    for (const name of stack.template.conditions.keys()) said.push(own(conditionValues(name, stack)));
    for (const name of ['Mode', 'Topic', 'Later', 'Kept', 'Nobody'])
      said.push(own(resolveName(name, 'Ref', stack)));
    return said;
  });
}

interface Case {
  readonly what: string;
  readonly operations: Operations;
  readonly of?: string;
}

const patches: readonly Case[] = [
  {
    what: 'a property of a resource',
    operations: [{ op: 'add', path: '/Resources/Function/Properties/Timeout', value: 9 }],
  },
  {
    what: 'a resource that nothing names',
    operations: [{ op: 'add', path: '/Resources/Queue', value: { Type: 'AWS::SQS::Queue' } }],
  },
  {
    what: 'a resource that something names',
    operations: [{ op: 'add', path: '/Resources/Later', value: { Type: 'AWS::SQS::Queue' } }],
  },
  {
    what: 'a parameter that something names',
    operations: [{ op: 'add', path: '/Parameters/Later', value: { Type: 'String', Default: 'x' } }],
  },
  { what: 'a default', operations: [{ op: 'replace', path: '/Parameters/Days/Default', value: 90 }] },
  {
    what: 'a condition',
    operations: [
      { op: 'replace', path: '/Conditions/IsProd', value: { 'Fn::Equals': [{ Ref: 'Mode' }, 'dev'] } },
    ],
  },
  { what: 'a mapping', operations: [{ op: 'replace', path: '/Mappings/Sizes/prod/memory', value: 128 }] },
  {
    what: 'the name of a resource',
    operations: [{ op: 'replace', path: '/Resources/Topic/Properties/TopicName', value: 'alarms' }],
  },
  {
    what: 'the condition of a resource',
    operations: [{ op: 'add', path: '/Resources/Topic/Condition', value: 'IsProd' }],
  },
  {
    what: 'what is passed',
    operations: [{ op: 'replace', path: '/Resources/Nested/Properties/Parameters/Kept', value: 365 }],
  },
  {
    what: 'what was left to a default',
    operations: [{ op: 'add', path: '/Resources/Nested/Properties/Parameters/Level', value: 'DEBUG' }],
  },
  {
    what: 'a default further down',
    operations: [{ op: 'replace', path: '/Parameters/Level/Default', value: 'WARN' }],
    of: 'nested.yaml',
  },
  {
    what: 'an output',
    operations: [{ op: 'replace', path: '/Outputs/Logs/Value', value: 'x' }],
    of: 'nested.yaml',
  },
];

describe('a tree that is made of another one', () => {
  it.each(patches)(
    'says of its expressions after a patch of $what what it says by itself',
    ({ operations, of }) => {
      const before = treeOf({ 'template.yaml': root, 'nested.yaml': nested });
      const asRead = answers(before);
      expect(asRead.length).toBeGreaterThan(40);
      const after = patched(before, operations, of);
      joinFamily(before.root, after.root);
      // Of values of their own, so that nothing that is kept for the others is found.
      const anew = patched(treeOf({ 'template.yaml': root, 'nested.yaml': nested }), operations, of);
      expect(answers(after)).toEqual(answers(anew));
      const again = patched(after, [
        { op: 'add', path: '/Resources/Topic/Properties/DisplayName', value: 'a' },
      ]);
      joinFamily(after.root, again.root);
      const bothAnew = patched(anew, [
        { op: 'add', path: '/Resources/Topic/Properties/DisplayName', value: 'a' },
      ]);
      expect(answers(again)).toEqual(answers(bothAnew));
    },
  );

  it('does not keep what an expression came to before what it names was there', () => {
    const before = treeOf({ 'template.yaml': root, 'nested.yaml': nested });
    const expression: Value = { Ref: 'Added' };
    expect(resolve(expression, before.root)[0]?.outcome.kind).toBe('unknown');
    expect(resolveName('Added', 'Ref', before.root)[0]?.outcome.kind).toBe('unknown');
    const after = patched(before, [
      { op: 'add', path: '/Resources/Added', value: { Type: 'AWS::SQS::Queue' } },
    ]);
    joinFamily(before.root, after.root);
    expect(resolve(expression, after.root)[0]?.outcome).toMatchObject({
      kind: 'resource',
      stack: after.root,
    });
    expect(resolveName('Added', 'Ref', after.root)[0]?.outcome.kind).toBe('resource');
  });
});
