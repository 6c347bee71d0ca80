/** The foldable parts an element is in, from the inside out. */
function partsAround(element: Element): readonly HTMLDetailsElement[] {
  const parts: HTMLDetailsElement[] = [];
  for (let at = element.closest('details'); at !== null; at = at.parentElement?.closest('details') ?? null)
    parts.push(at);
  return parts;
}

export function unfoldAround(element: Element): void {
  for (const part of partsAround(element)) part.open = true;
}

/** Remembers which parts are open, so that what a search or a print unfolds can be folded again. */
export class Folds {
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
