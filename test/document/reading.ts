import { expect } from 'vitest';
import { readDocument } from '../../src/document/read.js';
import { readBlock } from '../../src/document/read-block.js';
import { readWithLibrary } from '../../src/document/read-library.js';
import { decodeSource } from '../../src/document/source.js';
import type { Document, Node, Source } from '../../src/document/syntax.js';
import { IdpFixError } from '../../src/errors.js';

/** What the tests of the reader share: texts in, outlines and errors out. */
export function sourceOf(text: string, path = 'template.yaml'): Source {
  return decodeSource(path, new TextEncoder().encode(text));
}

export function read(text: string, path?: string): Document {
  return readDocument(sourceOf(text, path));
}

export function valueIn(text: string, path?: string): unknown {
  return read(text, path).value;
}

export function textOf({ source }: Document, { span }: Pick<Node, 'span'>): string {
  return source.text.slice(span.start, span.end);
}

/** Every node with its kind and the text its span covers, parents first. */
export function outline(document: Document, node: Node = document.root): string[] {
  const kind = 'style' in node ? node.style : 'layout' in node ? `${node.layout} ${node.kind}` : node.kind;
  return [
    `${kind}: ${textOf(document, node)}`,
    ...childrenOf(node).flatMap((child) => outline(document, child)),
  ];
}

export function childrenOf(node: Node): Node[] {
  if (node.kind === 'map') return node.entries.map(({ value }) => value);
  return node.kind === 'sequence' ? node.items.map(({ value }) => value) : [];
}

/** `line:column message` of the refusal. */
export function refusal(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (!(error instanceof IdpFixError) || error.code !== 'template-unparseable') throw error;
    const { place } = error.details;
    return `${place?.line ?? '-'}:${place?.column ?? '-'} ${error.message}`;
  }
  throw new Error('nothing was refused');
}

/** What the fast reader takes, the library takes too, and both come to the same syntax. */
export function expectSameSyntax(source: Source): boolean {
  const fast = readBlock(source);
  if (fast === undefined) return false;
  expect(fast, source.text).toStrictEqual(readWithLibrary(source));
  return true;
}
