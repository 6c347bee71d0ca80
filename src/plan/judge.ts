import { viewResources } from '../analysis/view.js';
import type { Facts } from '../contract/facts.js';
import type { Judgement } from '../contract/remediation.js';
import type { StackTree } from '../template/template.js';
import { type Judged, keyOf, type Unit } from './finding.js';
import { classed } from './update-behaviour.js';

const known = new WeakMap<readonly Unit[], WeakMap<Facts, readonly Judged[]>>();

/**
 * Asks every remediation about everything it applies to: by remediation, then in the order of the tree. Judging is pure,
 * so a tree that comes up again (in the next phase, or in another attempt) is not judged again.
 */
export function judgeTree(tree: StackTree, units: readonly Unit[], facts: Facts): readonly Judged[] {
  const byFacts = known.get(units) ?? new WeakMap<Facts, readonly Judged[]>();
  known.set(units, byFacts);
  const findings =
    byFacts.get(facts) ??
    units.flatMap((unit) =>
      judgements(tree, unit, facts).map((judgement) => judged(unit, classed(judgement))),
    );
  byFacts.set(facts, findings);
  return findings;
}

function judgements(tree: StackTree, { remediation, target }: Unit, facts: Facts): readonly Judgement[] {
  const open = remediation.undecided?.(target);
  if (open !== undefined) {
    const decidedBy = (remediation.questions ?? []).flatMap(({ path: [field] }) => field ?? []);
    return [{ stack: tree.root, logicalId: null, verdict: { verdict: 'manual', because: open, decidedBy } }];
  }
  if (remediation.kind === 'tree') return remediation.judge(tree, target, facts);
  return viewResources(tree, remediation.appliesTo).map((view) => ({
    ...remediation.judge(view, target, facts),
    stack: view.stack,
    logicalId: view.logicalId,
  }));
}

function judged({ remediation }: Unit, judgement: Judgement): Judged {
  const { stack, logicalId, verdict, current = null, target = null } = judgement;
  const key = keyOf(remediation.id, stack.template.path, logicalId);
  return {
    key,
    remediation,
    stack,
    logicalId,
    verdict,
    current,
    target,
    suppressions: [],
    evidence: { because: verdict.because, current },
    expiredDeviation: null,
  };
}
