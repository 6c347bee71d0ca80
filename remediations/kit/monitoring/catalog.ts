import { type Facts, isList, isMap, type ResourceView, type Value } from '../../../src/remediation.js';
import { alwaysSays, outcomesAt, resourceAt, variantWithout } from '../values.js';
import {
  busy,
  databaseRules,
  functionRules,
  graphqlApiRules,
  httpApiRules,
  queueRules,
  restApiRules,
  searchRules,
  tableRules,
} from './metrics.js';
import { count, failureRate, metricsBy, type Rule, type Rules, type Watch } from './rule.js';
import { scheduleRules, scheduleType } from './schedules.js';
import { isSentTo, topicType } from './topic.js';

type RulesOf = (view: ResourceView, watch: Watch) => Rules;

/** @source https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html */
const stateMachineRules: RulesOf = (view, watch) => {
  const metric = metricsBy('AWS/States', [{ Name: 'StateMachineArn', Value: { Ref: view.logicalId } }]);
  return [
    count('FailedAlarm', 'executions fail', metric('ExecutionsFailed', 'Sum')),
    count('TimedOutAlarm', 'executions time out', metric('ExecutionsTimedOut', 'Sum')),
    ...(variantWithout(view, 'aborted-executions')?.isCertain
      ? []
      : [count('AbortedAlarm', 'executions are aborted', metric('ExecutionsAborted', 'Sum'))]),
    count('ThrottledAlarm', 'its steps are throttled', metric('ExecutionThrottled', 'Sum')),
    ...scheduleRules(view, watch),
  ];
};

/**
 * Metrics of what serves the whole world lie in one Region, and alarms see no other than their own.
 * @source https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
 */
const distributionRules: RulesOf = (view, { facts, thresholds }) => {
  const { region } = facts.settings;
  if (region !== 'us-east-1') {
    const where =
      region === undefined ? 'the policy does not say that the stack is there' : `the stack is in ${region}`;
    return { because: `its metrics are in us-east-1, and alarms on them too; ${where} (region)` };
  }
  const metric = metricsBy('AWS/CloudFront', [
    { Name: 'DistributionId', Value: { Ref: view.logicalId } },
    { Name: 'Region', Value: 'Global' },
  ]);
  return [
    {
      suffix: 'ServerErrorsAlarm',
      description: 'too many of its answers are errors of the origin',
      metrics: [metric('5xxErrorRate', 'Average')],
      comparison: '>',
      threshold: thresholds.distributionErrorPercent,
      timing: 'sustained',
    },
  ];
};

/**
 * A rule of another bus than the default one is told by both names, and its reference has both in it.
 * @source https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
 */
const eventRuleRules: RulesOf = (view) => {
  const bus = view.expression('EventBusName');
  const reference = { Ref: view.logicalId };
  const metric = metricsBy(
    'AWS/Events',
    bus === undefined || bus === 'default'
      ? [{ Name: 'RuleName', Value: reference }]
      : [
          { Name: 'EventBusName', Value: { 'Fn::Select': [0, { 'Fn::Split': ['|', reference] }] } },
          { Name: 'RuleName', Value: { 'Fn::Select': [1, { 'Fn::Split': ['|', reference] }] } },
        ],
  );
  const targets = view.expression('Targets');
  const hasQueue =
    isList(targets) && targets.some((target) => isMap(target) && target.DeadLetterConfig !== undefined);
  return [
    count('FailedInvocationsAlarm', 'it does not reach what it calls', metric('FailedInvocations', 'Sum')),
    ...(hasQueue
      ? [count('LostEventsAlarm', 'failed events are lost', metric('InvocationsFailedToBeSentToDlq', 'Sum'))]
      : []),
  ];
};

const microsecondsPerSecond = 1_000_000;

/** @source https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html */
const endpointRules: RulesOf = (view, { facts, thresholds }) => {
  const listed = resourceAt(facts, view, 'EndpointConfigName')?.expression('ProductionVariants');
  const variants = isList(listed) ? listed.map((each) => (isMap(each) ? each.VariantName : undefined)) : [];
  const names = variants.filter((name): name is string => typeof name === 'string');
  if (names.length === 0 || names.length < variants.length) {
    return { because: 'metrics tell its variants by name, and the names are not known' };
  }
  return names.flatMap((variant): Rule[] => {
    const metric = metricsBy('AWS/SageMaker', [
      { Name: 'EndpointName', Value: { 'Fn::GetAtt': [view.logicalId, 'EndpointName'] } },
      { Name: 'VariantName', Value: variant },
    ]);
    const of = names.length === 1 ? '' : variant.replaceAll(/[^A-Za-z0-9]/g, '');
    return [
      count(
        `${of}ServerErrorsAlarm`,
        'its answers are errors of its own',
        metric('Invocation5XXErrors', 'Sum'),
      ),
      {
        suffix: `${of}LatencyAlarm`,
        description: 'its model takes long to answer',
        metrics: [metric('ModelLatency', 'Average')],
        comparison: '>',
        threshold: thresholds.modelLatencySeconds * microsecondsPerSecond,
        timing: 'sustained',
      },
    ];
  });
};

/** @source https://docs.aws.amazon.com/codebuild/latest/userguide/cloudwatch_metrics-codebuild.html */
const projectRules: RulesOf = (view) => [
  count(
    'FailedBuildsAlarm',
    'a build fails',
    metricsBy('AWS/CodeBuild', [{ Name: 'ProjectName', Value: { Ref: view.logicalId } }])(
      'FailedBuilds',
      'Sum',
    ),
  ),
];

/**
 * Pipelines of the first type publish none, and that is the type of one that names none.
 * @source https://docs.aws.amazon.com/codepipeline/latest/userguide/metrics-dimensions.html
 */
const pipelineRules: RulesOf = (view) => {
  if (!alwaysSays('V2', view, 'PipelineType')) {
    return {
      because:
        'only pipelines of type V2 publish metrics (PipelineType); a rule on the events of the pipeline tells of its failures otherwise',
    };
  }
  const metric = metricsBy('AWS/CodePipeline', [{ Name: 'PipelineName', Value: { Ref: view.logicalId } }]);
  return [count('FailedAlarm', 'an execution of it fails', metric('FailedPipelineExecutions', 'Sum'))];
};

const groupWatched = {
  because: 'the alarms of its group are with another schedule',
  isNoMatter: true,
} as const;

const ofSchedule: RulesOf = (view, watch) => {
  const rules = scheduleRules(view, watch);
  return rules.length === 0 ? groupWatched : rules;
};

/** @source https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html */
const topicRules: RulesOf = (view) => [
  count(
    'FailedDeliveriesAlarm',
    'messages do not reach subscribers',
    metricsBy('AWS/SNS', [{ Name: 'TopicName', Value: { 'Fn::GetAtt': [view.logicalId, 'TopicName'] } }])(
      'NumberOfNotificationsFailed',
      'Sum',
    ),
  ),
];

/** @source https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html */
const balancerRules: RulesOf = (view, { thresholds }) => {
  const isOther = view
    .read('Type')
    .some(
      ({ outcome }) =>
        outcome.kind !== 'absent' && !(outcome.kind === 'value' && outcome.value === 'application'),
    );
  if (isOther) return [];
  const metric = metricsBy('AWS/ApplicationELB', [
    { Name: 'LoadBalancer', Value: { 'Fn::GetAtt': [view.logicalId, 'LoadBalancerFullName'] } },
  ]);
  return [
    failureRate(
      {
        suffix: 'ServerErrorsAlarm',
        description: 'too many of its answers are errors, of its own or of its targets',
        threshold: thresholds.apiErrorPercent,
      },
      metric('RequestCount', 'Sum'),
      [metric('HTTPCode_ELB_5XX_Count', 'Sum'), metric('HTTPCode_Target_5XX_Count', 'Sum')],
      thresholds.rateFromRequests,
    ),
  ];
};

/** @source https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html */
const serviceRules: RulesOf = (view, { thresholds }) => {
  const cluster = clusterName(view);
  if (cluster === undefined)
    return { because: 'metrics tell services by the name of their cluster, and it is not known' };
  const metric = metricsBy('AWS/ECS', [
    { Name: 'ClusterName', Value: cluster },
    { Name: 'ServiceName', Value: { 'Fn::GetAtt': [view.logicalId, 'Name'] } },
  ]);
  const { utilizationPercent: percent } = thresholds;
  return [
    busy('CpuAlarm', 'its processors are nearly all busy', metric('CPUUtilization', 'Average'), percent),
    busy('MemoryAlarm', 'its memory is nearly used up', metric('MemoryUtilization', 'Average'), percent),
  ];
};

/** `Ref` of a cluster is its name; a text may be its ARN, which is not. */
function clusterName(view: ResourceView): Value | undefined {
  const [found, ...others] = outcomesAt(view, 'Cluster');
  if (found === undefined || others.length > 0) return undefined;
  if (found.kind === 'absent') return 'default';
  if (found.kind === 'resource') return found.stack === view.stack ? { Ref: found.logicalId } : undefined;
  const isName = found.kind === 'value' && typeof found.value === 'string' && !found.value.startsWith('arn:');
  return isName ? found.value : undefined;
}

/**
 * What is watched, by type.
 * @source https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html
 */
export const subjects: Readonly<Record<string, RulesOf>> = {
  'AWS::ApiGateway::RestApi': restApiRules,
  'AWS::ApiGatewayV2::Api': httpApiRules,
  'AWS::AppSync::GraphQLApi': graphqlApiRules,
  'AWS::CloudFront::Distribution': distributionRules,
  'AWS::CodeBuild::Project': projectRules,
  'AWS::CodePipeline::Pipeline': pipelineRules,
  'AWS::DynamoDB::GlobalTable': tableRules,
  'AWS::DynamoDB::Table': tableRules,
  'AWS::ECS::Service': serviceRules,
  'AWS::ElasticLoadBalancingV2::LoadBalancer': balancerRules,
  'AWS::Events::Rule': eventRuleRules,
  'AWS::Lambda::Function': functionRules,
  'AWS::OpenSearchService::Domain': searchRules,
  'AWS::RDS::DBInstance': databaseRules,
  'AWS::SNS::Topic': topicRules,
  'AWS::SQS::Queue': queueRules,
  'AWS::SageMaker::Endpoint': endpointRules,
  [scheduleType]: ofSchedule,
  'AWS::Serverless::Api': restApiRules,
  'AWS::Serverless::Function': functionRules,
  'AWS::Serverless::HttpApi': httpApiRules,
  'AWS::Serverless::SimpleTable': tableRules,
  'AWS::Serverless::StateMachine': stateMachineRules,
  'AWS::Serverless::WebSocketApi': httpApiRules,
  'AWS::StepFunctions::StateMachine': stateMachineRules,
};

/** What alarms are about. What they are sent to cannot be it. */
export function subjectsIn(facts: Facts): readonly ResourceView[] {
  return facts
    .resources(...Object.keys(subjects))
    .filter((view) => view.type !== topicType || !isSentTo(view, facts));
}
