import { documentExcess } from '../analysis/policy-quotas.js';
import type { Companion, Cost, Facts } from '../contract/facts.js';
import type { Prerequisite } from '../contract/remediation.js';
import { isIntrinsic } from '../document/intrinsics.js';
import { isEqual, isList, isMap, type Value, type ValueMap } from '../document/value.js';
import type { Stack } from '../template/template.js';
import { type Change, valueAt } from './change.js';
import type { Refusal } from './insertion-points.js';

/** What a need looks up: the facts of the round, and the templates with all that is accepted so far. */
export interface CompanionTarget {
  /** Of the finding that has the need. */
  readonly stack: Stack;
  readonly facts: Facts;
  value(template: string): Value;
}

export interface BuiltCompanions {
  readonly changes: readonly Change[];
  /** For reading, one line each. */
  readonly companions: readonly string[];
  /** Of the resources among them that cost by themselves. */
  readonly costs?: readonly TemplateCost[];
  readonly prerequisites?: readonly Prerequisite[];
  /** Why a fix that needs them needs approval. */
  readonly consent?: readonly string[];
}

export interface TemplateCost {
  /** The template that has the resource. */
  readonly template: string;
  readonly cost: Cost;
}

export const nothing: BuiltCompanions = { changes: [], companions: [] };

/** A statement for the policy of a resource; a resource that has none yet gets one that says as well what held before. */
export function addStatement(
  companion: Extract<Companion, { kind: 'statement' }>,
  stack: Stack,
  site: CompanionTarget,
): BuiltCompanions | Refusal {
  const template = stack.template.path;
  const path = ['Resources', companion.logicalId, ...companion.path];
  const existing = valueAt(site.value(template), path);
  const companions = [`a statement in the policy of ${companion.logicalId}`];
  const placement = 'resource';
  const document = path.slice(0, -1);
  if (companion.otherwise !== undefined && valueAt(site.value(template), document) === undefined) {
    const value = { Version: '2012-10-17', Statement: [...companion.otherwise, companion.statement] };
    return { changes: [{ kind: 'set', template, path: document, value, placement }], companions };
  }
  const statements = isList(existing) ? existing : isMap(existing) ? [existing] : [];
  if (statements.some((each) => saysTheSame(each, companion.statement))) return nothing;
  const value = withFreeSid(companion.statement, statements);
  if (isMap(existing) && isIntrinsic(existing)) {
    return { refused: `the policy of ${companion.logicalId} is not written out in the template` };
  }
  const type = stack.template.resources.get(companion.logicalId)?.type ?? '';
  const excess = documentExcess(type, [...statements, value], stack);
  if (excess !== undefined) {
    return { refused: `the policy of ${companion.logicalId} would have ${excess}` };
  }
  return isMap(existing)
    ? { changes: [{ kind: 'set', template, path, value: [existing, value], placement }], companions }
    : { changes: [{ kind: 'append', template, path, value, placement }], companions };
}

function saysTheSame(left: Value, right: ValueMap): boolean {
  return isMap(left) && isEqual({ ...left, Sid: null }, { ...right, Sid: null });
}

/** A `Sid` is there once in a document. */
function withFreeSid(statement: ValueMap, others: readonly Value[]): ValueMap {
  const { Sid: wanted } = statement;
  const isTaken = (sid: string) => others.some((each) => isMap(each) && each.Sid === sid);
  if (typeof wanted !== 'string' || !isTaken(wanted)) return statement;
  let number = 2;
  while (isTaken(`${wanted}${number}`)) number++;
  return { ...statement, Sid: `${wanted}${number}` };
}
