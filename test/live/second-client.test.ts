import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { account, region } from './account.js';
import { bucket, type Flow, startFlow } from './flow.js';
import { standInPython } from './start-stand-in.js';

const endpoint = inject('standIn') ?? '';

/** Over the size that can be sent, so it is uploaded. */
const template = `Parameters:
  Days: { Type: Number, Default: 30 }
  Env: { Type: String, Default: dev }
Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: !Sub '/second/\${AWS::StackName}', RetentionInDays: !Ref Days }
  Queue: { Type: AWS::SQS::Queue }
`;
const large = `${template}# ${'x'.repeat(60_000)}\n`;

interface Seen {
  readonly id: string;
  readonly stackId: string;
  readonly description: string;
  readonly status: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
  readonly changes: readonly string[];
  readonly template: string;
  readonly objects: readonly { key: string; metadata: Readonly<Record<string, string>>; text: string }[];
}

/** What boto3 says and does; it is installed beside the stand-in. */
function boto3(action: 'read' | 'execute' | 'reject', stack: string, changeSet: string): unknown {
  const script = join(import.meta.dirname, 'second_client.py');
  const words = [script, endpoint, region, action, stack, changeSet, bucket];
  return JSON.parse(execFileSync(standInPython, words, { encoding: 'utf8' }));
}

describe.skipIf(endpoint === '')('a second client, boto3', () => {
  const aws = account(endpoint);
  let flow: Flow;
  beforeAll(async () => {
    flow = await startFlow(endpoint);
    await aws.bucket(bucket);
  });
  afterAll(() => flow.close());

  async function made(stack: string) {
    await aws.createStack(stack, template, {
      Parameters: [{ ParameterKey: 'Env', ParameterValue: 'prod' }],
      Tags: [{ Key: 'team', Value: 'documents' }],
    });
    const record = await flow.created(stack, flow.local(`${stack}.yaml`, large), '--bucket', bucket);
    return { record, seen: boto3('read', stack, record.name) as Seen };
  }
  const objectsOf = async (creation: string) =>
    (await aws.keys(bucket)).filter((key) => key.includes(creation));

  it('reads what was created as it was recorded, and executes it', async () => {
    const { record, seen } = await made('second-executes');
    expect(seen).toMatchObject({
      id: record.arn,
      stackId: record.stack.id,
      status: ['CREATE_COMPLETE', 'AVAILABLE'],
      parameters: { Days: '365', Env: 'prod' },
      tags: { team: 'documents' },
      changes: record.changes.map(({ action, logicalId }) => `${action} ${logicalId}`).sort(),
    });
    expect(seen.description).toContain(`plan ${record.planSha256}, creation ${record.creation}`);
    // Byte for byte: one value in the template, and nothing else.
    expect(seen.template).toBe(large.replace('Default: 30', 'Default: 365'));
    const own = seen.objects.filter(({ key }) => key.includes(record.creation));
    expect(own).toEqual([
      {
        key: record.uploads[0]?.key,
        metadata: { 'idp-fix-creation': record.creation, 'idp-fix-stack': record.stack.id },
        text: seen.template,
      },
    ]);

    expect(boto3('execute', 'second-executes', record.name)).toBe('UPDATE_COMPLETE');
    expect(await aws.parameters('second-executes')).toEqual({ Days: '365', Env: 'prod' });
    const shown = await flow.run('show', [record.name, '--stack', 'second-executes']);
    expect(shown.notes).toContain('state: executed');
    const again = await flow.execute(record);
    expect([again.exitCode, again.notes.includes('it has been executed')]).toEqual([3, true]);
    // The stack was given its template by this address.
    const kept = await flow.run('reject', [record.name, '--stack', 'second-executes']);
    expect(kept.notes).toContain('its uploads stay');
    expect(await objectsOf(record.creation)).toHaveLength(1);
  });

  it('rejects, and idp-fix sees that, and takes its uploads away', async () => {
    const { record } = await made('second-rejects');
    expect(boto3('reject', 'second-rejects', record.name)).toEqual([]);
    const refused = await flow.execute(record);
    expect([refused.exitCode, refused.notes.includes('is no longer there')]).toEqual([3, true]);
    expect(await objectsOf(record.creation)).toHaveLength(1);
    const rejected = await flow.run('reject', [record.name, '--stack', 'second-rejects']);
    expect(rejected.exitCode, rejected.notes).toBe(0);
    expect(await objectsOf(record.creation)).toEqual([]);
    expect(await aws.template('second-rejects')).toBe(template);
  });
});
