import type { PlanDocument } from '../plan/document.js';
import type { Policy } from '../policy/policy.js';
import { matchesWildcard } from '../template/wildcard.js';

interface Subject {
  readonly template?: string | undefined;
  readonly logicalId: string;
}

interface PlacedChange {
  readonly template: string;
  readonly logicalId: string;
}

/** A root template with its plan by the policy. */
export interface PlannedTemplates {
  readonly document: PlanDocument;
  /** Of the root template. */
  readonly parameters: readonly string[];
}

/**
 * What a policy says of nothing that is in the templates, one sentence each: a misspelt name, or one that a new release
 * no longer has, would go unseen.
 */
export function withoutEffect(policy: Policy, roots: readonly PlannedTemplates[]): readonly string[] {
  const documents = roots.map(({ document }) => document);
  const parameters = new Set(roots.flatMap((root) => root.parameters));
  const stacks = documents.flatMap((document) => document.stacks);
  const placed = (kind: 'functions' | 'logGroups') =>
    stacks.flatMap((stack) => stack[kind].map(({ logicalId }) => ({ template: stack.template, logicalId })));
  return [
    ...unmatched('functions', policy.functions, placed('functions')),
    ...unmatched('logGroups', policy.logGroups, placed('logGroups')),
    ...unusedDeviations(documents),
    ...Object.keys(policy.parameters.values)
      .filter((name) => !parameters.has(name))
      .map((name) => `parameters.values has ${name}, which no root template has`),
  ];
}

function unmatched(section: string, rules: readonly Subject[], there: readonly PlacedChange[]): readonly string[] {
  return rules.flatMap((rule, index) => {
    const isUsed = there.some(
      ({ template, logicalId }) =>
        (rule.template === undefined || matchesWildcard(rule.template, template)) &&
        matchesWildcard(rule.logicalId, logicalId),
    );
    return isUsed
      ? []
      : [`${section}[${index}] is about ${rule.logicalId}, which is nowhere in these templates`];
  });
}

/** In vain only where no root has a use for it; all have the deviations of the policy, in its order. */
function unusedDeviations(documents: readonly PlanDocument[]): readonly string[] {
  const [first] = documents;
  return (first?.deviations ?? []).flatMap(({ remediation, logicalId, state }, index) => {
    const isInVain =
      (state === 'unused' || state === 'changed') &&
      documents.every(({ deviations }) => deviations[index]?.state === state);
    if (!isInVain) return [];
    const subject = logicalId === null ? '' : ` for ${logicalId}`;
    const why = state === 'changed' ? 'its resource has changed' : 'there is nothing it accepts';
    return [`the deviation from ${remediation}${subject} has no effect: ${why}`];
  });
}
