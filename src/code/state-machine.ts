import { isList, isMap, type Value, type ValueMap } from '../document/value.js';

/**
 * A definition in JSON with what is substituted as text: a number stands without quotes until it is.
 * @source https://docs.aws.amazon.com/step-functions/latest/dg/concepts-sam-sfn.html
 */
export function withQuotedSubstitutions(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|\$\{[^}"\n]*\}/g, (found) =>
    found.startsWith('"') ? found : `"${found}"`,
  );
}

/** A task of a state machine, as its definition says. @source https://states-language.net/spec.html */
export interface MachineTask {
  readonly state: string;
  /** From the definition to the state. */
  readonly path: readonly string[];
  /** The service integration or function: `arn:${Partition}:states:::lambda:invoke`. */
  readonly resource: string;
  /** What an invocation names: the function of `lambda:invoke`, or the resource itself; `undefined` when no function is. */
  readonly callee: Value | undefined;
  readonly invocationType: 'Event' | 'RequestResponse' | 'DryRun';
  /** It waits for a token to come back. */
  readonly isCallback: boolean;
  /** Seconds; `undefined` for the default of 99,999,999. */
  readonly timeoutSeconds: number | undefined;
  /** How often it is tried again when Lambda throttles it. */
  readonly retriesWhenThrottled: number;
  /** At most this many at once in one execution; `undefined` where nothing limits it. */
  readonly atOnce: number | undefined;
}

/**
 * What a map without a limit starts at once.
 * @source https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
 */
const inlineMapLimit = 40;

/** Every task of a definition, those in maps and branches included. */
export function tasksOf(definition: Value): readonly MachineTask[] {
  return isMap(definition) ? tasksIn(definition, [], 1) : [];
}

function tasksIn(
  machine: ValueMap,
  path: readonly string[],
  atOnce: number | undefined,
): readonly MachineTask[] {
  const { States: states } = machine;
  if (!isMap(states)) return [];
  return Object.entries(states).flatMap(([name, state]): readonly MachineTask[] => {
    if (!isMap(state)) return [];
    const at = [...path, 'States', name];
    switch (state.Type) {
      case 'Task':
        return taskOf(name, state, at, atOnce);
      case 'Map': {
        const key = 'ItemProcessor' in state ? 'ItemProcessor' : 'Iterator';
        const inner = state[key];
        return isMap(inner) ? tasksIn(inner, [...at, key], times(atOnce, mapLimit(state, inner))) : [];
      }
      case 'Parallel':
        return (isList(state.Branches) ? state.Branches : []).flatMap((branch, index) =>
          isMap(branch) ? tasksIn(branch, [...at, 'Branches', String(index)], atOnce) : [],
        );
      default:
        return [];
    }
  });
}

function times(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined || right === undefined ? undefined : left * right;
}

/** Zero is no limit; a distributed map then goes as far as the service does. */
function mapLimit({ MaxConcurrency: written }: ValueMap, inner: ValueMap): number | undefined {
  const limit = numberIn(written);
  if (limit !== undefined && limit > 0) return limit;
  const config = inner.ProcessorConfig;
  const isDistributed = isMap(config) && config.Mode === 'DISTRIBUTED';
  return isDistributed || (written !== undefined && limit === undefined) ? undefined : inlineMapLimit;
}

function taskOf(
  state: string,
  task: ValueMap,
  path: readonly string[],
  atOnce: number | undefined,
): readonly MachineTask[] {
  const { Resource: resource, Parameters: parameters, Arguments: given } = task;
  if (typeof resource !== 'string') return [];
  const input = isMap(parameters) ? parameters : isMap(given) ? given : {};
  const isInvocation = /:states:::(?:aws-sdk:)?lambda:invoke(?:\.waitForTaskToken)?$/.test(resource);
  const isIntegration = /:states:/.test(resource);
  return [
    {
      state,
      path,
      resource,
      callee: isInvocation ? input.FunctionName : isIntegration ? undefined : resource,
      invocationType: invocationType(input.InvocationType),
      isCallback: resource.endsWith('.waitForTaskToken'),
      timeoutSeconds: numberIn(task.TimeoutSeconds),
      retriesWhenThrottled: retriesWhenThrottled(task.Retry),
      atOnce,
    },
  ];
}

function invocationType(written: Value | undefined): MachineTask['invocationType'] {
  return written === 'Event' || written === 'DryRun' ? written : 'RequestResponse';
}

const defaultAttempts = 3;

/** The first retrier that fits counts. */
function retriesWhenThrottled(retry: Value | undefined): number {
  const fitting = (isList(retry) ? retry : []).find((each) => {
    const errors = isMap(each) ? each.ErrorEquals : undefined;
    return (
      isList(errors) &&
      ['Lambda.TooManyRequestsException', 'States.TaskFailed', 'States.ALL'].some((name) =>
        errors.includes(name),
      )
    );
  });
  if (!isMap(fitting)) return 0;
  return numberIn(fitting.MaxAttempts) ?? defaultAttempts;
}

function numberIn(value: Value | undefined): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined;
}
