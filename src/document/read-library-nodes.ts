import type { CST } from 'yaml';
import { columnOf } from './locate.js';
import { unescaped } from './read-block-words.js';
import { unparseable } from './read-error.js';
import { readScalar } from './scalars.js';
import type { AliasNode, Entry, Item, MapNode, Node, ScalarNode, SequenceNode, Source } from './syntax.js';

export type Yaml = typeof import('yaml');

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
export function readNodes(document: CST.Document | undefined, source: Source, yaml: Yaml): Node {
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
        `no anchor &${name} stands before *${name}`,
        'name an anchor above it',
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
    if (key == null || !yaml.CST.isScalar(key) || propertiesOf(item.start).start !== undefined) {
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
      start: mark?.offset ?? keySpan.start,
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
