/**
 * What a review page does in a browser: search, filters, folding, printing. Everything it works on is in the page
 * already and can be read without it; no markup is made here, and nothing is fetched.
 */
import { type Item, isAnything, isWanted, type Wanted, wordsOf } from './filter.js';
import { Folds, unfoldAround } from './folding.js';
import { highlight } from './highlight.js';

const toolbar = document.querySelector<HTMLElement>('.toolbar');
const query = document.querySelector<HTMLInputElement>('#query');
const result = document.querySelector<HTMLElement>('.toolbar .result');
const choosers = [...document.querySelectorAll<HTMLSelectElement>('select[data-by]')];
const names = choosers.map((chooser) => chooser.dataset.by ?? '');
const findings = [...document.querySelectorAll<HTMLElement>('.finding')];
/** What has findings in it, and is of no interest when all of them are hidden. */
const holders = [...document.querySelectorAll<HTMLElement>('.group, .quiet, .stack')];
const folds = new Folds([...document.querySelectorAll('details')]);
/** On paper what needs nobody stays a number. */
const printFolds = new Folds([
  ...document.querySelectorAll<HTMLDetailsElement>('details:not(.quiet, .quiet *)'),
]);
let items: readonly Item[] | undefined;

/** Read when first searched, so that opening the page costs nothing. */
function readItems(): readonly Item[] {
  items ??= findings.map((element) => ({
    text: `${element.textContent} ${names.map((name) => element.getAttribute(`data-${name}`)).join(' ')}`.toLowerCase(),
    values: new Map(names.map((name) => [name, element.getAttribute(`data-${name}`) ?? ''])),
  }));
  return items;
}

function wanted(): Wanted {
  return {
    query: query?.value ?? '',
    by: new Map(choosers.map((chooser) => [chooser.dataset.by ?? '', chooser.value])),
  };
}

function show(): void {
  const want = wanted();
  const isAll = isAnything(want);
  const known = isAll ? [] : readItems();
  let shown = 0;
  for (const [index, element] of findings.entries()) {
    const item = known[index];
    const isShown = isAll || (item !== undefined && isWanted(item, want));
    element.hidden = !isShown;
    if (isShown) shown++;
  }
  highlight(
    findings.filter(({ hidden }) => !hidden),
    wordsOf(want.query),
  );
  for (const holder of holders) {
    holder.hidden = !isAll && holder.querySelector('.finding:not([hidden])') === null;
  }
  if (isAll) folds.restore();
  else {
    folds.remember();
    for (const holder of holders) {
      if (holder instanceof HTMLDetailsElement) holder.open = !holder.hidden;
    }
  }
  if (result !== null) {
    const noun = result.dataset.noun ?? '';
    result.textContent = isAll ? `${findings.length} ${noun}` : `${shown} of ${findings.length} ${noun}`;
  }
}

function clear(): void {
  if (query !== null) query.value = '';
  for (const chooser of choosers) chooser.value = '';
  show();
}

/** A number in the summary leads to the findings it counts. */
function follow(link: HTMLElement): void {
  const [remediation = '', fate = ''] = (link.dataset.filter ?? '').split(' ');
  const values: Readonly<Record<string, string>> = { remediation, fate };
  if (query !== null) query.value = '';
  for (const chooser of choosers) chooser.value = values[chooser.dataset.by ?? ''] ?? '';
  show();
}

function unfoldTarget(): void {
  const id = decodeURIComponent(location.hash.slice(1));
  const target = id === '' ? null : document.getElementById(id);
  if (target !== null) unfoldAround(target);
}

if (toolbar !== null) toolbar.hidden = false;
query?.addEventListener('input', show);
for (const chooser of choosers) chooser.addEventListener('change', show);
document.querySelector('#clear')?.addEventListener('click', () => {
  clear();
  query?.focus();
});
query?.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') clear();
});
for (const [id, isOpen] of [
  ['#unfold', true],
  ['#fold', false],
] as const) {
  document.querySelector(id)?.addEventListener('click', () => {
    folds.forget();
    folds.setAll(isOpen);
  });
}
for (const link of document.querySelectorAll<HTMLElement>('a[data-filter]'))
  link.addEventListener('click', () => follow(link));
addEventListener('hashchange', unfoldTarget);
addEventListener('beforeprint', () => {
  printFolds.remember();
  printFolds.setAll(true);
});
addEventListener('afterprint', () => printFolds.restore());
unfoldTarget();
