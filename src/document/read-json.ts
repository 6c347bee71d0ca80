import { nestedTooDeeply, nestingLimit, unparseable } from './read-error.js';
import { readJsonScalar } from './scalars.js';
import type { Entry, Item, MapNode, Node, ScalarNode, SequenceNode, Source, Span, Syntax } from './syntax.js';

/**
 * Reads JSON into the span model: flow maps and sequences of quoted and plain scalars.
 * @throws IdpFixError `template-unparseable`
 */
export function readJson(source: Source): Syntax {
  const { text } = source;
  const blanks = /[ \t\r\n]*/y;
  const literal = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null/y;
  let at = 0;
  let lineStart = 0;

  skipBlanks();
  const root = value(0);
  skipBlanks();
  if (at < text.length) throw unexpected('the end of the file');
  return { root, comments: [] };

  function value(depth: number): Node {
    if (depth > nestingLimit) throw nestedTooDeeply(source, at);
    if (text[at] === '{') return map(depth);
    if (text[at] === '[') return sequence(depth);
    return text[at] === '"' ? string() : plain();
  }

  function map(depth: number): MapNode {
    const start = at;
    const column = at - lineStart;
    const entries: Entry[] = [];
    if (!opensEmpty('}')) {
      do {
        skipBlanks();
        if (text[at] !== '"') throw unexpected('a key in double quotes');
        const { value: key, span: keySpan } = string();
        skipBlanks();
        if (text[at] !== ':') throw unexpected('a colon after the key');
        at++;
        skipBlanks();
        entries.push({ start: keySpan.start, key, keySpan, value: value(depth + 1) });
      } while (continues('}'));
    }
    return { kind: 'map', layout: 'flow', column, entries, hasMergeKey: false, span: { start, end: at } };
  }

  function sequence(depth: number): SequenceNode {
    const start = at;
    const column = at - lineStart;
    const items: Item[] = [];
    if (!opensEmpty(']')) {
      do {
        skipBlanks();
        items.push({ start: at, value: value(depth + 1) });
      } while (continues(']'));
    }
    return { kind: 'sequence', layout: 'flow', column, items, span: { start, end: at } };
  }

  function opensEmpty(close: string): boolean {
    at++;
    skipBlanks();
    if (text[at] !== close) return false;
    at++;
    return true;
  }

  /** After a value: true with a comma, false with the closing bracket. */
  function continues(close: string): boolean {
    skipBlanks();
    if (text[at] !== ',' && text[at] !== close) throw unexpected(`a comma or ${close}`);
    return text[at++] === ',';
  }

  function string(): ScalarNode & { readonly value: string } {
    const start = at;
    let end = text.indexOf('"', start + 1);
    while (end > 0 && isEscaped(end)) end = text.indexOf('"', end + 1);
    if (end < 0)
      throw unparseable(source, start, 'the text in double quotes does not end', 'close it with a quote');
    at = end + 1;
    return {
      kind: 'scalar',
      style: 'double-quoted',
      value: unquoted({ start, end: at }),
      span: { start, end: at },
    };
  }

  function isEscaped(quote: number): boolean {
    let slash = quote;
    while (text[slash - 1] === '\\') slash--;
    return (quote - slash) % 2 === 1;
  }

  function unquoted({ start, end }: Span): string {
    try {
      return JSON.parse(text.slice(start, end));
    } catch {
      throw unparseable(
        source,
        start,
        'the text in double quotes is not valid JSON',
        'escape line breaks and backslashes',
      );
    }
  }

  function plain(): ScalarNode {
    const start = at;
    literal.lastIndex = at;
    const [matched] = literal.exec(text) ?? [];
    if (matched === undefined) throw unexpected('a value');
    at += matched.length;
    return { kind: 'scalar', style: 'plain', value: readJsonScalar(matched), span: { start, end: at } };
  }

  function skipBlanks(): void {
    blanks.lastIndex = at;
    blanks.exec(text);
    if (blanks.lastIndex === at) return;
    // Looked for in what was skipped only: a file can be one long line.
    const lineBreak = text.slice(at, blanks.lastIndex).lastIndexOf('\n');
    if (lineBreak >= 0) lineStart = at + lineBreak + 1;
    at = blanks.lastIndex;
  }

  function unexpected(expected: string) {
    const found = at < text.length ? `${JSON.stringify(text[at])}` : 'the end of the file';
    return unparseable(
      source,
      at,
      `not valid JSON: ${expected} is missing before ${found}`,
      'correct the text there',
    );
  }
}
