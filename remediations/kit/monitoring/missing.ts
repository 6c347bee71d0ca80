import {
  type Companion,
  compliant,
  type Facts,
  fixable,
  type Judgment,
  manual,
  notApplicable,
  type Prerequisite,
  type ResourceView,
  type Stack,
  type ValueMap,
  type Verdict,
} from '../../../src/remediation.js';
import { usd } from '../values.js';
import {
  alarmByQuery,
  alarmFor,
  alarmForAll,
  allMetrics,
  groupSubjects,
  type Subject,
  type Timing,
} from './alarm.js';
import { subjects } from './catalog.js';
import type { Query, Rule, Rules, Thresholds, Watch } from './rule.js';
import { actsOnly, type Topic, type TopicTarget, topicFor } from './topic.js';
import { type Watched, watching } from './watched.js';

export interface AlarmTarget extends TopicTarget, Timing {
  readonly grouping: 'each' | 'together' | 'fleet';
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
): readonly Judgment[] {
  const telling = all.filter(({ alarm }) => !actsOnly(alarm, facts));
  const found = views.map((view) => ({ view, rules: rulesFor(view, target, facts) }));
  const missing = found.flatMap(({ view, rules }) =>
    'because' in rules
      ? []
      : rules.filter((rule) => !isCovered(rule, view, telling, facts)).map((rule) => ({ view, rule })),
  );
  const alarms = alarmsFor(missing, target.grouping, facts);
  // Of a group each subject asks for the same alarm.
  const made = new Map<PlannedAlarm, Companion>();
  const bodyOf = (alarm: PlannedAlarm, topic: Topic) => {
    const known = made.get(alarm) ?? companionFor(alarm, target, topic);
    made.set(alarm, known);
    return known;
  };
  const missingOf = grouped(missing, ({ view }) => view);
  const alarmsOf = grouped(
    alarms.flatMap((alarm) =>
      [...new Set(alarm.subjects.map(({ view }) => view))].map((view) => ({ alarm, view })),
    ),
    ({ view }) => view,
  );
  return found.map(({ view, rules }) => {
    const { stack, logicalId } = view;
    const open = (missingOf.get(view) ?? []).map(({ rule }) => rule);
    const own = (alarmsOf.get(view) ?? []).map(({ alarm }) => alarm);
    if ('because' in rules) {
      const { because } = rules;
      const verdict = rules.isNoMatter
        ? notApplicable(because)
        : manual(`no alarm can be planned here: ${because}`);
      return { stack, logicalId, verdict };
    }
    if (rules.length === 0)
      return { stack, logicalId, verdict: notApplicable('it has no metrics that are watched') };
    if (open.length === 0)
      return { stack, logicalId, verdict: compliant(`an alarm watches ${namesOf(rules)}`) };
    return {
      stack,
      logicalId,
      target: alarmsSaid(open.length),
      lacks: open.flatMap(({ metrics }) => metrics.map(({ name }) => name)),
      priority: priorityOf(view, facts),
      verdict: missed(open, { alarms: own, bodyOf }, target, facts),
    };
  });
}

/** What users wait for comes first, and what only operators call last. */
function priorityOf({ stack, logicalId, type }: ResourceView, facts: Facts): number {
  const kind = facts.functionClass(stack, logicalId)?.type;
  if (kind !== undefined) return ['high-volume', 'api-handler', 'background', 'administrative'].indexOf(kind);
  return type === 'AWS::CodeBuild::Project' ? 3 : 1;
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

/** A rule is covered when each kind of its metrics is watched in every deployment that has the resource. */
function isCovered({ metrics }: Rule, view: ResourceView, all: readonly Watched[], facts: Facts): boolean {
  const names = new Set(metrics.map(({ name }) => name));
  return [...names].every((name) => {
    const found = metrics.filter((metric) => metric.name === name);
    const alarms = found.flatMap((metric) => watching(metric, view.stack, all)).map(({ alarm }) => alarm);
    return facts.isAlwaysWith(alarms, view);
  });
}

interface PlannedAlarm {
  readonly subjects: readonly Subject[];
  /** The template it goes into. */
  readonly stack: Stack;
  readonly logicalId: string;
  /** For all resources of the account instead of the subjects alone. */
  readonly query?: Query | undefined;
}

type Arranged = Omit<PlannedAlarm, 'logicalId' | 'stack'>;

/** Alarms under ids that are free in their templates. */
function alarmsFor(
  missing: readonly Subject[],
  grouping: AlarmTarget['grouping'],
  facts: Facts,
): readonly PlannedAlarm[] {
  const taken = new Map<Stack, Set<string>>();
  return arranged(missing, grouping, facts).flatMap(({ subjects, query }) => {
    const [first] = subjects;
    if (first === undefined) return [];
    const { view, rule } = first;
    const stack = query === undefined ? view.stack : facts.tree.root;
    const own = taken.get(stack) ?? new Set<string>();
    taken.set(stack, own);
    const all = query === undefined ? '' : 'All';
    const prefix = subjects.length === 1 ? view.logicalId : `${all}${pluralOf(view.type)}`;
    const logicalId = freeAmong(own, stack, `${prefix}${rule.suffix}`, facts);
    own.add(logicalId);
    return [{ subjects, stack, logicalId, query }];
  });
}

/** One alarm per rule and subject, or one for as many subjects as fit, as long as the templates have room for them. */
function arranged(
  missing: readonly Subject[],
  grouping: AlarmTarget['grouping'],
  facts: Facts,
): readonly Arranged[] {
  const groups = grouping === 'each' ? missing.map((each) => [each]) : groupSubjects(missing);
  if (grouping !== 'fleet' && fits(groups, facts)) return groups.map((subjects) => ({ subjects }));
  const { asked, rest } = queries(missing);
  return [...asked, ...groupSubjects(rest, true).map((subjects) => ({ subjects }))];
}

/** Rules that a query asks of all resources at once, where it takes the place of more alarms than one. */
function queries(missing: readonly Subject[]): {
  readonly asked: readonly Arranged[];
  readonly rest: readonly Subject[];
} {
  const byQuery = grouped(missing, ({ rule }) =>
    rule.query === undefined ? '' : JSON.stringify([rule.query, rule.timing]),
  );
  const asked = [...byQuery.values()].flatMap((subjects): readonly Arranged[] => {
    const query = subjects[0]?.rule.query;
    return query !== undefined && groupSubjects(subjects, true).length > 1 ? [{ subjects, query }] : [];
  });
  const answered = new Set(asked.flatMap(({ subjects }) => subjects));
  return { asked, rest: missing.filter((subject) => !answered.has(subject)) };
}

function grouped<Item, Key>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): ReadonlyMap<Key, readonly Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** A topic, a subscription and a dashboard come along. */
const companionsOfAlarms = 3;

function fits(groups: readonly (readonly Subject[])[], facts: Facts): boolean {
  const stacks = groups.flatMap(([first]) => (first === undefined ? [] : [first.view.stack]));
  const counts = [...grouped(stacks, (stack) => stack)];
  return counts.every(([stack, { length }]) => length + companionsOfAlarms <= facts.room(stack));
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

interface Planned {
  /** On the resource. */
  readonly alarms: readonly PlannedAlarm[];
  readonly bodyOf: (alarm: PlannedAlarm, topic: Topic) => Companion;
}

function missed(
  open: readonly Rule[],
  { alarms: own, bodyOf }: Planned,
  target: AlarmTarget,
  facts: Facts,
): Verdict {
  const because = `no alarm watches its ${namesOf(open)}`;
  const topics = [...new Set(own.map(({ stack }) => stack))].map((stack) => ({
    stack,
    topic: topicFor(stack, target, facts),
  }));
  const companions: Companion[] = [];
  const prerequisites: Prerequisite[] = [];
  for (const { stack, topic } of topics) {
    if ('because' in topic) return manual(`${because}; ${topic.because}`, ['emails']);
    companions.push(...topic.companions);
    prerequisites.push(...topic.prerequisites);
    const alarmsThere = own.filter((alarm) => alarm.stack === stack);
    companions.push(...alarmsThere.map((alarm) => bodyOf(alarm, topic)));
  }
  const metrics = open.reduce((sum, rule) => sum + allMetrics(rule).length, 0);
  const isWide = own.some(({ query }) => query !== undefined);
  return fixable(because, {
    edits: [],
    companions,
    ...(isWide && target.grouping !== 'fleet' && { risk: 'review', riskBecause: wide }),
    prerequisites,
    cost: costOf(metrics, facts),
    notes: [...notesOf(target), ...(isWide ? [wideNote] : [])],
  });
}

const wide =
  'the template has no room for an alarm on each resource, so that one alarm watches all of the account and Region, those of other stacks too (grouping: together watches those of the stack alone)';
const wideNote =
  'a query watches and is charged for every resource of the account and Region that publishes the metric; 200 alarms on queries are allowed per Region, 500 resources are looked at';

function companionFor(
  { subjects, stack, logicalId, query }: PlannedAlarm,
  timing: Timing,
  { value }: Topic,
): Companion {
  const [first] = subjects;
  if (first === undefined) throw new Error('an alarm is about something');
  const body =
    query !== undefined
      ? alarmByQuery(query, first.rule, timing, value)
      : subjects.length === 1
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
    ...(isMailed ? ['each recipient must confirm the subscription once'] : []),
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
  const views = [...stack.template.resources.keys()].flatMap((id) => facts.resource(stack, id) ?? []);
  return views.flatMap(({ properties }) => failuresOf(properties)).join('\n');
}

const failuresKnown = new WeakMap<ValueMap, readonly string[]>();

function failuresOf(properties: ValueMap): readonly string[] {
  const known = failuresKnown.get(properties);
  if (known !== undefined) return known;
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (failureKeys.includes(key)) found.push(JSON.stringify(inner));
      else visit(inner);
    }
  };
  visit(properties);
  failuresKnown.set(properties, found);
  return found;
}
