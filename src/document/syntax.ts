import type { Scalar, Value } from './value.js';

/**
 * The span model: where each value of a template stands in its text. It is ours, not the YAML library's, so
 * that editing depends on nothing but this file. Offsets are UTF-16 indices into `Source.text`, ends exclusive.
 */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Source {
  /** Relative to the folder of the root template, with `/`. */
  readonly path: string;
  /** Decoded, without the byte order mark. */
  readonly text: string;
  readonly hasByteOrderMark: boolean;
  readonly lineBreak: '\n' | '\r\n';
  readonly format: 'yaml' | 'json';
  /** Of the bytes as read, lower-case hex. */
  readonly sha256: string;
}

export type Node = ScalarNode | MapNode | SequenceNode | AliasNode;

interface NodeBase {
  /**
   * The whole value as written: tag and anchor, quotes and brackets included. A block map or sequence runs from
   * its first key or dash to the end of its last value; a block scalar from its indicator to the end of its last
   * content line without the line break; an empty value is an empty span just after the colon or dash.
   */
  readonly span: Span;
  /** As written, `!Sub`; absent where the text has none. */
  readonly tag?: string;
  readonly anchor?: string;
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar';
  readonly style: 'plain' | 'single-quoted' | 'double-quoted' | 'literal' | 'folded' | 'empty';
  readonly value: Scalar;
}

export interface MapNode extends NodeBase {
  readonly kind: 'map';
  /** `implicit` is the single pair inside a flow sequence, `[a: b]`; it cannot be edited in place. */
  readonly layout: 'block' | 'flow' | 'implicit';
  /** Zero-based column of the keys of a block map; of the opening brace of a flow map. */
  readonly column: number;
  /** As written: a repeated key has an entry each time, and the last one counts. */
  readonly entries: readonly Entry[];
  /** Has a `<<` merge key: merged entries are in the value but not in `entries`. */
  readonly hasMergeKey: boolean;
}

export interface Entry {
  /** Offset of the key, or of the `?` in front of an explicit one. */
  readonly start: number;
  readonly key: string;
  readonly keySpan: Span;
  readonly value: Node;
}

export interface SequenceNode extends NodeBase {
  readonly kind: 'sequence';
  readonly layout: 'block' | 'flow';
  /** Zero-based column of the dashes of a block sequence; of the opening bracket of a flow sequence. */
  readonly column: number;
  readonly items: readonly Item[];
}

export interface Item {
  /** Offset of the `-` of a block sequence; of the value itself in a flow sequence. */
  readonly start: number;
  readonly value: Node;
}

export interface AliasNode extends NodeBase {
  readonly kind: 'alias';
  readonly name: string;
  readonly target: Node;
}

export interface Comment {
  /** From the `#` to the end of the line, without the line break. */
  readonly span: Span;
  /** Nothing but blanks stands before it on its line. */
  readonly ownLine: boolean;
}

/** What a reader makes of a text, before values are built of it. */
export interface Syntax {
  readonly root: Node;
  /** In the order of the text. Empty for JSON. */
  readonly comments: readonly Comment[];
}

/** A key that its map has again further down: CloudFormation takes the last one and drops this value. */
export interface RepeatedKey {
  readonly key: string;
  readonly keySpan: Span;
}

/** A template as read: the same content as a tree of values and as spans of text. */
export interface Document extends Syntax {
  readonly source: Source;
  /** Frozen. Intrinsics in long form. */
  readonly value: Value;
  /** The text uses short tags such as `!Ref`, so new intrinsics are written that way too. */
  readonly usesShortForm: boolean;
  /** Entries without effect, in the order of the text. */
  readonly repeatedKeys: readonly RepeatedKey[];
  /** What has read the text: `library` is the slow way, which unusual YAML takes. */
  readonly reader: 'json' | 'block' | 'library';
}
