import type { Need } from '../contract/companions.js';
import { isEqual, isMap, type ValueMap } from '../document/value.js';
import type { Stack } from '../template/template.js';
import { type Change, valueAt } from './change.js';
import { grant, grantManagedPolicy } from './grant.js';
import type { Refusal } from './leaves.js';
import { addStatement } from './policy-statement.js';
import { nothing, type Realised, type Site } from './site.js';

/** What has to come along with a fix, as changes; nothing where it is there already. */
export function realise(need: Need, site: Site): Realised | Refusal {
  const stack = need.in ?? site.stack;
  switch (need.kind) {
    case 'parameter':
      return parameter(need, stack, site);
    case 'condition':
      return condition(need, stack, site);
    case 'resource':
      return resource(need, stack, site);
    case 'permission':
      return grant(need, stack, site);
    case 'managed-policy':
      return grantManagedPolicy(need, stack, site);
    case 'statement':
      return addStatement(need, stack, site);
  }
}

/** Everything a list of needs comes to, or why one of them cannot be met. */
export function realiseAll(needs: readonly Need[], site: Site): Realised | Refusal {
  const changes: Change[] = [];
  const companions: string[] = [];
  for (const need of needs) {
    const realised = realise(need, site);
    if ('refused' in realised) return realised;
    changes.push(...realised.changes);
    companions.push(...realised.companions);
  }
  return { changes, companions };
}

function parameter(need: Extract<Need, { kind: 'parameter' }>, stack: Stack, site: Site): Realised | Refusal {
  const template = stack.template.path;
  const path = ['Parameters', need.name];
  const changes: Change[] = [];
  if (valueAt(stack.template.value, path) === undefined) {
    changes.push({ kind: 'set', template, path, value: need.definition, placement: 'resource' });
  }
  for (const parent of stack.parents) {
    const passed = need.passed?.(parent.stack);
    const at = ['Resources', parent.logicalId, 'Properties', 'Parameters', need.name];
    const given = valueAt(site.value(parent.stack.template.path), at);
    if (passed === undefined || given !== undefined) continue;
    const parentTemplate = parent.stack.template.path;
    changes.push({ kind: 'set', template: parentTemplate, path: at, value: passed, placement: 'resource' });
  }
  if (changes.length === 0) return nothing;
  return { changes, companions: [`parameter ${need.name} of ${template}`] };
}

function condition(need: Extract<Need, { kind: 'condition' }>, stack: Stack, site: Site): Realised | Refusal {
  const template = stack.template.path;
  const path = ['Conditions', need.name];
  const existing = valueAt(site.value(template), path);
  if (isEqual(existing, need.definition)) return nothing;
  if (existing !== undefined) {
    return { refused: `${template} already has another condition called ${need.name}` };
  }
  const change: Change = { kind: 'set', template, path, value: need.definition, placement: 'resource' };
  return { changes: [change], companions: [`condition ${need.name} of ${template}`] };
}

/** A resource somebody has asked for already gets what it does not yet have. */
function resource(need: Extract<Need, { kind: 'resource' }>, stack: Stack, site: Site): Realised | Refusal {
  const template = stack.template.path;
  const path = ['Resources', need.logicalId];
  const existing = valueAt(site.value(template), path);
  const type = String(need.body.Type);
  if (!isMap(existing)) {
    const change: Change = {
      kind: 'set',
      template,
      path,
      value: need.body,
      placement: 'new-resource',
    };
    return { changes: [change], companions: [`new ${type} ${need.logicalId}`] };
  }
  if (existing.Type !== type) {
    return { refused: `${template} already has ${need.logicalId}, which is no ${type}` };
  }
  const placement = stack.template.resources.has(need.logicalId) ? 'resource' : 'new-resource';
  const changes = Object.entries(need.body).flatMap(([key, value]): Change[] => {
    const parts: ValueMap = key === 'Properties' && isMap(value) ? value : { [key]: value };
    const at = key === 'Properties' && isMap(value) ? [...path, key] : path;
    return Object.entries(parts)
      .filter(([name, part]) => !isEqual(valueAt(existing, [...at.slice(path.length), name]), part))
      .map(([name, part]) => ({
        kind: 'set',
        template,
        path: [...at, name],
        value: part,
        placement,
      }));
  });
  return { changes, companions: changes.length === 0 ? [] : [`${type} ${need.logicalId}`] };
}
