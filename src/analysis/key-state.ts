import type { KeyState } from '../contract/facts.js';
import type { ResourceView } from '../contract/resource-view.js';
import type { Path } from '../document/pointer.js';
import type { Member } from '../expressions/coexistence.js';
import { type Branch, resolve, scalarText } from '../expressions/resolve.js';
import type { Stack } from '../template/template.js';
import { keyMeant } from './access.js';
import { optionalParameter, parameterIn } from './optional-key.js';
import type { KnownNames } from './policy-texts.js';

/** Whether one branch of an expression comes to a customer-managed key. */
export function judgeKeyBranch({ outcome, parameters }: Branch, known: KnownNames): 'yes' | 'no' | 'unknown' {
  switch (outcome.kind) {
    case 'absent':
      return 'no';
    case 'value': {
      if (typeof outcome.value !== 'string' || outcome.value === '') return 'no';
      return /(^|:)alias\/aws\//.test(outcome.value) || keyFault(outcome.value, known) !== undefined
        ? 'no'
        : 'yes';
    }
    case 'resource': {
      const type = outcome.stack.template.resources.get(outcome.logicalId)?.type;
      return type !== undefined && keyTypes.has(type) ? 'yes' : 'unknown';
    }
    case 'unknown':
      // A parameter without a value of its own has to be given one, and whoever gives a key gives one of theirs.
      return parameters.some(({ stack, name }) => isGiven(stack, name)) ? 'yes' : 'unknown';
  }
}

const keyTypes: ReadonlySet<string> = new Set(['AWS::KMS::Key', 'AWS::KMS::ReplicaKey', 'AWS::KMS::Alias']);

function isGiven(stack: Stack, name: string): boolean {
  const usual = stack.template.parameters.get(name)?.default;
  return (usual === undefined || usual === '') && !stack.knownParameters.has(name);
}

/**
 * Why a key cannot encrypt what services store, as a predicate; by its ARN, or as a resource of the templates.
 * @source https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose.html
 */
export function keyFault(key: string | Member, { region }: KnownNames): string | undefined {
  if (typeof key === 'string') {
    const place = /^arn:[^:]*:kms:([^:]+):/.exec(key)?.[1];
    const isElsewhere = region !== undefined && place !== undefined && place !== region;
    return isElsewhere ? `is in ${place}, and the stack in ${region}` : undefined;
  }
  const { properties } = key.stack.template.resources.get(key.logicalId) ?? {};
  const says = (property: string, is: (value: string) => boolean) =>
    resolve(properties?.[property], key.stack).some(({ outcome }) => {
      const text = scalarText(outcome);
      return text !== undefined && is(text);
    });
  if (says('Enabled', (value) => value === 'false'))
    return 'is disabled, so nothing is encrypted or read with it';
  const isSymmetric =
    !says('KeySpec', (value) => value !== 'SYMMETRIC_DEFAULT') &&
    !says('KeyUsage', (value) => value !== 'ENCRYPT_DECRYPT');
  return isSymmetric ? undefined : 'is not a symmetric one, which encryption at rest needs';
}

/** What a property that names a key comes to, over all its branches. */
export function keyStateOf(view: ResourceView, path: Path, known: KnownNames): KeyState {
  const branches = view.read(...path);
  for (const { outcome } of branches) {
    const key = outcome.kind === 'resource' ? keyMeant(outcome) : undefined;
    const literal = outcome.kind === 'value' ? scalarText(outcome) : undefined;
    const fault = key === undefined ? literal && keyFault(literal, known) : keyFault(key, known);
    if (fault !== undefined && fault !== '') {
      return { kind: 'unusable', because: `its key ${key?.logicalId ?? literal} ${fault}` };
    }
  }
  const answers = branches.map((branch) => judgeKeyBranch(branch, known));
  if (answers.includes('no')) {
    const name = parameterIn(view.expression(...path) ?? null);
    const optional = name === undefined ? undefined : optionalParameter(view.stack, name)?.optional;
    return { kind: answers.every((answer) => answer === 'no') ? 'none' : 'partly', optional };
  }
  return { kind: answers.includes('unknown') ? 'unknown' : 'own' };
}
