import type { ResourceView } from '../contract/resource-view.js';
import type { Value } from '../document/value.js';
import type { Member } from '../expressions/coexistence.js';
import { textPatternsOf } from '../expressions/patterns.js';
import { resolve } from '../expressions/resolve.js';
import type { Stack } from '../template/template.js';
import { keyMeant, keyPolicyOf } from './access.js';
import { type Admission, admitsRole, delegatesToIam } from './policies.js';
import { type KnownNames, knownNamesOf, plainText } from './policy-texts.js';
import { executionRole } from './roles.js';

/** The key of the templates an expression comes to wherever it comes to anything. */
export function keyNamed(expression: Value, stack: Stack): Member | undefined {
  const given = resolve(expression, stack).flatMap(({ outcome }) =>
    outcome.kind === 'absent' ? [] : [outcome],
  );
  const [first] = given;
  if (first?.kind !== 'resource') return undefined;
  const isOne = given.every(
    (each) => each.kind === 'resource' && each.stack === first.stack && each.logicalId === first.logicalId,
  );
  return isOne ? keyMeant(first) : undefined;
}

/** What the policy of a key says of the role something runs with. */
export interface RoleAccess {
  /** It names the role. */
  readonly direct: Admission;
  /** It leaves the action to the policies of the role. */
  readonly delegated: Admission;
}

export function roleAccess(view: ResourceView, key: Member, action: string): RoleAccess {
  const known = knownNamesOf(key.stack);
  const { policy } = keyPolicyOf(key, known);
  const arns = roleArns(view, known);
  const account = plainText('${AWS::AccountId}', known);
  const context = {
    'aws:securetransport': 'true',
    'aws:principalisawsservice': 'false',
    'aws:principalaccount': account,
    'kms:calleraccount': account,
    'kms:grantisforawsresource': null,
    'aws:principalarn': arns.at(-1) ?? null,
  };
  const request = {
    actions: [action.replace(/\*$/, '')],
    context,
    given: view.stack === key.stack ? view.condition : undefined,
  };
  return { direct: admitsRole(policy, arns, request), delegated: delegatesToIam(policy, request) };
}

/** The ARNs by which a policy can name the role something runs with, or a role itself. */
export function roleArns(view: ResourceView, known: KnownNames): readonly string[] {
  const role =
    view.type === 'AWS::IAM::Role' ? { kind: 'resource' as const, ...placeOf(view) } : executionRole(view);
  switch (role.kind) {
    case 'generated':
      return arnTexts({ 'Fn::GetAtt': [`${view.logicalId}Role`, 'Arn'] }, view.stack, known);
    case 'external':
      return arnTexts(view.expression('Role') ?? view.expression('ServiceRole'), view.stack, known);
    case 'resource': {
      const { RoleName: name, Path: path = '/' } =
        role.stack.template.resources.get(role.logicalId)?.properties ?? {};
      const given = textPatternsOf(name, role.stack);
      const made = `\${AWS::StackName}-${role.logicalId}-\${suffix}`;
      const named = (given.length === 0 ? [made] : given).flatMap((text) =>
        textPatternsOf(path, role.stack).map((folder) =>
          plainText(`arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role${folder}${text}`, known),
        ),
      );
      return [...arnTexts({ 'Fn::GetAtt': [role.logicalId, 'Arn'] }, role.stack, known), ...named];
    }
  }
}

function placeOf({ stack, logicalId }: ResourceView): Member {
  return { stack, logicalId };
}

function arnTexts(expression: Value | undefined, stack: Stack, known: KnownNames): readonly string[] {
  return textPatternsOf(expression, stack).map((text) => plainText(text, known));
}
