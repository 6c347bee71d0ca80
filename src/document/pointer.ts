/** Tokens of a JSON pointer, unescaped. Sequence positions are decimal strings, `-` is one past the end. */
export type Path = readonly string[];

/** RFC 6901. @throws RangeError on a pointer that is neither empty nor starts with `/`. */
export function parsePointer(pointer: string): Path {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw new RangeError(`not a JSON pointer: ${pointer}`);
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** RFC 6901. */
export function formatPointer(path: Path): string {
  return path.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
