import { describe, expect, it } from 'vitest';
import { findTemplates } from '../src/find-templates.js';
import { loadText, loadTree } from '../src/load.js';
import { memoryFiles } from './memory-files.js';

const queue = 'Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n';
const nesting = (...urls: readonly string[]) =>
  `Resources:\n${urls.map((url, index) => `  Child${index}:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: ${url}\n`).join('')}`;
const paths = ({ tree }: Awaited<ReturnType<typeof loadTree>>) =>
  tree.stacks.map(({ template }) => template.path);

describe('loadTree', () => {
  it('reads nested templates, each once, with paths from the folder of the root', async () => {
    const files = memoryFiles({
      'app/template.yaml': nesting('a/template.yaml', './a/template.yaml', 'b/.aws-sam/packaged.yaml'),
      'app/a/template.yaml': nesting('../b/template.yaml'),
      'app/b/template.yaml': queue,
    });
    const loaded = await loadTree(files, 'app/template.yaml');
    expect(loaded.folder).toBe('app');
    expect(paths(loaded)).toEqual(['template.yaml', 'a/template.yaml', 'b/template.yaml']);
    expect(loaded.tree.missing).toEqual([]);
  });

  it('says which nested templates are missing', async () => {
    const files = memoryFiles({ 'template.yaml': nesting('none.yaml', 'https://example.org/t.yaml') });
    const { tree } = await loadTree(files, 'template.yaml');
    expect(tree.missing.map(({ logicalId }) => logicalId)).toEqual(['Child0', 'Child1']);
  });

  it('takes the place of a nested template from the options', async () => {
    const files = memoryFiles({
      'template.yaml': nesting('https://example.org/t.yaml'),
      'src/t.yaml': queue,
    });
    const loaded = await loadTree(files, 'template.yaml', { locations: { Child0: 'src/t.yaml' } });
    expect(paths(loaded)).toEqual(['template.yaml', 'src/t.yaml']);
  });

  it('survives templates that nest one another', async () => {
    const files = memoryFiles({
      'template.yaml': nesting('b.yaml'),
      'b.yaml': nesting('template.yaml', 'b.yaml'),
    });
    expect(paths(await loadTree(files, 'template.yaml'))).toEqual(['template.yaml', 'b.yaml']);
  });

  it.each(['../shared.yaml', 'a/../../shared.yaml'])('refuses %s, which lies outside', async (url) => {
    const files = memoryFiles({ 'app/template.yaml': nesting(url), 'shared.yaml': queue });
    await expect(loadTree(files, 'app/template.yaml')).rejects.toMatchObject({
      code: 'template-outside-root',
      details: { place: { file: 'app/template.yaml', line: 3 } },
    });
  });

  it('refuses a symbolic link that leads outside', async () => {
    const files = memoryFiles({ 'app/template.yaml': nesting('link.yaml'), 'app/link.yaml': queue });
    const linked = {
      ...files,
      realPath: async (path: string) => (path.endsWith('link.yaml') ? '/etc/x' : `/m/${path}`),
    };
    await expect(loadTree(linked, 'app/template.yaml')).rejects.toMatchObject({
      code: 'template-outside-root',
    });
  });

  it('follows outside when it is allowed to, or inside the boundary', async () => {
    const files = memoryFiles({ 'app/template.yaml': nesting('../shared.yaml'), 'shared.yaml': queue });
    const expected = ['template.yaml', '../shared.yaml'];
    expect(paths(await loadTree(files, 'app/template.yaml', { allowOutside: true }))).toEqual(expected);
    expect(paths(await loadTree(files, 'app/template.yaml', { boundary: '.' }))).toEqual(expected);
  });

  it.each([
    ['none.yaml', undefined, 'file-not-found'],
    ['template.yaml', 'a: [', 'template-unparseable'],
    ['template.yaml', '\u0000', 'template-unparseable'],
    ['template.yaml', 'version: 3\n', 'template-invalid'],
    ['template.yaml', nesting('broken.yaml'), 'template-unparseable'],
  ])('has one clear error for %s: %j', async (path, text, code) => {
    const files = memoryFiles({
      'broken.yaml': 'Resources:\n  A: 1\n  A: 2\n',
      ...(text !== undefined && { [path]: text }),
    });
    await expect(loadTree(files, path)).rejects.toMatchObject({ code });
  });

  it('reads the standard input without looking for what it nests', () => {
    const { tree } = loadText('-', new TextEncoder().encode(nesting('a.yaml')));
    expect(tree.missing.map(({ logicalId }) => logicalId)).toEqual(['Child0']);
  });
});

describe('findTemplates', () => {
  it('finds what looks like a template, and says what it passed over', async () => {
    const files = memoryFiles({
      'x/template.yaml': queue,
      'x/a/stack.json': '{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}',
      'x/a/package.json': '{"name": "a"}',
      'x/a/values.yaml': 'Resources:\n  - 1\n',
      'x/a/packaged.yaml': queue,
      'x/.aws-sam/build/template.yaml': queue,
      'x/node_modules/y/template.yaml': queue,
      'x/cdk.out/y.template': queue,
    });
    expect(await findTemplates(files, 'x')).toEqual({
      templates: ['x/template.yaml', 'x/a/stack.json'],
      passedOver: ['x/.aws-sam', 'x/cdk.out', 'x/node_modules', 'x/a/packaged.yaml'],
    });
  });

  it('says so when there is none', async () => {
    await expect(findTemplates(memoryFiles({ 'x/readme.yaml': 'a: 1' }), 'x')).rejects.toMatchObject({
      code: 'file-not-found',
    });
  });
});
