/// <reference path="./embed.d.ts" />
import { createHash } from 'node:crypto';
import script from './browser/main.ts?embed';
import { html, Markup, type Piece } from './markup.js';
import style from './style/main.css?embed';

export interface Page {
  /** Of the window. */
  readonly title: string;
  readonly masthead: Piece;
  /** Links to the sections of the page. */
  readonly contents: readonly { readonly id: string; readonly text: string; readonly nested?: true }[];
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
    <ul>${contents.map(({ id, text, nested }) => html`<li${nested && html` class="nested"`}><a href="#${id}">${text}</a></li>`)}</ul>
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
