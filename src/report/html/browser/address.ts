/** Where a reader is on the page, and what they look for: what the address has behind its `#`, to be shared. */
export interface Address {
  /** Id of an element; empty for the top. */
  readonly target: string;
  /** By name; nothing is empty. */
  readonly wanted: ReadonlyMap<string, string>;
}

/** `finding-12?fate=review&q=logs`. What cannot be read is left out, and a target alone says nothing of filters. */
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
