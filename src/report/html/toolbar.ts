import { html, type Markup } from './markup.js';

export interface Choice {
  readonly value: string;
  readonly text: string;
}

export interface Toolbar {
  /** What is searched: `findings`. */
  readonly noun: string;
  readonly count: number;
  /** By the name of the attribute of an item that they are compared with: `data-fate`. */
  readonly filters: readonly {
    readonly name: string;
    readonly label: string;
    readonly choices: readonly Choice[];
  }[];
}

/** Hidden until the script is there that makes it work. */
export function toolbar({ noun, count, filters }: Toolbar): Markup {
  return html`<search class="toolbar" aria-label="Search and filter ${noun}" hidden>
    <div class="field wide"><p class="over"><label for="query">Search</label> <span class="result" role="status" data-noun="${noun}">${count} ${noun}</span></p><input id="query" type="search" autocomplete="off" spellcheck="false"></div>
    ${filters.map(
      ({ name, label, choices }) => html`<p class="field"><label for="by-${name}">${label}</label>
        <select id="by-${name}" data-by="${name}"><option value="">all</option>
        ${choices.map(({ value, text }) => html`<option value="${value}">${text}</option>`)}
        </select></p>`,
    )}
    <p class="field buttons"><button type="button" id="clear">Clear</button> <button type="button" id="unfold">Unfold all</button> <button type="button" id="fold">Fold all</button></p>
    </search>`;
}
