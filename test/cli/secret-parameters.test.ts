import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInProcess } from './run-in-process.js';

/** Secret values where a report could show what a property comes to. */
const template = `Parameters:
  Secret: { Type: String, NoEcho: true }
  Days: { Type: Number, NoEcho: true, Default: 3 }
  Open: { Type: Number, Default: 1 }
Conditions:
  IsKnown: !Equals [!Ref Secret, production]
Resources:
  Named: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: !Sub '/x/\${Secret}', RetentionInDays: !Ref Days } }
  Encrypted: { Type: AWS::Logs::LogGroup, Condition: IsKnown, Properties: { RetentionInDays: !Ref Days, KmsKeyId: !Ref Secret } }
  Kept: { Type: AWS::Logs::LogGroup, Properties: { RetentionInDays: !Ref Open } }
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: !Ref Secret
      ReservedConcurrentExecutions: !Ref Days
      Code: { ZipFile: x }
      Runtime: python3.12
      Handler: index.handler
      Role: !Ref Secret
      Environment: { Variables: { A: !Ref Secret } }
  Topic: { Type: AWS::SNS::Topic, Properties: { TopicName: !Ref Secret } }
`;

let folder = '';
let path = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-secret-'));
  path = join(folder, 'template.yaml');
  writeFileSync(path, template);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const given = ['--parameters', 'Secret=hunter2hunter2 Days=77777', '--parameters', 'Open=2'];

describe('the value of a NoEcho parameter', () => {
  it.each(['text', 'json', 'markdown', 'html', 'sarif', 'junit', 'diff', 'patch', 'parameters'])(
    'is not printed as %s',
    async (format) => {
      const ran = await runInProcess([
        path,
        ...given,
        '--include',
        'review',
        '--verbose',
        '--format',
        format,
      ]);
      expect(ran.exitCode, ran.notes).toBe(1);
      expect(ran.data + ran.notes).not.toMatch(/hunter2hunter2|77777/);
      expect(ran.data).not.toBe('');
    },
  );

  it('is asked of the shell in the command to copy, and others are given as they were', async () => {
    const { data } = await runInProcess([path, ...given]);
    expect(data).toContain(
      'idp-fix --apply --parameters "Secret=${Secret:?}" --parameters "Days=${Days:?}" --parameters Open=2 ',
    );
  });

  it('is not taken for the default either: what depends on it is undecided', async () => {
    const { data } = await runInProcess([
      path,
      ...given,
      '--only',
      'lambda-reserved-concurrency',
      '--format',
      'json',
    ]);
    const { stacks } = JSON.parse(data) as {
      stacks: { findings: { logicalId: string; because: string }[] }[];
    };
    const found = stacks[0]?.findings.find(({ logicalId }) => logicalId === 'Fn');
    expect(found?.because).toContain('parameter Days is secret (NoEcho)');
  });
});
