import { describe, expect, test } from 'vitest';
import { IdpFixError } from '../../src/errors.js';
import type { Operation } from '../../src/patch/json-patch.js';
import { applyEdits, editText, invertEdits, verifyEdit } from '../../src/patch/verify.js';
import { read } from '../document/reading.js';

/** The text once the comments that say `out`, and what operations change, are different. */
function without(text: string, operations: readonly Operation[] = []): string {
  const document = read(text);
  const said = ({ start, end }: { readonly start: number; readonly end: number }) => text.slice(start, end);
  const spans = document.comments.map(({ span }) => span).filter((span) => said(span).includes('out'));
  expect(spans.length).toBeGreaterThan(0);
  const edits = editText(document, operations, spans);
  const after = applyEdits(text, edits);
  verifyEdit(document, operations, after);
  expect(applyEdits(after, invertEdits(text, edits))).toBe(text);
  return after;
}

describe('a comment is taken out', () => {
  test.each([
    ['with its line', 'a: 1\n# out\nb: 2\n', 'a: 1\nb: 2\n'],
    ['with its line, deeper', 'a:\n  # out\n  b: 2\n', 'a:\n  b: 2\n'],
    ['from the first line', '# out\na: 1\n', 'a: 1\n'],
    ['from the last line', 'a: 1\n# out\n', 'a: 1\n'],
    ['from the end of a file without a line break', 'a: 1\n# out', 'a: 1'],
    ['with the blanks before it', 'a: 1   # out\nb: 2\n', 'a: 1\nb: 2\n'],
    ['and the one above stays', 'a: 1\n# in\n# out\nb: 2\n', 'a: 1\n# in\nb: 2\n'],
    ['with others', 'a: 1 # out\n# out\n# out\nb: 2 # in\n', 'a: 1\nb: 2 # in\n'],
    ['and empty lines stay', 'a: 1\n\n# out\n\nb: 2\n', 'a: 1\n\n\nb: 2\n'],
    ['with the next one, from the first lines', '# out\n# out\na: 1\n', 'a: 1\n'],
    ['with the ones after it, from the first lines', '# out\n# out\n# out\n\na: 1 # in\n', '\na: 1 # in\n'],
    ['from the first lines', '# out\n# in\na: 1\n', '# in\na: 1\n'],
  ])('%s', (_, text, expected) => {
    expect(without(text)).toBe(expected);
    const crlf = (each: string) => each.replaceAll('\n', '\r\n');
    expect(without(crlf(text))).toBe(crlf(expected));
  });

  test('beside what else is edited', () => {
    const text = 'a: 1 # out\n# out\nb: 2 # out\nc: 3\n';
    expect(without(text, [{ op: 'replace', path: '/a', value: 5 }])).toBe('a: 5\nb: 2\nc: 3\n');
    expect(
      without('a: 1\nb:\n  c: 1 # in\n  # out\n  d: 2\n', [{ op: 'replace', path: '/b', value: 5 }]),
    ).toBe('a: 1\nb: 5\n');
    expect(without('a: 1\nb: [1, # out\n  2]\n', [{ op: 'replace', path: '/b', value: 5 }])).toBe(
      'a: 1\nb: 5\n',
    );
    expect(without('# out\na: 1\nb: 2\n', [{ op: 'remove', path: '/a' }])).toBe('b: 2\n');
    expect(without('a: 1\n# out\nb: 2\n', [{ op: 'remove', path: '/a' }])).toBe('b: 2\n');
    // With the entry it is about it goes once.
    expect(without(text, [{ op: 'remove', path: '/b' }])).toBe('a: 1\nc: 3\n');
    expect(without(text, [{ op: 'add', path: '/d', value: 4 }])).toBe('a: 1\nb: 2\nc: 3\nd: 4\n');
    expect(without('a: 1\nb: 2 # out\n', [{ op: 'add', path: '/c', value: 4 }])).toBe('a: 1\nb: 2\nc: 4\n');
  });
});

test('edits that overlap are a defect', () => {
  const edit = (start: number, end: number) => ({ start, end, text: 'x' });
  expect(() => applyEdits('abcd', [edit(0, 2), edit(1, 3)])).toThrow('edits overlap at 1');
  expect(applyEdits('abcd', [edit(0, 2), edit(2, 2), edit(2, 3)])).toBe('xxxd');
});

describe('what is written is read again', () => {
  const document = read('a: 1\nb: 2\n');
  const failure = (text: string, operations: readonly Operation[]) => {
    try {
      verifyEdit(document, operations, text);
      return undefined;
    } catch (error) {
      return error instanceof IdpFixError ? `${error.code}: ${error.message}` : String(error);
    }
  };
  const other = expect.stringMatching(/^verification-failed: .*does not say what the patch says/);
  const set: Operation = { op: 'replace', path: '/a', value: 5 };

  test('and compared with the patch', () => {
    expect(failure('a: 5\nb: 2\n', [set])).toBeUndefined();
    expect(failure('a: 1\nb: 2\n', [])).toBeUndefined();
    expect(verifyEdit(document, [], document.source.text)).toBe(document);
    expect(verifyEdit(document, [set], 'a: 5\nb: 2\n').value).toEqual({ a: 5, b: 2 });
    expect(failure('a: 1\nb: 2\n', [set])).toEqual(other);
    expect(failure('a: 5\nb: 3\n', [set])).toEqual(other);
    expect(failure('a: 5\n', [set])).toEqual(other);
    expect(failure('a: 1\nb: 3\n', [])).toEqual(other);
    expect(failure('a: 5\nb: "2"\n', [set])).toEqual(other);
    expect(failure('a: [5\n', [set])).toMatch(/^verification-failed: .*cannot be read/);
  });
});
