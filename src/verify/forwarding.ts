import type { Metric } from '../aws-ports.js';
import {
  attempt,
  type CheckContext,
  type DeployedResource,
  day,
  ofType,
  type Proof,
  proof,
} from './proof.js';

/** What hands events on: log groups to their archive, delivery streams to a bucket, queues and streams to a function. */
export async function forwardingProofs(context: CheckContext): Promise<readonly Proof[]> {
  const proofs: Proof[] = [];
  for (const of of ofType(context, 'AWS::Logs::SubscriptionFilter'))
    proofs.push(...(await filterProof(of, context)));
  for (const of of ofType(context, 'AWS::KinesisFirehose::DeliveryStream'))
    proofs.push(...(await deliveryProof(of, context)));
  for (const of of ofType(context, 'AWS::Lambda::EventSourceMapping'))
    proofs.push(...(await mappingProof(of, context)));
  return proofs;
}

/** A filter that is gone, or whose function is, forwards nothing, and the log group does not tell. */
async function filterProof(of: DeployedResource, { aws, physical }: CheckContext): Promise<readonly Proof[]> {
  const subject = { check: 'logs-forwarded', item: null, of } as const;
  const group = physical.text(of.properties.LogGroupName, of.stack);
  if (group === undefined) return [];
  return attempt(subject, async () => {
    const filters = await aws.operations.subscriptionFilters(group);
    if (filters === undefined) return [proof(subject, 'dead', `its log group ${group} is not there`)];
    const destination = filters.get(of.physicalId);
    if (destination === undefined) {
      const because = `${group} has no subscription filter ${of.physicalId} any more, so nothing is forwarded`;
      return [proof(subject, 'dead', because, 'deploy the stack again')];
    }
    const planned = physical.text(of.properties.DestinationArn, of.stack);
    if (planned?.startsWith('arn:') && planned !== destination) {
      const because = `the template forwards ${group} to ${planned}, and it is forwarded to ${destination}`;
      return [proof(subject, 'dead', because, 'it was changed outside the stack; deploy again')];
    }
    const isFunction = /^arn:[^:]+:lambda:/.test(destination);
    if (isFunction && (await aws.operations.function(destination)) === undefined)
      return [proof(subject, 'dead', `the function ${destination} that it forwards to is not there`)];
    return [proof(subject, 'alive', `${group} is forwarded to ${destination}`)];
  });
}

/**
 * Firehose gives up after the hours it retries.
 * @source https://docs.aws.amazon.com/firehose/latest/dev/cloudwatch-metrics.html
 */
async function deliveryProof(
  of: DeployedResource,
  { aws, from, now }: CheckContext,
): Promise<readonly Proof[]> {
  const subject = { check: 'delivered', item: null, of } as const;
  const metric = (name: string): Metric => ({
    namespace: 'AWS/Firehose',
    name,
    dimensions: { DeliveryStreamName: of.physicalId },
  });
  return attempt(subject, async () => {
    const names = ['IncomingRecords', 'DeliveryToS3.Success'];
    const [incoming = 0, success] = await aws.operations.sums(names.map(metric), from, now);
    if (success === 0) {
      const because = `no delivery to S3 has succeeded since ${day(from)}; ${incoming} records came in`;
      const hint = 'let its role write to the bucket and use the key of the bucket';
      return [proof(subject, 'dead', because, hint)];
    }
    return success === undefined
      ? [
          proof(
            subject,
            'unproven',
            `nothing was delivered since ${day(from)}, and ${incoming} records came in`,
          ),
        ]
      : [proof(subject, 'alive', `it has delivered to S3 since ${day(from)}`)];
  });
}

/** A mapping that is switched off leaves what it reads lying until it expires. */
async function mappingProof(of: DeployedResource, { aws }: CheckContext): Promise<readonly Proof[]> {
  const subject = { check: 'events-read', item: null, of } as const;
  return attempt(subject, async () => {
    const found = await aws.operations.eventSource(of.physicalId);
    if (found === undefined) return [proof(subject, 'dead', 'there is no such mapping any more')];
    const isMeant = of.properties.Enabled !== false;
    if (isMeant && /^Disabl/.test(found.state)) {
      const hint = `aws lambda update-event-source-mapping --uuid ${of.physicalId} --enabled`;
      return [proof(subject, 'dead', `it is ${found.state}, so nothing is read from its source`, hint)];
    }
    if (/^PROBLEM/.test(found.lastResult))
      return [proof(subject, 'dead', `its source could not be read: ${found.lastResult}`)];
    return [
      proof(
        subject,
        'alive',
        `it is ${found.state}${found.lastResult === '' ? '' : `: ${found.lastResult}`}`,
      ),
    ];
  });
}
