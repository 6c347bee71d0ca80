import type { Path } from '../../document/pointer.js';
import type { Value, ValueMap } from '../../document/value.js';
import type { Amendments } from '../../policy/amend.js';
import type { Deviation, Postponement } from '../../policy/policy.js';

/** What has been answered so far, as the policy will say it. */
export interface Draft {
  readonly settings: readonly { readonly path: Path; readonly value: Value }[];
  readonly postponed: readonly Postponement[];
  readonly deviations: readonly Deviation[];
}

export const emptyDraft: Draft = { settings: [], postponed: [], deviations: [] };

/** A later answer takes the place of an earlier one. */
export function withSetting(draft: Draft, path: Path, value: Value): Draft {
  const others = draft.settings.filter((setting) => setting.path.join('.') !== path.join('.'));
  return { ...draft, settings: [...others, { path, value }] };
}

export function isEmpty({ settings, postponed, deviations }: Draft): boolean {
  return settings.length + postponed.length + deviations.length === 0;
}

export function amendmentsOf({ settings, postponed, deviations }: Draft): Amendments {
  return {
    settings,
    items: [
      ...postponed.map((item) => ({ list: 'postponed', item: written(item) })),
      ...deviations.map((item) => ({ list: 'deviations', item: written(item) })),
    ],
  };
}

function written(entry: Postponement | Deviation): ValueMap {
  const said = Object.entries(entry).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]));
  return Object.fromEntries(said);
}
