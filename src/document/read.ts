import { longName, shortTag, unpackArgument } from './intrinsics.js';
import { readBlock } from './read-block.js';
import { readWithLibrary } from './read-library.js';
import { readJsonScalar } from './scalars.js';
import { nestedTooDeeply, nestingLimit, unparseable } from './source.js';
import type {
  AliasNode,
  Document,
  Entry,
  Item,
  MapNode,
  Node,
  RepeatedKey,
  ScalarNode,
  SequenceNode,
  Source,
  Span,
  Syntax,
} from './syntax.js';
import { isList, isMap, type Value, type ValueMap } from './value.js';

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

/** How many values aliases may add: far beyond any template, far below what a bomb needs. */
const aliasedValueLimit = 100_000;

/** YAML's own tags that CloudFormation takes; the others ask for types JSON does not have. */
const plainTags: ReadonlySet<string> = new Set([
  '!',
  ...['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `!!${name}`),
]);

interface Shared {
  readonly value: Value;
  /** How many values it holds, itself included. */
  readonly size: number;
}

/**
 * The value tree of a node: intrinsics in long form, aliases and merge keys resolved, frozen.
 * @throws IdpFixError `template-unparseable` for `__proto__`, foreign tags and alias bombs.
 */
export function readValue(
  root: Node,
  source: Source,
): { readonly value: Value; readonly usesShortForm: boolean; readonly repeatedKeys: readonly RepeatedKey[] } {
  const shared = new Map<Node, Shared>();
  let usesShortForm = false;
  let size = 0;
  let aliasedSize = 0;
  const repeatedKeys: RepeatedKey[] = [];
  return { value: build(root), usesShortForm, repeatedKeys };

  function refusal(node: Pick<Node, 'span'>, message: string, hint: string) {
    return unparseable(source, node.span.start, message, hint);
  }

  function build(node: Node): Value {
    const before = size++;
    const argument = node.tag === undefined ? untaggedValue(node) : taggedValue(node, node.tag);
    if (node.anchor !== undefined) shared.set(node, { value: argument, size: size - before });
    return argument;
  }

  function taggedValue(node: Node, tag: string): Value {
    const argument = untaggedValue(node);
    const name = longName(tag);
    if (name === undefined) {
      if (plainTags.has(tag)) return argument;
      throw refusal(node, `CloudFormation does not take the tag ${tag}`, 'write the value without it');
    }
    usesShortForm ||= shortTag(name) !== undefined;
    return Object.freeze({ [name]: unpackArgument(name, argument) });
  }

  function untaggedValue(node: Node): Value {
    switch (node.kind) {
      case 'scalar':
        return node.value;
      case 'map':
        return mapValue(node);
      case 'sequence':
        return sequenceValue(node);
      case 'alias':
        return aliasValue(node);
    }
  }

  function sequenceValue({ items }: SequenceNode): Value {
    return Object.freeze(items.map(({ value }) => build(value)));
  }

  function mapValue(node: MapNode): ValueMap {
    const result: Record<string, Value> = {};
    const isLone = node.entries.every(({ key }) => key === node.entries[0]?.key);
    for (const { key, keySpan, value } of node.entries) {
      if (key === '__proto__') {
        throw refusal({ span: keySpan }, 'the key __proto__ is not allowed', 'name it otherwise');
      }
      if (key === '<<' && node.hasMergeKey && Object.hasOwn(result, key)) {
        throw refusal(
          { span: keySpan },
          'the merge key << is twice in the same map',
          'merge a list of maps instead',
        );
      }
      result[key] = isLone ? unpackArgument(key, build(value)) : build(value);
    }
    if (Object.keys(result).length < node.entries.length) repeatedKeys.push(...withoutEffect(node));
    return Object.freeze(node.hasMergeKey ? merged(node, result) : result);
  }

  /** Own keys win over merged ones, and the first of several merged maps over the next. */
  function merged(node: MapNode, { '<<': merge, ...own }: Record<string, Value>): ValueMap {
    const maps = isList(merge) ? merge : [merge];
    const result: Record<string, Value> = {};
    for (const map of maps.toReversed()) {
      if (!isMap(map)) throw refusal(node, 'the merge key << takes a map or a list of maps', 'give it one');
      Object.assign(result, map);
    }
    return Object.assign(result, own);
  }

  function aliasValue(node: AliasNode): Value {
    const known = shared.get(node.target);
    // An anchor is known to the readers only after what it names, so its value has been built by now.
    if (known === undefined) throw new Error(`the alias *${node.name} comes before its anchor`);
    aliasedSize += known.size;
    size += known.size;
    if (aliasedSize > aliasedValueLimit) {
      throw refusal(node, 'the aliases expand to too many values', 'write out what they name');
    }
    return known.value;
  }
}

/** The entries whose keys come again. */
function withoutEffect({ entries }: MapNode): readonly RepeatedKey[] {
  const last = new Map(entries.map((entry) => [entry.key, entry]));
  return entries.filter((entry) => last.get(entry.key) !== entry);
}

/**
 * Reads JSON into the span model: flow maps and sequences of quoted and plain scalars.
 * @throws IdpFixError `template-unparseable`
 */
function readJson(source: Source): Syntax {
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
