import { describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { buildPlan, type PlanResult } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';
import { presetFiles } from '../whole-runs/presets.js';

const count = 140;

/** Three alarms for each of the functions are more than a template takes. */
const template = `Conditions:
  IsLive: !Equals [!Ref AWS::Region, eu-central-1]
Resources:
${Array.from({ length: count }, (_, index) => functionText(index)).join('')}`;

function functionText(index: number): string {
  const condition = index === 3 ? '    Condition: IsLive\n' : '';
  return `  F${index}:
    Type: AWS::Lambda::Function
${condition}    Properties: {Handler: a.b, Runtime: python3.13, Timeout: ${index + 1}, Role: 'arn:aws:iam::111122223333:role/r', Code: {S3Bucket: b, S3Key: k}}
`;
}

async function plan(text: string, includeReview: boolean, extra = ''): Promise<PlanResult> {
  const policyText = `remediations: {cloudwatch-alarms: {topicArn: 'arn:aws:sns:eu-central-1:111122223333:ops'${extra}}}`;
  const files = memoryFiles({ ...presetFiles, 'p.yaml': policyText });
  const product = { remediations, policiesFolder: 'policies' };
  const policy = await loadPolicy(files, product, { named: 'p.yaml', folder: '.' });
  const only = ['cloudwatch-alarms'];
  const options = { version: '0', today: '2026-01-01', includeReview, only };
  return buildPlan(treeOf({ 'template.yaml': text }), policy, remediations, options);
}

const alarms = ({ files }: PlanResult) => files[0]?.text.match(/Type: AWS::CloudWatch::Alarm/g)?.length ?? 0;

describe('a template without room for an alarm on each function', () => {
  test('gets one for each metric and one for ten functions, with approval, and is closed', async () => {
    const first = await plan(template, true);
    // Errors and throttles by a query, the account's concurrency, and the durations of ten functions each.
    expect(alarms(first)).toBe(3 + count / 10);
    expect(first.document.stacks[0]?.resourcesAfterTransform).toBe(count + 3 + count / 10);
    const text = first.files[0]?.text ?? '';
    expect(text).toContain('GROUP BY FunctionName ORDER BY SUM() DESC');
    expect(text).toMatch(/Fn::If\b|!If/);
    const { document, files } = await plan(text, true);
    expect(document.summary.verdicts).toMatchObject({ fixable: 0, manual: 0, unknown: 0 });
    expect(files[0]?.changed).toBe(false);
  });

  test('gets none of them without approval, and says why and what else there is', async () => {
    const { document } = await plan(template, false);
    const [patch] = document.stacks[0]?.patches.filter(({ risk }) => risk === 'review') ?? [];
    expect(patch?.riskBecause.join('; ')).toContain('those of other stacks too');
    expect(patch?.riskBecause.join('; ')).toContain('grouping: together');
  });

  test('watches its own functions alone where the policy says so', async () => {
    const together = await plan(template, true, ', grouping: together');
    expect(together.files[0]?.text).not.toContain('GROUP BY');
    expect(alarms(together)).toBeLessThan(60);
  });
});
