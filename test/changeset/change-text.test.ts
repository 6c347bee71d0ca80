import { expect, it } from 'vitest';
import type { ChangeSetRecord, ReviewedChange } from '../../src/changeset/record.js';
import { changeSetText } from '../../src/changeset/review.js';
import { paint } from '../../src/report/paint.js';

const change = (more: Partial<ReviewedChange>): ReviewedChange => ({
  stack: '',
  logicalId: 'Logs',
  type: 'AWS::Logs::LogGroup',
  physicalId: 'app-Logs-1',
  action: 'Modify',
  replacement: 'wont',
  because: [],
  properties: [],
  remediations: [],
  surprise: null,
  loses: false,
  ...more,
});

const property = (
  path: string,
  before: string | null,
  after: string,
  more: Partial<ReviewedChange['properties'][number]> = {},
): ReviewedChange['properties'][number] => ({
  path,
  before,
  after,
  cause: null,
  remediations: ['log-retention'],
  surprise: null,
  ...more,
});
const differs = 'the local template differs from the deployed one here';

const record: ChangeSetRecord = {
  format: 'idp-fix/change-set',
  version: 1,
  state: 'created',
  name: 'idp-fix-1',
  creation: '0'.repeat(32),
  maker: null,
  arn: 'a',
  planSha256: '0'.repeat(64),
  source: 'local',
  stack: { name: 'app', id: 'i', updatedAt: 't', isNew: false },
  account: '111122223333',
  region: 'eu-west-1',
  templates: [],
  deployed: [],
  parameters: { Days: '30' },
  values: { Days: '365', New: 'x' },
  tags: [{ key: 'CostCenter', before: null, after: '4711' }],
  uploads: [],
  changes: [
    change({
      remediations: ['log-retention'],
      properties: [
        property('/Properties/RetentionInDays', '30', '365', { cause: 'Days' }),
        property('/Properties/KmsKeyId', 'same', 'same', { cause: 'Key.Arn' }),
        property('/Properties/Tags', null, `a${'b'.repeat(200)}`),
      ],
    }),
    change({
      stack: 'Child',
      logicalId: 'Queue',
      type: 'AWS::SQS::Queue',
      replacement: 'will',
      because: ['QueueName always replaces'],
      surprise: 'the local template differs from the deployed one here',
      loses: true,
    }),
    change({
      logicalId: 'Fn',
      type: 'AWS::Lambda::Function',
      remediations: ['lambda-reserved-concurrency'],
      surprise: differs,
      properties: [
        property('/Properties/Code/ZipFile', 'return 1', 'os.system(e)', {
          remediations: [],
          surprise: differs,
        }),
        property('/Properties/ReservedConcurrentExecutions', '(absent)', '10', {
          remediations: ['lambda-reserved-concurrency'],
        }),
      ],
    }),
    change({ logicalId: 'More', action: 'Add', remediations: ['log-retention'] }),
  ],
  warnings: ['Fn: SERVICE_QUOTA: the quota is nearly used up'],
  checks: [],
  prerequisites: [{ what: 'the deploying role may call kms:CreateGrant', check: 'manual: ask' }],
  allowed: [],
  options: null,
};

it('shows what is lost and what nobody asked for before the rest', () => {
  expect(
    changeSetText(record, paint(false), 80),
  ).toBe(`idp-fix-1 on app: 4 changes in 2 stacks, 2 of them not, or not wholly, asked for by a patch
  parameter Days: 30 → 365
  parameter New: not set → x
  tag CostCenter of the stack: not set → 4711

Blocked: this loses, or may lose, what Child/Queue holds

No patch asks for these
  Modify Fn AWS::Lambda::Function, won't be replaced
    the local template differs from the deployed one here
      /Properties/Code/ZipFile: return 1 → os.system(e)
  Modify Child/Queue AWS::SQS::Queue, will be replaced
    the local template differs from the deployed one here
    QueueName always replaces

Asked for
  Modify Fn AWS::Lambda::Function, won't be replaced
    asked for by lambda-reserved-concurrency
      /Properties/ReservedConcurrentExecutions: (absent) → 10
  Modify Logs AWS::Logs::LogGroup, won't be replaced
    asked for by log-retention
      /Properties/RetentionInDays: 30 → 365 (Days)
      /Properties/KmsKeyId: follows Key.Arn
      /Properties/Tags: not told → a${'b'.repeat(118)}…
  Add More AWS::Logs::LogGroup
    asked for by log-retention

CloudFormation warns
  Fn: SERVICE_QUOTA: the quota is nearly used up

Before anybody executes it
  the deploying role may call kms:CreateGrant (manual: ask)
`);
  expect(changeSetText({ ...record, allowed: ['Child/Queue'] }, paint(false), 80)).not.toContain('Blocked');
});
