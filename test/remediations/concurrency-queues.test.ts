import { describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';
import { presetFiles } from '../whole-runs/presets.js';

const product = { version: '0', remediations, policiesFolder: 'policies' };

/** The written template and all that the plan says of a function that a queue is polled for. */
async function plan(range: string, receives: number) {
  const files = memoryFiles({
    ...presetFiles,
    'p.yaml': `remediations: {lambda-reserved-concurrency: {ranges: {high-volume: ${range}}}}`,
  });
  const policy = await loadPolicy(files, product, { named: 'p.yaml', folder: '.' });
  const tree = treeOf({
    't.yaml': `Transform: AWS::Serverless-2016-10-31
Resources:
  Dead: {Type: AWS::SQS::Queue}
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 360, RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: ${receives}}}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: python3.13
      CodeUri: src
      Timeout: 60
      Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn, ScalingConfig: {MaximumConcurrency: 2}}}}
`,
  });
  const options = {
    version: '0',
    today: '2026-01-01',
    only: ['lambda-reserved-concurrency'],
    includeReview: true,
  };
  const { document, files: written } = buildPlan(tree, policy, remediations, options);
  return { text: written[0]?.text ?? '', said: JSON.stringify(document) };
}

describe('a function behind a queue', () => {
  test.each([
    ['{minimum: 2, maximum: 3}', 5],
    ['{minimum: 4, maximum: 10}', 5],
    ['{minimum: 6, maximum: 10}', 6],
  ])('whose type gets %s has five executions at least', async (range, expected) => {
    const { text } = await plan(range, 5);
    expect(text).toContain(`ReservedConcurrentExecutions: ${expected}\n`);
  });

  test('is told where a message is given up after fewer receives than five', async () => {
    const lost =
      'Jobs gives a message up after 4 receives (maxReceiveCount), and a throttled one counts: 5 at least';
    expect((await plan('{minimum: 6, maximum: 10}', 4)).said).toContain(lost);
    expect((await plan('{minimum: 6, maximum: 10}', 5)).said).not.toContain('gives a message up');
  });
});
