import type { CST } from 'yaml';
import { columnOf, lineStartOf } from './locate.js';
import { unescaped } from './read-block-words.js';
import { readScalar } from './scalars.js';
import { nestedTooDeeply, nestingLimit, unparseable } from './source.js';
import type {
  AliasNode,
  Comment,
  Entry,
  Item,
  MapNode,
  Node,
  ScalarNode,
  SequenceNode,
  Source,
  Syntax,
} from './syntax.js';
import { yamlLibrary } from './yaml-library.js';

/**
 * Reads any YAML through the concrete syntax tree of the `yaml` library.
 * @throws IdpFixError `template-unparseable`
 */
export function readWithLibrary(source: Source): Syntax {
  const yaml = yamlLibrary();
  const { tokens, comments } = parse(source, lexerOf(yaml), yaml);
  refuseErrors(tokens, source, yaml);
  const [document, second] = tokens.filter((token) => token.type === 'document');
  if (second !== undefined) {
    throw unparseable(
      source,
      second.offset,
      'the file holds more than one YAML document',
      'keep one template per file',
    );
  }
  return { root: readNodes(document, source, yaml), comments };
}

function parse(
  source: Source,
  lexer: Pick<Lexer, 'lex'>,
  yaml: Yaml,
): { tokens: CST.Token[]; comments: Comment[] } {
  const parser = new yaml.Parser();
  const tokens: CST.Token[] = [];
  const comments: Comment[] = [];
  let isScalarNext = false;
  for (const lexeme of lexer.lex(source.text)) {
    if (lexeme.startsWith('#') && !isScalarNext) comments.push(commentAt(parser.offset, lexeme, source));
    isScalarNext = lexeme === yaml.CST.SCALAR;
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > nestingLimit + 3) throw nestedTooDeeply(source, parser.offset);
  }
  tokens.push(...parser.end());
  return { tokens, comments };
}

/** What of the library's lexer is replaced; it is no part of its public types, so the version is pinned. */
interface Lexer {
  /** Column that a line has to reach to belong to the value that is being read. */
  indentNext: number;
  getLine(): string | null;
  lex(text: string): Iterable<string>;
  parseFlowCollection: () => Step;
  parseQuotedScalar: () => Step;
  parseLineStart: () => Step;
}

type Step = Generator<string, unknown, unknown>;

/**
 * A lexer that minds indentation as little as the parsers of CloudFormation and SAM do. Lines between brackets and quotes
 * may be indented anyhow, where the library follows the specification; and a comment says nothing about the indentation
 * of what follows it, where the library goes by the comment.
 */
function lexerOf(yaml: Yaml): Lexer {
  const lexer = new yaml.Lexer() as unknown as Lexer;
  const { parseFlowCollection, parseQuotedScalar, parseLineStart } = lexer;
  const anyhow = (parse: () => Step) =>
    function* () {
      const { indentNext } = lexer;
      lexer.indentNext = 0;
      const next = yield* parse.call(lexer);
      lexer.indentNext = indentNext;
      return next;
    };
  lexer.parseFlowCollection = anyhow(parseFlowCollection);
  lexer.parseQuotedScalar = anyhow(parseQuotedScalar);
  lexer.parseLineStart = function* () {
    const { indentNext } = lexer;
    const isComment = /^ *#/.test(lexer.getLine() ?? '');
    const next = yield* parseLineStart.call(lexer);
    if (isComment) lexer.indentNext = indentNext;
    return next;
  };
  return lexer;
}

function commentAt(start: number, text: string, source: Source): Comment {
  const ownLine = source.text.slice(lineStartOf(source, start), start).trim() === '';
  return { span: { start, end: start + text.length }, ownLine };
}

/** The library's own document is only asked what is wrong with it; duplicate keys are found when values are built. */
function refuseErrors(tokens: readonly CST.Token[], source: Source, yaml: Yaml): void {
  const found = firstError(tokens, yaml);
  if (found === undefined) return;
  // Where a bracket is left open, the specification's indentation tells where it should have been closed.
  const strict = firstError(parse(source, new yaml.Lexer(), yaml).tokens, yaml) ?? found;
  const { message, offset } = strict.offset > found.offset ? strict : found;
  throw unparseable(source, offset, message, 'correct the YAML there');
}

function firstError(
  tokens: readonly CST.Token[],
  yaml: Yaml,
): { readonly offset: number; readonly message: string } | undefined {
  const composer = new yaml.Composer({
    schema: 'failsafe',
    uniqueKeys: false,
    logLevel: 'silent',
    prettyErrors: false,
  });
  for (const { errors } of composer.compose(tokens)) {
    const [error] = errors;
    if (error !== undefined) return { offset: error.pos[0], message: sentence(error.message) };
  }
  return undefined;
}

function sentence(message: string): string {
  const [first = ''] = message.split('\n');
  return `${first.charAt(0).toLowerCase()}${first.slice(1)}`.replace(/[.:]$/, '');
}

type Yaml = typeof import('yaml');

/** What stands before a value: its tag and its anchor, and from where to where. */
interface Properties {
  readonly start?: number;
  readonly end?: number;
  readonly tag?: string;
  readonly anchor?: string;
}

const quotedStyles = {
  'single-quoted-scalar': 'single-quoted',
  'double-quoted-scalar': 'double-quoted',
} as const;

/** Turns the library's tokens, known to be free of errors, into nodes of the span model. */
function readNodes(document: CST.Document | undefined, source: Source, yaml: Yaml): Node {
  const { text } = source;
  const anchors = new Map<string, Node>();
  return node(document?.value, propertiesOf(document?.start ?? []), document?.offset ?? 0);

  function node(token: CST.Token | null | undefined, properties: Properties, emptyAt: number): Node {
    const result = bareNode(token, properties, emptyAt);
    if (properties.anchor !== undefined) anchors.set(properties.anchor, result);
    return result;
  }

  function bareNode(token: CST.Token | null | undefined, properties: Properties, emptyAt: number): Node {
    switch (token?.type) {
      case undefined:
        return scalar('empty', '', emptyAt, properties.end ?? emptyAt, properties);
      case 'alias':
        return alias(token);
      case 'scalar':
        if (token.source === '') return scalar('empty', '', emptyAt, properties.end ?? emptyAt, properties);
        return scalar('plain', textOf(token), token.offset, token.offset + token.source.length, properties);
      case 'single-quoted-scalar':
      case 'double-quoted-scalar':
        return scalar(
          quotedStyles[token.type],
          textOf(token),
          token.offset,
          token.offset + token.source.length,
          properties,
        );
      case 'block-scalar':
        return blockScalar(token, properties);
      case 'block-map':
        return blockMap(token, properties);
      case 'block-seq':
        return blockSequence(token, properties);
      case 'flow-collection':
        return token.start.source === '{' ? flowMap(token, properties) : flowSequence(token, properties);
      default:
        throw new Error(`a ${token?.type} where a value was expected`);
    }
  }

  function scalar(
    style: ScalarNode['style'],
    content: string,
    start: number,
    end: number,
    properties: Properties,
  ): ScalarNode {
    return {
      kind: 'scalar',
      style,
      value: readScalar(content, style, properties.tag),
      ...placed(start, end, properties),
    };
  }

  function textOf(token: CST.FlowScalar | CST.BlockScalar): string {
    if (token.type === 'scalar' && !token.source.includes('\n')) return token.source;
    // The library drops the blank lines behind an escaped line break.
    if (token.type === 'double-quoted-scalar' && /\\\r?\n[ \t]*\r?\n/.test(token.source)) {
      return unescaped(token.source.slice(1, -1)) ?? '';
    }
    return yaml.CST.resolveAsScalar(token, true, () => {})?.value ?? '';
  }

  function blockScalar(token: CST.BlockScalar, properties: Properties): ScalarNode {
    const [header, ...others] = token.props.map((part) => ('source' in part ? part.source : ''));
    const headerEnd = token.offset + (header ?? '').length;
    const contentStart = headerEnd + others.join('').length;
    // The lexer has cut off the blank lines that do not count, unless nothing else is there.
    const content = /\S|\+/.test(`${token.source}${header}`) ? token.source.replace(/\r?\n$/, '') : '';
    const end = content === '' ? headerEnd : contentStart + content.length;
    return scalar(
      header?.startsWith('>') ? 'folded' : 'literal',
      textOf(token),
      token.offset,
      end,
      properties,
    );
  }

  function alias(token: CST.FlowScalar): AliasNode {
    const name = token.source.slice(1);
    const target = anchors.get(name);
    if (target === undefined) {
      throw unparseable(
        source,
        token.offset,
        'an alias (*) of an anchor (&) that does not come before it',
        'name an anchor above it, or put the text in quotes if it begins with *',
      );
    }
    return {
      kind: 'alias',
      name,
      target,
      span: { start: token.offset, end: token.offset + token.source.length },
    };
  }

  function blockMap(token: CST.BlockMap, properties: Properties): MapNode {
    const items = token.items.filter(({ key, sep }) => key !== undefined || sep !== undefined);
    const entries = items.map(entry);
    const start = entries[0]?.start ?? token.offset;
    const end = entries.at(-1)?.value.span.end ?? start;
    return map('block', entries, start, end, properties);
  }

  function flowMap(token: CST.FlowCollection, properties: Properties): MapNode {
    return map('flow', token.items.filter(isFilled).map(entry), token.offset, closeOf(token), properties);
  }

  function map(
    layout: MapNode['layout'],
    entries: Entry[],
    start: number,
    end: number,
    properties: Properties,
  ): MapNode {
    const hasMergeKey = entries.some(({ key, keySpan }) => key === '<<' && text[keySpan.start] === '<');
    const column = columnOf(source, start);
    return { kind: 'map', layout, column, entries, hasMergeKey, ...placed(start, end, properties) };
  }

  function entry(item: CST.CollectionItem): Entry {
    const { key, sep = [] } = item;
    const before = propertiesOf(item.start);
    if (key == null || !yaml.CST.isScalar(key) || !isTagOfText(before.tag)) {
      const at = key != null && 'offset' in key ? key.offset : (sep[0]?.offset ?? item.start[0]?.offset ?? 0);
      throw unparseable(
        source,
        at,
        'a key is not plain text',
        'CloudFormation takes no other keys: write it as a word',
      );
    }
    const keySpan = { start: key.offset, end: key.offset + key.source.length };
    const colon = sep.find(({ type }) => type === 'map-value-ind');
    const emptyAt = colon === undefined ? keySpan.end : colon.offset + 1;
    const mark = item.start.find(({ type }) => type === 'explicit-key-ind');
    return {
      start: mark?.offset ?? before.start ?? keySpan.start,
      key: textOf(key),
      keySpan,
      value: node(item.value, propertiesOf(sep), emptyAt),
    };
  }

  function blockSequence(token: CST.BlockSequence, properties: Properties): SequenceNode {
    const items = token.items.flatMap((item): Item[] => {
      const dash = item.start.find(({ type }) => type === 'seq-item-ind');
      if (dash === undefined) return [];
      return [{ start: dash.offset, value: node(item.value, propertiesOf(item.start), dash.offset + 1) }];
    });
    const start = items[0]?.start ?? token.offset;
    return sequence('block', items, start, items.at(-1)?.value.span.end ?? start, properties);
  }

  function flowSequence(token: CST.FlowCollection, properties: Properties): SequenceNode {
    const items = token.items.filter(isFilled).map((item): Item => {
      const value = flowItem(item);
      return { start: value.span.start, value };
    });
    return sequence('flow', items, token.offset, closeOf(token), properties);
  }

  function flowItem(item: CST.CollectionItem): Node {
    const isPair = [...item.start, ...(item.sep ?? [])].some(({ type }) =>
      /^(?:map-value|explicit-key)-ind$/.test(type),
    );
    if (!isPair) return node(item.value ?? item.key, propertiesOf(item.start), item.start[0]?.offset ?? 0);
    const pair = entry(item);
    return map('implicit', [pair], pair.start, pair.value.span.end, {});
  }

  function sequence(
    layout: SequenceNode['layout'],
    items: Item[],
    start: number,
    end: number,
    properties: Properties,
  ): SequenceNode {
    return {
      kind: 'sequence',
      layout,
      column: columnOf(source, start),
      items,
      ...placed(start, end, properties),
    };
  }
}

function propertiesOf(tokens: readonly CST.SourceToken[]): Properties {
  const found = tokens.filter(({ type }) => type === 'tag' || type === 'anchor');
  const [first, last] = [found[0], found.at(-1)];
  if (first === undefined || last === undefined) return {};
  const tag = found.find(({ type }) => type === 'tag')?.source;
  const anchor = found.find(({ type }) => type === 'anchor')?.source.slice(1);
  return { start: first.offset, end: last.offset + last.source.length, ...named(tag, anchor) };
}

/** A key with any other tag is not text, and CloudFormation refuses it. */
function isTagOfText(tag: string | undefined): boolean {
  return tag === undefined || tag === '!' || tag === '!!str';
}

function placed(start: number, end: number, properties: Properties) {
  return { span: { start: properties.start ?? start, end }, ...named(properties.tag, properties.anchor) };
}

function named(tag: string | undefined, anchor: string | undefined) {
  return { ...(tag === undefined ? {} : { tag }), ...(anchor === undefined ? {} : { anchor }) };
}

/** What follows a trailing comma is an item without content. */
function isFilled(item: CST.CollectionItem): boolean {
  return (
    item.key !== undefined ||
    item.sep !== undefined ||
    item.value !== undefined ||
    propertiesOf(item.start).tag !== undefined
  );
}

function closeOf({ offset, end }: CST.FlowCollection): number {
  const close = end.find(({ type }) => type === 'flow-map-end' || type === 'flow-seq-end');
  return close === undefined ? offset : close.offset + 1;
}
