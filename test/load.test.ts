import { describe, expect, it } from 'vitest';
import { findTemplates } from '../src/load/find-templates.js';
import { loadText, loadTree } from '../src/load/load.js';
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

  it('reads what lies outside the folder but in the repository, and writes nothing there', async () => {
    const files = memoryFiles({
      'repo/.git/config': '',
      'repo/app/template.yaml': nesting('../shared.yaml', 'a/../../../far.yaml'),
      'repo/shared.yaml': queue,
      'far.yaml': queue,
    });
    const loaded = await loadTree(files, 'repo/app/template.yaml');
    expect(paths(loaded)).toEqual(['template.yaml', '../shared.yaml']);
    expect([...loaded.tree.readOnly]).toEqual([
      [
        '../shared.yaml',
        '../shared.yaml is outside the folder of the root template; --allow-outside writes there too',
      ],
    ]);
    expect(loaded.tree.missing.map(({ logicalId, because }) => [logicalId, because])).toEqual([
      [
        'Child1',
        '../../far.yaml is outside the repository; --allow-outside reads it, and --apply then writes it too',
      ],
    ]);
  });

  it('takes the working folder for the repository where there is no git', async () => {
    const files = memoryFiles({ 'app/template.yaml': nesting('../shared.yaml'), 'shared.yaml': queue });
    const loaded = await loadTree(files, 'app/template.yaml');
    expect(paths(loaded)).toEqual(['template.yaml', '../shared.yaml']);
    expect([...loaded.tree.readOnly.keys()]).toEqual(['../shared.yaml']);
  });

  it('names a symbolic link that leads out, and does not read what it leads to', async () => {
    const files = memoryFiles({ 'app/template.yaml': nesting('link.yaml'), 'app/link.yaml': queue });
    const linked = {
      ...files,
      realPath: async (path: string) => (path.endsWith('link.yaml') ? '/etc/x' : files.realPath(path)),
    };
    const { tree } = await loadTree(linked, 'app/template.yaml');
    expect(tree.stacks).toHaveLength(1);
    expect(tree.missing).toMatchObject([{ logicalId: 'Child0' }]);
  });

  it('follows outside when it is allowed to, or inside the boundary', async () => {
    const files = memoryFiles({ 'app/template.yaml': nesting('../shared.yaml'), 'shared.yaml': queue });
    const expected = ['template.yaml', '../shared.yaml'];
    for (const options of [{ allowOutside: true }, { boundary: '.' }]) {
      const loaded = await loadTree(files, 'app/template.yaml', options);
      expect(paths(loaded)).toEqual(expected);
      expect(loaded.tree.readOnly.size).toBe(0);
    }
  });

  describe('a URL', () => {
    const url = "!Sub 'https://${AWS::AccountId}.s3.amazonaws.com/${AWS::Region}/nested/child.yaml'";
    const load = (others: Readonly<Record<string, string>>, text = nesting(url), path = 'repo/app/t.yaml') =>
      loadTree(memoryFiles({ 'repo/.git/config': '', ...others, [path]: text }), path);

    it.each([
      ['below the template', { 'repo/app/nested/child.yaml': queue }, 'nested/child.yaml'],
      ['in a folder around it', { 'repo/nested/child.yaml': queue }, '../nested/child.yaml'],
      ['beside it', { 'repo/app/child.yaml': queue }, 'child.yaml'],
      [
        'with the longer end',
        { 'repo/nested/child.yaml': queue, 'repo/app/child.yaml': queue },
        '../nested/child.yaml',
      ],
    ])('stands for the one file whose path ends like it, %s', async (_, others, expected) => {
      expect(paths(await load(others))).toEqual(['t.yaml', expected]);
    });

    it.each([
      [
        'several files',
        { 'repo/app/nested/child.yaml': queue, 'repo/nested/child.yaml': queue },
        /nested\/child\.yaml or \.\.\/nested\/child\.yaml may be meant; nested: in the policy/,
      ],
      ['no file', { 'repo/app/other.yaml': queue }, /an expression, not a file; nested: in the policy/],
      ['a file that is no template', { 'repo/app/nested/child.yaml': 'a: [' }, /not a file/],
      ['a file outside the repository', { 'nested/child.yaml': queue }, /not a file/],
      ['a name in a folder around', { 'repo/child.yaml': queue }, /not a file/],
    ])('stands for none where there is %s', async (_, others, because) => {
      const { tree } = await load(others);
      expect(tree.stacks).toHaveLength(1);
      expect(tree.missing[0]?.because).toMatch(because);
    });

    it('stands for no template that lacks the parameters it would be passed', async () => {
      const passing = `${nesting(url)}      Parameters: {Days: 1}\n`;
      const declaring = `Parameters: {Days: {Type: Number}}\n${queue}`;
      expect(paths(await load({ 'repo/app/nested/child.yaml': queue }, passing))).toEqual(['t.yaml']);
      expect(paths(await load({ 'repo/app/nested/child.yaml': declaring }, passing))).toHaveLength(2);
    });

    it('does not stand for the template itself', async () => {
      const text = nesting('https://example.org/a/child.yaml');
      expect(paths(await load({}, text, 'repo/app/child.yaml'))).toEqual(['child.yaml']);
    });
  });

  it('finds the source of a packaged template under another ending', async () => {
    const files = memoryFiles({
      't.yaml': nesting('a/.aws-sam/packaged.yaml'),
      'a/template.json': '{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}',
    });
    expect(paths(await loadTree(files, 't.yaml'))).toEqual(['t.yaml', 'a/template.json']);
  });

  it.each([
    ['none.yaml', undefined, 'file-not-found'],
    ['template.yaml', 'a: [', 'template-unparseable'],
    ['template.yaml', '\u0000', 'template-unparseable'],
    ['template.yaml', 'version: 3\n', 'template-invalid'],
    ['template.yaml', nesting('broken.yaml'), 'template-unparseable'],
  ])('has one clear error for %s: %j', async (path, text, code) => {
    const files = memoryFiles({
      'broken.yaml': 'Resources:\n  A: 1\n A: 2\n',
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
      nesting: [],
    });
  });

  it('says so when there is none', async () => {
    await expect(findTemplates(memoryFiles({ 'x/readme.yaml': 'a: 1' }), 'x')).rejects.toMatchObject({
      code: 'file-not-found',
    });
  });
});
