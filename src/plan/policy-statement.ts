import { documentLength, documentQuotas } from '../analysis/policy-quotas.js';
import type { Need } from '../contract/companions.js';
import { isIntrinsic } from '../document/intrinsics.js';
import { isEqual, isList, isMap, type Value, type ValueMap } from '../document/value.js';
import type { Stack } from '../template/template.js';
import { valueAt } from './change.js';
import type { Refusal } from './leaves.js';
import { nothing, type Realised, type Site } from './site.js';

/** A statement for the policy of a resource; a resource that has none yet gets one that says as well what held before. */
export function addStatement(
  need: Extract<Need, { kind: 'statement' }>,
  stack: Stack,
  site: Site,
): Realised | Refusal {
  const template = stack.template.path;
  const path = ['Resources', need.logicalId, ...need.path];
  const existing = valueAt(site.value(template), path);
  const companions = [`a statement in the policy of ${need.logicalId}`];
  const placement = 'resource';
  const document = path.slice(0, -1);
  if (need.otherwise !== undefined && valueAt(site.value(template), document) === undefined) {
    const value = { Version: '2012-10-17', Statement: [...need.otherwise, need.statement] };
    return { changes: [{ kind: 'set', template, path: document, value, placement }], companions };
  }
  const statements = isList(existing) ? existing : isMap(existing) ? [existing] : [];
  if (statements.some((each) => saysTheSame(each, need.statement))) return nothing;
  const value = withFreeSid(need.statement, statements);
  if (isMap(existing) && isIntrinsic(existing)) {
    return { refused: `the policy of ${need.logicalId} is not written out in the template` };
  }
  const type = stack.template.resources.get(need.logicalId)?.type ?? '';
  const limit = documentQuotas[type] ?? Number.POSITIVE_INFINITY;
  const length = documentLength({ Statement: [...statements, value] }, stack);
  if (length > limit) {
    return {
      refused: `the policy of ${need.logicalId} would have about ${length} bytes, and ${type} takes ${limit}`,
    };
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
