import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { classifyFunctions } from '../../src/analysis/classify-functions.js';
import { classifyLogGroups, type LogGroupOverride } from '../../src/analysis/log-groups.js';
import type { LogGroupClass } from '../../src/contract/facts.js';
import type { Value } from '../../src/document/value.js';
import type { StackTree } from '../../src/template/template.js';
import { acceleratorTree, hasAccelerator, treeOf } from '../template/trees.js';

function classify(tree: StackTree, overrides?: readonly LogGroupOverride[]): Map<string, LogGroupClass> {
  const classes = classifyLogGroups(tree, classifyFunctions(tree), overrides);
  return new Map(
    [...classes].flatMap(([{ template }, groups]) =>
      [...groups].map(([logicalId, found]): [string, LogGroupClass] => [
        `${template.path} ${logicalId}`,
        found,
      ]),
    ),
  );
}

/** The class of `Group`, a log group with the properties, among other resources. */
function group(
  properties: string,
  resources = '',
  parameters: Readonly<Record<string, Value>> = {},
): LogGroupClass {
  const text = `
Parameters: {Stage: {Type: String, Default: dev}}
Resources:
  Group:
    Type: AWS::Logs::LogGroup
    Properties: ${properties}
${resources}`;
  const found = classify(treeOf({ 'template.yaml': text }, parameters)).get('template.yaml Group');
  if (found === undefined) throw new Error('no Group');
  return found;
}

describe('who writes to a log group', () => {
  it.each([
    [
      'function by setting',
      '{}',
      '  Fn: {Type: AWS::Lambda::Function, Properties: {LoggingConfig: {LogGroup: !Ref Group}}}',
      'Fn',
    ],
    [
      'function by name',
      "{LogGroupName: !Sub '/aws/lambda/${Fn}'}",
      '  Fn: {Type: AWS::Lambda::Function}',
      'Fn',
    ],
    [
      'function by its given name',
      '{LogGroupName: /aws/lambda/orders}',
      '  Fn: {Type: AWS::Lambda::Function, Properties: {FunctionName: orders}}',
      'Fn',
    ],
    [
      'function by a derived name',
      "{LogGroupName: !Sub '/aws/lambda/${AWS::StackName}-fn'}",
      "  Fn: {Type: AWS::Lambda::Function, Properties: {FunctionName: !Sub '${AWS::StackName}-fn'}}",
      'Fn',
    ],
    [
      'function by joined name',
      "{LogGroupName: !Join ['', [/aws/lambda/, !Ref Fn]]}",
      '  Fn: {Type: AWS::Lambda::Function}',
      'Fn',
    ],
    [
      'state machine',
      '{}',
      '  Machine: {Type: AWS::StepFunctions::StateMachine, Properties: {LoggingConfiguration: {Destinations: [{CloudWatchLogsLogGroup: {LogGroupArn: !GetAtt Group.Arn}}]}}}',
      'Machine',
    ],
    [
      'API stage',
      '{}',
      '  Stage1: {Type: AWS::ApiGateway::Stage, Properties: {AccessLogSetting: {DestinationArn: !GetAtt Group.Arn}}}',
      'Stage1',
    ],
    [
      'build project',
      '{}',
      '  Build: {Type: AWS::CodeBuild::Project, Properties: {LogsConfig: {CloudWatchLogs: {GroupName: !Ref Group}}}}',
      'Build',
    ],
    [
      'build project by name',
      '{LogGroupName: /aws/codebuild/ui}',
      '  Build: {Type: AWS::CodeBuild::Project, Properties: {Name: ui}}',
      'Build',
    ],
    [
      'container',
      '{}',
      '  Task: {Type: AWS::ECS::TaskDefinition, Properties: {ContainerDefinitions: [{LogConfiguration: {Options: {awslogs-group: !Ref Group}}}]}}',
      'Task',
    ],
    ['nobody', '{LogGroupName: /app/x}', '', undefined],
    [
      'not whoever may read it',
      '{}',
      '  Fn: {Type: AWS::Lambda::Function, Properties: {Environment: {Variables: {LOG_GROUP: !Ref Group}}}}',
      undefined,
    ],
    [
      'not what watches it',
      '{}',
      '  Filter: {Type: AWS::Logs::MetricFilter, Properties: {LogGroupName: !Ref Group}}',
      undefined,
    ],
  ])('%s', (_name, properties, resources, owner) => {
    expect(group(properties, resources)).toMatchObject({ class: 'application', owner });
  });
});

describe('the class of a log group', () => {
  it.each([
    [
      'trail',
      '{}',
      '  Trail: {Type: AWS::CloudTrail::Trail, Properties: {CloudWatchLogsLogGroupArn: !GetAtt Group.Arn}}',
      'audit-security',
    ],
    [
      'flow log',
      '{}',
      '  Flow: {Type: AWS::EC2::FlowLog, Properties: {LogGroupName: !Ref Group}}',
      'audit-security',
    ],
    [
      'flow log by a written name',
      '{LogGroupName: /net/all}',
      '  Flow: {Type: AWS::EC2::FlowLog, Properties: {LogGroupName: /net/all}}',
      'audit-security',
    ],
    [
      'firewall',
      '{LogGroupName: aws-waf-logs-x}',
      '  Waf: {Type: AWS::WAFv2::LoggingConfiguration, Properties: {LogDestinationConfigs: [!GetAtt Group.Arn]}}',
      'audit-security',
    ],
    [
      'authorizer',
      "{LogGroupName: !Sub '/aws/lambda/${Fn}'}",
      '  Fn: {Type: AWS::Lambda::Function}\n  A: {Type: AWS::ApiGateway::Authorizer, Properties: {AuthorizerUri: !Sub "x/${Fn.Arn}/y"}}',
      'audit-security',
    ],
    ['name of an audit log', '{LogGroupName: /app/audit}', '', 'audit-security'],
    ['name of a flow log', '{LogGroupName: /vpc/flow-logs}', '', 'audit-security'],
    [
      'search domain, audit part',
      '{}',
      '  Domain: {Type: AWS::OpenSearchService::Domain, Properties: {LogPublishingOptions: {AUDIT_LOGS: {CloudWatchLogsLogGroupArn: !GetAtt Group.Arn}}}}',
      'audit-security',
    ],
    [
      'search domain, slow queries',
      '{}',
      '  Domain: {Type: AWS::OpenSearchService::Domain, Properties: {LogPublishingOptions: {SEARCH_SLOW_LOGS: {CloudWatchLogsLogGroupArn: !GetAtt Group.Arn}}}}',
      'application',
    ],
    ['debug', '{LogGroupName: /app/debug}', '', 'debug'],
    [
      'canary',
      '{}',
      '  Canary: {Type: AWS::Synthetics::Canary, Properties: {LogGroup: !Ref Group}}',
      'debug',
    ],
    ['development by name', '{LogGroupName: /dev/app}', '', 'development'],
    ['development by tag', '{Tags: [{Key: Environment, Value: dev}]}', '', 'development'],
    [
      'tag from a default, which says nothing',
      '{Tags: [{Key: Environment, Value: !Ref Stage}]}',
      '',
      'application',
    ],
    ['words inside words', '{LogGroupName: /app/tracer/device/latest}', '', 'application'],
  ])('%s', (_name, properties, resources, expected) => {
    expect(group(properties, resources).class).toBe(expected);
  });

  it('believes an environment that is known', () => {
    const tagged = '{Tags: [{Key: Environment, Value: !Ref Stage}]}';
    expect(group(tagged, '', { Stage: 'test' }).class).toBe('development');
    expect(group(tagged, '', { Stage: 'prod' }).class).toBe('application');
  });

  it('yields to the policy', () => {
    const tree = treeOf({ 'a.yaml': 'Resources: {ApiAccessLogs: {Type: AWS::Logs::LogGroup}}' });
    const found = classify(tree, [
      { logicalId: '*AccessLogs', class: 'audit-security', reason: 'kept for the auditor' },
    ]);
    expect(found.get('a.yaml ApiAccessLogs')).toMatchObject({
      class: 'audit-security',
      evidence: [
        'set by the policy: kept for the auditor',
        'no writer found in the templates; assumed to be an application log',
      ],
    });
  });
});

describe.skipIf(!hasAccelerator)('the accelerator (passed over: ../shared is not there)', () => {
  it('agrees with the labels of all declared groups', () => {
    const found = classify(acceleratorTree());
    expect(found.size).toBe(41);
    const rows = readFileSync('../shared/data/labels/log-groups.csv', 'utf8').trim().split('\n').slice(1);
    const declared = rows.map((row) => row.split(',')).filter(([, logicalId]) => !logicalId?.startsWith('('));
    expect(declared.length).toBeGreaterThan(25);
    expect(
      declared.filter(
        ([template, logicalId, label]) => found.get(`${template} ${logicalId}`)?.class !== label,
      ),
    ).toEqual([]);
  });
});
