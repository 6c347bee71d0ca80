import type { Deployment } from '../changeset/deployed.js';
import { type Physical, wayOf } from '../changeset/physical.js';
import type { ReviewedChange } from '../changeset/record.js';
import { intrinsicName } from '../document/intrinsics.js';
import { isList, isMap, parsePointer, type Value } from '../document/value.js';
import type { ChecklistItemId } from '../policy/sections.js';
import type { Stack } from '../template/template.js';
import type { Proof, ProofStatus } from './proof.js';

type Comparison = 'same' | 'changed' | 'unclear';

/**
 * Whether a change is still deployed: one proof for each remediation that has asked for it.
 * @param isConfirmed AWS itself says what was changed
 */
export function changeProofs(
  change: ReviewedChange,
  isConfirmed: boolean,
  { tree }: Deployment,
  physical: Physical,
  items: ReadonlyMap<string, ChecklistItemId | null>,
): readonly Proof[] {
  const stack = tree.stacks.find((each) => wayOf(each).join('/') === change.stack);
  const resource = stack?.template.resources.get(change.logicalId);
  const isThere = resource !== undefined && resource.type === change.type;
  return change.remediations.map((remediation) => {
    const { status, because } = judged(remediation);
    return {
      check: `promised: ${remediation}`,
      item: items.get(remediation) ?? null,
      stack: change.stack,
      logicalId: change.logicalId,
      physicalId: change.physicalId,
      // Where the change set is gone, nothing but the record says what it has changed.
      status: status === 'alive' && !isConfirmed ? 'unproven' : status,
      because,
      ...(status === 'dead' && {
        hint: 'a later deployment has taken it back; idp-fix change-set create brings it',
      }),
    };
  });

  function judged(remediation: string): { readonly status: ProofStatus; readonly because: string } {
    if (change.action === 'Remove') {
      return isThere
        ? { status: 'dead', because: 'changed since: it was removed, and the deployed template has it again' }
        : { status: 'alive', because: 'still as executed: it is not in the deployed template' };
    }
    if (!isThere || stack === undefined) {
      return { status: 'dead', because: 'gone: the deployed template does not have it any more' };
    }
    const told = change.properties.filter(({ remediations }) => remediations.includes(remediation));
    const compared = told.map(({ path, after }) => ({ path, after, ...compare(path, after, stack) }));
    const changed = compared.filter(({ result }) => result === 'changed');
    if (changed.length > 0) {
      const each = changed.map(({ path, after, now }) => `${path} became ${after} and is ${now}`);
      return { status: 'dead', because: `changed since: ${each.join('; ')}` };
    }
    const unclear = compared.filter(({ result }) => result === 'unclear').map(({ path }) => path);
    if (unclear.length > 0 && unclear.length === compared.length)
      return {
        status: 'unproven',
        because: `it is deployed, and the template alone does not tell ${unclear.join(', ')}`,
      };
    const same = compared
      .filter(({ result }) => result === 'same')
      .map(({ path, now }) => `${path} is ${now}`);
    return { status: 'alive', because: `still deployed${same.length === 0 ? '' : `: ${same.join('; ')}`}` };
  }

  function compare(
    path: string,
    after: string | null,
    of: Stack,
  ): { readonly result: Comparison; readonly now: string } {
    const tokens = path.startsWith('/') ? parsePointer(path) : [];
    const [section] = tokens;
    const unclear = { result: 'unclear', now: '' } as const;
    // Tags of the stack have no place in the template.
    if (resource === undefined || after === null || section !== 'Properties') return unclear;
    const isRemoved = after === '(absent)';
    const value = at(resource.body, tokens);
    if (value === beyond) return unclear;
    if (value === undefined) return { result: isRemoved ? 'same' : 'changed', now: '(absent)' };
    const now = resolved(value, of, physical);
    const shown = typeof now === 'string' ? now : JSON.stringify(now ?? value);
    const expected = isRemoved ? undefined : promisedValue(after);
    // Where AWS has told no values, the change is in the terms of the template.
    if (expected !== undefined && canonical(value) === canonical(expected))
      return { result: 'same', now: shown };
    if (now === undefined || (expected === undefined && !isRemoved)) return unclear;
    if (isRemoved) return { result: 'changed', now: shown };
    const present = typeof now === 'string' ? (promisedValue(now) ?? now) : now;
    if (now === after || canonical(present) === canonical(expected ?? after))
      return { result: 'same', now: shown };
    return mentionsFunction(expected) ? unclear : { result: 'changed', now: shown };
  }
}

function mentionsFunction(value: Value | undefined): boolean {
  if (intrinsicName(value) !== undefined) return true;
  if (isList(value)) return value.some(mentionsFunction);
  return isMap(value) && Object.values(value).some(mentionsFunction);
}

const beyond = Symbol('behind a function');

function at(value: Value | undefined, tokens: readonly string[]): Value | undefined | typeof beyond {
  let found = value;
  for (const token of tokens) {
    const name = intrinsicName(found);
    const isOfFunction = token === 'Ref' || token.startsWith('Fn::');
    if ((name !== undefined || isOfFunction) && name !== token) return beyond;
    if (isMap(found)) found = Object.hasOwn(found, token) ? found[token] : undefined;
    else if (isList(found)) found = found[Number(token)];
    else return undefined;
  }
  return found;
}

/** What a value comes to in the account; undefined where a part of it is not known. */
function resolved(value: Value, stack: Stack, physical: Physical): Value | undefined {
  if (isList(value)) {
    const items = value.map((item) => resolved(item, stack, physical));
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  if (!isMap(value) || intrinsicName(value) !== undefined) return physical.text(value, stack);
  const known: Record<string, Value> = {};
  for (const [key, inner] of Object.entries(value)) {
    const now = resolved(inner, stack, physical);
    if (now === undefined) return undefined;
    known[key] = now;
  }
  return known;
}

/** As CloudFormation tells a value; undefined for what was shortened, or only known once it is there. */
function promisedValue(text: string): Value | undefined {
  if (text.endsWith('…') || text.includes('{{changeSet:')) return undefined;
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as Value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The same text for what CloudFormation takes for the same: `365` and `"365"`, and keys in any order. */
function canonical(value: Value): string {
  if (isList(value)) return `[${value.map(canonical).join()}]`;
  if (!isMap(value)) return JSON.stringify(String(value));
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join()}}`;
}
