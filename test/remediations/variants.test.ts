import { expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';
import { presetFiles } from '../whole-runs/presets.js';

// Kind: a rule of AWS for one variant of a type is missing.

const database = (engine: string) =>
  `{Type: AWS::RDS::DBInstance, Properties: {Engine: ${engine}, DBInstanceClass: db.t3.small, AllocatedStorage: '20'}}`;
const machine = (kind: string) =>
  `{Type: AWS::StepFunctions::StateMachine, Properties: {StateMachineType: ${kind}, RoleArn: 'arn:aws:iam::111122223333:role/r', DefinitionString: '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}'}}`;
const chosen = (one: string, other: string) => `!If [IsSmall, ${one}, ${other}]`;

async function findingOf(body: string, remediation: string) {
  const policyText = 'remediations: {cloudwatch-alarms: {emails: [ops@example.com]}}';
  const files = memoryFiles({ ...presetFiles, 'p.yaml': policyText });
  const product = { remediations, policiesFolder: 'policies' };
  const policy = await loadPolicy(files, product, { named: 'p.yaml', folder: '.' });
  const text = `Parameters: {Size: {Type: String}}\nConditions: {IsSmall: !Equals [!Ref Size, small]}\nResources:\n  It: ${body}\n`;
  const options = { version: '0', today: '2026-01-01', only: [remediation], includeReview: true };
  const { document } = buildPlan(treeOf({ 'a.yaml': text }), policy, remediations, options);
  const found = document.stacks[0]?.findings.find(({ logicalId }) => logicalId === 'It');
  return `${found?.verdict}: ${found?.because}`;
}

test.each([
  [
    'SQL Server Express',
    database('sqlserver-ex'),
    'multi-az',
    /^not-applicable: .*Express Edition, which has no Multi-AZ/,
  ],
  [
    'Express under a condition',
    database(chosen('sqlserver-ex', 'sqlserver-se')),
    'multi-az',
    /^manual: .*may be SQL Server Express/,
  ],
  ['SQL Server Web, which has block-level replication', database('sqlserver-web'), 'multi-az', /^fixable/],
  [
    'Aurora Serverless v1',
    '{Type: AWS::RDS::DBCluster, Properties: {Engine: aurora-mysql, EngineMode: serverless}}',
    'multi-az',
    /^not-applicable: it is Aurora Serverless v1/,
  ],
  [
    'log class DELIVERY',
    '{Type: AWS::Logs::LogGroup, Properties: {LogGroupClass: DELIVERY}}',
    'log-retention',
    /^not-applicable: it is of class DELIVERY/,
  ],
  [
    'DELIVERY under a condition',
    `{Type: AWS::Logs::LogGroup, Properties: {LogGroupClass: ${chosen('DELIVERY', 'STANDARD')}}}`,
    'log-retention',
    /^manual: it may be of class DELIVERY/,
  ],
  [
    'another log class',
    '{Type: AWS::Logs::LogGroup, Properties: {LogGroupClass: INFREQUENT_ACCESS}}',
    'log-retention',
    /^fixable/,
  ],
  [
    'an express workflow, of which none can be stopped',
    machine('EXPRESS'),
    'cloudwatch-alarms',
    /^fixable: (?!.*ExecutionsAborted)/,
  ],
  ['a standard workflow', machine('STANDARD'), 'cloudwatch-alarms', /^fixable: .*ExecutionsAborted/],
  // Kind: of several things only the first is looked at.
  [
    'an endpoint with one configuration or another',
    `{Type: AWS::SageMaker::Endpoint, Properties: {EndpointConfigName: ${chosen('!Ref First', '!Ref Second')}}}
  First: {Type: AWS::SageMaker::EndpointConfig, Properties: {ProductionVariants: [{VariantName: a}]}}
  Second: {Type: AWS::SageMaker::EndpointConfig, Properties: {ProductionVariants: [{VariantName: b}]}}`,
    'cloudwatch-alarms',
    /^(?!fixable).*metrics tell its variants by name, and the names are not known/,
  ],
])('%s', async (_, body, remediation, expected) => {
  expect(await findingOf(body, remediation)).toMatch(expected);
});
