import { describe, expect, it } from 'vitest';
import { readDocument } from '../../../src/document/read.js';
import { decodeSource } from '../../../src/document/source.js';
import { colorsOf } from '../../../src/report/html/page.js';

function colored(text: string, path = 'template.yaml'): readonly string[] {
  const document = readDocument(decodeSource(path, new TextEncoder().encode(text)));
  return colorsOf(document).map(({ start, end, kind }) => `${kind} ${text.slice(start, end)}`);
}

describe('colorsOf', () => {
  it('knows keys, tags, literals, quoted texts and comments', () => {
    expect(colored("A: !Ref B # why\nC: 12\nD: 'x: 1'\nE: plain\n")).toEqual([
      'key A',
      'tag !Ref',
      'comment # why',
      'key C',
      'literal 12',
      'key D',
      "text 'x: 1'",
      'key E',
    ]);
  });

  it('takes a block scalar for one text, whatever it looks like', () => {
    expect(colored('Code: |\n  if x: # no comment\n    y: 1\nZ: true\n')).toEqual([
      'key Code',
      'text |\n  if x: # no comment\n    y: 1',
      'key Z',
      'literal true',
    ]);
  });

  it('colors JSON', () => {
    expect(colored('{"A": {"Ref": "B"}, "C": 1}', 'template.json')).toEqual([
      'key "A"',
      'key "Ref"',
      'text "B"',
      'key "C"',
      'literal 1',
    ]);
  });
});
