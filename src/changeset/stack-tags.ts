import type { Tag } from './ports.js';
import type { Prepared } from './prepare.js';

/** Tags the plan gives the stack. A key the stack has keeps its value. */
export function tagsToAdd({ result }: Pick<Prepared, 'result'>, tags: readonly Tag[]): readonly Tag[] {
  const wanted = Object.entries(result.document.stacks[0]?.stackTags ?? {});
  return wanted
    .filter(([key]) => tags.every((tag) => tag.key !== key))
    .map(([key, value]) => ({ key, value }));
}
