import type { Tag } from '../aws-ports.js';
import type { Prepared } from './prepare.js';
import type { ChangeSetRecord } from './record.js';

type Source = Pick<Prepared, 'result' | 'removedTags'>;

/** Tags the plan gives the stack. A key the stack has keeps its value. */
export function tagsToAdd({ result }: Source, tags: readonly Tag[]): readonly Tag[] {
  const wanted = Object.entries(result.document.stacks[0]?.stackTags ?? {});
  return wanted
    .filter(([key]) => tags.every((tag) => tag.key !== key))
    .map(([key, value]) => ({ key, value }));
}

/** All tags of the stack afterwards: what a change set does not name is taken away. */
export function tagsAfterwards(source: Source, tags: readonly Tag[]): readonly Tag[] {
  return [...tags.filter(({ key }) => !source.removedTags.includes(key)), ...tagsToAdd(source, tags)];
}

export function tagChanges(source: Source, tags: readonly Tag[]): ChangeSetRecord['tags'] {
  const removed = tags.filter(({ key }) => source.removedTags.includes(key));
  return [
    ...removed.map(({ key, value }) => ({ key, before: value, after: null })),
    ...tagsToAdd(source, tags).map(({ key, value }) => ({ key, before: null, after: value })),
  ];
}
