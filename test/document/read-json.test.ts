import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Node } from '../../src/document/syntax.js';
import { childrenOf, outline, read, refusal, sourceOf, textOf, valueIn } from './reading.js';

const text = `{
  "A" : [ 1, -2.5e1, true, null, "x\\"\\u00fc" ],
\t"B": {}, "C": [
  ]
}
`;

describe('JSON', () => {
  test('has the same span model as YAML', () => {
    expect(outline(read(text))).toEqual([
      `flow map: ${text.trimEnd()}`,
      'flow sequence: [ 1, -2.5e1, true, null, "x\\"\\u00fc" ]',
      ...['plain: 1', 'plain: -2.5e1', 'plain: true', 'plain: null', 'double-quoted: "x\\"\\u00fc"'],
      'flow map: {}',
      'flow sequence: [\n  ]',
    ]);
    expect(read(text).root).toMatchObject({
      column: 0,
      hasMergeKey: false,
      entries: [
        { key: 'A', keySpan: { start: 4, end: 7 }, value: { column: 8 } },
        { key: 'B', value: { column: 6 } },
        { key: 'C', value: { column: 15 } },
      ],
    });
  });

  test('keeps a merge key, a tag and a date for the text they are', () => {
    expect(valueIn('{"<<": "!Ref A", "d": "2010-09-09", "y": "yes"}')).toEqual({
      '<<': '!Ref A',
      d: '2010-09-09',
      y: 'yes',
    });
  });

  test('is read as JSON.parse reads it, printed any way', () => {
    const documents = fc.tuple(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.constantFrom(undefined, 1, 2, '\t'),
    );
    fc.assert(
      fc.property(documents, ([value, indent]) => {
        fc.pre(!JSON.stringify(value).includes('__proto__'));
        const printed = JSON.stringify(value, null, indent);
        const document = read(printed);
        expect(document.source.format).toBe('json');
        expect(document.value).toEqual(withoutNegativeZero(JSON.parse(printed)));
        expectExact(document.root);

        function expectExact(node: Node): void {
          if (node.kind === 'scalar')
            expect(node.value).toEqual(withoutNegativeZero(JSON.parse(textOf(document, node))));
          else expect(textOf(document, node)).toMatch(/^(?:\{.*\}|\[.*\])$/s);
          childrenOf(node).forEach(expectExact);
        }
      }),
    );
  });

  test.each([
    ['{"a": 1,}', '1:9 not valid JSON: a key in double quotes is missing before "}"'],
    ['{"a": [1,]}', '1:10 not valid JSON: a value is missing before "]"'],
    ['{"a": 1} x', '1:10 not valid JSON: the end of the file is missing before "x"'],
    ['{"a" 1}', '1:6 not valid JSON: a colon after the key is missing before "1"'],
    ['{"a": 01}', '1:8 not valid JSON: a comma or } is missing before "1"'],
    ['{\n  "a": [1 2]\n}', '2:11 not valid JSON: a comma or ] is missing before "2"'],
    ['{a: 1}', '1:2 not valid JSON: a key in double quotes is missing before "a"'],
    ['{"a": ', '1:7 not valid JSON: a value is missing before the end of the file'],
    ['{"a": "x', '1:7 the text in double quotes does not end'],
    ['{"a": "x\ny"}', '1:7 the text in double quotes is not valid JSON'],
    ['{"a": "\\x"}', '1:7 the text in double quotes is not valid JSON'],
    ['{"a": 1, // b\n}', '1:10 not valid JSON: a key in double quotes is missing before "/"'],
    ['{"a": {"__proto__": 2}}', '1:8 the key __proto__ is not allowed'],
    ['{"\\u005f_proto__": 2}', '1:2 the key __proto__ is not allowed'],
    [`{"a": ${'['.repeat(500)}`, '1:207 the template is nested deeper than 200 levels'],
  ])('%j is refused', (broken, message) => {
    expect(refusal(() => read(broken, 'template.json'))).toBe(message);
  });

  test('refuses whatever JSON.parse refuses', () => {
    const change = fc.tuple(
      fc.nat(text.length),
      fc.nat(3),
      fc.constantFrom('', ',', '"', '{', '}', '[', ']', ':', '0', '\\', '-'),
    );
    fc.assert(
      fc.property(change, ([at, count, added]) => {
        const changed = text.slice(0, at) + added + text.slice(at + count);
        fc.pre(sourceOf(changed, 'template.json').format === 'json');
        if (!isJson(changed)) expect(refusal(() => read(changed, 'template.json'))).toMatch(/^\d+:\d+ /);
      }),
      { numRuns: 1000 },
    );
  });
});

function withoutNegativeZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function isJson(candidate: string): boolean {
  try {
    JSON.parse(candidate);
    return true;
  } catch {
    return false;
  }
}
