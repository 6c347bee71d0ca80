import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { projectFolder } from '../cli/run-in-process.js';

/** How the same templates may lie on a disk; edits count bytes, so each has to be tried. */
export const variants: readonly (readonly [name: string, write: (text: string) => string])[] = [
  ['LF', (text) => text],
  ['CRLF', (text) => text.replaceAll('\n', '\r\n')],
  ['a byte order mark', (text) => `\ufeff${text}`],
  ['a byte order mark and CRLF', (text) => `\ufeff${text.replaceAll('\n', '\r\n')}`],
  ['no line break at the end', (text) => text.trimEnd()],
  [
    'characters outside the basic plane',
    (text) => `# 😀 größer\n${text.replaceAll(/: (#.*)$/gm, ': $1 😀')}`,
  ],
];

const folders: string[] = [];

/** The document pipeline in a folder of its own whose name has a blank and a letter beyond ASCII; gone after the tests. */
export function copyOfPipeline(write: (text: string) => string): string {
  const source = join(projectFolder, 'examples', 'document-pipeline');
  const folder = join(mkdtempSync(join(tmpdir(), 'idp-fix-formats-')), 'my stäck');
  folders.push(dirname(folder));
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const from = join(entry.parentPath, entry.name);
    // A nested template in a folder with a blank, as its parent names it.
    const to = join(folder, from.slice(source.length + 1).replace(/^portal/, 'the portal'));
    mkdirSync(dirname(to), { recursive: true });
    const text = readFileSync(from, 'utf8').replaceAll('./portal/', './the portal/');
    writeFileSync(to, from.endsWith('.yaml') ? write(text) : text);
  }
  return folder;
}

export function removeCopies(): void {
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
}
