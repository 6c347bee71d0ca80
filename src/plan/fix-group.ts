import type { Facts } from '../contract/facts.js';
import type { Policy } from '../policy/policy.js';
import type { PlanAttempt, Refusal } from './attempt.js';
import type { Change } from './change.js';
import { type BuiltCompanions, buildCompanions } from './companions.js';
import { circleWith, edgesOf } from './cycles.js';
import type { Fixable } from './finding.js';
import { placeWants } from './place.js';
import { type Acceptance, accept, valueIn } from './state.js';

interface Ready {
  readonly finding: Fixable;
  readonly companions: BuiltCompanions;
}

/**
 * Brings the findings of one remediation into the plan, each with its companions or not at all.
 * @param refused takes those that may do in the next round, when what they collided with is in the templates
 */
export function fixGroup(
  findings: readonly Fixable[],
  phase: 'safe' | 'review',
  policy: Policy,
  facts: Facts,
  attempt: PlanAttempt,
  refused: Map<string, Refusal>,
): void {
  const ready: Ready[] = [];
  for (const finding of findings) {
    const companions = companionsOf(finding, facts, attempt);
    if (typeof companions === 'string') refused.set(finding.key, { because: companions });
    else ready.push({ finding, companions });
  }
  const placed = placeWants(
    attempt.tree,
    ready.map(({ finding }) => finding),
    policy.parameters.writeDefaults,
  );
  for (const { finding, companions } of ready) {
    const place = placed.get(finding.key) ?? { refused: 'it has no place' };
    if ('refused' in place) {
      refused.set(finding.key, { because: place.refused });
      continue;
    }
    const own = [...companions.changes, ...place.changes];
    const patchOf = (template: string) => patchId(finding.remediation.id, template, phase);
    const acceptance = accept(attempt.state, finding.key, patchOf, [...own, ...unsuppressed(finding)]);
    if (acceptance.kind !== 'accepted') {
      refused.set(finding.key, refusalOf(acceptance, attempt));
      continue;
    }
    attempt.accepted.set(finding.key, {
      finding,
      patch: patchOf(finding.stack.template.path),
      companions: companions.companions,
      leaves: [...(finding.verdict.leaves ?? []), ...place.leaves],
    });
  }
}

function refusalOf(
  acceptance: Exclude<Acceptance, { kind: 'accepted' }>,
  { accepted }: PlanAttempt,
): Refusal {
  const { because } = acceptance;
  if (acceptance.kind === 'refused') return { because };
  const other = accepted.get(acceptance.with)?.finding;
  const who = other === undefined ? '' : ` (${other.logicalId ?? 'the template'}, ${other.remediation.id})`;
  return {
    because: `${because}: the fix of another finding${who} writes there`,
    conflictsWith: acceptance.with,
  };
}

export function patchId(remediation: string, template: string, phase: 'safe' | 'review'): string {
  return `${remediation}@${template}${phase === 'review' ? '#review' : ''}`;
}

/** What has to come along, or why it cannot: nobody is given a template that cannot be deployed. */
function companionsOf(
  finding: Fixable,
  facts: Facts,
  { graphs, state }: PlanAttempt,
): BuiltCompanions | string {
  const { stack, verdict, logicalId } = finding;
  const site = { stack, facts, value: (template: string) => valueIn(state, template) };
  const built = buildCompanions(verdict.needs ?? [], site);
  if ('refused' in built) return built.refused;
  const wanted = verdict.wants.map(
    (want): Change => ({
      kind: 'set',
      template: stack.template.path,
      path: ['Resources', want.logicalId ?? logicalId ?? '', ...want.path],
      value: want.value,
      placement: 'resource',
    }),
  );
  const circle = circleWith(graphs, edgesOf([...built.changes, ...wanted], finding, graphs));
  return circle === undefined
    ? built
    : `resources would depend on each other in a circle: ${circle.join(' → ')}`;
}

/** The patch makes a skip false, so it takes it out. */
function unsuppressed({ stack, logicalId, suppressions }: Fixable): readonly Change[] {
  const template = stack.template.path;
  return suppressions.map((suppression): Change => {
    const { place, id, line } = suppression;
    return place.kind === 'comment'
      ? { kind: 'comment', template, span: place.span, id, line: line ?? 1 }
      : {
          kind: 'remove-item',
          template,
          path: ['Resources', logicalId ?? '', ...place.path],
          item: place.item,
          keep: 2,
        };
  });
}
