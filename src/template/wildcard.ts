/**
 * Whether a text fits a pattern with `*` (anything) and `?` (one character), the wildcards of IAM and of policies.
 * Goes back to the last `*` only, so the cost is at most the product of both lengths.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let [at, position] = [0, 0];
  let [star, resume] = [-1, 0];
  while (position < text.length) {
    if (pattern[at] === '*') {
      star = at++;
      resume = position;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[position])) {
      at++;
      position++;
    } else if (star >= 0) {
      at = star + 1;
      position = ++resume;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
