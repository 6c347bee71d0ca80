import type { ResourceView } from '../../../src/remediation.js';
import { isOfFunction } from '../functions.js';
import { isGiven, wholeNumber } from '../values.js';
import { generatedApiRules } from './apis.js';
import { count, failureRate, metricsBy, type Rule, type Rules, share, type Watch } from './rule.js';

/** Seconds, where nobody says anything else: Lambda's own and that of SAM are the same. */
const defaultTimeoutSeconds = 3;

/**
 * @source https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export function functionRules(view: ResourceView, watch: Watch): Rules {
  const { facts, thresholds } = watch;
  if (facts.functionKind(view).isEdge)
    return { because: 'it runs at the edge, and its metrics lie in other Regions' };
  const metric = metricsBy('AWS/Lambda', [{ Name: 'FunctionName', Value: { Ref: view.logicalId } }]);
  return [
    errors(view, watch, metric),
    {
      ...count('ThrottlesAlarm', 'it is throttled', metric('Throttles', 'Sum'), thresholds.functionThrottles),
      timing: 'sustained',
    },
    ...limited(view, watch, metric),
    ...(hasDeadLetterQueue(view)
      ? [
          count(
            'DeadLetterErrorsAlarm',
            'its failed events are lost, because they do not reach the queue for them',
            metric('DeadLetterErrors', 'Sum'),
          ),
        ]
      : []),
    ...(hasFailureDestination(view, watch)
      ? [
          count(
            'DestinationFailuresAlarm',
            'its failed events are lost, because they do not reach their destination',
            metric('DestinationDeliveryFailures', 'Sum'),
          ),
        ]
      : []),
    ...generatedApiRules(view, watch),
  ];
}

type MetricOf = ReturnType<typeof metricsBy>;

/** Where much happens a share of it counts; where little happens, every failure. */
function errors(view: ResourceView, { facts, thresholds }: Watch, metric: MetricOf): Rule {
  const type = facts.functionClass(view.stack, view.logicalId)?.type;
  const isBusy = type === 'high-volume' || type === 'api-handler';
  if (!isBusy) return count('ErrorsAlarm', 'it fails', metric('Errors', 'Sum'), thresholds.functionErrors);
  return failureRate(
    {
      suffix: 'ErrorsAlarm',
      description: 'too many of its calls fail',
      threshold: thresholds.functionErrorPercent,
    },
    metric('Invocations', 'Sum'),
    [metric('Errors', 'Sum')],
    thresholds.rateFromRequests,
  );
}

/** What comes close to a limit the template sets: time and executions at once. */
function limited(view: ResourceView, { thresholds }: Watch, metric: MetricOf): readonly Rule[] {
  const seconds = smallestAt(view, 'Timeout', defaultTimeoutSeconds);
  const executions = smallestAt(view, 'ReservedConcurrentExecutions', undefined);
  const rules: Rule[] = [];
  if (seconds !== undefined && seconds > 0) {
    rules.push({
      suffix: 'DurationAlarm',
      description: `it takes nearly as long as its timeout of ${seconds} s lets it`,
      metrics: [metric('Duration', 'Maximum')],
      comparison: '>',
      threshold: share(thresholds.functionDurationPercent, seconds * 1000),
      timing: 'sustained',
    });
  }
  if (executions !== undefined && executions > 0) {
    rules.push({
      suffix: 'ConcurrencyAlarm',
      description: `it nearly uses up the ${executions} executions reserved for it`,
      metrics: [metric('ConcurrentExecutions', 'Maximum')],
      comparison: '>',
      threshold: share(thresholds.concurrencyPercent, executions),
      timing: 'sustained',
    });
  }
  return rules;
}

/** The smallest number in any branch; `undefined` where one of them is not known, or the property is not there. */
function smallestAt(
  view: ResourceView,
  property: string,
  whenAbsent: number | undefined,
): number | undefined {
  const numbers = view
    .read(property)
    .map(({ outcome }) => (outcome.kind === 'absent' ? whenAbsent : wholeNumber(outcome)));
  const known = numbers.filter((number) => number !== undefined);
  return known.length === numbers.length ? Math.min(...known) : undefined;
}

function hasDeadLetterQueue(view: ResourceView): boolean {
  return isGiven(view, 'DeadLetterConfig', 'TargetArn') || isGiven(view, 'DeadLetterQueue', 'TargetArn');
}

function hasFailureDestination(view: ResourceView, { facts }: Watch): boolean {
  const onFailure = ['DestinationConfig', 'OnFailure'];
  if (isGiven(view, 'EventInvokeConfig', ...onFailure)) return true;
  return facts
    .usersOf(view, 'AWS::Lambda::EventInvokeConfig')
    .some(
      (config) => config.stack === view.stack && isOfFunction(config, view) && isGiven(config, ...onFailure),
    );
}
