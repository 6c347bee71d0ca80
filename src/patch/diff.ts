import { createTwoFilesPatch } from 'diff';

/**
 * A unified diff as `git apply` takes it; empty when nothing differs.
 * @param path with `/`, relative to where it will be applied
 */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return '';
  const patch = createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, {
    context: 3,
  });
  // The library's own heading is nothing git knows.
  return patch.replace(/^=+\r?\n/, '');
}
