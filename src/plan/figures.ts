import type { Facts } from '../contract/facts.js';
import type { Amount, Measure } from '../contract/remediation.js';
import type { Figure, FigureRow } from './document.js';
import type { Unit } from './finding.js';

/** What remediations measure of the templates as they stand and as they will be, side by side. */
export function figures(units: readonly Unit[], before: Facts, after: Facts): readonly Figure[] {
  return units.flatMap(({ remediation, target }) => {
    const now = remediation.measure?.(target, before) ?? [];
    const then = remediation.measure?.(target, after) ?? [];
    const titles = [...new Set([...now, ...then].map(({ title }) => title))];
    return titles.flatMap((title) => {
      const isOwn = (measure: Measure) => measure.title === title;
      const [old, patched] = [now.find(isOwn), then.find(isOwn)];
      const known = patched ?? old;
      const rows = rowsOf(old?.amounts ?? [], patched?.amounts ?? []);
      if (known === undefined || rows.length === 0) return [];
      return [{ remediation: remediation.id, title, unit: known.unit, limit: known.limit ?? null, rows }];
    });
  });
}

function rowsOf(before: readonly Amount[], after: readonly Amount[]): readonly FigureRow[] {
  const labels = [...new Set([...before, ...after].map(({ label }) => label))];
  return labels.map((label) => {
    const isOwn = (amount: Amount) => amount.label === label;
    const [old, patched] = [before.find(isOwn), after.find(isOwn)];
    const { wanted, detail } = patched ?? old ?? {};
    return {
      label,
      before: old?.amount ?? null,
      after: patched?.amount ?? null,
      wanted: wanted ?? null,
      detail: detail ?? '',
    };
  });
}
