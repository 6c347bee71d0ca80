import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFiles } from '../../src/adapters/node-files.js';
import { undo } from '../../src/deliver/undo.js';

/** A record as a repository could bring it along: its hashes fit, so that only the place and the kind of a file are left to refuse it. */

let lab = '';
const at = (...names: readonly string[]) => join(lab, ...names);
const files = nodeFiles();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const template = 'Resources:\n  Q: {Type: AWS::SQS::Queue}\n';
const added = '# added\n';

beforeEach(() => {
  lab = mkdtempSync(join(tmpdir(), 'idp-fix-'));
  mkdirSync(at('repo'));
});
afterEach(() => rmSync(lab, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** What `undo` would put at the top of a file that holds `text`. */
function record(path: string, text: string): void {
  const content = {
    format: 'idp-fix/applied',
    version: 1,
    files: [
      {
        path,
        sha256Before: sha256(added + text),
        sha256After: sha256(text),
        edits: [{ start: 0, end: 0, text: added }],
      },
    ],
  };
  writeFileSync(at('repo', '.idp-fix-undo.json'), JSON.stringify(content));
}

describe('undo with a record that somebody else has made', () => {
  it.each(['../home/template.yaml', 'x/../../home/template.yaml'])(
    'does not leave the folder for %s',
    async (path) => {
      put(at('home', 'template.yaml'), template);
      mkdirSync(at('repo', 'x'));
      record(path, template);
      await expect(undo(files, at('repo'))).rejects.toMatchObject({ code: 'template-outside-root' });
      expect(readFileSync(at('home', 'template.yaml'), 'utf8')).toBe(template);
    },
  );

  it('takes no path from the root of the file system', async () => {
    put(at('home', 'template.yaml'), template);
    record(at('home', 'template.yaml'), template);
    await expect(undo(files, at('repo'))).rejects.toMatchObject({ code: 'template-outside-root' });
    expect(readFileSync(at('home', 'template.yaml'), 'utf8')).toBe(template);
  });

  it('leaves the folder where the user says so, as for --apply', async () => {
    put(at('home', 'template.yaml'), template);
    record('../home/template.yaml', template);
    await undo(files, at('repo'), { allowOutside: true });
    expect(readFileSync(at('home', 'template.yaml'), 'utf8')).toBe(added + template);
  });

  it.each(['file', 'folder'])('follows no symbolic link in the place of a %s', async (kind) => {
    put(at('home', 'template.yaml'), template);
    if (kind === 'file') symlinkSync(at('home', 'template.yaml'), at('repo', 'template.yaml'));
    else symlinkSync(at('home'), at('repo', 'nested'));
    record(kind === 'file' ? 'template.yaml' : 'nested/template.yaml', template);
    await expect(undo(files, at('repo'))).rejects.toMatchObject({ code: 'template-outside-root' });
    expect(readFileSync(at('home', 'template.yaml'), 'utf8')).toBe(template);
  });

  it('writes through no link inside the folder', async () => {
    put(at('repo', 'real.yaml'), template);
    symlinkSync(at('repo', 'real.yaml'), at('repo', 'template.yaml'));
    record('template.yaml', template);
    await expect(undo(files, at('repo'))).rejects.toMatchObject({ code: 'write-failed' });
    expect(readFileSync(at('repo', 'real.yaml'), 'utf8')).toBe(template);
  });

  it.each([
    ['.git/config', '[core]\n\tbare = false\n'],
    ['package.json', '{"name": "app"}\n'],
    ['.bashrc', 'export A=1\n'],
  ])('changes templates alone, not %s', async (path, text) => {
    put(at('repo', path), text);
    record(path, text);
    await expect(undo(files, at('repo'))).rejects.toMatchObject({
      code: 'file-unreadable',
      message: 'this is no template, so --apply has not written it',
    });
    expect(readFileSync(at('repo', path), 'utf8')).toBe(text);
  });
});
