import { isMap, type ResourceView, type Value } from '../../../src/remediation.js';
import { isGiven, oncePerRun } from '../values.js';
import { count, metricsBy, type Rule, type Watch } from './rule.js';
import { spelled } from './watched.js';

export const scheduleType = 'AWS::Scheduler::Schedule';

/** A schedule of the template, or one SAM makes for an event. */
interface Scheduled {
  readonly view: ResourceView;
  readonly group: Value;
  readonly hasQueue: boolean;
}

/**
 * EventBridge Scheduler counts by group, so that one schedule of each group has the alarms of all: the first one that is
 * always there.
 * @source https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
 */
export function scheduleRules(view: ResourceView, { facts }: Pick<Watch, 'facts'>): readonly Rule[] {
  const all = schedulesIn(facts);
  const own = all.filter((each) => each.view === view || isSame(each.view, view));
  const groups = new Map(own.map((each) => [keyOf(each), each]));
  return [...groups].flatMap(([key, { group }], index) => {
    const members = all.filter((each) => keyOf(each) === key);
    const first = members.find((each) => each.view.condition === undefined) ?? members[0];
    if (first === undefined || !isSame(first.view, view)) return [];
    const metric = metricsBy('AWS/Scheduler', [{ Name: 'ScheduleGroup', Value: group }]);
    const of = index === 0 ? '' : String(index + 1);
    return [
      count(
        `DroppedSchedules${of}Alarm`,
        'a call of a schedule of its group is given up',
        metric('InvocationDroppedCount', 'Sum'),
      ),
      ...(members.some(({ hasQueue }) => hasQueue)
        ? [
            count(
              `LostSchedules${of}Alarm`,
              'a failed call of a schedule of its group does not reach the queue for it',
              metric('InvocationsFailedToBeSentToDeadLetterCount', 'Sum'),
            ),
          ]
        : []),
    ];
  });
}

function isSame(left: ResourceView, right: ResourceView): boolean {
  return left.stack === right.stack && left.logicalId === right.logicalId;
}

/** A name that is written out is the same group in every template. */
function keyOf({ view, group }: Scheduled): string {
  return typeof group === 'string' ? group : `${view.stack.template.path} ${spelled(group)}`;
}

const schedulesIn = oncePerRun((facts): readonly Scheduled[] => {
  const declared = facts.resources(scheduleType).map(
    (view): Scheduled => ({
      view,
      group: view.expression('GroupName') ?? 'default',
      hasQueue: isGiven(view, 'Target', 'DeadLetterConfig'),
    }),
  );
  const made = facts
    .resources('AWS::Serverless::Function', 'AWS::Serverless::StateMachine')
    .flatMap((view) => eventsOf(view).map((event): Scheduled => ({ ...event, view })));
  return [...declared, ...made];
});

function eventsOf(view: ResourceView): readonly Omit<Scheduled, 'view'>[] {
  const events = view.expression('Events');
  return Object.values(isMap(events) ? events : {}).flatMap((event) => {
    if (!isMap(event) || event.Type !== 'ScheduleV2') return [];
    const properties = isMap(event.Properties) ? event.Properties : {};
    return [
      { group: properties.GroupName ?? 'default', hasQueue: properties.DeadLetterConfig !== undefined },
    ];
  });
}
