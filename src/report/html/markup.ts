import { visible } from '../../escape.js';

/** Text that is HTML already. Everything else that is put into a page gets escaped. */
export class Markup {
  constructor(readonly text: string) {}
}

export type Piece = Markup | string | number | null | undefined | false | readonly Piece[];

/**
 * HTML with values in it: html`<p title="${title}">${text}</p>`. Values are escaped for text and for attributes in
 * quotes, the only two places they may stand in; lists are joined; nothing comes of `null`, `undefined` and `false`.
 */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  // The indentation of our own source is of no use to anybody; what is in the values stays as it is.
  const joined = strings.map((string, index) => string.replaceAll(/\n\s*/g, '\n') + textOf(pieces[index]));
  return new Markup(joined.join(''));
}

function textOf(piece: Piece): string {
  if (piece === null || piece === undefined || piece === false) return '';
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'object') return piece.map(textOf).join('');
  return escaped(String(piece));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

function escaped(text: string): string {
  return visible(text).replaceAll(/[&<>"'`]/g, (character) => entities[character] ?? character);
}
