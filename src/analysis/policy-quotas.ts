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

/**
 * Bytes of the policy a resource may have.
 * @source https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
 * @source https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
 * @source https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
 */
export const documentQuotas: Readonly<Record<string, number>> = {
  'AWS::KMS::Key': 32_768,
  'AWS::S3::BucketPolicy': 20_480,
  'AWS::SQS::QueuePolicy': 8_192,
};

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
