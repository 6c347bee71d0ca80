/// <reference path="./embed.d.ts" />

import { createHash } from 'node:crypto';
import type { Comment, Document, Node, Span } from '../../document/syntax.js';
import { visible } from '../../escape.js';
import script from './browser/main.ts?embed';
import style from './style/main.css?embed';

interface Page {
  /** Of the window. */
  readonly title: string;
  readonly masthead: Piece;
  /** Links to the sections of the page. */
  readonly contents: readonly {
    readonly id: string;
    readonly text: string;
    readonly nested?: true;
    readonly needsScript?: true;
  }[];
  readonly main: Piece;
  readonly colophon: Piece;
}

/**
 * A page that is complete in one file. Its policy admits the style and the script it has, by their hashes, and nothing
 * else: no address is fetched, no form is sent, no text becomes markup.
 */
export function page({ title, masthead, contents, main, colophon }: Page): string {
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
  const document = html`<!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="referrer" content="no-referrer">
    <title>${title}</title>
    <style>${new Markup(style)}</style>
    </head>
    <body>
    <a class="skip" href="#main">Skip to the review</a>
    <header class="masthead">${masthead}</header>
    <div class="columns">
    <nav class="contents" aria-label="Contents">
    <ul>${contents.map(({ id, text, nested, needsScript }) => html`<li${nested && html` class="nested"`}${needsScript && html` data-needs-script hidden`}><a href="#${id}">${text}</a></li>`)}</ul>
    </nav>
    <main id="main" tabindex="-1">${main}</main>
    </div>
    <footer class="colophon">${colophon}</footer>
    <script>${new Markup(script)}</script>
    </body>
    </html>
    `;
  return document.text;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** A heading at a level from 1 to 6. */
export function heading(level: number, content: Piece, id?: string): Markup {
  const tag = new Markup(`h${Math.min(level, 6)}`);
  return html`<${tag}${id !== undefined && html` id="${id}"`}>${content}</${tag}>`;
}

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

/** A stretch of a template and what it is, for color: ours is the reader that knows. */
export interface Colored extends Span {
  readonly kind: 'key' | 'text' | 'literal' | 'tag' | 'comment';
}

/** In the order of the text, not overlapping; what is left out has no color of its own. */
export function colorsOf({ root, comments }: Pick<Document, 'root' | 'comments'>): readonly Colored[] {
  const found: Colored[] = comments.map(({ span }: Comment) => ({ ...span, kind: 'comment' }));
  const visit = (node: Node): void => {
    const { start, end } = node.span;
    if (node.tag !== undefined)
      found.push({ start, end: Math.min(start + node.tag.length, end), kind: 'tag' });
    const from = node.tag === undefined ? start : Math.min(start + node.tag.length, end);
    if (node.kind === 'map') {
      for (const { keySpan, value } of node.entries) {
        found.push({ ...keySpan, kind: 'key' });
        visit(value);
      }
    } else if (node.kind === 'sequence') for (const { value } of node.items) visit(value);
    else if (node.kind === 'scalar' && end > from) {
      const isLiteral = typeof node.value !== 'string' && node.style === 'plain';
      if (isLiteral || node.style !== 'plain')
        found.push({ start: from, end, kind: isLiteral ? 'literal' : 'text' });
    }
  };
  visit(root);
  found.sort((left, right) => left.start - right.start || left.end - right.end);
  let at = 0;
  return found.filter(({ start, end }) => {
    const isFree = start >= at && end > start;
    if (isFree) at = end;
    return isFree;
  });
}
