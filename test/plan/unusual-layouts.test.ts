import { describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { buildPlan, type PlanResult } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';
import { presetFiles } from '../whole-runs/presets.js';

/** What is planned for the log groups of a template. */
async function plan(text: string): Promise<PlanResult> {
  const product = { remediations, policiesFolder: 'policies' };
  const named = { named: 'production', folder: '.' };
  const policy = await loadPolicy(memoryFiles(presetFiles), product, named);
  const only = ['log-retention'];
  return buildPlan(treeOf({ 'template.yaml': text }), policy, remediations, {
    version: '0',
    today: '2026-06-01',
    only,
    includeReview: true,
  });
}

function verdictsOf({ document }: PlanResult): readonly string[] {
  return document.stacks.flatMap(({ findings }) =>
    findings.map(({ logicalId, verdict, because }) => `${logicalId} ${verdict}: ${because}`),
  );
}

describe('a repeated key', () => {
  test('is judged and written where it counts, and said', async () => {
    const text = `Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Properties:
      RetentionInDays: 400
      LogGroupName: a
      RetentionInDays: 7
`;
    const result = await plan(text);
    expect(verdictsOf(result)).toEqual([expect.stringMatching(/^Logs fixable: .*7 days/)]);
    expect(result.files[0]?.text).toBe(text.replace('RetentionInDays: 7', 'RetentionInDays: 365'));
    expect(result.document.summary.notes).toEqual([
      'template.yaml:5: the key RetentionInDays comes again further down in the same map; CloudFormation takes the last one, so this value is without effect',
    ]);
  });

  test('that is a resource has the place of the last one', async () => {
    const logs = (days: number) =>
      `  Logs:\n    Type: AWS::Logs::LogGroup\n    Properties: {RetentionInDays: ${days}}\n`;
    const { document, files } = await plan(`Resources:\n${logs(7)}${logs(3)}`);
    expect(document.stacks[0]?.findings.map(({ line }) => line)).toEqual([5]);
    expect(files[0]?.text).toBe(`Resources:\n${logs(7)}${logs(365)}`);
  });

  test('with an alias to its map is no defect', async () => {
    const { files } = await plan(
      'A: &x\n  a: 1\n  a: 2\nB: *x\nResources:\n  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7}}\n',
    );
    expect(files[0]?.text).toContain('Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 365}}');
  });
});

test('a place that cannot be edited makes its own finding manual, and the others are fixed', async () => {
  const text = `Resources:
  NoColon:
    Type: AWS::Logs::LogGroup
    Properties: {RetentionInDays, LogGroupName: a}
  Plain:
    Type: AWS::Logs::LogGroup
    Properties:
      ? RetentionInDays
      : 7
`;
  const result = await plan(text);
  expect(verdictsOf(result)).toEqual([
    expect.stringMatching(/^NoColon manual: .*no colon follows its key/),
    expect.stringMatching(/^Plain fixable: /),
  ]);
  expect(result.files[0]?.text).toBe(text.replace(': 7', ': 365'));
});

/** The retention is edited, and no other byte moves. */
const retention = (text: string) =>
  text.replace(/RetentionInDays(["']?:?\s*:?\s*)7\b/, 'RetentionInDays$1365');

describe('layouts that are unusual and valid', () => {
  const logs = '  Logs:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      RetentionInDays: 7\n';
  test.each([
    [
      'a flow map closed at the indentation of its key, and more behind',
      `Resources:\n  Job: {\n    Type: AWS::SQS::Queue\n  }\n${logs}`,
    ],
    [
      'a flow list closed at the indentation of its key',
      `Parameters:\n  P:\n    Type: String\n    AllowedValues: [\n      a,\n      b\n    ]\nResources:\n${logs}`,
    ],
    ['a flow map closed in the first column', `Metadata: {\n  a: 1\n}\nResources:\n${logs}`],
    [
      'an explicit key of a resource',
      'Resources:\n  ? Logs\n  : Type: AWS::Logs::LogGroup\n    Properties:\n      RetentionInDays: 7\n',
    ],
    [
      'an explicit key of a section',
      '? Resources\n: Logs:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      RetentionInDays: 7\n',
    ],
    [
      'a repeated section, of which the last counts',
      `Resources:\n  Old: {Type: AWS::SQS::Queue}\nResources:\n${logs}`,
    ],
    [
      'a repeated attribute of a resource',
      '  \nResources:\n  Logs:\n    Type: AWS::SQS::Queue\n    Type: AWS::Logs::LogGroup\n    Properties: {RetentionInDays: 7}\n',
    ],
    [
      'a text in single quotes that goes on at the indentation of its key',
      `Parameters:\n  P:\n    Type: String\n    Description: 'one\n    two'\nResources:\n${logs}`,
    ],
    ['a quoted text that goes on in the first column', `Description: "one\ntwo"\nResources:\n${logs}`],
    [
      'JSON with tabs in one section and spaces in another',
      '{\n  "Metadata": {\n\t\t"a": 1\n  },\n  "Resources": {\n    "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}}\n  }\n}\n',
    ],
    [
      'JSON on one line',
      '{"Resources":{"Logs":{"Type":"AWS::Logs::LogGroup","Properties":{"RetentionInDays":7}}}}',
    ],
  ])('%s', async (_, text) => {
    const { files } = await plan(text);
    expect(files[0]?.text).toBe(retention(text));
    expect(files[0]?.changed).toBe(true);
  });

  test('new lines of JSON are indented like their neighbors, whatever other sections do', async () => {
    const text =
      '{\n\t"Metadata": {\n\t\t"a": 1\n\t},\n  "Resources": {\n    "Logs": {\n      "Type": "AWS::Logs::LogGroup",\n      "Properties": {\n        "LogGroupName": "a"\n      }\n    }\n  }\n}\n';
    const { files } = await plan(text);
    expect(files[0]?.text).toMatch(/\n {8}"LogGroupName": "a",\n {8}"RetentionInDays": \d+\n {6}\}/);
  });
});
