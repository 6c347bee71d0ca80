import { readBlock } from './read-block.js';
import { unparseable } from './read-error.js';
import { readJson } from './read-json.js';
import { readValue } from './read-value.js';
import { readWithLibrary } from './read-with-library.js';
import type { Document, Source, Syntax } from './syntax.js';

/**
 * Reads a template: its text becomes a tree of values and, over the same text, a tree of spans. Templates as people
 * write them are read by a reader of our own, which is several times faster; what it is not sure of, and every error,
 * goes to the YAML library.
 * @throws IdpFixError `template-unparseable` with line and column.
 */
export function readDocument(source: Source): Document {
  const { root, comments, reader } = readSyntax(source);
  if (root.kind === 'scalar' && root.style === 'empty') {
    throw unparseable(source, 0, 'the file is empty', 'write a template into it');
  }
  return { source, root, comments, reader, ...readValue(root, source) };
}

function readSyntax(source: Source): Syntax & Pick<Document, 'reader'> {
  if (source.format === 'json') return { ...readJson(source), reader: 'json' };
  const syntax = readBlock(source);
  return syntax === undefined
    ? { ...readWithLibrary(source), reader: 'library' }
    : { ...syntax, reader: 'block' };
}
