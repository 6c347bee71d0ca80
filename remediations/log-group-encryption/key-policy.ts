import type { EncryptionKey, Facts, Need } from '../../src/remediation.js';

/** What the policy of a key of the templates has to say so that CloudWatch Logs can use it; nothing when it does. */
export function logsMayUse({ resource }: EncryptionKey, facts: Facts): readonly Need[] {
  if (resource === undefined) return [];
  const key = facts.resource(resource.stack, resource.logicalId);
  const policy = key?.expression('KeyPolicy', 'Statement');
  if (
    policy === undefined ||
    /"[^"]*\blogs\.[^"]*amazonaws\.com|\blogs\.\$\{AWS::Region\}/.test(JSON.stringify(policy))
  ) {
    return [];
  }
  return [
    {
      kind: 'statement',
      in: resource.stack,
      logicalId: resource.logicalId,
      path: ['Properties', 'KeyPolicy', 'Statement'],
      statement: {
        Sid: 'AllowCloudWatchLogs',
        Effect: 'Allow',
        Principal: { Service: { 'Fn::Sub': 'logs.${AWS::Region}.${AWS::URLSuffix}' } },
        Action: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
        Resource: '*',
        Condition: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': {
              'Fn::Sub': 'arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:*',
            },
          },
        },
      },
    },
  ];
}
