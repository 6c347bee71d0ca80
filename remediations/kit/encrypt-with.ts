import {
  type Companion,
  compliant,
  type EncryptionKey,
  type Facts,
  type Fix,
  fixable,
  isList,
  isMap,
  type Judgment,
  type KeyPurpose,
  manual,
  type NoKey,
  type Outcome,
  type Prerequisite,
  type ResourceView,
  type ServiceUse,
  scalarText,
  unknown,
  type Value,
  type Verdict,
} from '../../src/remediation.js';

/** Something that is to be encrypted with a customer-managed key. */
interface Encryption {
  readonly view: ResourceView;
  /** Below its properties, to the one that names the key. */
  readonly path: readonly string[];
  /** What is wrong without one, as a clause. */
  readonly without: string;
  /** What a service does with the key in its own name. */
  readonly use?: ServiceUse;
  /** What its role does with the key. */
  readonly actions?: readonly string[];
  /** What else it has to do with is encrypted with this, where that is a key. */
  readonly preferred?: Value | undefined;
}

type Part = Omit<Judgment, 'stack' | 'logicalId'>;

/**
 * The finding about a property that names a key: it has one that works, or gets one with everything that takes, or
 * the reason why neither.
 * @param more what the fix has beside, given the key
 */
export function encryptWith(
  encryption: Encryption,
  facts: Facts,
  more: (key: EncryptionKey) => Partial<Fix>,
): Part {
  const { view, path, without, use, actions = [], preferred } = encryption;
  const current = view.expression(...path) ?? null;
  const settled = existingKey(encryption, facts);
  if (settled !== undefined) return { current, verdict: settled };
  const purpose = {
    type: view.type,
    ...(use !== undefined && { use }),
    ...(preferred !== undefined && { preferred }),
  };
  const key = keyFor(view, purpose, facts);
  if ('because' in key) return { current, verdict: manual(key.because, key.decidedBy) };
  const { edits = [], companions = [], ...rest } = more(key);
  const permission: Companion = { kind: 'permission', logicalId: view.logicalId, actions, resource: key.arn };
  return {
    current,
    target: key.inPlace,
    verdict: fixable(withReason(without, key), {
      ...rest,
      edits: [{ path: ['Properties', ...path], value: key.inPlace, isSatisfiedBy: isOwnKey }, ...edits],
      companions: [...key.companions, ...(actions.length > 0 ? [permission] : []), ...companions],
      notes: [...(rest.notes ?? []), ...emptied(key)],
    }),
  };
}

/** The verdict where a key is named already; `undefined` where none is. */
function existingKey(
  { view, path, use }: Pick<Encryption, 'view' | 'path' | 'use'>,
  facts: Facts,
): Verdict | undefined {
  const state = facts.keyState(view, path);
  switch (state.kind) {
    case 'own':
      return (use && openExisting(view, path, use, facts)) ?? compliant('its key is a customer-managed one');
    case 'unusable':
      return manual(state.because);
    case 'unknown':
      return unknown(`the value of its ${path.at(-1)} is not known`);
    case 'partly':
    case 'none': {
      const { optional } = state;
      if (optional === undefined) return state.kind === 'none' ? undefined : manual(`its key ${sometimes}`);
      // A key that may be given is enough where the template has no other: that one would take the empty place.
      const key = facts.encryptionKey(view.stack, { type: view.type, for: view.logicalId });
      const isOther = 'arn' in key && key.optional !== optional;
      return isOther ? undefined : compliant(`it has the key of ${optional} wherever one is given`);
    }
  }
}

/** A key is used in vain as long as its policy keeps the service out. */
function openExisting(
  view: ResourceView,
  path: readonly string[],
  use: ServiceUse,
  facts: Facts,
): Verdict | undefined {
  for (const { outcome } of view.read(...path)) {
    if (outcome.kind !== 'resource') continue;
    const { answer, because, companions } = facts.access(outcome, use);
    if (answer !== 'no') continue;
    const fault = `its key is a customer-managed one that does not work: ${because}`;
    return companions === undefined ? manual(fault) : fixable(fault, { edits: [], companions });
  }
  return undefined;
}

const sometimes = 'is there in some deployments only, and its condition decides what the others should use';

/**
 * The key for something new, with what it takes for a service to use it, or why there is none: the one guard for all
 * that is encrypted.
 */
export function keyFor(
  view: ResourceView,
  purpose: Omit<KeyPurpose, 'for'>,
  facts: Facts,
): ChosenKey | NoKey {
  const key = facts.encryptionKey(view.stack, { ...purpose, for: view.logicalId });
  if ('because' in key) return { ...key, decidedBy: ['encryption.key'] };
  if (key.companions.length === 0 && key.optional === undefined && !facts.isAlwaysKey(view, key.arn)) {
    return { because: `${key.description} ${sometimes}` };
  }
  const opened = purpose.use === undefined ? { companions: [] } : openFor(key.resource, purpose.use, facts);
  if ('because' in opened) return opened;
  const inPlace = key.optional === undefined ? unguarded(key.arn) : key.arn;
  return { ...key, inPlace, companions: [...key.companions, ...opened.companions] };
}

/** A key for one resource, and for what is there whenever that is. */
export interface ChosenKey extends EncryptionKey {
  /** Its ARN without the guard of a conditional key, which always holds there. */
  readonly inPlace: Value;
}

function unguarded(arn: Value): Value {
  const [, whenTrue = null, whenFalse] = isMap(arn) && isList(arn['Fn::If']) ? arn['Fn::If'] : [];
  return isMap(whenFalse) && whenFalse.Ref === 'AWS::NoValue' ? whenTrue : arn;
}

/**
 * What a key of the templates needs so that a service can use it in its own name, or why nothing would help. A key from
 * outside keeps its policy to itself.
 */
export function openFor(
  key: EncryptionKey['resource'],
  use: ServiceUse,
  facts: Facts,
): { readonly companions: readonly Companion[] } | { readonly because: string } {
  if (key === undefined) return { companions: [] };
  const { answer, because, companions } = facts.access(key, use);
  if (answer === 'yes') return { companions: [] };
  return companions === undefined ? { because } : { companions };
}

/** What is wrong, and why this key of several mends it. */
export function withReason(because: string, { reason, description }: EncryptionKey): string {
  return reason === undefined ? because : `${because}; of several keys ${description} is taken: ${reason}`;
}

function emptied({ optional }: EncryptionKey): readonly string[] {
  return optional === undefined ? [] : [`where ${optional} is left empty, nothing changes`];
}

/** A key of the account's own; what is not known is not overwritten. */
function isOwnKey(outcome: Outcome): boolean {
  if (outcome.kind === 'resource' || outcome.kind === 'unknown') return true;
  const text = scalarText(outcome);
  return text !== undefined && text !== '' && !/(^|:)alias\/aws\//.test(text);
}

/** Roles get their right to use the key from the templates, and that counts only where the key's policy lets it. */
export function keyLetsAccountIn({ description }: EncryptionKey): Prerequisite {
  return {
    what: `the key policy of ${description} delegates access to IAM; make sure an IAM policy allows it`,
    check: 'aws kms get-key-policy --policy-name default --key-id KEY',
  };
}

/** @source https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html */
export function deployerMayGrant({ description }: EncryptionKey): Prerequisite {
  return {
    what: `the deploying role may call kms:CreateGrant and kms:Encrypt on ${description}`,
    check:
      'aws iam simulate-principal-policy --policy-source-arn ROLE --action-names kms:CreateGrant kms:Encrypt --resource-arns KEY',
  };
}
