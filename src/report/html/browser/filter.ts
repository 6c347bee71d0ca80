/** Where a reader is on the page, and what they look for: what the address has behind its `#`, to be shared. */
interface Address {
  /** Id of an element; empty for the top. */
  readonly target: string;
  /** By name; nothing is empty. */
  readonly wanted: ReadonlyMap<string, string>;
}

/** `finding-12?status=review&q=logs`. What cannot be read is left out, and a target alone says nothing of filters. */
export function parseAddress(hash: string): Address & { readonly isPlain: boolean } {
  const text = hash.replace(/^#/, '');
  const at = text.indexOf('?');
  const wanted = new Map<string, string>();
  if (at >= 0) {
    for (const [name, value] of new URLSearchParams(text.slice(at + 1)))
      if (value !== '') wanted.set(name, value);
  }
  return { target: decoded(at < 0 ? text : text.slice(0, at)), wanted, isPlain: at < 0 };
}

/** With its `#`; empty where there is nothing to say. */
export function formatAddress({ target, wanted }: Address): string {
  const filters = new URLSearchParams([...wanted].filter(([, value]) => value !== '')).toString();
  const text = `${encodeURIComponent(target)}${filters === '' ? '' : `?${filters}`}`;
  return text === '' ? '' : `#${text}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

/** What a reader looks for: a text anywhere in an item, and values its attributes must have. */
export interface Wanted {
  /** Words, all of which must occur; case does not count. */
  readonly query: string;
  /** By name of the attribute; empty for any. */
  readonly by: ReadonlyMap<string, string>;
}

export interface Item {
  /** In lower case. */
  readonly text: string;
  /** Of an attribute; several values of one stand between blanks. */
  readonly attribute: (name: string) => string;
}

export function isWanted({ text, attribute }: Item, { query, by }: Wanted): boolean {
  for (const [name, value] of by) {
    if (value !== '' && !attribute(name).split(' ').includes(value)) return false;
  }
  return wordsOf(query).every((word) => text.includes(word));
}

export function isAnything({ query, by }: Wanted): boolean {
  return wordsOf(query).length === 0 && [...by.values()].every((value) => value === '');
}

/** In lower case. */
export function wordsOf(query: string): readonly string[] {
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}
