import type { PlanDocument, Step } from '../plan/document.js';
import type { TextOptions } from './options.js';
import type { Paint } from './paint.js';
import { count, hang, listed } from './words.js';

const kinds = { safe: '', review: ' with --include review', person: ' by hand' } as const;

/** What to do first and what after that, a step each; nothing where there is nothing to do. */
export function stepLines(
  { steps }: PlanDocument,
  brush: Paint,
  { columns, outcome }: TextOptions,
): readonly string[] {
  if (steps.length === 0 || outcome.written) return [];
  const how = steps.some(({ kind }) => kind !== 'person')
    ? 'One at a time: idp-fix --apply, or idp-fix change-set create, with --only ID. The first matters most.'
    : 'The first matters most.';
  return [
    brush.bold('what to do first'),
    ...hang(how, 2, 2, columns),
    ...steps.flatMap((step) => [
      ...hang(`${step.step}. ${headline(step)}`, step.step < 10 ? 3 : 2, 8, columns),
      ...step.tryFirst.flatMap((text) => hang(`outside production: ${text}`, 6, 8, columns)).map(brush.dim),
    ]),
  ];
}

function headline({ kind, remediations, findings, guideRisk, after, update, cost }: Step): string {
  const parts = [`${guideRisk} risk, ${count(findings, 'finding')}`];
  if (update !== 'none') parts.push(`update with ${update.replaceAll('-', ' ')}`);
  if (cost.monthlyUsd !== null && cost.monthlyUsd > 0)
    parts.push(`about ${cost.monthlyUsd.toFixed(2)} USD a month`);
  if (after.length > 0) parts.push(`after ${listed(after.map(String))}`);
  return `${listed(remediations)}${kinds[kind]}: ${parts.join('; ')}`;
}
