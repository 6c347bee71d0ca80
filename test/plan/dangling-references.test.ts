import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/document/value.js';
import type { Change } from '../../src/plan/change.js';
import {
  conditionalReference,
  danglingReference,
  deletedBetween,
  deletingTransform,
} from '../../src/plan/dangling-references.js';
import type { Transform } from '../../src/policy/policy.js';
import type { Stack } from '../../src/template/template.js';
import { treeOf } from '../template/trees.js';

const set = (path: readonly string[], value: Value, template = 'template.yaml'): Change => ({
  kind: 'set',
  template,
  path,
  value,
  placement: 'resource',
});
const append = (path: readonly string[], value: Value): Change => ({
  kind: 'append',
  template: 'template.yaml',
  path,
  value,
  placement: 'resource',
});
const ref = (name: string): Value => ({ Ref: name });
const others: readonly Change[] = [
  { kind: 'comment', template: 'template.yaml', span: { start: 0, end: 1 }, id: 'c', line: 1 },
  { kind: 'parameter-value', template: 'template.yaml', name: 'P', value: '1' },
];

describe('a reference to what is there sometimes', () => {
  const tree = treeOf({
    'template.yaml': `Parameters: {P: {Type: String}}
Conditions:
  C: !Equals [!Ref P, x]
  D: !Equals [!Ref P, y]
Resources:
  Always: {Type: AWS::SNS::Topic}
  Sometimes: {Type: AWS::SNS::Topic, Condition: C}
  Too: {Type: AWS::SQS::Queue, Condition: C}
  Other: {Type: AWS::SQS::Queue, Condition: D}
  Knows: {Type: AWS::SNS::Topic, Properties: {A: !Ref Sometimes}}
  Guards: {Type: AWS::SNS::Topic, DependsOn: Sometimes, Properties: {A: [!If [C, !Ref Sometimes, x]]}}
`,
  });
  const said = (...changes: readonly Change[]) => conditionalReference(changes, tree);
  const at = (logicalId: string, value: Value, property = 'P') =>
    set(['Resources', logicalId, 'Properties', property], value);
  const refused = (name: string) => `its fix refers to ${name}, which is there in some deployments only`;

  it('is none from what is there as often, or where it is guarded', () => {
    expect(said(at('Too', ref('Sometimes')))).toBeUndefined();
    expect(said(at('Always', { 'Fn::If': ['C', ref('Sometimes'), 'x'] }))).toBeUndefined();
    expect(said(at('Always', [{ A: { 'Fn::If': ['C', ref('Sometimes'), 'x'] } }]))).toBeUndefined();
    expect(said(at('Sometimes', ref('Always')))).toBeUndefined();
    expect(said(at('Always', ref('P')), at('Always', 'text'))).toBeUndefined();
    expect(said(at('Always', { DependsOn: 'Sometimes' }))).toBeUndefined();
  });

  it('is one from anything else', () => {
    expect(said(at('Always', ref('Sometimes')))).toBe(refused('Sometimes'));
    expect(said(at('Other', ref('Sometimes')))).toBe(refused('Sometimes'));
    expect(said(at('Always', { A: [ref('Always'), ref('Sometimes')] }))).toBe(refused('Sometimes'));
    const beside = { 'Fn::If': ['C', ref('Sometimes'), 'x'] };
    expect(said(at('Always', { A: beside, B: { C: ref('Sometimes') } }))).toBe(refused('Sometimes'));
    expect(said(at('Guards', ref('Sometimes')))).toBe(refused('Sometimes'));
    expect(said(...others, append(['Resources', 'Always', 'Properties', 'L'], ref('Other')))).toBe(
      refused('Other'),
    );
  });

  it('is not new where the resource has it already', () => {
    expect(said(at('Knows', ref('Sometimes')))).toBeUndefined();
    expect(said(at('Knows', [ref('Sometimes'), ref('Other')]))).toBe(refused('Other'));
  });

  it('may be one to, or from, what comes along', () => {
    const body = (more: Value = {}) => ({ Type: 'AWS::SQS::Queue', ...(more as object) }) as Value;
    const added = (name: string, more?: Value) => set(['Resources', name], body(more));
    expect(said(added('New'), at('Always', ref('New')))).toBeUndefined();
    expect(said(added('New', { Condition: 'C' }), at('Always', ref('New')))).toBe(refused('New'));
    expect(said(added('New', { Condition: 'C' }), at('Sometimes', ref('New')))).toBeUndefined();
    expect(said(added('New', { Properties: { A: ref('Sometimes') } }))).toBe(refused('Sometimes'));
    expect(said(added('New', { Condition: 'C', Properties: { A: ref('Sometimes') } }))).toBeUndefined();
    expect(said(added('New', { Condition: 'D', Properties: { A: ref('Sometimes') } }))).toBe(
      refused('Sometimes'),
    );
    // Something else of that name, or in another template.
    const conditional = body({ Condition: 'C' });
    const uses = at('Always', ref('New'));
    expect(said(set(['Outputs', 'New'], conditional), uses)).toBeUndefined();
    expect(said(set(['Resources', 'New', 'Properties'], conditional), uses)).toBeUndefined();
    expect(said(set(['Resources', 'New'], conditional, 'other.yaml'), uses)).toBeUndefined();
    expect(said(set(['Resources', 'Old'], conditional), uses)).toBeUndefined();
  });

  it('is looked for in resources of the tree', () => {
    expect(said(set(['Outputs', 'Always', 'Value'], ref('Sometimes')))).toBeUndefined();
    expect(said(set(['Resources'], { X: ref('Sometimes') }))).toBeUndefined();
    expect(said(set(['Resources', 'Always', 'P'], ref('Sometimes'), 'other.yaml'))).toBeUndefined();
  });
});

describe('what a later transform deletes', () => {
  const tree = treeOf({
    'template.yaml': `Resources:
  Portal: {Type: AWS::SNS::Topic}
  Worker: {Type: AWS::SNS::Topic}
  One: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: nested/page.yaml}}
  Two: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: nested/page.yaml}}
  Three: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: nested/jobs.yaml}}
`,
    'nested/page.yaml': 'Resources:\n  Portal: {Type: AWS::SNS::Topic}\n',
    'nested/jobs.yaml': 'Resources:\n  Portal: {Type: AWS::SNS::Topic}\n  Job: {Type: AWS::SNS::Topic}\n',
  });
  const stackAt = (path: string): Stack => {
    const found = tree.stacks.find(({ template }) => template.path === path);
    if (found === undefined) throw new Error(path);
    return found;
  };
  const removing = (name: string, ...removes: readonly string[]): Transform => ({
    name,
    removes: [...removes],
  });
  const by = (transforms: readonly Transform[], path: string, name: string) =>
    deletingTransform(transforms, stackAt(path), name);

  it('goes by name, in the templates that are meant', () => {
    expect(by([], 'template.yaml', 'Portal')).toBeUndefined();
    expect(by([removing('slim', 'Portal*')], 'template.yaml', 'Portal')).toBe('slim');
    expect(by([removing('slim', 'X', 'Portal')], 'template.yaml', 'Worker')).toBeUndefined();
    const inNested: Transform = { ...removing('slim', 'Portal'), template: 'nested/*' };
    expect(by([inNested], 'template.yaml', 'Portal')).toBeUndefined();
    expect(by([inNested], 'nested/jobs.yaml', 'Portal')).toBe('slim');
    expect(by([removing('first', 'X'), removing('second', 'Portal')], 'template.yaml', 'Portal')).toBe(
      'second',
    );
  });

  it('includes a nested template with the last stack that is made of it', () => {
    const inRoot = (name: string, ...removes: readonly string[]): Transform => ({
      ...removing(name, ...removes),
      template: 'template.yaml',
    });
    expect(by([inRoot('slim', 'Three')], 'nested/jobs.yaml', 'Job')).toBe('slim');
    expect(by([inRoot('slim', 'One')], 'nested/page.yaml', 'Portal')).toBeUndefined();
    expect(by([inRoot('slim', 'Two')], 'nested/page.yaml', 'Portal')).toBeUndefined();
    expect(by([inRoot('slim', 'One'), inRoot('slimmer', 'Two')], 'nested/page.yaml', 'Portal')).toBe('slim');
  });

  it('is nothing that a fix may refer to from what stays', () => {
    const transforms = [removing('slim', 'Portal')];
    const said = (...changes: readonly Change[]) => danglingReference(changes, tree, transforms);
    const refused =
      'its fix refers to Portal, which the transform slim deletes afterwards; run idp-fix on the transformed template';
    const worker = ['Resources', 'Worker', 'Properties', 'P'];
    expect(said(set(worker, ref('Portal')))).toBe(refused);
    expect(said(...others, append(worker, { A: [{ 'Fn::Sub': '${Portal.TopicName}' }] }))).toBe(refused);
    expect(said(set(['Globals', 'Portal', 'P'], ref('Portal')))).toBe(refused);
    expect(said(set(worker, ref('Worker')), set(worker, ref('Portal')))).toBe(refused);
    expect(said(set(['Resources', 'Portal', 'P'], ref('Portal')))).toBeUndefined();
    expect(said(set(worker, 'Portal'))).toBeUndefined();
    expect(said(set(['Resources'], ref('Portal')))).toBeUndefined();
    expect(said(set(worker, ref('Portal'), 'other.yaml'))).toBeUndefined();
    expect(danglingReference([set(worker, ref('Portal'))], tree, [])).toBeUndefined();
  });

  it('is learnt from what came of a template', () => {
    const template = (text: string) => treeOf({ 't.yaml': text }).root.template;
    const before = template(`Parameters: {P: {Type: String}, Q: {Type: String}}
Conditions: {C: !Equals [!Ref P, x], D: !Equals [!Ref P, y]}
Resources: {A: {Type: AWS::SNS::Topic}, B: {Type: AWS::SNS::Topic}}
Outputs: {O: {Value: !Ref A}, R: {Value: !Ref B}}
`);
    const after = template(`Parameters: {P: {Type: String}}
Conditions: {C: !Equals [!Ref P, x]}
Resources: {A: {Type: AWS::SNS::Topic}}
Outputs: {O: {Value: !Ref A}}
`);
    expect(deletedBetween(before, after, 'slim')).toEqual({
      name: 'slim',
      template: 't.yaml',
      removes: ['Q', 'D', 'B', 'R'],
    });
  });
});
