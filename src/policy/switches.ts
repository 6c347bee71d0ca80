import type { Problem } from './problems.js';
import { at, isSourcedMap, plain, type Sourced, type SourcedMap } from './sourced.js';

/** Under every remediation, beside what its own schema has. */
export const switchKey = 'enabled';

export interface SplitPolicy {
  isOn(remediation: string): boolean;
  /** The policy without the switches: what the units' own schemas know. */
  readonly rest: Sourced;
  readonly problems: readonly Problem[];
}

/** `ID: false` is short for `ID: {enabled: false}`: spelt out, it leaves the target for who switches it on again. */
export function spellOutSwitches(policy: Sourced): Sourced {
  return withRemediations(policy, (remediation) => {
    if (typeof remediation.content !== 'boolean') return remediation;
    return { place: remediation.place, content: new Map([[switchKey, remediation]]) };
  });
}

export function splitSwitches(policy: Sourced): SplitPolicy {
  const off = new Set<string>();
  const problems: Problem[] = [];
  const rest = withRemediations(policy, (remediation, id) => {
    if (!isSourcedMap(remediation.content)) return remediation;
    const target = new Map(remediation.content);
    const enabled = target.get(switchKey);
    target.delete(switchKey);
    if (enabled?.content === false) off.add(id);
    else if (enabled !== undefined && enabled.content !== true) problems.push(notASwitch(id, enabled));
    return { place: remediation.place, content: target };
  });
  return { isOn: (id) => !off.has(id), rest, problems };
}

function notASwitch(id: string, enabled: Sourced): Problem {
  const written = JSON.stringify(plain(enabled));
  return {
    place: enabled.place,
    message: `remediations.${id}.${switchKey} is ${written}, not true or false`,
  };
}

function withRemediations(policy: Sourced, change: (remediation: Sourced, id: string) => Sourced): Sourced {
  const section = at(policy, ['remediations']);
  if (!isSourcedMap(policy.content) || section === undefined || !isSourcedMap(section.content)) return policy;
  const changed: SourcedMap = new Map([...section.content].map(([id, each]) => [id, change(each, id)]));
  return {
    place: policy.place,
    content: new Map(policy.content).set('remediations', { place: section.place, content: changed }),
  };
}
