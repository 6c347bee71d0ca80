import type { Chapter } from './chapter.js';
import { heading, html, type Markup, type Piece } from './page.js';

/** A part of a chapter that the contents lead to. @param id also the class its style goes by */
export function section({ prefix, level }: Chapter, id: string, title: string, content: Piece): Markup {
  const own = `${prefix}${id}`;
  // Several plans have sections of the same name, so their own name is said first.
  const names = prefix === '' ? own : `${prefix}plan ${own}`;
  return html`<section class="${id}" aria-labelledby="${names}">
    ${heading(level, title, own)}
    ${content}
    </section>`;
}

/** What a part is called that scrolls by itself; no other one on the page is. */
export function regionName({ prefix, plan }: Chapter, name: string): string {
  return prefix === '' ? name : `${name} (${plan.root})`;
}
