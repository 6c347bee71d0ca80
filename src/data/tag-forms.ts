import extracted from './tag-forms.json' with { type: 'json' };
import { furtherTagForms, serverlessTypes, updateOf } from './updates.js';
/**
 * How a type writes its tags: a list of `Key` and `Value`, such a list with `PropagateAtLaunch`, a map, or such lists
 * by type of resource inside `TagSpecifications`.
 */
export type TagNotation = 'list' | 'propagated-list' | 'map' | 'specifications';

/** How a type of resource is tagged. */
export interface TagForm {
  readonly property: string;
  readonly form: TagNotation;
  /** A changed tag makes a new resource, always or in some cases. */
  readonly isReplaced: boolean;
}

const forms: ReadonlyMap<string, readonly string[]> = new Map([
  ...Object.entries<readonly string[]>(extracted),
  ...Object.entries(furtherTagForms),
  ...Object.entries(serverlessTypes).flatMap(([type, { isTaggable }]) =>
    isTaggable ? [[type, ['Tags', 'map']] as const] : [],
  ),
]);

/** `undefined` for what cannot be tagged. */
export function tagFormOf(type: string): TagForm | undefined {
  const [property = '', form = ''] = forms.get(type) ?? [];
  if (property === '') return undefined;
  const update = updateOf(type, [property]) ?? 'none';
  return {
    property,
    form: form as TagNotation,
    isReplaced: update === 'replace' || update === 'may-replace',
  };
}

export const taggableTypes: readonly string[] = [...forms.keys()];
