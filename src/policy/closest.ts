/** The candidate a mistyped word most likely means: at most two slips away, or a third of its length. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const near = candidates
    .map((candidate) => ({ candidate, slips: slipsBetween(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, slips }) => slips <= Math.max(2, candidate.length / 3))
    .sort((left, right) => left.slips - right.slips);
  return near[0]?.candidate;
}

/** Levenshtein's distance. */
function slipsBetween(left: string, right: string): number {
  let above = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...left].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...right].entries()) {
      const kept = (above[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(kept, (above[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    above = current;
  }
  return above[right.length] ?? 0;
}
