import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/document/value.js';
import type { Change } from '../../src/plan/change.js';
import { changesOfLoops } from '../../src/plan/loops.js';
import type { Stack } from '../../src/template/template.js';
import { treeOf } from '../template/trees.js';
import { findingOf } from './stub-plan.js';

const tree = treeOf({
  'template.yaml': `Transform: AWS::LanguageExtensions
Resources:
  Plain: {Type: AWS::SNS::Topic}
  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child.yaml}}
  Fn::ForEach::Topics:
    - Name
    - [Red, Blue, Green, Gray, Pink]
    - Topic\${Name}: {Type: AWS::SNS::Topic, Properties: {DisplayName: {Ref: Name}}}
  Fn::ForEach::Queues:
    - Name
    - [Only]
    - Queue\${Name}: {Type: AWS::SQS::Queue, Properties: {'Tag\${Name}': x}}
`,
  'child.yaml': 'Resources:\n  TopicRed: {Type: AWS::SNS::Topic}\n  QueueOnly: {Type: AWS::SQS::Queue}\n',
});
const child = tree.stacks.find(({ template }) => template.path === 'child.yaml') ?? tree.root;

const set = (path: readonly string[], value: Value, { template }: Stack = tree.root): Change => ({
  kind: 'set',
  template: template.path,
  path,
  value,
  placement: 'resource',
});
const ofResource = (logicalId: string, value: Value, ...rest: readonly string[]) =>
  set(['Resources', logicalId, 'Properties', ...(rest.length > 0 ? rest : ['P'])], value);
const changed = (logicalId: string | null, changes: readonly Change[], stack = tree.root) => ({
  finding: findingOf(stack, logicalId, {}),
  changes,
});
const written = (all: Parameters<typeof changesOfLoops>[0]) => [...changesOfLoops(all, tree)];
const bodies = {
  Topics: ['Resources', 'Fn::ForEach::Topics', '2', 'Topic${Name}', 'Properties', 'P'],
  Queues: ['Resources', 'Fn::ForEach::Queues', '2', 'Queue${Name}', 'Properties', 'P'],
};
const topics = ['TopicRed', 'TopicBlue', 'TopicGreen', 'TopicGray', 'TopicPink'];

describe('a change of what a loop makes', () => {
  it('is written into its body where every pass needs it', () => {
    expect(written(topics.map((id) => changed(id, [ofResource(id, 1)])))).toEqual(
      topics.map((id) => [`stub template.yaml ${id}`, [set(bodies.Topics, 1)]]),
    );
  });

  it('is refused where a pass needs another one, or none, or cannot have it', () => {
    const but = (last: readonly Change[], by: Stack = tree.root) =>
      written([
        ...topics.slice(0, 4).map((id) => changed(id, [ofResource(id, 1)])),
        changed('TopicPink', last, by),
      ]).slice(0, 4);
    const refused = topics.slice(0, 4).map((id) => [
      `stub template.yaml ${id}`,
      {
        refused: 'Fn::ForEach::Topics makes it together with TopicPink, and not all need the same edit',
      },
    ]);
    expect(but([ofResource('TopicPink', 2)])).toEqual(refused);
    expect(but([])).toEqual(refused);
    expect(but([ofResource('TopicPink', 1, 'Redrive', 'P'), ofResource('TopicPink', 1)])).toEqual(refused);
    // Of another template.
    expect(but([ofResource('TopicPink', 1)], child)).toEqual(refused);
  });

  it('names three of many that differ', () => {
    expect(written([changed('TopicRed', [ofResource('TopicRed', 1)])])).toEqual([
      [
        'stub template.yaml TopicRed',
        {
          refused:
            'Fn::ForEach::Topics makes it together with TopicBlue, TopicGreen, TopicGray, and not all need the same edit',
        },
      ],
    ]);
  });

  it('is refused where it would name the one pass there is', () => {
    const only = (value: Value) => written([changed('QueueOnly', [ofResource('QueueOnly', value)])]);
    expect(only('no pass')).toEqual([['stub template.yaml QueueOnly', [set(bodies.Queues, 'no pass')]]]);
    expect(only({ Ref: 'QueueOnly' })).toEqual([
      [
        'stub template.yaml QueueOnly',
        { refused: 'Fn::ForEach::Queues makes it, and its edit would name this pass' },
      ],
    ]);
    // With others beside it the text is the same for all, or they differ.
    const red = topics.map((id) => changed(id, [ofResource(id, 'Red')]));
    expect(written(red)[0]).toEqual(['stub template.yaml TopicRed', [set(bodies.Topics, 'Red')]]);
  });

  it('is refused where the body does not have the place like that', () => {
    const refused = 'Fn::ForEach makes what would be changed, and it does not stand in the loop like that';
    const one = (...changes: readonly Change[]) => written([changed('QueueOnly', changes)]);
    const off = ofResource('QueueOnly', 'y', 'TagOnly');
    expect(one(off)).toEqual([['stub template.yaml QueueOnly', { refused }]]);
    expect(one(ofResource('QueueOnly', 1), off)).toEqual([['stub template.yaml QueueOnly', { refused }]]);
  });

  it('comes with what the same finding changes elsewhere', () => {
    const beside: readonly Change[] = [
      ofResource('Plain', 1),
      set(['Parameters', 'TopicRed'], {}),
      set(['Resources', 'TopicRed', 'Properties', 'P'], 1, child),
      set(['Resources', 'X'], {}, { template: { path: 'elsewhere.yaml' } } as Stack),
      { kind: 'parameter-value', template: 'template.yaml', name: 'P', value: '1' },
      { kind: 'comment', template: 'template.yaml', span: { start: 0, end: 1 }, id: 'c', line: 1 },
    ];
    const all = topics.map((id) => changed(id, [ofResource(id, 1), ...beside]));
    expect(written(all)).toEqual(
      topics.map((id) => [`stub template.yaml ${id}`, [set(bodies.Topics, 1), ...beside]]),
    );
    expect(written([changed('Plain', beside)])).toEqual([]);
  });

  it('may be one of a finding about the whole template', () => {
    expect(written([changed(null, [ofResource('QueueOnly', 1)])])).toEqual([
      ['stub template.yaml ', [set(bodies.Queues, 1)]],
    ]);
  });
});
