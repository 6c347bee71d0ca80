/** Whether a text fits a pattern with `*` (anything) and `?` (one character), the wildcards of IAM and of policies. */
export function matchesWildcard(pattern: string, text: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === text;
  const source = pattern.replace(/[*?]|[^*?]+/g, (part) => {
    if (part === '*') return '[^]*';
    return part === '?' ? '[^]' : part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source}$`).test(text);
}
