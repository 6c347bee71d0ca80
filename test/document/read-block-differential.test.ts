import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeSource } from '../../src/document/source.js';
import { expectSameSyntax, read, sourceOf } from './reading.js';
import { yamlTexts } from './yaml-text.js';

const accelerator = new URL('../../../shared/data/', import.meta.url);

describe.skipIf(!existsSync(accelerator))('templates of the accelerator', () => {
  const paths = existsSync(accelerator)
    ? readdirSync(accelerator, { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.yaml'))
        .sort()
    : [];

  test.each(paths)('%s is read without the library, and as the library reads it', (path) => {
    expect(expectSameSyntax(decodeSource(path, readFileSync(new URL(path, accelerator))))).toBe(true);
  });

  test.each(paths)('%s with CRLF as well', (path) => {
    const text = readFileSync(new URL(path, accelerator), 'utf8').replaceAll('\n', '\r\n');
    expect(expectSameSyntax(sourceOf(text))).toBe(true);
  });
});

describe('documents that are made', () => {
  test('generated documents are read without the library, as the library reads them, for what they are', () => {
    fc.assert(
      fc.property(yamlTexts, ({ text, value }) => {
        expect(expectSameSyntax(sourceOf(text))).toBe(true);
        expect(read(text).value).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  test('nothing is taken that the library refuses, whatever is done to a document', () => {
    const parts = [
      ' ',
      '  ',
      '\t',
      '\n',
      ':',
      ': ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      ', ',
      '"',
      "'",
      '|',
      '>',
      '!If ',
      '&a ',
      '*a',
      ' #',
      '\n#',
      '? ',
      '`',
      '\\',
      '|2',
      '!',
      '---',
      '<<: ',
    ];
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      removed: fc.constantFrom(0, 0, 1, 2, 5),
      added: fc.constantFrom('', ...parts),
      line: fc.constantFrom('keep', 'remove', 'double', 'dedent'),
    });
    fc.assert(
      fc.property(yamlTexts, fc.array(change, { minLength: 1, maxLength: 3 }), ({ text }, changes) => {
        const source = sourceOf(changes.reduce(changed, text).replaceAll(/\r(?!\n)/g, ''));
        fc.pre(expectSameSyntax(source));
      }),
      { numRuns: 1000 },
    );
  });
});

interface Change {
  readonly at: number;
  readonly removed: number;
  readonly added: string;
  readonly line: string;
}

function changed(text: string, { at, removed, added, line }: Change): string {
  const offset = Math.floor(at * text.length);
  if (line === 'keep') return text.slice(0, offset) + added + text.slice(offset + removed);
  const lines = text.split('\n');
  const index = Math.floor(at * (lines.length - 1));
  const found = lines[index] ?? '';
  const replaced = { remove: [], double: [found, found], dedent: [found.replace(/^ /, '')] }[line] ?? [found];
  return lines.toSpliced(index, 1, ...replaced).join('\n');
}
