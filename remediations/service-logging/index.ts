import {
  compliant,
  type Facts,
  type Fix,
  fixable,
  type Judgment,
  manual,
  notApplicable,
  type Outcome,
  type ResourceView,
  resourceRemediation,
  scalarText,
  unknown,
  z,
} from '../../src/remediation.js';
import { newGroupId, partlyDeclared } from '../kit/log-groups.js';
import { itemsAt, outcomesAt, rulesAbout, usd } from '../kit/values.js';
import { type Logger, loggers, type NewLog } from './loggers.js';

const target = z.strictObject({
  serviceLogGroups: z
    .enum(['declare', 'report'])
    .describe('log groups that are auto-created for a service outside the template'),
  missingLogs: z
    .enum(['enable', 'report', 'allow'])
    .describe('state machines, APIs, containers and jobs that write no logs'),
  stateMachineLevel: z
    .enum(['ALL', 'ERROR', 'FATAL'])
    .describe('which events of a state machine that has had no logs are written'),
  retentionDays: z
    .int()
    .min(1)
    .max(3653)
    .describe('how long a new log group keeps its logs where others of the template say nothing, in days'),
});

type Target = z.infer<typeof target>;
type Part = Omit<Judgment, 'stack' | 'logicalId'>;

export const serviceLogging = resourceRemediation({
  id: 'service-logging',
  title: 'Builds, state machines, APIs, jobs and containers write to log groups of the template',
  why: 'what is logged nowhere cannot be investigated, and an auto-created log group has no key and no retention',
  guideRisk: 'medium',
  checklist: 'security-review',
  tryFirst: 'run each of them once, and see that events arrive in the new log group',
  sources: [
    'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html',
    'https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html',
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html',
    'https://docs.aws.amazon.com/codebuild/latest/userguide/change-project.html',
  ],
  equivalents: {
    checkov: ['CKV_AWS_76', 'CKV_AWS_95', 'CKV_AWS_193'],
    cfnNag: ['W46', 'W69'],
    cdkNag: ['AwsSolutions-APIG1', 'AwsSolutions-ASC3', 'AwsSolutions-SF1'],
    config: [
      'api-gwv2-access-logs-enabled',
      'appsync-logging-enabled',
      'codebuild-project-logging-enabled',
      'ecs-task-definition-log-configuration',
      'step-functions-state-machine-logging-enabled',
    ],
    securityHub: ['APIGateway.9', 'AppSync.2', 'CodeBuild.4', 'ECS.9', 'StepFunctions.1'],
    prowler: ['codebuild_project_logging_enabled'],
  },
  ruleScopes: {
    ...rulesAbout({ types: ['AWS::ApiGateway::Stage', 'AWS::Serverless::Api'] }, 'CKV_AWS_76', 'W69'),
    ...rulesAbout({ types: ['AWS::ApiGatewayV2::Stage', 'AWS::Serverless::HttpApi'] }, 'CKV_AWS_95', 'W46'),
    ...rulesAbout({ types: ['AWS::AppSync::GraphQLApi'] }, 'CKV_AWS_193', 'AwsSolutions-ASC3'),
    ...rulesAbout({ types: ['AWS::ApiGateway::Stage', 'AWS::ApiGatewayV2::Stage'] }, 'AwsSolutions-APIG1'),
    ...rulesAbout(
      { types: ['AWS::Serverless::StateMachine', 'AWS::StepFunctions::StateMachine'] },
      'AwsSolutions-SF1',
    ),
  },
  appliesTo: Object.keys(loggers),
  target,
  judge(view, target, facts) {
    const logger = loggers[view.type];
    if (logger === undefined) return { verdict: notApplicable('it writes no logs') };
    const parts = logger.parts === undefined ? [[]] : itemsAt(view, ...logger.parts);
    if (parts.length === 0) return { verdict: unknown(`its ${logger.parts?.join('.')} are not written out`) };
    const excused = logger.excused?.(view);
    if (excused !== undefined) return { verdict: notApplicable(excused) };
    const states = parts.map((part) => stateOf(view, part, logger, facts));
    return judgeStates(view, states, target, facts);
  },
});

/** Where logs go now. */
type State =
  | { readonly kind: 'declared' | 'elsewhere' | 'sometimes' | 'unknown' | 'none' }
  /** A group of the templates that some deployments do not have. */
  | { readonly kind: 'partly'; readonly group: string }
  /** A group by a name that no template declares, or one of its own making. */
  | { readonly kind: 'implicit'; readonly name: string | undefined };

function stateOf(
  view: ResourceView,
  part: readonly string[],
  { path: below, own, ownName }: Logger,
  facts: Facts,
): State {
  const path = [...part, ...below];
  const setting = path.slice(0, part.length + 1);
  const byName = ownName?.(view);
  const groups = facts.resources('AWS::Logs::LogGroup');
  const outcomes = outcomesAt(view, ...path);
  if (outcomes.some(({ kind }) => kind === 'absent')) {
    if (!outcomes.every(({ kind }) => kind === 'absent')) return { kind: 'sometimes' };
    return own !== undefined ? { kind: 'implicit', name: undefined } : { kind: 'none' };
  }
  if (byName !== undefined) {
    const [prefix = ''] = byName.split('$');
    const declared = groups.filter((group) => {
      const name = JSON.stringify(group.expression('LogGroupName') ?? '');
      return name.includes(prefix) && name.includes(view.logicalId);
    });
    return declaredBy(declared, view, facts) ?? { kind: 'implicit', name: byName };
  }
  if (outcomes.every((outcome) => isGroup(outcome, facts))) return { kind: 'declared' };
  // An ARN put together from the name of a group of the template, or named in a form of its own.
  const written = JSON.stringify(view.expression(...setting) ?? '');
  const isMadeOf = ({ stack, logicalId }: ResourceView) =>
    stack === view.stack && new RegExp(`["{]${logicalId}["}.]`).test(written);
  if (groups.some(isMadeOf)) return { kind: 'declared' };
  const names = outcomes.flatMap((outcome) => scalarText(outcome) ?? []);
  const [name] = names;
  if (names.length < outcomes.length || name === undefined) return { kind: 'unknown' };
  if (/^arn:/.test(name)) return { kind: 'elsewhere' };
  const declared = groups.filter((group) =>
    outcomesAt(group, 'LogGroupName').some((outcome) => scalarText(outcome) === name),
  );
  return declaredBy(declared, view, facts) ?? { kind: 'implicit', name };
}

/** Groups that go by the name something logs to. */
function declaredBy(groups: readonly ResourceView[], view: ResourceView, facts: Facts): State | undefined {
  const [first] = groups;
  if (first === undefined) return undefined;
  return facts.isAlwaysWith(groups, view) ? { kind: 'declared' } : { kind: 'partly', group: first.logicalId };
}

/** A group of the templates, or an ARN made of one; what is delivered to a stream is somebody's choice. */
function isGroup(outcome: Outcome, facts: Facts): boolean {
  return outcome.kind === 'resource' && facts.resource(outcome.stack, outcome.logicalId) !== undefined;
}

function judgeStates(view: ResourceView, states: readonly State[], target: Target, facts: Facts): Part {
  const open = states.filter(({ kind }) => kind === 'implicit' || kind === 'none');
  if (open.length === 0) {
    const partly = states.find((state) => state.kind === 'partly');
    if (partly !== undefined) {
      return {
        verdict: manual(
          `it logs to ${partly.group} in some deployments only, and to an auto-created log group in the others: ${partlyDeclared}`,
        ),
      };
    }
    if (states.some(({ kind }) => kind === 'sometimes')) {
      return {
        verdict: manual('it writes logs in some deployments only: its condition decides what enables them'),
      };
    }
    if (states.some(({ kind }) => kind === 'unknown')) {
      return { verdict: unknown('where it writes its logs is not known') };
    }
    const isElsewhere = states.some(({ kind }) => kind === 'elsewhere');
    return {
      verdict: compliant(
        isElsewhere ? 'it logs outside the templates' : 'it logs to a group of the templates',
      ),
    };
  }
  const [first] = open;
  const isMissing = first?.kind === 'none';
  if (isMissing && target.missingLogs === 'allow')
    return { verdict: notApplicable('the policy lets it go without logs') };
  const logger = loggers[view.type];
  const because =
    first?.kind === 'implicit'
      ? first.name === undefined
        ? `it logs to ${logger?.own}, an auto-created group, which no template encrypts or limits`
        : `it logs to ${first.name}, which no template declares: import the group, or have it log to one that is declared`
      : (logger?.without ?? '');
  const isReported = isMissing ? target.missingLogs === 'report' : target.serviceLogGroups === 'report';
  if (isReported || logger === undefined) return { verdict: manual(because) };
  // Its logs are there, under a name that another stack or a person may have taken for its own.
  if (open.some((state) => state.kind === 'implicit' && state.name !== undefined))
    return { verdict: manual(because) };
  const log: NewLog = {
    view,
    facts,
    group: newGroupId(view, facts),
    level: target.stateMachineLevel,
    retentionDays: target.retentionDays,
  };
  const fix = logger.fix(log);
  if ('because' in fix) return { verdict: manual(`${because}; ${fix.because}`) };
  return { verdict: fixable(because, { cost: ingestion(facts), ...fix }) };
}

function ingestion(facts: Facts): NonNullable<Fix['cost']> {
  return { monthlyUsd: null, formula: `GB of logs x ${usd('logs-ingestion-gb', facts)} USD` };
}
