import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInProcess } from '../cli/run-in-process.js';
import { allowedCalls } from './allowed-calls.js';
import { parameter, type ScriptedStack, scriptedAccount } from './scripted-account.js';
import { json, type Script, wire, xml } from './wire.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-values-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const shared = `Parameters:
  Days: { Type: Number, Default: 30 }
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      LifecycleConfiguration: { Rules: [{ Id: expire, Status: Enabled, ExpirationInDays: !Ref Days }] }
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: /shared, RetentionInDays: !Ref Days }
`;

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** What `change-set create` sends: the template, and each parameter with its value, or `previous`. */
async function sent(words: readonly string[], stack: ScriptedStack, override?: Script) {
  const script = scriptedAccount(stack, (call, count) =>
    call.name === 'logs:DescribeLogGroups' ? json({ logGroups: [] }) : override?.(call, count),
  );
  const line = wire(script, { allowed: allowedCalls.create });
  const ran = await runInProcess(
    ['change-set', 'create', ...words, '--stack', 'app', '--only', 'log-retention', '--format', 'json'],
    { live: line.live },
  );
  expect(ran.exitCode, ran.notes).toBe(0);
  expect(line.forbidden).toEqual([]);
  const fields = line.calls.find(({ name }) => name === 'cloudformation:CreateChangeSet')?.fields;
  const parameters: Record<string, string> = {};
  for (let index = 1; fields?.has(`Parameters.member.${index}.ParameterKey`); index++) {
    const of = (field: string) => fields.get(`Parameters.member.${index}.${field}`);
    parameters[of('ParameterKey') ?? ''] = of('ParameterValue') ?? (of('UsePreviousValue') ? 'previous' : '');
  }
  return { ...ran, parameters, template: fields?.get('TemplateBody') ?? '' };
}

describe('a parameter that a bucket shares with a log group', () => {
  it('leaves the bucket the value that the stack is deployed with', async () => {
    const stack = { template: shared, parameters: parameter('Days', '90') };
    const { parameters, template } = await sent([file('app.yaml', shared)], stack);
    expect(template).toContain('ExpirationInDays: !Ref BucketExpirationInDays');
    expect(parameters).toEqual({ Days: '365', BucketExpirationInDays: '90' });
  });

  it('does so when the deployed template is patched, too', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      const stack = { template: shared, parameters: parameter('Days', '90') };
      const { parameters } = await sent([], stack);
      expect(parameters).toEqual({ Days: '365', BucketExpirationInDays: '90' });
    } finally {
      process.chdir(before);
    }
  });

  it('keeps what a nested template is given, where that template is not at hand', async () => {
    const root = `Parameters:
  Days: { Type: Number, Default: 30 }
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: https://bucket.s3.amazonaws.com/child.template
      Parameters: { Keep: !Ref Days }
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: /root, RetentionInDays: !Ref Days }
`;
    const stack = { template: root, parameters: parameter('Days', '60') };
    const made = await sent([file('app.yaml', root)], stack);
    const { parameters, template } = made;
    expect(template).toContain('Keep: !Ref ChildKeep');
    expect(parameters).toEqual({ Days: '365', ChildKeep: '60' });
    expect(made.notes).toContain(
      'could not be checked: nested stack Child: nothing in it is looked at, because its TemplateURL https://bucket.s3.amazonaws.com/child.template is not a local file',
    );
    // What a run reads of nested stacks is in the policy that it asks for.
    const permissions = await runInProcess(
      ['change-set', 'create', join(folder, 'app.yaml'), '--stack', 'app', '--show-permissions'],
      { live: wire(scriptedAccount()).live },
    );
    expect(permissions.data).toContain(':stack/app-*/*');
  });

  it('keeps what a bucket in a nested template is given, where that template is at hand', async () => {
    const root = `Parameters:
  Days: { Type: Number, Default: 30 }
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: child/child.yaml
      Parameters: { Days: !Ref Days }
`;
    const path = file('app.yaml', root);
    file('child/child.yaml', shared.replace(', Default: 30', ''));
    const ran = await runInProcess(
      [path, '--only', 'log-retention', '--parameters', 'Days=90', '--apply', '--dry-run'],
      {},
    );
    expect(ran.data).toContain('+    Properties: { LogGroupName: /shared, RetentionInDays: 365 }');
    expect(ran.data).not.toMatch(/^[-+].*(?:ExpirationInDays|Parameters:)/m);
  });
});

it('puts the value that is kept into a parameters file, too', async () => {
  const path = file('app.yaml', shared);
  const valuesOf = async (...known: string[]) => {
    const words = [path, '--only', 'log-retention', '--format', 'parameters', ...known];
    return runInProcess(words, {});
  };
  expect(JSON.parse((await valuesOf('--parameters', 'Days=90')).data)).toEqual([
    { ParameterKey: 'Days', ParameterValue: '365' },
    { ParameterKey: 'BucketExpirationInDays', ParameterValue: '90' },
  ]);
  const unknown = await valuesOf();
  // Where the deployed value is not known, nothing that uses the parameter is given another one.
  expect(JSON.parse(unknown.data)).toEqual([{ ParameterKey: 'Days', UsePreviousValue: true }]);
});

it('sends no value that needs approval without consent', async () => {
  const long = `Parameters:
  Days: { Type: Number, Default: 30 }
Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: /long, RetentionInDays: !Ref Days }
  Short:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: /short, RetentionInDays: 30 }
`;
  const policy = file(
    'policy.yaml',
    'remediations:\n  log-retention:\n    ranges:\n      application: { minimumDays: 365, maximumDays: 400 }\n',
  );
  const stack = { template: long, parameters: parameter('Days', '3653') };
  const words = [file('app.yaml', long), '--policy', policy];
  expect((await sent(words, stack)).parameters).toEqual({ Days: 'previous' });
  expect((await sent([...words, '--include', 'review'], stack)).parameters).toEqual({ Days: '400' });
});

it('finds the nested stacks of a deployed stack again in every round of planning', async () => {
  const ids = { root: 'aaaa', child: 'cccc' };
  const root = `Parameters:
  Days: { Type: Number, Default: 30 }
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: https://bucket.s3.amazonaws.com/child.template
      Parameters: { Days: !Ref Days }
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: /root, RetentionInDays: !Ref Days }
`;
  const child = `Parameters:
  Days: { Type: Number }
Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: /child, RetentionInDays: !Ref Days }
`;
  const before = process.cwd();
  process.chdir(folder);
  try {
    const made = await sent(
      [],
      { template: root, parameters: parameter('Days', '60') },
      ({ name, fields }) => {
        const isChild = fields.get('StackName')?.includes(ids.child) === true;
        if (name === 'cloudformation:GetTemplate' && isChild)
          return xml('GetTemplate', `<TemplateBody>${child}</TemplateBody>`);
        if (name !== 'cloudformation:ListStackResources') return undefined;
        const [logicalId, type, id] = isChild
          ? ['Logs', 'AWS::Logs::LogGroup', '/child']
          : [
              'Child',
              'AWS::CloudFormation::Stack',
              `arn:aws:cloudformation:eu-west-1:111122223333:stack/app-Child/${ids.child}`,
            ];
        return xml(
          'ListStackResources',
          `<StackResourceSummaries><member><LogicalResourceId>${logicalId}</LogicalResourceId><PhysicalResourceId>${id}</PhysicalResourceId><ResourceType>${type}</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member></StackResourceSummaries>`,
        );
      },
    );
    // One value at the root serves both log groups, so that no template moves.
    expect(made.parameters).toEqual({ Days: '365' });
    expect(made.template).toBe('');
  } finally {
    process.chdir(before);
  }
});

it('does not take the default of a NoEcho parameter for what the stack is deployed with', async () => {
  const text = `Parameters:
  Mode: { Type: Number, NoEcho: true, Default: 30 }
Resources:
  Masked:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: /masked, RetentionInDays: !Ref Mode }
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: /open, RetentionInDays: 30 }
`;
  const stack = { template: text, parameters: parameter('Mode', '****') };
  const { template, parameters } = await sent([file('app.yaml', text), '--include', 'review'], stack);
  expect(template).toContain('/masked, RetentionInDays: !Ref Mode }');
  expect(template).toContain('/open, RetentionInDays: 365 }');
  expect(parameters).toEqual({ Mode: 'previous' });
});

it('submits a nested template that is found by the end of its URL', async () => {
  const root = `Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: 'https://bucket.s3.amazonaws.com/main/nested/logs.yaml' }
`;
  const path = file('app.yaml', root);
  file(
    'nested/logs.yaml',
    'Resources:\n  Logs:\n    Type: AWS::Logs::LogGroup\n    Properties: { LogGroupName: /nested, RetentionInDays: 30 }\n',
  );
  const line = wire(
    scriptedAccount({ template: root, parameters: '' }, (call) =>
      call.name === 'logs:DescribeLogGroups' ? json({ logGroups: [] }) : undefined,
    ),
    { allowed: allowedCalls.create },
  );
  const words = [
    'change-set',
    'create',
    path,
    '--stack',
    'app',
    '--bucket',
    'uploads',
    '--only',
    'log-retention',
  ];
  const ran = await runInProcess([...words, '--format', 'json'], { live: line.live });
  expect(ran.exitCode, ran.notes).toBe(0);
  const uploaded = line.calls.filter(({ name }) => name === 's3:PutObject').map(({ body }) => body);
  expect(uploaded.join()).toContain('RetentionInDays: 365');
  const sentTemplate = line.calls.find(({ name }) => name === 'cloudformation:CreateChangeSet')?.fields;
  expect(sentTemplate?.get('TemplateBody')).not.toContain('bucket.s3.amazonaws.com');
});
