import { placeOf } from '../document/locate.js';
import { readDocument } from '../document/read.js';
import { decodeSource } from '../document/source.js';
import type { MapNode, Node, ScalarNode, Source } from '../document/syntax.js';
import type { Path, Scalar } from '../document/value.js';
import { type ErrorCode, type ErrorPlace, IdpFixError } from '../errors.js';

/** What a file is that people write and a schema checks. */
export interface FileKind {
  readonly noun: string;
  /** Of what is wrong with it. */
  readonly code: ErrorCode;
}

export const policyFile: FileKind = { noun: 'policy', code: 'policy-invalid' };

/** A value of a policy that knows where it is written, so that it still does when policies are merged. */
export interface Sourced {
  /** Of its key, or of the item of a list. */
  readonly place: ErrorPlace;
  readonly content: Scalar | readonly Sourced[] | SourcedMap;
}

export type SourcedMap = ReadonlyMap<string, Sourced>;

export function isSourcedMap(content: Sourced['content'] | undefined): content is SourcedMap {
  return content instanceof Map;
}

export function isSourcedList(content: Sourced['content'] | undefined): content is readonly Sourced[] {
  return Array.isArray(content);
}

/**
 * Reads the text of a policy, YAML or JSON. A key without a value counts as left out.
 * @param kind of file, for messages
 * @param scalar `asWritten` for a file of texts
 * @throws IdpFixError `policy-invalid`, or the code of the kind
 */
export function readSourced(
  path: string,
  bytes: Uint8Array,
  kind: FileKind = policyFile,
  scalar: ReadScalar = scalarOf,
): Sourced {
  try {
    const source = decodeSource(path, bytes);
    const start = { file: path, line: 1 };
    if (isBlank(source.text)) return { place: start, content: new Map() };
    return { place: start, content: contentOf(readDocument(source).root, source, scalar) };
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
    // The reader of templates says `template` for what it reads.
    const said = (text: string) => text.replaceAll(/template|policy/g, kind.noun);
    const { hint, place = { file: path } } = error.details;
    throw new IdpFixError(kind.code, said(error.message), {
      place,
      ...(hint !== undefined && { hint: said(hint) }),
    });
  }
}

/** Nothing but comments, as a policy that only extends its preset. */
function isBlank(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(?:#|$)/.test(line));
}

type ReadScalar = (node: ScalarNode, source: Source) => Scalar;

function contentOf(node: Node, source: Source, scalar: ReadScalar): Sourced['content'] {
  if (node.tag !== undefined)
    throw unsupported(node, source, `the tag ${node.tag} has no meaning in a policy`);
  switch (node.kind) {
    case 'alias':
      return contentOf(node.target, source, scalar);
    case 'scalar':
      return scalar(node, source);
    case 'sequence':
      return node.items.map(({ value }) => ({
        place: placeOf(source, value.span.start),
        content: contentOf(value, source, scalar),
      }));
    case 'map': {
      if (node.hasMergeKey) throw unsupported(node, source, 'a policy is merged by extends, not by <<');
      refuseRepeatedKey(node, source);
      const entries = node.entries.map(
        ({ key, keySpan, value }) =>
          [
            key,
            { place: placeOf(source, keySpan.start), content: contentOf(value, source, scalar) },
          ] as const,
      );
      const set = entries.filter(([, { content }]) => content !== null);
      // A map whose keys all wait for a value is itself not set.
      return set.length === 0 && entries.length > 0 ? null : new Map(set);
    }
  }
}

/** CloudFormation lets the last one count, which in a policy would hide a typing error. */
function refuseRepeatedKey({ entries }: MapNode, source: Source): void {
  const known = new Set<string>();
  for (const { key, keySpan } of entries) {
    if (known.has(key)) {
      throw new IdpFixError('policy-invalid', `the key ${key} is twice in the same map`, {
        place: placeOf(source, keySpan.start),
        hint: 'remove one of the two',
      });
    }
    known.add(key);
  }
}

/**
 * Templates are YAML 1.1, where `NO` is false and `0755` is octal; a policy is YAML 1.2, where Norway is a country.
 * @source https://yaml.org/spec/1.2.2/#103-core-schema
 */
function scalarOf({ value, style, span }: ScalarNode, { text }: Source): Scalar {
  if (style !== 'plain' || value === null || typeof value === 'string') return value;
  const written = text.slice(span.start, span.end);
  const isCore =
    typeof value === 'boolean'
      ? /^(?:true|True|TRUE|false|False|FALSE)$/.test(written)
      : /^[-+]?(?:0|[1-9][0-9]*)?(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?$/.test(written);
  return isCore ? value : written;
}

/** Texts, so that `007` and `1e3` stay what they are. */
export function asWritten({ value, style, span }: ScalarNode, { text }: Source): Scalar {
  return style === 'plain' ? text.slice(span.start, span.end) : value;
}

function unsupported(node: Node, source: Source, message: string): IdpFixError {
  return new IdpFixError('policy-invalid', message, {
    place: placeOf(source, node.span.start),
    hint: 'write the value out',
  });
}

/** What a later policy says counts; maps are merged, and so are the lists under the names given. */
export function mergeSourced(base: Sourced, own: Sourced, joinedLists: ReadonlySet<string>): Sourced {
  return merge(base, own, (path) => path.length === 1 && joinedLists.has(path[0] ?? ''), []);
}

function merge(base: Sourced, own: Sourced, isJoined: (path: Path) => boolean, path: Path): Sourced {
  if (isSourcedList(base.content) && isSourcedList(own.content) && isJoined(path)) {
    return { place: own.place, content: [...base.content, ...own.content] };
  }
  if (!isSourcedMap(base.content) || !isSourcedMap(own.content)) return own;
  const merged = new Map(base.content);
  for (const [key, value] of own.content) {
    const inherited = merged.get(key);
    merged.set(key, inherited === undefined ? value : merge(inherited, value, isJoined, [...path, key]));
  }
  return { place: own.place, content: merged };
}

/** As plain data. */
export function plain({ content }: Sourced): unknown {
  if (isSourcedList(content)) return content.map(plain);
  if (!isSourcedMap(content)) return content;
  // `fromEntries` makes an own property even of `__proto__`, which the schema then refuses.
  return Object.fromEntries([...content].map(([key, value]) => [key, plain(value)]));
}

/** What a path leads to. */
export function at(root: Sourced, path: Path): Sourced | undefined {
  let found: Sourced | undefined = root;
  for (const token of path) {
    const content: Sourced['content'] | undefined = found?.content;
    if (isSourcedMap(content)) found = content.get(token);
    else if (isSourcedList(content)) found = content[Number(token)];
    else return undefined;
  }
  return found;
}

/** Of the deepest value on the way to a path. */
export function placeNear(root: Sourced, path: Path): ErrorPlace {
  for (let length = path.length; length > 0; length--) {
    const found = at(root, path.slice(0, length));
    if (found !== undefined) return found.place;
  }
  return root.place;
}
