import { describe, expect, it } from 'vitest';
import { limitProblems } from '../../src/template/limits.js';
import { resourcesAfterTransform } from '../../src/template/sam.js';
import { acceleratorTree, hasAccelerator, treeOf } from './trees.js';

const many = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');
const problems = (text: string) => limitProblems(treeOf({ 't.yaml': text }).root.template);

describe('limitProblems', () => {
  it.each([
    ['500 resources', `Resources:\n${many(500, (index) => `  R${index}: {Type: T}`)}`, []],
    [
      '501 resources',
      `Resources:\n${many(501, (index) => `  R${index}: {Type: T}`)}`,
      ['t.yaml has 501 resources after the transforms, and CloudFormation takes 500'],
    ],
    [
      '251 functions',
      `Transform: AWS::Serverless-2016-10-31\nResources:\n${many(251, (index) => `  F${index}: {Type: AWS::Serverless::Function}`)}`,
      ['t.yaml has 502 resources after the transforms, and CloudFormation takes 500'],
    ],
    [
      '201 parameters',
      `Parameters:\n${many(201, (index) => `  P${index}: {Type: String}`)}\nResources: {A: {Type: T}}`,
      ['t.yaml has 201 parameters, and CloudFormation takes 200'],
    ],
    [
      '201 outputs',
      `Outputs:\n${many(201, (index) => `  O${index}: {Value: 1}`)}\nResources: {A: {Type: T}}`,
      ['t.yaml has 201 outputs, and CloudFormation takes 200'],
    ],
    [
      'a long description',
      `Description: '${'é'.repeat(513)}'\nResources: {A: {Type: T}}`,
      ['t.yaml has 1026 bytes of description, and CloudFormation takes 1024'],
    ],
    [
      'a large template',
      `Resources: {A: {Type: T, Metadata: {x: '${'x'.repeat(1_000_000)}'}}}`,
      ['t.yaml has 1000044 bytes, and CloudFormation takes 1000000'],
    ],
  ])('%s', (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});

describe.skipIf(!hasAccelerator)('the accelerator', () => {
  it('has as many resources as SAM makes of it', () => {
    const tree = acceleratorTree();
    const counts = tree.stacks.map(({ template }) => [
      template.path,
      template.resources.size,
      resourcesAfterTransform(template),
    ]);
    expect(counts).toEqual([
      ['template.yaml', 154, 182],
      ['options/bda-lending-project/template.yaml', 3, 3],
      ['options/bedrockkb/template.yaml', 22, 24],
      ['patterns/pattern-1/template.yaml', 16, 21],
      ['patterns/pattern-2/template.yaml', 17, 24],
      ['patterns/pattern-3/template.yaml', 18, 25],
      ['patterns/pattern-3/sagemaker_classifier_endpoint.yaml', 6, 6],
    ]);
    expect(tree.stacks.flatMap(({ template }) => limitProblems(template))).toEqual([]);
  });
});
