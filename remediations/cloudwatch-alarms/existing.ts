import {
  compliant,
  type Facts,
  fixable,
  isList,
  type Judgment,
  manual,
  metricFact,
  namespaceMeant,
  notApplicable,
  type PropertyEdit,
  type ResourceView,
  scalarText,
  unknown,
  type Value,
} from '../../src/remediation.js';
import {
  actionsOf,
  actsOnly,
  listeners,
  type Topic,
  type TopicTarget,
  topicFor,
  topicType,
} from '../kit/monitoring/topic.js';
import { metricsOf, namedBy, type Watched } from '../kit/monitoring/watched.js';
import { outcomesAt } from '../kit/values.js';

type Judged = Omit<Judgment, 'stack' | 'logicalId'>;

/** Something that keeps an alarm from going off, and what would mend it. */
interface Fault {
  readonly because: string;
  readonly current: Value;
  readonly want?: PropertyEdit;
  /** Nobody can tell whether it is one. */
  readonly isOpen?: true;
}

/** An alarm the templates have: can it go off, and does it tell anybody? */
export function judgeExisting(view: ResourceView, target: TopicTarget, facts: Facts): Judged {
  const faults = metricsOf(view).flatMap((watched) => faultOf(watched, facts) ?? []);
  const [beyond] = faults.filter(({ want }) => want === undefined);
  if (beyond !== undefined) {
    const { because, current, isOpen } = beyond;
    return isOpen
      ? { current, verdict: unknown(because) }
      : { current, severity: 'critical', verdict: manual(because) };
  }
  const [first] = faults;
  if (first !== undefined) {
    return {
      current: first.current,
      severity: 'critical',
      target: first.want?.value ?? null,
      verdict: fixable(faults.map(({ because }) => because).join('; '), {
        edits: faults.flatMap(({ want }) => want ?? []),
        cost: { monthlyUsd: 0, formula: 'the alarm is paid for already' },
      }),
    };
  }
  const watched = metricsOf(view);
  return judgeActions(view, target, facts, watched.length > 0 && watched.every(isInTables));
}

function faultOf(watched: Watched, facts: Facts): Fault | undefined {
  const { namespace, name, path, query } = watched;
  if (typeof namespace !== 'string' || typeof name !== 'string') return undefined;
  const meant = namespaceMeant(namespace);
  if (meant !== undefined) {
    const because = `no service publishes metrics in ${namespace}, so the alarm never goes off`;
    return { because, current: namespace, ...mend(query, [...path, 'Namespace'], meant) };
  }
  const fact = metricFact(namespace, name);
  if (fact.kind === 'unknown') return undefined;
  if (fact.kind === 'missing') {
    const because = `${namespace} has no metric ${name}, so the alarm never goes off`;
    return { because, current: name, ...mend(query, [...path, 'MetricName'], fact.meant) };
  }
  return dimensionFault(watched, namespace, name, fact.dimensions, facts);
}

/** A name that stands in the text of a query is for whoever wrote the query. */
function mend(
  query: Watched['query'],
  path: readonly string[],
  meant: string | undefined,
): Pick<Fault, 'want'> {
  return query !== undefined || meant === undefined ? {} : { want: wanted(path, meant) };
}

function wanted(path: readonly string[], value: Value): PropertyEdit {
  return { path: ['Properties', ...path], value, individual: true };
}

/** Metrics are published by sets of dimensions, and an alarm on any other set never has data. */
function dimensionFault(
  { alarm, path, dimensions }: Watched,
  namespace: string,
  name: string,
  sets: readonly (readonly string[])[],
  facts: Facts,
): Fault | undefined {
  if (dimensions === undefined) return undefined;
  const names = dimensions.map((dimension) => dimension.name);
  if (!names.every((each) => typeof each === 'string')) return undefined;
  const isKnown =
    sets.length === 0 ||
    sets.some((set) => set.length === names.length && set.every((each) => names.includes(each)));
  if (!isKnown) {
    const current = names.length === 0 ? 'no dimensions' : names.join(' and ');
    const because = `${namespace} publishes ${name} by ${sets.map(spell).join(', or by ')}, not by ${current}, so the alarm never goes off`;
    const [only, ...others] = sets.filter((set) => set.length === names.length && names.length === 1);
    const index = only === undefined || others.length > 0 ? -1 : 0;
    const meant = only?.[0];
    return index < 0 || meant === undefined
      ? { because, current }
      : { because, current, want: wanted([...path, 'Dimensions', '0', 'Name'], meant) };
  }
  for (const [index, { name: dimension, value }] of dimensions.entries()) {
    const right = rightValue(alarm, namespace, dimension, value, facts);
    if (right === undefined) continue;
    const because = `its ${String(dimension)} is not what ${namespace} tells ${namedBy(value)[0]} by, so the alarm never goes off`;
    return {
      because,
      current: value ?? null,
      want: wanted([...path, 'Dimensions', String(index), 'Value'], right),
    };
  }
  return undefined;
}

function spell(set: readonly string[]): string {
  return set.length === 0 ? 'no dimension' : set.join(' and ');
}

/** `Ref` of a queue is its URL, and of a topic its ARN, where metrics tell them by their names. */
function rightValue(
  alarm: ResourceView,
  namespace: string,
  dimension: Value | undefined,
  value: Value | undefined,
  facts: Facts,
): Value | undefined {
  const [logicalId, attribute] = namedBy(value);
  const view = logicalId === undefined ? undefined : facts.resource(alarm.stack, logicalId);
  const form = view && dimensionForms[view.type];
  if (form === undefined || form.namespace !== namespace || form.dimension !== dimension) return undefined;
  if (attribute === undefined || !form.wrong.includes(attribute)) return undefined;
  return form.right === 'Ref' ? { Ref: logicalId ?? '' } : { 'Fn::GetAtt': [logicalId ?? '', form.right] };
}

interface DimensionForm {
  readonly namespace: string;
  readonly dimension: string;
  readonly right: string;
  /** Attributes that are something else than what the metrics have. */
  readonly wrong: readonly string[];
}

const lambda: DimensionForm = {
  namespace: 'AWS/Lambda',
  dimension: 'FunctionName',
  right: 'Ref',
  wrong: ['Arn'],
};
const states: DimensionForm = {
  namespace: 'AWS/States',
  dimension: 'StateMachineArn',
  right: 'Ref',
  wrong: ['Name'],
};
const table: DimensionForm = {
  namespace: 'AWS/DynamoDB',
  dimension: 'TableName',
  right: 'Ref',
  wrong: ['Arn', 'StreamArn'],
};

/** By type, the reference that gives what its metrics are told by, and those that look as if they did. */
const dimensionForms: Readonly<Record<string, DimensionForm>> = {
  'AWS::ApiGatewayV2::Api': {
    namespace: 'AWS/ApiGateway',
    dimension: 'ApiId',
    right: 'Ref',
    wrong: ['ApiEndpoint'],
  },
  'AWS::AppSync::GraphQLApi': {
    namespace: 'AWS/AppSync',
    dimension: 'GraphQLAPIId',
    right: 'ApiId',
    wrong: ['Ref', 'Arn', 'GraphQLUrl'],
  },
  'AWS::CodeBuild::Project': {
    namespace: 'AWS/CodeBuild',
    dimension: 'ProjectName',
    right: 'Ref',
    wrong: ['Arn'],
  },
  'AWS::DynamoDB::Table': table,
  'AWS::ECS::Service': {
    namespace: 'AWS/ECS',
    dimension: 'ServiceName',
    right: 'Name',
    wrong: ['Ref', 'ServiceArn'],
  },
  'AWS::ElasticLoadBalancingV2::LoadBalancer': {
    namespace: 'AWS/ApplicationELB',
    dimension: 'LoadBalancer',
    right: 'LoadBalancerFullName',
    wrong: ['Ref', 'LoadBalancerName', 'DNSName', 'LoadBalancerArn'],
  },
  'AWS::Lambda::Function': lambda,
  'AWS::SNS::Topic': {
    namespace: 'AWS/SNS',
    dimension: 'TopicName',
    right: 'TopicName',
    wrong: ['Ref', 'TopicArn'],
  },
  'AWS::SQS::Queue': {
    namespace: 'AWS/SQS',
    dimension: 'QueueName',
    right: 'QueueName',
    wrong: ['Ref', 'QueueUrl', 'Arn'],
  },
  'AWS::SageMaker::Endpoint': {
    namespace: 'AWS/SageMaker',
    dimension: 'EndpointName',
    right: 'EndpointName',
    wrong: ['Ref'],
  },
  'AWS::Serverless::Function': lambda,
  'AWS::Serverless::SimpleTable': table,
  'AWS::Serverless::StateMachine': states,
  'AWS::StepFunctions::StateMachine': states,
};

function isInTables({ namespace, name }: Watched): boolean {
  return (
    typeof namespace === 'string' && typeof name === 'string' && metricFact(namespace, name).kind === 'known'
  );
}

function judgeActions(view: ResourceView, target: TopicTarget, facts: Facts, isKnown: boolean): Judged {
  const isOff = view.read('ActionsEnabled').some(({ outcome }) => scalarText(outcome) === 'false');
  if (isOff)
    return { verdict: manual('its actions are switched off (ActionsEnabled), so it notifies no one') };
  if (actsOnly(view, facts)) {
    return {
      verdict: notApplicable(
        'its only action is to scale or to act on an instance; it is not meant to tell anybody',
      ),
    };
  }
  const actions = view.expression('AlarmActions');
  if (actions !== undefined && !(isList(actions) && actions.length === 0)) {
    if (!hasSureAction(view)) {
      const because =
        'it notifies someone in some deployments only: the condition on its AlarmActions decides';
      return { verdict: manual(because) };
    }
    const unheard = unheardTopic(view, facts);
    if (unheard !== undefined) {
      return { verdict: notApplicable(`everything it notifies is ${unheard}, which is checked on its own`) };
    }
    const told = 'it notifies someone';
    return {
      verdict: compliant(
        isKnown ? `its metric exists, and ${told}` : `${told}; its metric is none of those the tables know`,
      ),
    };
  }
  const others = usedBy(view, facts);
  if (others.length > 0) return { verdict: compliant(`${others.join(', ')} is based on it`) };
  const topic = topicFor(view.stack, target, facts);
  const because = 'it has no AlarmActions, so it notifies no one';
  if ('because' in topic) return { verdict: manual(`${because}; ${topic.because}`, ['emails']) };
  return { current: [], target: topic.value, verdict: withTopic(because, topic) };
}

/** Whether an action is there in every deployment that has the alarm. */
function hasSureAction(view: ResourceView): boolean {
  const lists = outcomesAt(view, 'AlarmActions');
  if (lists.some(({ kind }) => kind === 'absent')) return false;
  const lengths = lists.map((outcome) =>
    outcome.kind === 'value' && isList(outcome.value) ? outcome.value.length : undefined,
  );
  // What a parameter or another function gives is taken to be something.
  if (lengths.includes(undefined)) return true;
  return Array.from({ length: Math.max(...lengths.map(Number)) }, (_, index) => String(index)).some((item) =>
    outcomesAt(view, 'AlarmActions', item).every(({ kind }) => kind !== 'absent'),
  );
}

/** The topic an alarm is sent to, where it is the only one and nobody is sure to hear it. */
function unheardTopic(view: ResourceView, facts: Facts): string | undefined {
  const [topic, ...others] = new Set(
    actionsOf(view).map(({ outcomes }) => {
      const [first, ...more] = outcomes;
      return first?.kind === 'resource' && more.length === 0
        ? facts.resource(first.stack, first.logicalId)
        : undefined;
    }),
  );
  const isUnheard = topic?.type === topicType && others.length === 0 && listeners(topic, facts) !== 'always';
  return isUnheard ? topic.logicalId : undefined;
}

function withTopic(because: string, { value, companions, prerequisites }: Topic) {
  return fixable(because, {
    edits: [{ path: ['Properties', 'AlarmActions'], value: [value], individual: true }],
    companions,
    prerequisites,
    cost: { monthlyUsd: 0, formula: 'the alarm is paid for already' },
  });
}

/** Composite alarms, deployments and the like go by the state of an alarm, whether or not it tells anybody. */
function usedBy({ stack, logicalId }: ResourceView, facts: Facts): readonly string[] {
  const users = [
    'AWS::CloudWatch::CompositeAlarm',
    'AWS::CodeDeploy::DeploymentGroup',
    'AWS::Serverless::Function',
  ];
  const mentions = [
    `"Ref":"${logicalId}"`,
    `\${${logicalId}}`,
    `\${${logicalId}.Arn}`,
    `["${logicalId}","Arn"]`,
  ];
  return facts
    .resources(...users, 'AWS::ECS::Service', 'AWS::AppConfig::Environment')
    .filter((each) => each.stack === stack)
    .filter(({ body }) => mentions.some((text) => JSON.stringify(body).includes(text)))
    .map((each) => each.logicalId);
}
