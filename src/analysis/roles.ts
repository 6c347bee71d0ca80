import type { ResourceView } from '../contract/facts.js';
import { isMap, type Value, type ValueMap } from '../document/value.js';
import type { Member } from '../expressions/coexistence.js';
import { textPatternsOf } from '../expressions/patterns.js';
import { resolve } from '../expressions/resolve.js';
import { kinOf } from '../template/stack-tree.js';
import type { Stack, TemplateResource } from '../template/template.js';
import { keyMeant, keyPolicyOf } from './access.js';
import { managedPolicyActions } from './managed-policies.js';
import { type Admission, admitsRole, delegatesToIam } from './policies.js';
import { type KnownNames, knownNamesOf, plainText } from './policy-texts.js';
import {
  alternatives,
  awsManaged,
  documentStatements,
  managedPolicies,
  managedPolicyOf,
  merge,
  type Origin,
  type Permissions,
  type PolicyStatement,
  samPolicies,
} from './statements.js';

/** The role a function, state machine or build project runs with. */
export type Role =
  /** SAM makes it; what it may do is in the resource's own `Policies`. */
  | { readonly kind: 'generated' }
  /** A role of the stack tree. */
  | { readonly kind: 'resource'; readonly stack: Stack; readonly logicalId: string }
  | { readonly kind: 'external'; readonly because: string };

/** The property that names the execution role. */
const roleProperty: Readonly<Record<string, string>> = {
  'AWS::CodeBuild::Project': 'ServiceRole',
  'AWS::CodePipeline::Pipeline': 'RoleArn',
  'AWS::ECS::TaskDefinition': 'ExecutionRoleArn',
  'AWS::Glue::Job': 'Role',
  'AWS::Lambda::Function': 'Role',
  'AWS::Serverless::Function': 'Role',
  'AWS::Serverless::StateMachine': 'Role',
  'AWS::StepFunctions::StateMachine': 'RoleArn',
};

export function executionRole(view: ResourceView): Role {
  const property = roleProperty[view.type];
  if (property === undefined) return { kind: 'external', because: `${view.type} has no execution role` };
  if (view.expression(property) === undefined) {
    if (view.type.startsWith('AWS::Serverless::')) return { kind: 'generated' };
    return { kind: 'external', because: `${view.logicalId} names no ${property}` };
  }
  const [first, ...others] = view.read(property).map(({ outcome }) => outcome);
  if (first?.kind !== 'resource') return external(view, property, 'is given from outside the templates');
  const isSame = others.every(
    (other) =>
      other.kind === 'resource' && other.stack === first.stack && other.logicalId === first.logicalId,
  );
  if (!isSame) return external(view, property, 'depends on a condition');
  const { stack, logicalId } = first;
  const isRole = stack.template.resources.get(logicalId)?.type === 'AWS::IAM::Role';
  return isRole
    ? { kind: 'resource', stack, logicalId }
    : external(view, property, `comes from ${logicalId}`);
}

function external(view: ResourceView, property: string, why: string): Role {
  return { kind: 'external', because: `the ${property} of ${view.logicalId} ${why}` };
}

const known = new WeakMap<ResourceView, Permissions>();

/** Everything the policies of a resource's execution role say. */
export function permissionsOf(view: ResourceView): Permissions {
  const permissions = known.get(view) ?? readPermissions(view);
  known.set(view, permissions);
  return permissions;
}

function readPermissions(view: ResourceView): Permissions {
  if (view.type === 'AWS::IAM::Role') return rolePermissions(view.stack, view.logicalId);
  const role = executionRole(view);
  switch (role.kind) {
    case 'generated':
      return generatedPermissions(view);
    case 'resource':
      return rolePermissions(role.stack, role.logicalId);
    case 'external':
      return { statements: [], unknown: [role.because] };
  }
}

/** The statements among them. */
export function statementsOf(view: ResourceView): readonly PolicyStatement[] {
  return permissionsOf(view).statements;
}

/** What a role of the tree may do, by its own policies and by those attached to it anywhere in the tree. */
export function rolePermissions(stack: Stack, logicalId: string): Permissions {
  const { Policies: inline, ManagedPolicyArns: managed } =
    stack.template.resources.get(logicalId)?.properties ?? {};
  const from: Origin = { stack, when: [], origin: logicalId };
  return merge([
    ...alternatives(inline, from).map((policy) => ({
      statements: documentStatements(
        isMap(policy.value) ? policy.value.PolicyDocument : undefined,
        policy.from,
      ),
      unknown: [],
    })),
    ...alternatives(managed, from).map((policy) => managedPolicies(policy.value, policy.from)),
    ...attachedPolicies(stack, logicalId),
  ]);
}

const attachableTypes: ReadonlySet<string> = new Set([
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::RolePolicy',
]);

function attachedPolicies(roleStack: Stack, roleId: string): readonly Permissions[] {
  return kinOf(roleStack).flatMap((stack) =>
    [...stack.template.resources.values()]
      .filter((resource) => isAttachedTo(resource, stack, roleStack, roleId))
      .map(({ logicalId }) => managedPolicyOf(stack, logicalId)),
  );
}

/** Whether a policy of its own resource names a role. */
export function isAttachedTo(
  { type, properties }: TemplateResource,
  stack: Stack,
  roleStack: Stack,
  roleId: string,
): boolean {
  return attachableTypes.has(type) && names(properties, stack, roleStack, roleId);
}

function names(policy: ValueMap, stack: Stack, roleStack: Stack, roleId: string): boolean {
  const { Roles: roles, RoleName: roleName } = policy;
  const from: Origin = { stack, when: [], origin: '' };
  return [...alternatives(roles, from), ...alternatives(roleName, from)].some(({ value }) =>
    resolve(value, stack).some(
      ({ outcome }) =>
        outcome.kind === 'resource' && outcome.stack === roleStack && outcome.logicalId === roleId,
    ),
  );
}

/** What SAM puts into the role it makes: `Policies`, and what other properties bring along. */
function generatedPermissions(view: ResourceView): Permissions {
  const from: Origin = { stack: view.stack, when: [], origin: `Policies of ${view.logicalId}` };
  const policies = samPolicies(view.expression('Policies'), from);
  if (view.type !== 'AWS::Serverless::Function') return policies;
  const basic =
    view.expression('DurableConfig') === undefined
      ? 'AWSLambdaBasicExecutionRole'
      : 'AWSLambdaBasicDurableExecutionRolePolicy';
  const brought = [
    basic,
    ...(view.expression('VpcConfig') === undefined ? [] : ['AWSLambdaVPCAccessExecutionRole']),
    ...(view.expression('Tracing') === undefined ? [] : ['AWSXRayDaemonWriteAccess']),
  ].map((name) => ({ ...awsManaged(name, managedPolicyActions(name) ?? [], from), isForLambda: true }));
  return merge([policies, { statements: [...brought, ...failureStatements(view, from)], unknown: [] }]);
}

/** SAM lets a function write to its own dead-letter queue and failure destination. */
function failureStatements(view: ResourceView, from: Origin): readonly PolicyStatement[] {
  const queue = view.expression('DeadLetterQueue', 'TargetArn');
  const destinations = ['OnFailure', 'OnSuccess'].map((outcome) =>
    view.expression('EventInvokeConfig', 'DestinationConfig', outcome, 'Destination'),
  );
  return [queue, ...destinations].flatMap((target) =>
    target === undefined
      ? []
      : [{ ...from, effect: 'Allow', actions: sendActions, resources: [target], isForLambda: true } as const],
  );
}

const sendActions = ['sqs:SendMessage', 'sns:Publish', 'events:PutEvents', 'lambda:InvokeFunction'];

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
interface RoleAccess {
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
function roleArns(view: ResourceView, known: KnownNames): readonly string[] {
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
