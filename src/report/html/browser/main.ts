import { formatAddress, isAnything, isWanted, parseAddress, type Wanted, wordsOf } from './filter.js';
import { download, type Marked, Marking, tallyOf } from './marking.js';
import {
  decisionsJson,
  decisionsMarkdown,
  decisionsPolicy,
  isMarked,
  keyOf,
  longestFile,
  type Mark,
  type Review,
  type Reviewed,
  takeIn,
} from './marks.js';

/** The foldable parts an element is in, from the inside out. */
function partsAround(element: Element): readonly HTMLDetailsElement[] {
  const parts: HTMLDetailsElement[] = [];
  for (let at = element.closest('details'); at !== null; at = at.parentElement?.closest('details') ?? null)
    parts.push(at);
  return parts;
}

function unfoldAround(element: Element): void {
  for (const part of partsAround(element)) part.open = true;
}

/** Remembers which parts are open, so that what a search or a print unfolds can be folded again. */
class Folds {
  #before: ReadonlyMap<HTMLDetailsElement, boolean> | undefined;

  constructor(private readonly parts: readonly HTMLDetailsElement[]) {}

  remember(): void {
    this.#before ??= new Map(this.parts.map((part) => [part, part.open]));
  }

  restore(): void {
    for (const [part, isOpen] of this.#before ?? []) part.open = isOpen;
    this.#before = undefined;
  }

  /** What is folded or unfolded by hand is not to be undone. */
  forget(): void {
    this.#before = undefined;
  }

  setAll(isOpen: boolean): void {
    for (const part of this.parts) part.open = isOpen;
  }
}

/** More marks than anybody looks at would only cost time. */
const mostRanges = 2_000;

/**
 * Marks words where they stand, without touching the page; browsers that cannot do that show no marks.
 * @param words in lower case
 */
function highlight(elements: readonly Element[], words: readonly string[]): void {
  if (!('highlights' in CSS)) return;
  const ranges: Range[] = [];
  for (const element of words.length === 0 ? [] : elements) {
    for (const text of textsIn(element)) {
      ranges.push(...rangesIn(text, words));
      if (ranges.length > mostRanges) break;
    }
  }
  CSS.highlights.set('found', new Highlight(...ranges));
}

function* textsIn(element: Element): Generator<Text> {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    if (node instanceof Text) yield node;
  }
}

function rangesIn(text: Text, words: readonly string[]): Range[] {
  const content = text.data.toLowerCase();
  // Where lower case has another length, positions would be wrong.
  if (content.length !== text.length) return [];
  return words.flatMap((word) => {
    const found: Range[] = [];
    for (let at = content.indexOf(word); at >= 0; at = content.indexOf(word, at + word.length)) {
      const range = new Range();
      range.setStart(text, at);
      range.setEnd(text, at + word.length);
      found.push(range);
    }
    return found;
  });
}

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
let texts: readonly string[] | undefined;
/** The hunk whose findings are looked for; no control shows it. */
let hunk = '';

/** Read when first searched, so that opening the page costs nothing. */
function readTexts(): readonly string[] {
  texts ??= findings.map((element) =>
    `${element.textContent} ${names.map((name) => element.getAttribute(`data-${name}`)).join(' ')}`.toLowerCase(),
  );
  return texts;
}

function wanted(): Wanted {
  return {
    query: query?.value ?? '',
    by: new Map([
      ...choosers.map((chooser) => [chooser.dataset.by ?? '', chooser.value] as const),
      ['hunk', hunk],
    ]),
  };
}

/** @param values by name, `q` the text; what is not named is any */
function want(values: ReadonlyMap<string, string>): void {
  if (query !== null) query.value = values.get('q') ?? '';
  for (const chooser of choosers) {
    const value = values.get(chooser.dataset.by ?? '') ?? '';
    chooser.value = [...chooser.options].some((option) => option.value === value) ? value : '';
  }
  hunk = values.get('hunk') ?? '';
  show();
}

function show(): void {
  const want = wanted();
  const isAll = isAnything(want);
  const known = isAll ? [] : readTexts();
  let shown = 0;
  for (const [index, element] of findings.entries()) {
    const attribute = (name: string) => element.getAttribute(`data-${name}`) ?? '';
    const isShown = isAll || isWanted({ text: known[index] ?? '', attribute }, want);
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
    const here = hunk === '' ? '' : ' of one hunk';
    result.textContent = isAll
      ? `${findings.length} ${noun}`
      : `${shown} of ${findings.length} ${noun}${here}`;
  }
}

/** What is looked for stays in the address, so that it can be shared and opened again. */
function remember(target = parseAddress(location.hash).target): void {
  const { query: text, by } = wanted();
  const address = formatAddress({ target, wanted: new Map([['q', text.trim()], ...by]) });
  if (address !== location.hash) history.replaceState(null, '', address === '' ? '#' : address);
}

function search(): void {
  show();
  remember();
}

function clear(): void {
  want(new Map());
  remember('');
}

/** To a place on the page, which is unfolded around. */
function reach(id: string): void {
  const target = id === '' ? null : document.getElementById(id);
  if (target === null) return;
  unfoldAround(target);
  target.scrollIntoView();
}

function arrive(): void {
  const { target, wanted: values, isPlain } = parseAddress(location.hash);
  if (isPlain) remember(target);
  else want(values);
  reach(target);
}

/** Lines of diffs that are for a finding. */
function choose(number: string | undefined): void {
  for (const each of document.querySelectorAll('.chosen')) each.classList.remove('chosen');
  if (number === undefined || number === '') return;
  const own = `[data-by~="${CSS.escape(number)}"]`;
  const lines = document.querySelectorAll(
    `ins${own}, del${own}, .hunk${own} :is(ins, del):not([data-by]), .finding[data-n="${CSS.escape(number)}"]`,
  );
  for (const line of lines) line.classList.add('chosen');
}

if (toolbar !== null) toolbar.hidden = false;
query?.addEventListener('input', search);
for (const chooser of choosers) chooser.addEventListener('change', search);
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
document.addEventListener('click', ({ target }) => {
  const link = target instanceof Element ? target.closest<HTMLAnchorElement>('a[href^="#"]') : null;
  if (link === null) return;
  const { target: id } = parseAddress(link.hash);
  // A number of the summary, or of a hunk, leads to the findings it counts.
  if (link.dataset.filter !== undefined) {
    want(new Map(new URLSearchParams(link.dataset.filter)));
    remember(id);
  }
  const finding = link.closest<HTMLElement>('.finding') ?? document.getElementById(id);
  choose(finding?.dataset.n);
  // The address may be there already, and then nothing would move.
  requestAnimationFrame(() => reach(id));
});
addEventListener('hashchange', arrive);

const { documentElement } = document;
document.querySelector('#print-summary')?.addEventListener('click', () => {
  documentElement.classList.add('brief');
  print();
});
addEventListener('beforeprint', () => {
  printFolds.remember();
  printFolds.setAll(true);
});
addEventListener('afterprint', () => {
  printFolds.restore();
  documentElement.classList.remove('brief');
});

const form = document.querySelector<HTMLTemplateElement>('template#mark');
const desk = document.querySelector<HTMLElement>('.your-review');
if (form !== null && desk !== null) setUpMarks(form, desk);
if (location.hash !== '') arrive();

function setUpMarks(form: HTMLTemplateElement, desk: HTMLElement): void {
  const tally = desk.querySelector('.tally');
  const tell = () => {
    if (tally !== null) tally.textContent = `${tallyOf(marking.all)}.`;
  };
  const marking: Marking = new Marking(form, desk.dataset.identity ?? '', findings, () => tell());
  const { title = '', identity = '', policy = '' } = desk.dataset;
  const review: Review = { title, identity, policy };
  const reviewedOf = ({ element, mark }: Marked): Reviewed => ({
    fingerprint: element.dataset.fingerprint ?? '',
    remediation: element.dataset.remediation ?? '',
    root: element.closest<HTMLElement>('.stack')?.dataset.root ?? '',
    template: element.closest<HTMLElement>('.stack')?.dataset.template ?? '',
    logicalId: element.dataset.logicalId ?? '',
    ...mark,
  });
  const reviewed = (): readonly Reviewed[] =>
    marking.all.filter(({ mark }) => isMarked(mark)).map(reviewedOf);
  const opened = desk.querySelector('.opened');
  const chooser = desk.querySelector<HTMLInputElement>('input[type="file"]');
  const takeInFile = async (file: File | undefined) => {
    if (file === undefined) return;
    const elements = new Map(marking.all.map((each) => [keyOf(reviewedOf(each)), each] as const));
    const own = new Map([...elements].map(([key, { mark }]) => [key, mark] as const));
    const { marks, said } = takeIn(file.size > longestFile ? '' : await file.text(), review, own);
    const taken = [...marks].flatMap(([key, mark]) => {
      const element = elements.get(key)?.element;
      return element === undefined ? [] : [[element, mark] as const];
    });
    marking.take(new Map(taken));
    if (opened !== null) opened.textContent = said;
  };
  chooser?.addEventListener('change', () => {
    void takeInFile(chooser.files?.[0]);
    // The same file may be opened again.
    chooser.value = '';
  });
  desk.addEventListener('dragover', (event) => event.preventDefault());
  desk.addEventListener('drop', (event) => {
    event.preventDefault();
    void takeInFile(event.dataTransfer?.files[0]);
  });
  const files = {
    json: () => download('decisions.json', decisionsJson(review, reviewed()), 'application/json'),
    markdown: () => download('decisions.md', decisionsMarkdown(review, reviewed()), 'text/markdown'),
    policy: () => download('decisions.policy.yaml', decisionsPolicy(review, reviewed()), 'application/yaml'),
  };
  const changes: Readonly<Record<string, Partial<Mark>>> = {
    viewed: { viewed: true },
    approved: { viewed: true, decision: 'approved' },
    rejected: { viewed: true, decision: 'rejected' },
    discuss: { viewed: true, decision: 'discuss' },
  };
  desk.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button') : null;
    const { mark = '', save } = button?.dataset ?? {};
    const change = changes[mark];
    if (change !== undefined)
      marking.change(
        findings.filter(({ hidden }) => !hidden),
        change,
      );
    if (mark === 'none' && confirm('Delete every mark, decision and note of this review?')) marking.clear();
    if (button?.dataset.open !== undefined) chooser?.click();
    if (save === 'json' || save === 'markdown' || save === 'policy') files[save]();
  });
  for (const each of document.querySelectorAll<HTMLElement>('[data-needs-script]')) each.hidden = false;
  tell();
}
