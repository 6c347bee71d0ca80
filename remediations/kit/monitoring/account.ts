import {
  type Companion,
  compliant,
  type Facts,
  fixable,
  type Judgment,
  manual,
  type ResourceView,
  type StackTree,
} from '../../../src/remediation.js';
import { functionTypes, largestAt, outcomesAt, resourceAt, says } from '../values.js';
import { alarmByQuery, alarmFor } from './alarm.js';
import { type AlarmTarget, costOf, notesOf } from './missing.js';
import { count, type Metric, type Query, type Rule, share } from './rule.js';
import { topicFor } from './topic.js';
import type { Watched } from './watched.js';

const lambda = 'AWS/Lambda';

export const accountMetric: Metric = {
  namespace: lambda,
  name: 'UnreservedConcurrentExecutions',
  statistic: 'Maximum',
  dimensions: [],
};

/** What resources share with all others of the account and Region; once per stack. */
export function judgeAccount(
  { root }: StackTree,
  target: AlarmTarget,
  facts: Facts,
  all: readonly Watched[],
): readonly Judgment[] {
  const functions = facts.resources(...functionTypes);
  const [first] = functions;
  const rules = accountRules(functions, target, facts).filter(({ metrics }) =>
    metrics.every(({ namespace, name }) => !target.leaveOut.includes(`${namespace} ${name}`)),
  );
  if (first === undefined || rules.length === 0) return [];
  const open = rules.filter(({ metrics }) =>
    metrics.some(({ namespace, name }) => {
      const alarms = all
        .filter((watched) => watched.namespace === namespace && watched.name === name)
        .map(({ alarm }) => alarm);
      return !functions.every((view) => facts.isAlwaysWith(alarms, view));
    }),
  );
  const judged = { stack: root, logicalId: null };
  if (open.length === 0) return [{ ...judged, verdict: compliant(`an alarm watches ${namesOf(rules)}`) }];
  const because = `no alarm watches the ${namesOf(open)} of the account`;
  const aim = { ...judged, target: open.length === 1 ? '1 alarm' : `${open.length} alarms` };
  const topic = topicFor(root, target, facts);
  if ('because' in topic) return [{ ...aim, verdict: manual(`${because}; ${topic.because}`, ['emails']) }];
  const subject = { ...first, stack: root, logicalId: 'Account', condition: undefined } as ResourceView;
  const alarms = open.map(
    (rule): Companion => ({
      kind: 'resource',
      logicalId: facts.freeId(root, `Account${rule.suffix}`),
      body:
        rule.query === undefined
          ? alarmFor({ view: subject, rule }, target, topic.value)
          : alarmByQuery(rule.query, rule, target, topic.value),
      in: root,
    }),
  );
  const isAssumed = open.some(({ metrics }) => metrics.includes(accountMetric));
  const assumed =
    facts.settings.concurrencyLimitIsKnown || !isAssumed
      ? []
      : [
          `its threshold goes by the assumed limit of ${facts.settings.concurrencyLimit} executions (account.concurrencyLimit)`,
        ];
  return [
    {
      ...aim,
      verdict: fixable(because, {
        edits: [],
        companions: [...topic.companions, ...alarms],
        prerequisites: topic.prerequisites,
        cost: costOf(open.length, facts),
        notes: [...notesOf(target), ...assumed],
      }),
    },
  ];
}

function accountRules(
  functions: readonly ResourceView[],
  { thresholds }: AlarmTarget,
  facts: Facts,
): readonly Rule[] {
  const left = unreserved(functions, facts);
  const concurrency: Rule = {
    suffix: 'ConcurrencyAlarm',
    description: `functions without a reservation nearly use up the ${left} executions they share`,
    metrics: [accountMetric],
    comparison: '>',
    threshold: share(thresholds.concurrencyPercent, left),
    timing: 'sustained',
  };
  return [
    concurrency,
    ...(functions.some((view) => callsModels(view, facts)) ? modelRules(thresholds) : []),
    ...(functions.some((view) => isSignedForWarning(view, facts)) ? [unsigned] : []),
  ];
}

/** What the largest set of functions that exist at once leaves of the account's limit. */
function unreserved(functions: readonly ResourceView[], facts: Facts): number {
  const { concurrencyLimit, concurrencyReservedElsewhere } = facts.settings;
  const numbers = functions.map((view) => largestAt(view, 'ReservedConcurrentExecutions') ?? 0);
  const sums = facts
    .coexisting(functions)
    .map((members) => members.reduce((sum, index) => sum + (numbers[index] ?? 0), 0));
  return Math.max(concurrencyLimit - concurrencyReservedElsewhere - Math.max(0, ...sums), 1);
}

function callsModels(view: ResourceView, facts: Facts): boolean {
  return facts
    .callsOf(view)
    .services.some(
      ({ service, actions }) =>
        service === 'bedrock' && actions.some((action) => /^(?:\*|Invoke|Converse)/.test(nameOf(action))),
    );
}

/** `bedrock:InvokeModel` → `InvokeModel` */
function nameOf(action: string): string {
  return action.slice(action.indexOf(':') + 1);
}

/**
 * Quotas of models are the account's, and which models are called is often a parameter.
 * @source https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring-runtime-metrics.html
 */
function modelRules({ modelThrottles, modelErrors }: AlarmTarget['thresholds']): readonly Rule[] {
  const rule = (suffix: string, description: string, name: string, threshold: number): Rule =>
    byQuery(suffix, description, { namespace: 'AWS/Bedrock', name, by: ['ModelId'], threshold }, 'sustained');
  return [
    rule(
      'ModelThrottlesAlarm',
      'calls of a Bedrock model are throttled',
      'InvocationThrottles',
      modelThrottles,
    ),
    rule('ModelServerErrorsAlarm', 'a Bedrock model fails', 'InvocationServerErrors', modelErrors),
    rule('ModelClientErrorsAlarm', 'a Bedrock model refuses calls', 'InvocationClientErrors', modelErrors),
  ];
}

/**
 * Published only by functions whose configuration warns of unsigned code instead of refusing it.
 * @source https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
 */
const unsigned = byQuery(
  'UnsignedCodeAlarm',
  'code without a valid signature is deployed',
  { namespace: lambda, name: 'SignatureValidationErrors', by: ['FunctionName'], threshold: 1 },
  'once',
);

function isSignedForWarning(view: ResourceView, facts: Facts): boolean {
  const config = resourceAt(facts, view, 'CodeSigningConfigArn');
  if (config === undefined) return false;
  const path = ['CodeSigningPolicies', 'UntrustedArtifactOnDeployment'];
  return says('Warn', config, ...path) || outcomesAt(config, ...path).some(({ kind }) => kind === 'absent');
}

function byQuery(
  suffix: string,
  description: string,
  { namespace, name, by, threshold }: Pick<Query, 'namespace' | 'name' | 'by' | 'threshold'>,
  timing: Rule['timing'],
): Rule {
  return {
    ...count(suffix, description, { namespace, name, statistic: 'Sum', dimensions: [] }, threshold),
    timing,
    query: { namespace, name, select: 'SUM', by, comparison: '>=', threshold },
  };
}

function namesOf(rules: readonly Rule[]): string {
  const names = rules.flatMap(({ metrics }) => metrics.map(({ name }) => name));
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
