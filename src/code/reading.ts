import type { SyntaxNode } from '@lezer/common';
import type { Expression } from './program.js';
import { addTo, deepestNesting, type OpenModule, type OpenScope } from './scope-builder.js';
import type { SourceText } from './syntax-text.js';

/** Where a reader is. */
export interface Reading {
  readonly source: SourceText;
  readonly module: OpenModule;
  readonly scope: OpenScope;
  readonly depth: number;
}

/** What is not followed. */
export const unread: Expression = { kind: 'other', parts: [] };

export function textOf({ from, to }: SyntaxNode, { source }: Reading): string {
  return source.text.slice(from, to);
}

export function lineOf(node: SyntaxNode, { source }: Reading): number {
  return source.lineAt(node.from);
}

/** One level further in; `undefined` where it is too deep, which is told like a line that does not parse. */
export function deeper(reading: Reading, node: SyntaxNode): Reading | undefined {
  if (reading.depth < deepestNesting) return { ...reading, depth: reading.depth + 1 };
  reading.module.broken.push(lineOf(node, reading));
  return undefined;
}

/** An expression that is evaluated here, whatever becomes of its value. */
export function evaluated(value: Expression, { scope }: Reading): void {
  scope.expressions.push(value);
}

export function bind(name: string, value: Expression, { scope }: Reading): void {
  addTo(scope.bindings, name, value);
}

/** The texts of a template with what is put in between. */
export function joinedText(
  pieces: readonly { readonly from: number; readonly to: number; readonly value: Expression }[],
  from: number,
  to: number,
  { source }: Reading,
): Expression {
  const parts: Expression[] = [];
  let at = from;
  const addText = (end: number) => {
    if (end > at) parts.push({ kind: 'text', text: source.text.slice(at, end) });
  };
  for (const piece of pieces) {
    addText(piece.from);
    parts.push(piece.value);
    at = piece.to;
  }
  addText(to);
  return { kind: 'join', parts };
}

/** Packages a function is made of: its own folder first, then its layers. */
export interface Roots {
  readonly own: string;
  readonly layers: readonly string[];
}

export function folderOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end < 0 ? '' : path.slice(0, end);
}

/** Joins paths with `/`; `..` at the start stays, so that a loader can refuse what is outside. */
export function join(folder: string, path: string): string {
  const tokens: string[] = folder === '' ? [] : folder.split('/');
  for (const token of path.split('/')) {
    if (token === '' || token === '.') continue;
    if (token === '..' && tokens.length > 0 && tokens.at(-1) !== '..') tokens.pop();
    else tokens.push(token);
  }
  return tokens.join('/');
}
