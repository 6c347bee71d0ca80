import {
  type Cursor,
  columnHere,
  endLine,
  isLineEnd,
  skipSpaces,
  startAt,
  take,
  unsure,
} from './read-block-cursor.js';
import { takeFlow } from './read-block-flow.js';
import { takeBlockScalar } from './read-block-scalar.js';
import { keyLengthLimit, plainText, scalarOf, takeTag, takeWord, type Word } from './read-block-words.js';
import type { Entry, Item, MapNode, Node, SequenceNode, Source, Syntax } from './syntax.js';

/** Deeper maps and sequences are left to the library. */
const depthLimit = 100;

const colon = / *:(?=[ \r\n]|$)/y;

/** What a value belongs to: an entry or an item, the column of its key or dash, and how deep that stands. */
interface Parent {
  readonly kind: 'entry' | 'item';
  readonly column: number;
  readonly depth: number;
}

/**
 * Reads the plain block style most templates are written in, ten times as fast as the library does. Undefined where
 * the text has anything this reader is not certain of, errors among them: `readWithLibrary` decides then.
 */
export function readBlock({ text }: Source): Syntax | undefined {
  try {
    const cursor = startAt(text);
    return { root: takeRoot(cursor), comments: cursor.comments };
  } catch (reason) {
    if (reason === unsure) return undefined;
    throw reason;
  }
}

function takeRoot(cursor: Cursor): MapNode {
  if (columnHere(cursor) === 0 && take(cursor, /---(?=\r?\n)/y) !== undefined) endLine(cursor);
  if (columnHere(cursor) !== 0) throw unsure;
  const root = takeMap(cursor, 1);
  if (columnHere(cursor) >= 0) throw unsure;
  return root;
}

function takeMap(cursor: Cursor, depth: number): MapNode {
  if (depth > depthLimit) throw unsure;
  const start = cursor.at;
  const column = columnHere(cursor);
  const parent: Parent = { kind: 'entry', column, depth };
  const entries: Entry[] = [];
  let end = start;
  do {
    const entry = takeEntry(cursor, parent);
    entries.push(entry);
    end = entry.value.span.end;
  } while (columnHere(cursor) === column);
  if (columnHere(cursor) > column) throw unsure;
  return { kind: 'map', layout: 'block', column, entries, hasMergeKey: false, span: { start, end } };
}

function takeEntry(cursor: Cursor, parent: Parent): Entry {
  const key = takeWord(cursor, plainText);
  if (key === undefined || key.text === '<<' || take(cursor, colon) === undefined) throw unsure;
  if (cursor.at - key.span.start > keyLengthLimit) throw unsure;
  return { key: key.text, keySpan: key.span, value: takeValue(cursor, parent) };
}

function takeSequence(cursor: Cursor, depth: number): SequenceNode {
  if (depth > depthLimit) throw unsure;
  const start = cursor.at;
  const column = columnHere(cursor);
  const parent: Parent = { kind: 'item', column, depth };
  const items: Item[] = [];
  let end = start;
  do {
    const item = { start: cursor.at++, value: takeValue(cursor, parent) };
    items.push(item);
    end = item.value.span.end;
  } while (columnHere(cursor) === column && isAtDash(cursor));
  if (columnHere(cursor) > column) throw unsure;
  return { kind: 'sequence', layout: 'block', column, items, span: { start, end } };
}

/** What follows a colon or a dash, on its line or below. */
function takeValue(cursor: Cursor, parent: Parent): Node {
  const emptyAt = cursor.at;
  skipSpaces(cursor);
  const start = cursor.at;
  const tag = takeTag(cursor);
  const end = tag === undefined ? emptyAt : cursor.at;
  skipSpaces(cursor);
  if (!isLineEnd(cursor) && cursor.text[cursor.at] !== '#') {
    const hasBlocks = parent.kind === 'item' && tag === undefined;
    return tagged(takeContent(cursor, parent, tag, hasBlocks), tag, start);
  }
  cursor.at = end;
  const below = takeBelow(cursor, parent, tag);
  if (below !== undefined) return tagged(below, tag, start);
  if (tag !== undefined) throw unsure;
  return scalarOf({ style: 'empty', text: '', span: { start: emptyAt, end: emptyAt } }, undefined);
}

/** A value on lines of its own, where its tag may stand too unless it stood above; undefined where there is none. */
function takeBelow(cursor: Cursor, parent: Parent, tagAbove: string | undefined): Node | undefined {
  const commentCount = cursor.comments.length;
  endLine(cursor);
  const column = columnHere(cursor);
  if (parent.kind === 'entry' && column === parent.column && isAtDash(cursor)) {
    return takeSequence(cursor, parent.depth + 1);
  }
  if (column <= parent.column) return undefined;
  const isBelowComment = cursor.comments.length > commentCount && cursor.comments.at(-1)?.ownLine;
  const start = cursor.at;
  const tag = tagAbove === undefined ? takeTag(cursor) : undefined;
  skipSpaces(cursor);
  const node = takeContent(cursor, parent, tagAbove ?? tag, tag === undefined);
  // After a comment that stands further left, the library reads scalars on over lines that are not theirs.
  if (isBelowComment && !('layout' in node && node.layout === 'block')) throw unsure;
  return tagged(node, tag, start);
}

function tagged(node: Node, tag: string | undefined, start: number): Node {
  return tag === undefined ? node : { ...node, tag, span: { start, end: node.span.end } };
}

/** @param hasBlocks whether a block map or sequence may start here. */
function takeContent(cursor: Cursor, parent: Parent, tag: string | undefined, hasBlocks: boolean): Node {
  const start = cursor.at;
  switch (cursor.text[start]) {
    case '|':
    case '>':
      return takeBlockScalar(cursor, parent.column);
    case '[':
    case '{': {
      const flow = takeFlow(cursor, parent.column);
      endLine(cursor);
      return flow;
    }
  }
  if (hasBlocks && isAtDash(cursor)) return takeSequence(cursor, parent.depth + 1);
  const word = takeWord(cursor, plainText, parent.column);
  if (word === undefined) throw unsure;
  if (hasBlocks && take(cursor, colon) !== undefined) {
    cursor.at = start;
    return takeMap(cursor, parent.depth + 1);
  }
  const whole = word.style === 'plain' ? takeMoreLines(cursor, word, parent.column) : word;
  endLine(cursor);
  return scalarOf(whole, tag);
}

/** A plain scalar runs on over the lines that stand further right than its parent. */
function takeMoreLines(cursor: Cursor, first: Word, parentColumn: number): Word {
  let { text } = first;
  for (;;) {
    const end = cursor.at;
    const blanks = take(cursor, / *\r?\n +(?=[^\s#])/y) ?? '';
    const indent = blanks.length - blanks.indexOf('\n') - 1;
    if (blanks === '' || indent <= parentColumn) {
      cursor.at = end;
      return { style: 'plain', text, span: { start: first.span.start, end } };
    }
    cursor.lineStart = cursor.at - indent;
    const more = take(cursor, plainText);
    if (more === undefined) throw unsure;
    text += ` ${more}`;
  }
}

function isAtDash({ text, at }: Cursor): boolean {
  return text[at] === '-' && /[ \r\n]|^$/.test(text.charAt(at + 1));
}
