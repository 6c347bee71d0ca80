import {
  type Cursor,
  columnHere,
  endLine,
  isLineEnd,
  skipSpaces,
  take,
  unsure,
} from './read-block-cursor.js';
import { keyLengthLimit, plainFlowText, scalarOf, takeTag, takeWord, type Word } from './read-block-words.js';
import type { Entry, Item, MapNode, Node, SequenceNode } from './syntax.js';

/** Deeper brackets are left to the library. */
const depthLimit = 50;

/**
 * Reads `[…]` or `{…}`, over several lines where it runs on.
 * @param parentColumn of the key or dash it belongs to; its lines stand further right.
 */
export function takeFlow(cursor: Cursor, parentColumn: number): MapNode | SequenceNode {
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
        hasMergeKey: false,
        span: { start, end: cursor.at },
      };
    }
    const items = takeAll(']', depth, takeItem);
    return { kind: 'sequence', layout: 'flow', column, items, span: { start, end: cursor.at } };
  }

  function takeAll<T>(close: string, depth: number, takeOne: (depth: number) => T): T[] {
    const found: T[] = [];
    cursor.at++;
    skipBlanks(close, depth);
    while (text[cursor.at] !== close) {
      found.push(takeOne(depth));
      skipBlanks(close, depth);
      if (text[cursor.at] === close) break;
      if (text[cursor.at] !== ',') throw unsure;
      cursor.at++;
      skipBlanks(close, depth);
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
    const key = /[[{!]/.test(text.charAt(start)) ? undefined : takeWord(cursor, plainFlowText, parentColumn);
    if (key === undefined) return { start, value: takeValue(depth) };
    if (!takeColon(key)) return { start, value: scalarOf(key, undefined) };
    const entry = entryOf(key, depth);
    const span = { start, end: entry.value.span.end };
    return {
      start,
      value: { kind: 'map', layout: 'implicit', column, entries: [entry], hasMergeKey: false, span },
    };
  }

  /** A quoted key may stand right before its value, as JSON has it. */
  function takeColon({ style }: Word): boolean {
    return take(cursor, style === 'plain' ? / *: +/y : /: *| +: +/y) !== undefined;
  }

  function entryOf({ text: key, span: keySpan }: Word, depth: number): Entry {
    if (key === '<<' || text.slice(keySpan.start, keySpan.end).includes('\n')) throw unsure;
    if (keySpan.end - keySpan.start > keyLengthLimit) throw unsure;
    return { key, keySpan, value: takeValue(depth) };
  }

  function takeValue(depth: number): Node {
    const { at: start } = cursor;
    const tag = takeTag(cursor);
    skipSpaces(cursor);
    const node = takeUntagged(tag, depth);
    return tag === undefined ? node : { ...node, tag, span: { start, end: node.span.end } };
  }

  function takeUntagged(tag: string | undefined, depth: number): Node {
    if (text[cursor.at] === '{' || text[cursor.at] === '[') return takeCollection(depth + 1);
    const word = takeWord(cursor, plainFlowText, parentColumn);
    if (word === undefined) throw unsure;
    return scalarOf(word, tag);
  }

  /** The closing bracket alone may stand below the key its collection belongs to. */
  function skipBlanks(close: string, depth: number): void {
    const start = cursor.at;
    skipSpaces(cursor);
    if (!isLineEnd(cursor) && text[cursor.at] !== '#') return;
    cursor.at = start;
    endLine(cursor);
    const isLastBracket = depth === 1 && text[cursor.at] === close;
    if (columnHere(cursor) < parentColumn + (isLastBracket ? 0 : 1)) throw unsure;
  }
}
