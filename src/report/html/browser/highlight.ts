/** More marks than anybody looks at would only cost time. */
const mostRanges = 2_000;

/**
 * Marks words where they stand, without touching the page; browsers that cannot do that show no marks.
 * @param words in lower case
 */
export function highlight(elements: readonly Element[], words: readonly string[]): void {
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
