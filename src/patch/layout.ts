import { columnOf, placeOf } from '../document/locate.js';
import { readPlainScalar } from '../document/scalars.js';
import type { Document, Entry, Item, MapNode, Node, SequenceNode } from '../document/syntax.js';
import { formatPointer, type Path, type Scalar, type Value } from '../document/value.js';
import { IdpFixError } from '../errors.js';

type Quotes = 'single' | 'double';

/**
 * What some reader of YAML takes for something else than text: numbers in every notation, dates, `y` and `n`, merge
 * keys. It is quoted, though CloudFormation itself would read some of it as text.
 */
const lookalike =
  /^(?:[-+.]?[0-9][0-9_.,:eExXoOa-fA-F+-]*|[yYnN~=]|<<|[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN))$|^[0-9]{4}-[0-9]/;

/** Text that needs no quotes between block indicators; between brackets neither brackets nor commas. */
const plainBlock =
  /^[A-Za-z0-9_./$(+](?:[A-Za-z0-9_./$()*+=@%~^?!'"&,{}[\]<>;|\\-]|:(?=[^\s])|(?<=\S) +(?=[^\s#]))*$/;
const plainFlow =
  /^[A-Za-z0-9_./$(+](?:[A-Za-z0-9_./$()*+=@%~^?!'"&<>;|\\-]|:(?=[^\s,[\]{}])|(?<=\S) +(?=[^\s#]))*$/;

/** A scalar as YAML, on one line: several lines of text in double quotes. */
export function scalarText(value: Scalar, place: 'block' | 'flow', quotes: Quotes): string {
  if (typeof value !== 'string') return String(value);
  if (isPlain(value, place)) return value;
  return quotedText(value, quotes);
}

/** Text under a tag is text whatever it looks like. */
export function taggedText(value: string, place: 'block' | 'flow', quotes: Quotes): string {
  const isSafe = (place === 'block' ? plainBlock : plainFlow).test(value);
  return isSafe ? value : quotedText(value, quotes);
}

/**
 * Text of several lines as a literal block, as people write it; `undefined` for what one cannot hold as it is, and for a text
 * that ends in a line break, which would depend on what follows.
 * @param column of its lines; deeper than the key or dash it belongs to
 */
export function literalText(value: unknown, column: number): string | undefined {
  if (typeof value !== 'string' || !isLiteral(value)) return undefined;
  const lines = value.split('\n').map((line) => (line === '' ? '' : ' '.repeat(column) + line));
  return `|-\n${lines.join('\n')}`;
}

/** Printable lines without blanks at their end, the first and the last not empty, the first without indentation. */
function isLiteral(value: string): boolean {
  const lines = value.split('\n');
  return (
    lines.length > 1 &&
    lines[0] !== '' &&
    lines.at(-1) !== '' &&
    !value.startsWith(' ') &&
    lines.every((line) => printable.test(line) && line.trimEnd() === line)
  );
}

const printable = /^[\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]*$/;

export function quotedText(value: string, quotes: Quotes): string {
  const isPrintable = /^[\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]*$/.test(value);
  if (isPrintable && easierIn(value, quotes) === 'single') return `'${value.replaceAll("'", "''")}'`;
  // JSON's escapes are a part of YAML's.
  return JSON.stringify(value).replaceAll(/[\x7f-\x9f\ud800-\udfff\ufeff]/g, escaped);
}

/** The quotes that leave more of a text as it is; those of the template when neither does. */
function easierIn(value: string, quotes: Quotes): Quotes {
  const single = value.split("'").length;
  const double = value.split(/["\\]/).length;
  if (single === double) return quotes;
  return single < double ? 'single' : 'double';
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function isPlain(value: string, place: 'block' | 'flow'): boolean {
  const pattern = place === 'block' ? plainBlock : plainFlow;
  return pattern.test(value) && !lookalike.test(value) && readPlainScalar(value) === value;
}

/** How a template is written, so that what is new looks like what is there. */
export interface Layout {
  /** Columns from a map to the maps inside it. */
  readonly step: number;
  /** Columns from a key to the dashes of its list. */
  readonly dashStep: number;
  readonly quotes: Quotes;
  /** Something follows on the line, a comment or blanks, which a literal block would take in. */
  readonly isFollowed?: boolean;
  readonly usesShortForm: boolean;
  readonly json: JsonLayout;
}

/** What JSON leaves to whoever writes it. */
interface JsonLayout {
  /** What the lines inside of one that is indented like this have in addition. */
  readonly unitFor: (indentation: string) => string;
  /** Between key and value, with the blanks around it. */
  readonly colon: string;
  /** Between what stands on one line. */
  readonly comma: ',' | ', ';
}

interface Counts {
  readonly steps: Map<number, number>;
  /** The same where lines are indented with tabs. */
  readonly tabSteps: Map<number, number>;
  readonly dashSteps: Map<number, number>;
  single: number;
  double: number;
}

const known = new WeakMap<Document, Layout>();

export function layoutOf(document: Document): Layout {
  const cached = known.get(document);
  if (cached !== undefined) return cached;
  const counts: Counts = {
    steps: new Map(),
    tabSteps: new Map(),
    dashSteps: new Map(),
    single: 0,
    double: 0,
  };
  count(document.root, document, counts);
  const tabStep = mostFrequent(counts.tabSteps);
  const step = mostFrequent(counts.steps) ?? tabStep ?? 2;
  const layout: Layout = {
    step,
    dashStep: mostFrequent(counts.dashSteps) ?? step,
    quotes: counts.double > counts.single ? 'double' : 'single',
    usesShortForm: document.usesShortForm || counts.steps.size + counts.tabSteps.size === 0,
    json: jsonLayoutOf(document, counts),
  };
  known.set(document, layout);
  return layout;
}

function jsonLayoutOf({ root, source }: Document, { steps, tabSteps }: Counts): JsonLayout {
  const [first] = root.kind === 'map' ? root.entries : [];
  const colon = first === undefined ? ': ' : source.text.slice(first.keySpan.end, first.value.span.start);
  const isOnOneLine = /^[ \t]*:[ \t]*$/.test(colon);
  const [spaces, tabs] = [' '.repeat(mostFrequent(steps) ?? 2), '\t'.repeat(mostFrequent(tabSteps) ?? 1)];
  const usual = total(tabSteps) > total(steps) ? tabs : spaces;
  return {
    unitFor: (indentation) => (indentation === '' ? usual : indentation.endsWith('\t') ? tabs : spaces),
    colon: isOnOneLine ? colon : ': ',
    comma: colon === ':' ? ',' : ', ',
  };
}

function count(node: Node, document: Document, counts: Counts): void {
  if (node.kind === 'scalar') {
    if (node.style === 'single-quoted') counts.single++;
    if (node.style === 'double-quoted') counts.double++;
  } else if (node.kind === 'sequence') {
    for (const { value } of node.items) count(value, document, counts);
  } else if (node.kind === 'map') {
    for (const { start, value } of node.entries) {
      const isCollection = value.kind === 'map' || value.kind === 'sequence';
      if (isCollection) {
        const inner = innerColumn(value, document);
        const offset = inner === undefined ? -1 : inner - columnOf(document.source, start);
        const isDashed = value.kind === 'sequence' && value.layout === 'block';
        if (isDashed && offset >= 0) add(counts.dashSteps, offset);
        if (!isDashed && offset > 0) add(isTabbed(value, document) ? counts.tabSteps : counts.steps, offset);
      }
      count(value, document, counts);
    }
  }
}

/** Of the first thing inside that starts a line. */
function innerColumn(node: Node, { source }: Document): number | undefined {
  if (node.kind !== 'map' && node.kind !== 'sequence') return undefined;
  if (node.layout === 'block') return node.column;
  const first = node.kind === 'map' ? node.entries[0]?.start : node.items[0]?.start;
  if (first === undefined || !source.text.slice(node.span.start, first).includes('\n')) return undefined;
  return columnOf(source, first);
}

/** Only JSON is indented with tabs. */
function isTabbed(node: MapNode | SequenceNode, { source }: Document): boolean {
  const first = node.kind === 'map' ? node.entries[0]?.start : node.items[0]?.start;
  return first !== undefined && node.layout === 'flow' && source.text[first - 1] === '\t';
}

function total(counts: ReadonlyMap<number, number>): number {
  return [...counts.values()].reduce((sum, times) => sum + times, 0);
}

function add(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function mostFrequent(counts: ReadonlyMap<number, number>): number | undefined {
  let best: number | undefined;
  for (const [value, times] of counts)
    if (best === undefined || times > (counts.get(best) ?? 0)) best = value;
  return best;
}

/** Replaces `[start, end)` of a text, in UTF-16 units. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Where a node stands: what is written depends on it. */
type Position =
  | { readonly kind: 'root' }
  | { readonly kind: 'entry'; readonly entry: Entry; readonly column: number }
  | { readonly kind: 'item'; readonly item: Item };

export interface EditTarget {
  readonly path: Path;
  readonly position: Position;
  /** Between brackets, where line breaks and indentation mean nothing. */
  readonly isFlow: boolean;
}

/** The work on one document: edits are collected, inner ones before outer ones at the same offset. */
export interface Editing {
  readonly document: Document;
  readonly layout: Layout;
  readonly aliased: ReadonlySet<Node>;
  edit(start: number, end: number, text: string): void;
  /** Makes a node say something else, with the fewest edits. */
  rewrite(node: Node, before: Value, after: Value, place: EditTarget): void;
}

/** The error for what cannot be edited in place: pointer and reason. */
export function refusal(
  { document }: { readonly document: Document },
  node: Pick<Node, 'span'>,
  { path }: { readonly path: Path },
  reason: string,
): IdpFixError {
  const pointer = formatPointer(path) || 'the template';
  return new IdpFixError('edit-refused', `${pointer} cannot be edited in place: ${reason}`, {
    place: placeOf(document.source, node.span.start),
    hint: 'write it out yourself, then run again',
  });
}
