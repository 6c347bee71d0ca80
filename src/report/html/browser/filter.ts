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
