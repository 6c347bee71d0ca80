import {
  type Companion,
  compliant,
  type Facts,
  fixable,
  type Judgement,
  manual,
  notApplicable,
  type ResourceView,
  type Stack,
  type Verdict,
} from '../../../src/remediation.js';
import { usd } from '../values.js';
import { alarmFor, alarmForAll, groupSubjects, type Subject, type Timing } from './alarm.js';
import { subjects } from './catalogue.js';
import type { Rule, Rules, Thresholds, Watch } from './rule.js';
import { type Topic, type TopicTarget, topicFor } from './topic.js';
import { isWatched, type Watched } from './watched.js';

export interface AlarmTarget extends TopicTarget, Timing {
  readonly grouping: 'each' | 'together';
  /** Metrics that are not watched, as `AWS/Lambda Duration`. */
  readonly leaveOut: readonly string[];
  readonly thresholds: Thresholds;
}

/** Whether the metrics that matter are watched, resource by resource, and the alarms that are missing. */
export function judgeSubjects(
  views: readonly ResourceView[],
  target: AlarmTarget,
  facts: Facts,
  all: readonly Watched[],
): readonly Judgement[] {
  const found = views.map((view) => ({ view, rules: rulesFor(view, target, facts) }));
  const missing = found.flatMap(({ view, rules }) =>
    'because' in rules
      ? []
      : rules.filter((rule) => !isCovered(rule, view.stack, all)).map((rule) => ({ view, rule })),
  );
  const alarms = alarmsFor(missing, target, facts);
  return found.map(({ view, rules }) => {
    const { stack, logicalId } = view;
    const open = missing.filter((each) => each.view === view).map(({ rule }) => rule);
    if ('because' in rules) return { stack, logicalId, verdict: unreachable(view, rules.because, facts) };
    if (rules.length === 0)
      return { stack, logicalId, verdict: notApplicable('it has no metrics that are watched') };
    if (open.length === 0)
      return { stack, logicalId, verdict: compliant(`an alarm watches ${namesOf(rules)}`) };
    return {
      stack,
      logicalId,
      target: alarmsSaid(open.length),
      verdict: missed(view, open, alarms, target, facts),
    };
  });
}

function unreachable(view: ResourceView, because: string, facts: Facts): Verdict {
  const isElsewhere = view.type.endsWith('::Function') && facts.functionKind(view).isEdge;
  return isElsewhere ? notApplicable(because) : manual(`no alarm can be planned here: ${because}`);
}

/** The rules for a resource without those that nobody wants to hear of. */
export function rulesFor(
  view: ResourceView,
  { leaveOut, thresholds }: Pick<AlarmTarget, 'leaveOut' | 'thresholds'>,
  facts: Facts,
): Rules {
  const watch: Watch = { thresholds, facts, isForFailures: (queue) => takesFailures(queue, facts) };
  const rules = subjects[view.type]?.(view, watch) ?? [];
  if ('because' in rules) return rules;
  return rules.filter(
    ({ metrics }) => !metrics.some(({ namespace, name }) => leaveOut.includes(`${namespace} ${name}`)),
  );
}

/** The last metric of a rule is the one that says something went wrong. */
function isCovered({ metrics }: Rule, stack: Stack, all: readonly Watched[]): boolean {
  const told = metrics.at(-1);
  return told !== undefined && isWatched(told, stack, all);
}

interface PlannedAlarm {
  readonly subjects: readonly Subject[];
  readonly stack: Stack;
  readonly logicalId: string;
}

/** One alarm per rule and subject, or one for as many subjects as fit. */
function alarmsFor(
  missing: readonly Subject[],
  { grouping }: AlarmTarget,
  facts: Facts,
): readonly PlannedAlarm[] {
  const groups = grouping === 'each' ? missing.map((each) => [each]) : groupSubjects(missing);
  const taken = new Map<Stack, Set<string>>();
  return groups.flatMap((subjects) => {
    const [first] = subjects;
    if (first === undefined) return [];
    const { stack } = first.view;
    const own = taken.get(stack) ?? new Set<string>();
    taken.set(stack, own);
    const prefix = subjects.length === 1 ? first.view.logicalId : pluralOf(first.view.type);
    const logicalId = freeAmong(own, stack, `${prefix}${first.rule.suffix}`, facts);
    own.add(logicalId);
    return [{ subjects, stack, logicalId }];
  });
}

/** `AWS::SQS::Queue` → `Queues` */
function pluralOf(type: string): string {
  const noun = type.split('::').at(-1) ?? type;
  return noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}

function freeAmong(taken: ReadonlySet<string>, stack: Stack, wanted: string, facts: Facts): string {
  let id = facts.freeId(stack, wanted);
  for (let number = 2; taken.has(id); number++) id = facts.freeId(stack, `${wanted}${number}`);
  return id;
}

function missed(
  view: ResourceView,
  open: readonly Rule[],
  alarms: readonly PlannedAlarm[],
  target: AlarmTarget,
  facts: Facts,
): Verdict {
  const because = `no alarm watches its ${namesOf(open)}`;
  const topic = topicFor(view.stack, target, facts);
  if ('because' in topic) return manual(`${because}; ${topic.because}`, ['emails']);
  const own = alarms.filter(({ subjects }) => subjects.some((each) => each.view === view));
  const metrics = open.reduce((sum, rule) => sum + rule.metrics.length, 0);
  return fixable(because, {
    edits: [],
    companions: [...topic.companions, ...own.map((alarm) => needFor(alarm, target, topic))],
    prerequisites: topic.prerequisites,
    cost: costOf(metrics, facts),
    notes: notesOf(target),
  });
}

function needFor({ subjects, stack, logicalId }: PlannedAlarm, timing: Timing, { value }: Topic): Companion {
  const [first] = subjects;
  const body =
    first !== undefined && subjects.length === 1
      ? alarmFor(first, timing, value)
      : alarmForAll(subjects, timing, value);
  return { kind: 'resource', logicalId, body, in: stack };
}

export function costOf(metrics: number, facts: Facts) {
  const price = facts.settings.prices['cloudwatch-alarm-month'] ?? 0;
  return {
    monthlyUsd: Math.round(metrics * price * 100) / 100,
    formula: `metrics of alarms x ${usd('cloudwatch-alarm-month', facts)} USD a month, the first ten of an account free`,
  };
}

export function notesOf({ emails, topicArn }: TopicTarget): readonly string[] {
  const isMailed = topicArn === undefined && emails.length > 0;
  return [
    ...(isMailed ? ['whoever gets an e-mail has to confirm the subscription once'] : []),
    'alarms go by what AWS measures; what only the application knows needs metrics of its own',
  ];
}

function alarmsSaid(number: number): string {
  return number === 1 ? '1 alarm' : `${number} alarms`;
}

function namesOf(rules: readonly Rule[]): string {
  const names = [...new Set(rules.flatMap(({ metrics }) => metrics.at(-1)?.name ?? []))];
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** Keys under which failures are sent somewhere: by queues, functions, rules, mappings and subscriptions. */
const failureKeys = ['deadLetterTargetArn', 'DeadLetterConfig', 'DeadLetterQueue', 'OnFailure'];

const failures = new WeakMap<Stack, string>();

/** Whether failures of the template are sent to a queue; each template is looked through once. */
function takesFailures({ stack, logicalId }: ResourceView, facts: Facts): boolean {
  const text = failures.get(stack) ?? failuresIn(stack, facts);
  failures.set(stack, text);
  return text.includes(`["${logicalId}","Arn"]`) || text.includes(`\${${logicalId}.Arn}`);
}

function failuresIn(stack: Stack, facts: Facts): string {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (failureKeys.includes(key)) found.push(JSON.stringify(inner));
      else visit(inner);
    }
  };
  for (const id of stack.template.resources.keys()) visit(facts.resource(stack, id)?.properties);
  return found.join('\n');
}
