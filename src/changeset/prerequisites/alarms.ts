import { attempt, type Check, type Prospect, passed, unchecked } from './check.js';

/**
 * Alarms an account may have in a region unless AWS has raised it.
 * @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
 */
const defaultQuota = 5_000;

/** Whether the alarms the templates add fit beside those that exist. */
export async function alarmCheck({ tree, physical, aws }: Prospect): Promise<readonly Check[]> {
  const added = tree.stacks.flatMap((stack) =>
    [...stack.template.resources.values()].filter(
      ({ type, logicalId }) =>
        type === 'AWS::CloudWatch::Alarm' && physical.id(stack, logicalId) === undefined,
    ),
  ).length;
  if (added === 0) return [];
  const what = 'quota of alarms';
  return attempt(what, async () => {
    const existing = await aws.account.alarmCount();
    const sum = `${existing} there and ${added} new of ${defaultQuota}`;
    if (existing + added <= defaultQuota) return [passed(what, sum)];
    return [unchecked(what, `${sum}, which AWS may have raised: look at Service Quotas, Amazon CloudWatch`)];
  });
}
