import {
  type Facts,
  fixable,
  type Judgement,
  manual,
  type Need,
  type ResourceView,
  type Value,
  type ValueMap,
} from '../../src/remediation.js';
import { keyFor, withReason } from '../kit/encrypt-with.js';
import { isNothing } from '../kit/encryption-outcomes.js';
import { nextVersion } from '../kit/functions.js';
import { keyLetsAccountIn } from '../kit/key-prerequisites.js';

export interface DeadLetterTarget {
  readonly encryption: 'customer-managed-key' | 'sqs-managed';
  readonly messageRetentionDays: number;
}

const secondsPerDay = 86_400;

/** A queue of the function's own, with what it takes to write to it. */
export function deadLetterFix(
  view: ResourceView,
  target: DeadLetterTarget,
  facts: Facts,
): Omit<Judgement, 'stack' | 'logicalId'> {
  const { stack, logicalId } = view;
  const isKeyed = target.encryption === 'customer-managed-key';
  const chosen = isKeyed ? keyFor(view, { type: 'AWS::SQS::Queue' }, facts) : undefined;
  const none = chosen !== undefined && 'because' in chosen ? chosen : undefined;
  if (none !== undefined && none.isMissing !== true) return { verdict: manual(none.because) };
  const key = chosen !== undefined && 'arn' in chosen ? chosen : undefined;
  const queue = facts.freeId(stack, `${logicalId}DLQ`);
  const policy = facts.freeId(stack, `${logicalId}DLQPolicy`);
  const arn: Value = { 'Fn::GetAtt': [queue, 'Arn'] };
  const isSam = view.type === 'AWS::Serverless::Function';
  const condition: ValueMap = view.condition === undefined ? {} : { Condition: view.condition };
  const needs: Need[] = [
    ...(key?.needs ?? []),
    {
      kind: 'resource',
      logicalId: queue,
      body: {
        Type: 'AWS::SQS::Queue',
        ...condition,
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
        Properties: {
          ...(key === undefined ? { SqsManagedSseEnabled: true } : { KmsMasterKeyId: key.arn }),
          MessageRetentionPeriod: target.messageRetentionDays * secondsPerDay,
        },
      },
    },
    {
      kind: 'resource',
      logicalId: policy,
      body: { Type: 'AWS::SQS::QueuePolicy', ...condition, Properties: encryptedTransport(queue, arn) },
    },
  ];
  // SAM lets the role it makes send to the queue; what the key asks for is left to us.
  if (!isSam || view.expression('Role') !== undefined) {
    needs.push({ kind: 'permission', logicalId, actions: ['sqs:SendMessage'], resource: arn });
  }
  if (key !== undefined) {
    const actions = ['kms:GenerateDataKey', 'kms:Decrypt'];
    needs.push({ kind: 'permission', logicalId, actions, resource: key.arn });
  }
  const found = facts.functionClass(stack, logicalId);
  const trigger = found?.triggers.find(({ invocation }) => invocation === 'async');
  const evidence = trigger?.seen ?? trigger?.description ?? found?.evidence[0] ?? 'by the policy';
  const because = `it is invoked asynchronously (${evidence}), and events that fail are lost`;
  return {
    target: arn,
    verdict: fixable(key === undefined ? because : withReason(because, key), {
      wants: [
        {
          path: ['Properties', isSam ? 'DeadLetterQueue' : 'DeadLetterConfig'],
          value: isSam ? { Type: 'SQS', TargetArn: arn } : { TargetArn: arn },
          accepts: (outcome) => outcome.kind !== 'absent' && !isNothing(outcome),
          individual: true,
        },
      ],
      needs,
      cost: {
        monthlyUsd: null,
        formula: costFormula(key !== undefined, facts),
      },
      ...(key !== undefined && { prerequisites: [keyLetsAccountIn(key)] }),
      leaves: [
        `nobody is told when a message arrives in ${queue}; that takes an alarm on the queue`,
        ...(none === undefined
          ? []
          : [`${queue} is encrypted with the key Amazon SQS manages: ${none.because}`]),
        ...(facts.functionKind(view).isVersioned ? [nextVersion] : []),
      ],
    }),
  };
}

/** A message is sent, received and deleted; the queue itself costs nothing. */
function costFormula(isKeyed: boolean, { settings: { prices } }: Facts): string {
  const usd = (name: string) => (prices[name] ?? 0).toFixed(2);
  const requests = `failed events x 3 requests x ${usd('sqs-million-requests')} USD per million`;
  return isKeyed
    ? `${requests}, and their key requests x ${usd('kms-10000-requests')} USD per 10,000`
    : requests;
}

function encryptedTransport(queue: string, arn: Value): ValueMap {
  return {
    Queues: [{ Ref: queue }],
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'EnforceSSLOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: 'sqs:*',
          Resource: arn,
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    },
  };
}
