import { describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';
import { presetFiles } from '../whole-runs/presets.js';
import { testPolicy } from './stub-plan.js';

// Kind: what a loop makes passes unseen.

const head = `Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList, Default: 'Alpha,Beta'}
Mappings:
  Days: {One: {Keep: 7}, Two: {Keep: 400}}
Resources:
`;

async function plan(resources: string, only = 'log-retention', rest = '') {
  const files = memoryFiles({ ...presetFiles, 'p.yaml': '{}' });
  const product = { remediations, policiesFolder: 'policies' };
  const policy = await loadPolicy(files, product, { named: 'p.yaml', folder: '.' });
  const text = `${head}${resources}${rest}`;
  const options = { version: '0', today: '2026-01-01', only: [only], includeReview: true };
  const { document, files: written } = buildPlan(treeOf({ 'a.yaml': text }), policy, remediations, options);
  const findings = document.stacks.flatMap((stack) => stack.findings);
  const said = findings.map(({ logicalId, verdict }) => `${logicalId} ${verdict}`);
  return { text, written: written[0]?.text ?? '', findings, said, unseen: document.coverage.notEvaluated };
}

const group = (id: string, retention: string) => `    - ${id}:
        Type: AWS::Logs::LogGroup
        Properties:
          LogGroupName: !Sub '/app/\${Name}'
          RetentionInDays: ${retention}
`;

describe('Fn::ForEach', () => {
  test('an edit that every pass needs is written into the body, once', async () => {
    const { text, written, said, findings, unseen } = await plan(
      `  Fn::ForEach::Groups:\n    - Name\n    - !Ref Names\n${group('${Name}Logs', '7')}`,
    );
    expect(said).toEqual(['AlphaLogs fixable', 'BetaLogs fixable']);
    expect(written).toBe(text.replace('RetentionInDays: 7', 'RetentionInDays: 365'));
    expect(findings.map(({ line }) => line)).toEqual([10, 10]);
    expect(unseen).toEqual([]);
  });

  test('where passes differ nothing is written, and the loop is named', async () => {
    const retention = '!If [IsLong, 400, !FindInMap [Days, !Ref Name, Keep]]';
    const { text, written, said, findings } = await plan(
      `  Fn::ForEach::Groups:\n    - Name\n    - [One, Two]\n${group('Logs${Name}', retention)}`,
      'log-retention',
      "Conditions: {IsLong: !Equals [!Ref 'AWS::Region', eu-west-1]}\n",
    );
    expect(said).toEqual(['LogsOne manual', 'LogsTwo compliant']);
    expect(written).toBe(text);
    expect(findings[0]?.because).toMatch(/not fixed: .*(Days|Fn::ForEach::Groups)/);
  });

  test('what comes along for one pass alone is not written into the body of all', async () => {
    const { text, written, findings } = await plan(
      `  Fn::ForEach::Jobs:
    - Name
    - !Ref Names
    - \${Name}Job:
        Type: AWS::Lambda::Function
        Properties: {Handler: a.b, Runtime: python3.12, Code: {S3Bucket: b, S3Key: k}, Role: !GetAtt JobRole.Arn}
  JobRole: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}
`,
      'log-retention',
    );
    expect(written).toBe(text);
    expect(findings.map(({ verdict }) => verdict)).toEqual(['manual', 'manual']);
    expect(findings[0]?.because).toContain('not all need the same edit');
  });

  test('loops inside loops, and identifiers without what a logical id cannot have', async () => {
    const { said } = await plan(`  Fn::ForEach::Outer:
    - Stage
    - [dev, prod]
    - Fn::ForEach::Inner:
        - Name
        - [a-1, b.2]
        - 'Logs\${Stage}&{Name}': {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: '\${Stage}/\${Name}'}}
`);
    expect(said.map((each) => each.split(' ')[0])).toEqual([
      'Logsdeva1',
      'Logsdevb2',
      'Logsproda1',
      'Logsprodb2',
    ]);
  });

  test('a loop in the properties is judged, and nothing is put beside what it makes', async () => {
    const { text, written, said } = await plan(`  Logs:
    Type: AWS::Logs::LogGroup
    Properties:
      Fn::ForEach::Days:
        - Name
        - [RetentionInDays]
        - '\${Name}': 7
`);
    expect(said).toEqual(['Logs manual']);
    expect(written).toBe(text);
  });

  test('conditions and outputs come of loops, too', () => {
    const template = treeOf({
      'a.yaml': `${head}  Logs: {Type: AWS::Logs::LogGroup, Condition: IsBeta}
Conditions:
  Fn::ForEach::Is: [Name, !Ref Names, {'Is\${Name}': !Equals [!Ref 'AWS::Region', !Ref Name]}]
Outputs:
  Fn::ForEach::Out: [Name, !Ref Names, {'Out\${Name}': {Value: !Ref Name}}]
`,
    }).root.template;
    expect(template.conditions.get('IsBeta')).toEqual({ 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'Beta'] });
    expect(template.outputs).toEqual({ OutAlpha: { Value: 'Alpha' }, OutBeta: { Value: 'Beta' } });
  });

  test.each([
    [
      'its collection is an import',
      "!Split [',', !ImportValue Names]",
      'only known when the stack is deployed',
    ],
    ['it is not written as one', 'none', 'only known when the stack is deployed'],
  ])('%s: what it makes is named as not checked', async (_, collection, because) => {
    const { unseen } = await plan(`  Fn::ForEach::Open:
    - Name
    - ${collection === 'none' ? '{a: b}' : collection}
    - 'Open\${Name}': {Type: AWS::SQS::Queue}
  Logs: {Type: AWS::Logs::LogGroup}
`);
    expect(unseen.map(({ logicalId }) => logicalId)).toEqual(['Fn::ForEach::Open']);
    expect(unseen[0]?.because).toContain(because);
  });

  test('without the transform a loop is none, and named', async () => {
    const policy = await testPolicy();
    const tree = treeOf({
      'a.yaml': `Resources:\n  Fn::ForEach::X: [Name, [A], {'L\${Name}': {Type: AWS::Logs::LogGroup}}]\n  Logs: {Type: AWS::Logs::LogGroup}\n`,
    });
    const { document } = buildPlan(tree, policy, [], { version: '0', today: '2026-01-01' });
    expect(document.coverage.notEvaluated[0]?.because).toContain('no Transform: AWS::LanguageExtensions');
  });
});
