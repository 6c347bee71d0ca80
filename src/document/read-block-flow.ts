import {
  type Cursor,
  columnHere,
  endLine,
  isAtDocumentMarker,
  isLineEnd,
  skipBlanks,
  take,
  unsure,
} from './read-block-cursor.js';
import {
  emptyAt,
  folded,
  keyLengthLimit,
  morePlainFlowText,
  plainFlowText,
  scalarOf,
  takeAlias,
  takeProperties,
  takeWord,
  type Word,
  withProperties,
} from './read-block-words.js';
import type { Entry, Item, MapNode, Node, SequenceNode } from './syntax.js';

/** Deeper brackets are left to the library. */
const depthLimit = 50;

/** Reads `[…]` or `{…}`, over several lines where it runs on: between brackets indentation does not count. */
export function takeFlow(cursor: Cursor): MapNode | SequenceNode {
  const { text } = cursor;
  return takeCollection(1);

  function takeCollection(depth: number): MapNode | SequenceNode {
    if (depth > depthLimit) throw unsure;
    const start = cursor.at;
    const column = columnHere(cursor);
    if (text[start] === '{') {
      const entries = takeAll('}', depth, takeEntry);
      return {
        kind: 'map',
        layout: 'flow',
        column,
        entries,
        hasMergeKey: hasMergeKey(entries, text),
        span: { start, end: cursor.at },
      };
    }
    const items = takeAll(']', depth, takeItem);
    return { kind: 'sequence', layout: 'flow', column, items, span: { start, end: cursor.at } };
  }

  function takeAll<T>(close: string, depth: number, takeOne: (depth: number) => T): T[] {
    const found: T[] = [];
    cursor.at++;
    skipLines();
    while (text[cursor.at] !== close) {
      found.push(takeOne(depth));
      skipLines();
      if (text[cursor.at] === close) break;
      if (text[cursor.at] !== ',') throw unsure;
      cursor.at++;
      skipLines();
    }
    cursor.at++;
    return found;
  }

  function takeEntry(depth: number): Entry {
    const key = takeWord(cursor, plainFlowText);
    if (key === undefined || !takeColon(key)) throw unsure;
    return entryOf(key, depth);
  }

  function takeItem(depth: number): Item {
    const { at: start } = cursor;
    const column = columnHere(cursor);
    const key = /[[{!&*]/.test(text.charAt(start)) ? undefined : takeWord(cursor, plainFlowText);
    if (key === undefined) return { start, value: takeValue(depth, start) };
    if (!takeColon(key)) return { start, value: scalarOf(withMoreLines(key), undefined) };
    const entry = entryOf(key, depth);
    const span = { start, end: entry.value.span.end };
    const entries = [entry];
    return {
      start,
      value: {
        kind: 'map',
        layout: 'implicit',
        column,
        entries,
        hasMergeKey: hasMergeKey(entries, text),
        span,
      },
    };
  }

  /** A quoted key may stand right before its value, as JSON has it. */
  function takeColon({ style }: Word): boolean {
    return take(cursor, style === 'plain' ? /[ \t]*:(?=[\s,[\]{}])/y : /[ \t]*:/y) !== undefined;
  }

  function entryOf({ text: key, span: keySpan }: Word, depth: number): Entry {
    if (keySpan.end - keySpan.start > keyLengthLimit) throw unsure;
    if (text.slice(keySpan.start, keySpan.end).includes('\n')) throw unsure;
    return { start: keySpan.start, key, keySpan, value: takeValue(depth, cursor.at) };
  }

  /** @param offset of an empty value */
  function takeValue(depth: number, offset: number): Node {
    skipLines();
    const properties = takeProperties(cursor);
    if (properties !== undefined) {
      const { at } = cursor;
      skipLines();
      if (/[,\]}]/.test(text.charAt(cursor.at))) {
        cursor.at = at;
        return withProperties(cursor, emptyAt(properties.end, properties.tag), properties);
      }
    } else if (/[,\]}]/.test(text.charAt(cursor.at))) {
      return emptyAt(offset, undefined);
    }
    return withProperties(cursor, takeContent(properties?.tag, depth), properties);
  }

  function takeContent(tag: string | undefined, depth: number): Node {
    if (text[cursor.at] === '{' || text[cursor.at] === '[') return takeCollection(depth + 1);
    const alias = takeAlias(cursor);
    if (alias !== undefined) return alias;
    const word = takeWord(cursor, plainFlowText);
    if (word === undefined) throw unsure;
    return scalarOf(withMoreLines(word), tag);
  }

  /** Plain text runs on over line breaks until something ends it. */
  function withMoreLines(first: Word): Word {
    const { start } = first.span;
    if (first.style !== 'plain') return first;
    for (;;) {
      const { at: end, lineStart } = cursor;
      const blanks = take(cursor, /[ \t]*\r?\n\s*/y);
      if (blanks !== undefined) cursor.lineStart = text.lastIndexOf('\n', cursor.at - 1) + 1;
      if (
        blanks === undefined ||
        isAtDocumentMarker(cursor) ||
        take(cursor, morePlainFlowText) === undefined
      ) {
        cursor.at = end;
        cursor.lineStart = lineStart;
        return { style: 'plain', text: folded(text.slice(start, end)), span: { start, end } };
      }
    }
  }

  /** Blanks, line breaks and comments between what stands between brackets. */
  function skipLines(): void {
    const start = cursor.at;
    skipBlanks(cursor);
    if (!isLineEnd(cursor) && text[cursor.at] !== '#') return;
    cursor.at = start;
    endLine(cursor);
    if (isAtDocumentMarker(cursor)) throw unsure;
  }
}

/** Quoted, it is a key like any other. */
export function hasMergeKey(entries: readonly Entry[], text: string): boolean {
  return entries.some(({ key, keySpan }) => key === '<<' && text[keySpan.start] === '<');
}
