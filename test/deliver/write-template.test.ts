import { describe, expect, it } from 'vitest';
import { undo } from '../../src/deliver/undo.js';
import { writeBelow, writeInPlace } from '../../src/deliver/write-template.js';
import { readDocument } from '../../src/document/read.js';
import { decodeSource } from '../../src/document/source.js';
import type { TextEdit } from '../../src/patch/layout.js';
import { applyEdits } from '../../src/patch/verify.js';
import type { PatchedFile } from '../../src/plan/written.js';
import { memoryFiles } from '../memory-files.js';

const template = 'Resources:\r\n  Grüße: {Type: AWS::SQS::Queue}\r\n';
const record = 'app/.idp-fix-undo.json';

/** A template as read, and as it is after its first `AWS::SQS::Queue` has become another type. */
function patched(path: string, text: string, replacement = 'AWS::SNS::Topic'): PatchedFile {
  const document = readDocument(decodeSource(path, new TextEncoder().encode(text)));
  const start = document.source.text.indexOf('AWS::SQS::Queue');
  const edits: readonly TextEdit[] =
    start < 0 ? [] : [{ start, end: start + 'AWS::SQS::Queue'.length, text: replacement }];
  return {
    path,
    document,
    edits: [...edits],
    text: applyEdits(document.source.text, [...edits]),
    changed: start >= 0,
    origins: [],
  };
}

describe('writeInPlace', () => {
  it('writes what has changed, with a record, and nothing else', async () => {
    const files = memoryFiles({ 'app/template.yaml': template, 'app/x/same.yaml': 'Resources: {}' });
    const templates = [patched('template.yaml', template), patched('x/same.yaml', 'Resources: {}')];
    expect((await writeInPlace(files, [{ folder: 'app', templates }])).paths).toEqual(['app/template.yaml']);
    expect(files.contents.get('app/template.yaml')).toBe(template.replace('SQS::Queue', 'SNS::Topic'));
    expect(files.contents.get('app/x/same.yaml')).toBe('Resources: {}');
    expect([...files.contents.keys()]).toContain(record);
  });

  it('writes no record when nothing has changed', async () => {
    const files = memoryFiles({ 'app/template.yaml': 'Resources: {}' });
    const templates = [patched('template.yaml', 'Resources: {}')];
    expect((await writeInPlace(files, [{ folder: 'app', templates }])).paths).toEqual([]);
    expect(files.steps).toEqual([]);
  });

  it('refuses when a template has changed since it was read', async () => {
    const files = memoryFiles({ 'app/template.yaml': `${template}# new\n` });
    const writing = writeInPlace(files, [{ folder: 'app', templates: [patched('template.yaml', template)] }]);
    await expect(writing).rejects.toMatchObject({ code: 'stale', exitCode: 3 });
    expect(files.steps).toEqual([]);
  });

  it('keeps the byte order mark', async () => {
    const text = `\ufeff${template}`;
    const files = memoryFiles({ 'template.yaml': text });
    await writeInPlace(files, [{ folder: '.', templates: [patched('template.yaml', text)] }]);
    expect(files.contents.get('template.yaml')).toBe(text.replace('SQS::Queue', 'SNS::Topic'));
  });

  it('writes a template that two roots nest once, and refuses when they disagree', async () => {
    const files = memoryFiles({ 'app/shared.yaml': template });
    const delivery = { folder: 'app', templates: [patched('shared.yaml', template)] };
    expect((await writeInPlace(files, [delivery, delivery])).paths).toEqual(['app/shared.yaml']);
    const other = { folder: 'app/x', templates: [patched('../shared.yaml', template, 'AWS::S3::Bucket')] };
    await expect(
      writeInPlace(memoryFiles({ 'app/shared.yaml': template }), [delivery, other]),
    ).rejects.toMatchObject({
      code: 'edit-refused',
    });
  });
});

describe('undo', () => {
  const applied = async (failAt?: number) => {
    const files = memoryFiles(
      { 'app/template.yaml': `\ufeff${template}`, 'app/x/nested.yaml': template },
      failAt,
    );
    const templates = [patched('template.yaml', `\ufeff${template}`), patched('x/nested.yaml', template)];
    await writeInPlace(files, [{ folder: 'app', templates }]);
    return files;
  };

  it.each(['app', 'app/template.yaml'])('restores every byte, asked with %s', async (named) => {
    const files = await applied();
    expect(await undo(files, named)).toEqual(['app/template.yaml', 'app/x/nested.yaml']);
    expect(Object.fromEntries(files.contents)).toEqual({
      'app/template.yaml': `\ufeff${template}`,
      'app/x/nested.yaml': template,
    });
  });

  it('refuses when a file has changed since, and changes none', async () => {
    const files = await applied();
    files.contents.set('app/x/nested.yaml', 'Resources: {}');
    const before = Object.fromEntries(files.contents);
    await expect(undo(files, 'app')).rejects.toMatchObject({ code: 'stale' });
    expect(Object.fromEntries(files.contents)).toEqual(before);
  });

  it('finishes what an interrupted write has left half done', async () => {
    const files = await applied();
    files.contents.set('app/x/nested.yaml', template);
    expect(await undo(files, 'app')).toEqual(['app/template.yaml']);
  });

  it('says so when there is nothing to take back', async () => {
    await expect(undo(memoryFiles({ 'app/template.yaml': template }), 'app')).rejects.toMatchObject({
      code: 'file-not-found',
    });
  });

  it.each(['', '{', '{"format": "idp-fix/applied", "version": 2}'])('refuses the record %j', async (text) => {
    const files = await applied();
    files.contents.set(record, text);
    await expect(undo(files, 'app')).rejects.toMatchObject({ code: 'file-unreadable' });
  });
});

describe('writeBelow', () => {
  it('writes all templates, patched or not, and leaves the originals', async () => {
    const files = memoryFiles({ 'app/template.yaml': template, 'app/x/same.yaml': 'Resources: {}' });
    const templates = [patched('template.yaml', template), patched('x/same.yaml', 'Resources: {}')];
    expect((await writeBelow(files, [{ folder: 'app', out: 'out', templates }])).paths).toEqual([
      'out/template.yaml',
      'out/x/same.yaml',
    ]);
    expect(files.contents.get('app/template.yaml')).toBe(template);
    expect(files.contents.get('out/x/same.yaml')).toBe('Resources: {}');
    expect(files.contents.has(record)).toBe(false);
  });

  it('has no place for a template outside', async () => {
    const delivery = { folder: 'app', out: 'out', templates: [patched('../shared.yaml', template)] };
    await expect(writeBelow(memoryFiles({}), [delivery])).rejects.toMatchObject({ code: 'usage' });
  });

  it('does not put two texts in one place', async () => {
    const deliveries = ['SNS::Topic', 'S3::Bucket'].map((type) => ({
      folder: type,
      out: 'out',
      templates: [patched('template.yaml', template, `AWS::${type}`)],
    }));
    await expect(writeBelow(memoryFiles({}), deliveries)).rejects.toMatchObject({ code: 'edit-refused' });
  });
});
