import type { Alarm, AlarmAction, Metric } from '../aws-ports.js';
import { shellWord } from '../escape.js';
import {
  attempt,
  type CheckContext,
  type DeployedResource,
  day,
  ofType,
  type Proof,
  proof,
} from './proof.js';

/** Alarms that are there, may act, have acted, and look at something. */
export async function alarmProofs(context: CheckContext): Promise<readonly Proof[]> {
  const deployed = ofType(context, 'AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm');
  if (deployed.length === 0) return [];
  const { aws, from, now } = context;
  return attempt({ check: 'alarm-actions', item: 'alarms', of: undefined }, async () => {
    const found = await aws.operations.alarms(deployed.map(({ physicalId }) => physicalId));
    const alarms = new Map(found.map((alarm) => [alarm.name, alarm]));
    const metrics = found.flatMap(({ metric }) => (metric === undefined ? [] : [metric]));
    const data = await attempt({ check: 'alarm-data', item: 'alarms', of: undefined }, async () => {
      const sums = await aws.operations.sums(metrics, from, now);
      const known = new Map(metrics.map((metric, index) => [metric, sums[index]]));
      return deployed.flatMap((of) => dataProof(of, alarms.get(of.physicalId), known, context));
    });
    const actions: Proof[] = [];
    for (const of of deployed) actions.push(...(await actionProofs(of, alarms.get(of.physicalId), context)));
    return [...actions, ...data];
  });
}

async function actionProofs(
  of: DeployedResource,
  alarm: Alarm | undefined,
  { aws, from }: CheckContext,
): Promise<readonly Proof[]> {
  const subject = { check: 'alarm-actions', item: 'alarms', of } as const;
  if (alarm === undefined)
    return [proof(subject, 'dead', 'there is no such alarm any more', 'deploy the stack again')];
  if (!alarm.actionsEnabled) {
    const command = `aws cloudwatch enable-alarm-actions --alarm-names ${shellWord(alarm.name)}`;
    return [proof(subject, 'dead', 'its actions are disabled, so it notifies no one', command)];
  }
  if (alarm.actions.length === 0)
    return [proof(subject, 'unproven', 'it has no action: only who looks at the console sees it')];
  return attempt(subject, async () => {
    const [newest, ...earlier] = await aws.operations.alarmActions(alarm.name, from);
    if (newest === undefined) {
      return [
        proof(
          subject,
          'unproven',
          `it has taken no action since ${day(from)}`,
          `aws cloudwatch set-alarm-state --alarm-name ${shellWord(alarm.name)} --state-value ALARM --state-reason test shows whether one arrives`,
        ),
      ];
    }
    return [
      newest.succeeded
        ? proof(subject, 'alive', `its action of ${day(newest.at)} arrived: ${newest.summary}`)
        : proof(
            subject,
            'dead',
            `its action of ${day(newest.at)} failed${before(earlier)}: ${newest.summary}`,
            'the policies of the topic and of its key have to let cloudwatch.amazonaws.com in',
          ),
    ];
  });
}

function before(earlier: readonly AlarmAction[]): string {
  const failed = earlier.filter(({ succeeded }) => !succeeded).length;
  return failed === 0 ? '' : `, as ${failed} before it did`;
}

const dayMs = 86_400_000;

/** Without data an alarm never changes, however bad things are. */
function dataProof(
  of: DeployedResource,
  alarm: Alarm | undefined,
  sums: ReadonlyMap<Metric, number | undefined>,
  { from, now }: CheckContext,
): readonly Proof[] {
  const { metric } = alarm ?? {};
  if (alarm === undefined || metric === undefined) return [];
  const subject = { check: 'alarm-data', item: 'alarms', of } as const;
  const dimensions = Object.entries(metric.dimensions).map(([name, value]) => `${name}=${value}`);
  const named = [`${metric.namespace} ${metric.name}`, ...dimensions].join(' ');
  if (sums.get(metric) !== undefined) return [proof(subject, 'alive', `${named} has data`)];
  const none = `${named} has had no data since ${day(from)}`;
  if (alarm.missingData === 'notBreaching' || alarm.missingData === 'ignore') {
    return [
      proof(
        subject,
        'unproven',
        `${none}, which the alarm takes for good: nothing has happened, or nothing has these dimensions`,
      ),
    ];
  }
  if (now - from < dayMs)
    return [proof(subject, 'unproven', `${none}, which is less than a day: it may not have run yet`)];
  return [
    proof(
      subject,
      'dead',
      none,
      'look whether the metric has this name and these dimensions, and whether what sends it runs',
    ),
  ];
}
