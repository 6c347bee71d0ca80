import type { Trigger } from '../../src/remediation.js';

/** What state machines ask of a function, against what it reserves: in numbers where their definitions were read. */
export function askedByMachines(triggers: readonly Trigger[], executions: number): readonly string[] {
  const machines = triggers.filter(({ source }) => source === 'state-machine');
  const unread = machines.filter(({ task }) => task === undefined);
  return [
    ...new Set([
      ...(unread.length > 0 ? [whenUnread] : []),
      ...machines.flatMap((trigger) => [...askedAtOnce(trigger, executions), ...retries(trigger)]),
    ]),
  ];
}

const whenUnread =
  'a task of a state machine that is throttled fails unless it retries Lambda.TooManyRequestsException long enough';

/** Of one execution; as many executions as run at once ask for as many times that. */
function askedAtOnce({ description, task }: Trigger, executions: number): readonly string[] {
  if (task === undefined) return [];
  const { state, atOnce } = task;
  if (atOnce === undefined) {
    return [
      `state ${state} of ${description} calls it as often at once as there are items; it reserves ${executions}: set a MaxConcurrency`,
    ];
  }
  if (atOnce === 1) return [];
  const share = Math.floor(executions / atOnce);
  const fits =
    share === 0 ? 'more than' : `so that ${share} ${share === 1 ? 'execution fits' : 'executions fit'} into`;
  return [
    `one execution of ${description} calls it up to ${atOnce} times at once (state ${state}), ${fits} the ${executions} it reserves`,
  ];
}

function retries({ description, task }: Trigger): readonly string[] {
  if (task === undefined) return [];
  const { state, retriesWhenThrottled: times } = task;
  const call = `a call of state ${state} of ${description} that is throttled`;
  if (times === 0) return [`${call} is not tried again: the state fails`];
  return [`${call} is tried again ${times} time${times === 1 ? '' : 's'}, and then the state fails`];
}
