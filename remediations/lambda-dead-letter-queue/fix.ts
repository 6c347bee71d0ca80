import {
  type Facts,
  fixable,
  type Judgement,
  manual,
  type Need,
  type ResourceView,
  type Value,
} from '../../src/remediation.js';
import { encryptedTransport, keptQueue } from '../kit/companions.js';
import { keyFor, withReason } from '../kit/encrypt-with.js';
import { nextVersion } from '../kit/functions.js';
import { keyLetsAccountIn } from '../kit/key-prerequisites.js';
import { isNothing, usd } from '../kit/values.js';

export interface DeadLetterTarget {
  readonly encryption: 'customer-managed-key' | 'sqs-managed';
  readonly messageRetentionDays: number;
}

/** A queue of the function's own, with what it takes to write to it. */
export function deadLetterFix(
  view: ResourceView,
  target: DeadLetterTarget,
  facts: Facts,
): Omit<Judgement, 'stack' | 'logicalId'> {
  const { stack, logicalId, condition } = view;
  const isKeyed = target.encryption === 'customer-managed-key';
  const chosen = isKeyed ? keyFor(view, { type: 'AWS::SQS::Queue' }, facts) : undefined;
  const none = chosen !== undefined && 'because' in chosen ? chosen : undefined;
  if (none !== undefined && none.isMissing !== true) return { verdict: manual(none.because) };
  const key = chosen !== undefined && 'arn' in chosen ? chosen : undefined;
  const queue = facts.freeId(stack, `${logicalId}DLQ`);
  const policy = facts.freeId(stack, `${logicalId}DLQPolicy`);
  const arn: Value = { 'Fn::GetAtt': [queue, 'Arn'] };
  const isSam = view.type === 'AWS::Serverless::Function';
  const needs: Need[] = [
    ...(key?.needs ?? []),
    keptQueue({ logicalId: queue, condition }, key?.arn, target.messageRetentionDays),
    encryptedTransport({ logicalId: policy, condition }, queue),
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
function costFormula(isKeyed: boolean, facts: Facts): string {
  const requests = `failed events x 3 requests x ${usd('sqs-million-requests', facts)} USD per million`;
  return isKeyed
    ? `${requests}, and their key requests x ${usd('kms-10000-requests', facts)} USD per 10,000`
    : requests;
}
