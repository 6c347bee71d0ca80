import { describe, expect, it } from 'vitest';
import { childLocations, openTemplate } from '../../src/template/open.js';
import { joinStackTree } from '../../src/template/stack-tree.js';
import { read } from '../document/reading.js';
import { treeOf } from './trees.js';

const templateAt = (path: string, resources: string) => openTemplate(read(`Resources:\n${resources}`, path));
const nested = (url: string, type = 'AWS::CloudFormation::Stack', property = 'TemplateURL') =>
  `  C: {Type: '${type}', Properties: {${property}: ${url}}}`;

describe('childLocations', () => {
  it.each([
    ['template.yaml', './child.yaml', 'child.yaml'],
    ['template.yaml', './patterns/p1/.aws-sam/packaged.yaml', 'patterns/p1/template.yaml'],
    ['template.yaml', '.aws-sam/packaged.yaml', 'template.yaml'],
    ['template.yaml', 'x/.aws-sam/build/template.yaml', 'x/template.yaml'],
    ['template.yaml', 'x/.aws-sam/packaged.template', 'x/template.yaml'],
    ['a/b/template.yaml', '../c/child.yaml', 'a/c/child.yaml'],
    ['a/template.yaml', '../../outside.yaml', '../outside.yaml'],
    ['a/template.yaml', '.\\b\\child.yaml', 'a/b/child.yaml'],
    ['a/template.yaml', '/etc/passwd', '/etc/passwd'],
  ])('from %s, %s is %s', (parent, written, expected) => {
    expect(childLocations(templateAt(parent, nested(JSON.stringify(written))))).toMatchObject([
      { logicalId: 'C', location: expected },
    ]);
  });

  it('name the other extensions a source may have', () => {
    const [child] = childLocations(templateAt('t.yaml', nested('x/.aws-sam/packaged.yaml')));
    expect(child?.alternatives).toEqual(['x/template.yml', 'x/template.json']);
  });

  it.each([
    [
      'https://bucket.s3.amazonaws.com/child.yaml',
      'its TemplateURL https://bucket.s3.amazonaws.com/child.yaml is not a local file',
    ],
    ['s3://bucket/child.yaml', 'its TemplateURL s3://bucket/child.yaml is not a local file'],
    ['!Sub "https://${B}/x"', 'its TemplateURL is an expression, not a file'],
    [
      '.aws-sam/build/Child/template.yaml',
      'its TemplateURL .aws-sam/build/Child/template.yaml was built from a template it does not name',
    ],
  ])('%s has none, and why', (written, because) => {
    expect(childLocations(templateAt('t.yaml', nested(written)))).toMatchObject([
      { logicalId: 'C', location: undefined, because },
    ]);
  });

  it.each([
    ['https://bucket.s3.amazonaws.com/a/child.yaml?versionId=1', ['a', 'child.yaml']],
    ['s3://bucket/a//b/child.yaml', ['a', 'b', 'child.yaml']],
    ['!Sub "https://${B}.s3.amazonaws.com/${Prefix}/nested/child.yaml"', ['nested', 'child.yaml']],
    ['!Sub "https://${B}.s3.amazonaws.com/${Usual}nested/child.yaml"', ['x', 'y', 'nested', 'child.yaml']],
    ['!Sub ["${U}/nested/${F}.yaml", {U: !Ref B, F: child}]', ['nested', 'child.yaml']],
    ['!Join ["/", [!Ref B, nested, child.yaml]]', ['nested', 'child.yaml']],
    ['!Join ["", ["https://", !Ref B, "/nested/", !Ref File]]', ['nested', 'usual.yaml']],
    ['!Sub "${B}/${Prefix}.yaml"', undefined],
    ['!Ref B', undefined],
    ['!FindInMap [A, B, C]', undefined],
    ['https://bucket.s3.amazonaws.com/child', undefined],
  ])('%s ends with %j', (written, urlEnd) => {
    const text = `Parameters:\n  B: {Type: String}\n  Prefix: {Type: String}\n  Usual: {Type: String, Default: x/y/}\n  File: {Type: String, Default: usual.yaml}\nResources:\n${nested(written)}`;
    const [child] = childLocations(openTemplate(read(text)));
    expect(child?.urlEnd).toEqual(urlEnd);
  });

  it('follow applications of SAM', () => {
    const application = (location: string) =>
      childLocations(templateAt('t.yaml', nested(location, 'AWS::Serverless::Application', 'Location')));
    expect(application('./app')).toMatchObject([{ location: 'app' }]);
    expect(application('{ApplicationId: arn, SemanticVersion: 1.0.0}')).toMatchObject([
      { location: undefined, because: 'its Location is an application of the repository, not a file' },
    ]);
  });
});

describe('joinStackTree', () => {
  const stack = (id: string, url: string) =>
    `  ${id}: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ${url}}}\n`;

  it('joins breadth-first, each file once, with all its parents', () => {
    const tree = treeOf({
      'template.yaml': `Resources:\n${stack('A', 'a/t.yaml')}${stack('B', 'b/t.yaml')}${stack('A2', 'a/t.yaml')}`,
      'a/t.yaml': `Resources:\n${stack('Deep', '../deep.yaml')}`,
      'b/t.yaml': 'Resources: {X: {Type: T}}',
      'deep.yaml': 'Resources: {X: {Type: T}}',
      'unused.yaml': 'Resources: {X: {Type: T}}',
    });
    expect(tree.stacks.map(({ template }) => template.path)).toEqual([
      'template.yaml',
      'a/t.yaml',
      'b/t.yaml',
      'deep.yaml',
    ]);
    const [root, a] = tree.stacks;
    expect(a?.parents).toEqual([
      { stack: root, logicalId: 'A' },
      { stack: root, logicalId: 'A2' },
    ]);
    expect([...(root?.children.keys() ?? [])]).toEqual(['A', 'B', 'A2']);
    expect(tree.missing).toEqual([]);
  });

  it('says what is missing', () => {
    const tree = treeOf({ 'template.yaml': `Resources:\n${stack('A', 'a.yaml')}${stack('B', 's3://b/k')}` });
    expect(tree.missing.map(({ logicalId, because }) => [logicalId, because])).toEqual([
      ['A', 'a.yaml is not at hand'],
      ['B', 'its TemplateURL s3://b/k is not a local file'],
    ]);
  });

  it('cuts a template that nests itself, directly or not', () => {
    const tree = treeOf({
      'template.yaml': `Resources:\n${stack('Me', 'template.yaml')}${stack('A', 'a.yaml')}`,
      'a.yaml': `Resources:\n${stack('Up', 'template.yaml')}`,
    });
    expect(tree.missing.map(({ logicalId, because }) => [logicalId, because])).toEqual([
      ['Me', 'template.yaml would contain itself'],
      ['Up', 'template.yaml would contain itself'],
    ]);
  });

  it('joins templates that each nest the next one twice without doubling the work', () => {
    const twice = (next: number) =>
      `Resources:\n${stack('A', `t${next}.yaml`)}${stack('B', `t${next}.yaml`)}`;
    const levels = Array.from({ length: 200 }, (_, index) => [`t${index}.yaml`, twice(index + 1)] as const);
    const tree = treeOf(Object.fromEntries([...levels, ['t200.yaml', 'Resources: {X: {Type: T}}']]));
    expect(tree.stacks).toHaveLength(201);
    expect(tree.stacks.every(({ parents }) => parents.length <= 2)).toBe(true);
  });

  it('takes locations and parameters from outside', () => {
    const templates = new Map([
      ['t.yaml', templateAt('t.yaml', stack('A', 's3://b/k'))],
      ['x.yaml', templateAt('x.yaml', '  X: {Type: T}')],
    ]);
    const tree = joinStackTree('t.yaml', templates, {
      locations: { A: 'x.yaml' },
      parameters: new Map([['P', 1]]),
    });
    expect(tree.stacks.map(({ template }) => template.path)).toEqual(['t.yaml', 'x.yaml']);
    expect([...tree.root.knownParameters]).toEqual([['P', 1]]);
    expect(tree.stacks[1]?.knownParameters.size).toBe(0);
  });

  it('finds a source with another extension', () => {
    const tree = treeOf({
      't.yaml': `Resources:\n${stack('A', 'x/.aws-sam/packaged.yaml')}`,
      'x/template.yml': 'Resources: {X: {Type: T}}',
    });
    expect(tree.stacks.map(({ template }) => template.path)).toEqual(['t.yaml', 'x/template.yml']);
  });
});
