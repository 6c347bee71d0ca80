import { decisions, formatMarks, type Mark, noMark, parseMarks, statesOf } from './marks.js';

/** A finding that can be marked, and the mark it has. */
export interface Marked {
  readonly element: HTMLElement;
  readonly mark: Mark;
}

/**
 * Viewed marks, decisions and notes, kept in this browser under the identity of the review. Controls are copied from the
 * page's own `<template>` when a part is unfolded first, so that opening the page costs nothing.
 */
export class Marking {
  readonly #kept: string;
  readonly #marks: Map<string, Mark>;
  readonly #elements: readonly HTMLElement[];

  /** @param changed is told after each mark */
  constructor(
    private readonly form: HTMLTemplateElement,
    identity: string,
    elements: readonly HTMLElement[],
    private readonly changed: () => void,
  ) {
    this.#kept = `idp-fix/review/${identity}`;
    this.#marks = parseMarks(read(this.#kept));
    this.#elements = elements.filter(({ dataset }) => dataset.fingerprint !== undefined);
    for (const element of this.#elements) this.#show(element);
    document.addEventListener(
      'toggle',
      ({ target }) => {
        if (target instanceof HTMLDetailsElement && target.open) this.#fill(target);
      },
      true,
    );
    for (const part of document.querySelectorAll<HTMLDetailsElement>('.group[open]')) this.#fill(part);
  }

  get all(): readonly Marked[] {
    return this.#elements.map((element) => ({ element, mark: this.#of(element) }));
  }

  /** The same for several at once. */
  change(elements: readonly Element[], change: Partial<Mark>): void {
    for (const element of this.#elements) {
      if (!elements.includes(element)) continue;
      this.#marks.set(element.id, { ...this.#of(element), ...change });
      this.#show(element);
    }
    write(this.#kept, formatMarks(this.#marks));
    this.changed();
  }

  /** Marks of their own for several, such as those of another reviewer. */
  take(marks: ReadonlyMap<HTMLElement, Mark>): void {
    for (const [element, mark] of marks) {
      this.#marks.set(element.id, mark);
      this.#show(element);
    }
    write(this.#kept, formatMarks(this.#marks));
    this.changed();
  }

  clear(): void {
    this.#marks.clear();
    this.change(this.#elements, noMark);
  }

  #of(element: HTMLElement): Mark {
    return this.#marks.get(element.id) ?? noMark;
  }

  #show(element: HTMLElement): void {
    const mark = this.#of(element);
    element.dataset.mark = statesOf(mark);
    const { viewed, decision, note } = controlsIn(element);
    if (viewed !== null) viewed.checked = mark.viewed;
    if (decision !== null) decision.value = mark.decision;
    if (note !== null && note.value !== mark.note) note.value = mark.note;
  }

  #fill(part: HTMLDetailsElement): void {
    for (const element of part.querySelectorAll<HTMLElement>(
      '.finding[data-fingerprint]:not(:has(.marks))',
    )) {
      element.append(this.form.content.cloneNode(true));
      const legend = element.querySelector('.marks legend');
      const name = element.querySelector('strong')?.textContent ?? '';
      if (legend !== null) legend.textContent = `Your review of ${name}`;
      const { viewed, decision, note } = controlsIn(element);
      viewed?.addEventListener('change', () => this.change([element], { viewed: viewed.checked }));
      note?.addEventListener('change', () => this.change([element], { note: note.value }));
      decision?.addEventListener('change', () => {
        const chosen = decisions.find((each) => each === decision.value) ?? '';
        this.change([element], { decision: chosen, ...(chosen !== '' && { viewed: true }) });
      });
      this.#show(element);
    }
  }
}

function controlsIn(element: HTMLElement) {
  return {
    viewed: element.querySelector<HTMLInputElement>('.marks .viewed'),
    decision: element.querySelector<HTMLSelectElement>('.marks .decision'),
    note: element.querySelector<HTMLInputElement>('.marks .note'),
  };
}

/** Browsers may keep nothing for a file, or be told to; marks last as long as the page then. */
function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

function write(name: string, text: string): void {
  try {
    if (text === '{}') localStorage.removeItem(name);
    else localStorage.setItem(name, text);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

/** Hands a file to the reader; nothing leaves the browser. */
export function download(name: string, text: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** `3 viewed, 2 approved`. */
export function tallyOf(marked: readonly Marked[]): string {
  const of = (isOne: (mark: Mark) => boolean) => marked.filter(({ mark }) => isOne(mark)).length;
  return [
    `${of(({ viewed }) => viewed)} of ${marked.length} viewed`,
    `${of(({ decision }) => decision === 'approved')} approved`,
    `${of(({ decision }) => decision === 'rejected')} rejected`,
    `${of(({ decision }) => decision === 'discuss')} to discuss`,
  ].join(', ');
}
