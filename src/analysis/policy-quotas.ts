import { intrinsicName } from '../document/intrinsics.js';
import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import { textPatternsOf } from '../expressions/patterns.js';
import { kinOf } from '../template/stack-tree.js';
import type { Stack } from '../template/template.js';
import { isAttachedTo } from './roles.js';
import { alternatives } from './statements.js';

/**
 * What IAM takes for one role, unless the account has asked for more.
 * @source https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export const roleQuotas = { managedPolicies: 10, inlineCharacters: 10_240 } as const;

/** What the policy of a resource may come to. */
interface DocumentQuota {
  readonly bytes: number;
  readonly statements?: number;
}

/**
 * By the type that has the policy.
 * @source https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
 * @source https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
 * @source https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
 * @source https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
 */
const documentQuotas: Readonly<Record<string, DocumentQuota>> = {
  'AWS::KMS::Key': { bytes: 32_768 },
  'AWS::KMS::ReplicaKey': { bytes: 32_768 },
  'AWS::S3::BucketPolicy': { bytes: 20_480 },
  'AWS::SNS::TopicInlinePolicy': { bytes: 30_720, statements: 100 },
  'AWS::SNS::TopicPolicy': { bytes: 30_720, statements: 100 },
  'AWS::SQS::QueueInlinePolicy': { bytes: 8_192, statements: 20 },
  'AWS::SQS::QueuePolicy': { bytes: 8_192, statements: 20 },
};

/** What a policy with these statements would exceed, as a clause; `undefined` when AWS takes it. */
export function documentExcess(type: string, statements: readonly Value[], stack: Stack): string | undefined {
  const quota = Object.hasOwn(documentQuotas, type) ? documentQuotas[type] : undefined;
  if (quota === undefined) return undefined;
  if (quota.statements !== undefined && statements.length > quota.statements) {
    return `${statements.length} statements, and ${type} takes ${quota.statements}`;
  }
  const length = documentLength({ Statement: statements }, stack);
  return length > quota.bytes ? `about ${length} bytes, and ${type} takes ${quota.bytes}` : undefined;
}

/** How long what is known at deployment only is taken to be. */
const usualLengths: readonly (readonly [RegExp, number])[] = [
  [/^\$\{AWS::AccountId/, 12],
  [/^\$\{AWS::Region/, 14],
  [/^\$\{AWS::Partition/, 6],
  [/^\$\{AWS::URLSuffix/, 13],
  [/^\$\{AWS::StackName/, 40],
  // An ARN with a generated name.
  [/\.Arn@/, 110],
];
const usualLength = 60;

/** Characters a policy document comes to, without the blanks that do not count; estimated where names are open. */
export function documentLength(value: Value | undefined, stack: Stack): number {
  if (value === undefined || value === null) return 0;
  if (isList(value)) return 2 + value.reduce((sum: number, each) => sum + documentLength(each, stack) + 1, 0);
  if (isMap(value) && intrinsicName(value) === undefined) {
    return Object.entries(value).reduce(
      (sum, [key, inner]) => sum + key.length + 4 + documentLength(inner, stack),
      2,
    );
  }
  if (isMap(value) && isList(value['Fn::If'])) {
    const [, yes, no] = value['Fn::If'];
    return Math.max(documentLength(yes, stack), documentLength(no, stack));
  }
  const texts = textPatternsOf(value, stack).map(textLength);
  return 2 + (texts.length === 0 ? 0 : Math.max(...texts));
}

function textLength(text: string): number {
  return text.replace(/\$\{[^}]*\}/g, (hole) => {
    const length = usualLengths.find(([name]) => name.test(hole))?.[1] ?? usualLength;
    return 'x'.repeat(length);
  }).length;
}

/** What a role has of its quotas, given its properties as they are by now. */
export interface RoleUse {
  readonly managedPolicies: number;
  readonly inlineCharacters: number;
}

/** A role of the templates, its own policies and those attached to it anywhere in the tree. */
export function useOfRole(properties: ValueMap, stack: Stack, logicalId: string): RoleUse {
  const from = { stack, when: [], origin: '' };
  const { ManagedPolicyArns: managed, Policies: inline } = properties;
  const documents = alternatives(inline, from).map(({ value }) =>
    documentLength(isMap(value) ? value.PolicyDocument : undefined, stack),
  );
  const attached = kinOf(stack).flatMap((relatedStacks) =>
    [...relatedStacks.template.resources.values()]
      .filter((resource) => isAttachedTo(resource, relatedStacks, stack, logicalId))
      .map(({ type, properties: { PolicyDocument: document } }) => ({
        isManaged: type === 'AWS::IAM::ManagedPolicy',
        length: documentLength(document, relatedStacks),
      })),
  );
  return {
    managedPolicies:
      alternatives(managed, from).length + attached.filter(({ isManaged }) => isManaged).length,
    inlineCharacters: [
      ...documents,
      ...attached.filter(({ isManaged }) => !isManaged).map(({ length }) => length),
    ].reduce((sum, length) => sum + length, 0),
  };
}

/** The role SAM makes for a function: names and ARNs become managed policies, everything else a document. */
export function useOfGeneratedRole(properties: ValueMap, stack: Stack): RoleUse {
  const policies = alternatives(properties.Policies, { stack, when: [], origin: '' }).map(
    ({ value }) => value,
  );
  const isDocument = (policy: Value) => isMap(policy) && intrinsicName(policy) === undefined;
  // Logs, and the network and X-Ray where the function has them.
  const brought = 1 + Number(properties.VpcConfig !== undefined) + Number(properties.Tracing !== undefined);
  return {
    managedPolicies: brought + policies.filter((policy) => !isDocument(policy)).length,
    inlineCharacters: policies
      .filter(isDocument)
      .reduce((sum: number, each) => sum + documentLength(each, stack), 0),
  };
}
