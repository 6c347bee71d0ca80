import { createHash } from 'node:crypto';
import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import type { Stack } from '../template/template.js';

/** What a finding is known by from run to run: where it is, and what was found there. */
export interface Evidence {
  readonly remediation: string;
  /** Path from the folder of the root template. */
  readonly template: string;
  /** Empty for a finding about the whole template. */
  readonly logicalId: string;
  /** What the remediation said of the template as read. */
  readonly because: string;
  /** What stands there now. */
  readonly current: Value;
}

/**
 * Sixteen hex digits that stay the same as long as the same thing is found in the same place, wherever it stands in
 * the file. Of `because` only the fact counts, which stands before the first semicolon: what follows is what it is
 * measured against, and that moves with the policy and with other resources.
 */
export function findingFingerprint({ remediation, template, logicalId, because, current }: Evidence): string {
  const [fact = ''] = because.split(';');
  return digest([remediation, template, logicalId, fact.trim(), current], 16);
}

/** Twelve hex digits that change when the resource changes, so that an accepted risk is looked at again then. */
export function resourceFingerprint({ template }: Stack, logicalId: string | null): string {
  const body = logicalId === null ? template.value : template.resources.get(logicalId)?.body;
  if (body === undefined) return digest(null, 12);
  const fingerprint = fingerprints.get(body) ?? digest(body, 12);
  fingerprints.set(body, fingerprint);
  return fingerprint;
}

/** A resource is asked for once by each remediation that looks at it. */
const fingerprints = new WeakMap<ValueMap, string>();

function digest(value: Value, length: number): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, length);
}

/** The order of keys means nothing. */
function canonical(value: Value): string {
  if (isList(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isMap(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`).join(',')}}`;
}
