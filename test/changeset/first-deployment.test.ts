import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { created, run } from './command.js';
import { change, scriptedAccount, stackId } from './scripted-account.js';
import { failure, type Reply, type Script, xml } from './wire.js';

const template = `Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { RetentionInDays: 30 }
  Queue:
    Type: AWS::SQS::Queue
`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-first-'));
  writeFileSync(join(folder, 'app.yaml'), template);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An account without the stack `app`; a change set makes a shell of it. */
function emptyAccount(more: Script = () => undefined): Script {
  let status: string | undefined;
  const account = scriptedAccount({
    parameters: '',
    tags: '',
    changes: change({ logicalId: 'Logs', action: 'Add' }) + change({ logicalId: 'Queue', action: 'Add' }),
  });
  return (call, count) => {
    const given = more(call, count);
    if (given !== undefined) return given;
    switch (call.name) {
      case 'cloudformation:DescribeStacks':
        return status === undefined
          ? failure('ValidationError', 'Stack app does not exist')
          : stackIn(status);
      case 'cloudformation:CreateChangeSet':
        status = 'REVIEW_IN_PROGRESS';
        return account(call, count);
      // As AWS does where there is only a shell.
      case 'cloudformation:GetTemplate':
        return failure('ValidationError', 'GetTemplate cannot be called on REVIEW_IN_PROGRESS stacks.');
      case 'cloudformation:ListChangeSets':
        return xml('ListChangeSets', '<Summaries/>');
      case 'cloudformation:DeleteStack':
        status = undefined;
        return xml('DeleteStack', '');
      default:
        return account(call, count);
    }
  };
}

function stackIn(status: string): Reply {
  return xml(
    'DescribeStacks',
    `<Stacks><member><StackId>${stackId}</StackId><StackName>app</StackName><StackStatus>${status}</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime></member></Stacks>`,
  );
}

const notes = async (ran: ReturnType<typeof run>) => (await ran).notes;

describe('a first deployment', () => {
  it('asks for a change set that makes the stack, and for nothing of the stack before', async () => {
    const ran = await run(folder, 'create', [], emptyAccount());
    expect(ran.exitCode, ran.notes).toBe(0);
    const sent = ran.line.calls.find(({ name }) => name === 'cloudformation:CreateChangeSet')?.fields;
    expect([sent?.get('ChangeSetType'), sent?.get('StackName')]).toEqual(['CREATE', 'app']);
    expect(sent?.get('UsePreviousTemplate')).toBeNull();
    expect(ran.line.names()).not.toContain('cloudformation:GetTemplate');
    expect(JSON.parse(ran.data).stack).toMatchObject({ id: stackId, isNew: true });
  });

  it('takes no shell away that was executed meanwhile', async () => {
    let executed = false;
    const account = emptyAccount(({ name }) =>
      executed && name === 'cloudformation:DescribeStacks' ? stackIn('CREATE_IN_PROGRESS') : undefined,
    );
    const { name } = await created(folder, account);
    executed = true;
    const ran = await run(folder, 'reject', [name], account);
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(ran.line.names()).not.toContain('cloudformation:DeleteStack');
  });

  it('takes no shell away in which another change set waits', async () => {
    const other =
      '<Summaries><member><ChangeSetId>x</ChangeSetId><ChangeSetName>theirs</ChangeSetName><Status>CREATE_COMPLETE</Status></member></Summaries>';
    const account = emptyAccount(({ name }) =>
      name === 'cloudformation:ListChangeSets' ? xml('ListChangeSets', other) : undefined,
    );
    const { name } = await created(folder, account);
    const ran = await run(folder, 'reject', [name], account);
    expect(ran.line.names()).not.toContain('cloudformation:DeleteStack');
    expect(ran.data).toContain('it has the change set theirs');
  });

  it('says what stays where the caller may not delete it', async () => {
    const account = emptyAccount(({ name }) =>
      name === 'cloudformation:DeleteStack'
        ? failure('AccessDenied', 'not authorized to perform: cloudformation:DeleteStack', 403)
        : undefined,
    );
    const { name } = await created(folder, account);
    const ran = await run(folder, 'reject', [name], account);
    expect([
      ran.exitCode,
      ran.data.includes('left the stack app, which was never deployed and is empty'),
    ]).toEqual([0, true]);
  });

  it('takes away the shell of a change set that could not be made', async () => {
    const broken = scriptedAccount({ changeSetStatus: 'FAILED', changeSetReason: 'Invalid queue' });
    let made = false;
    const account = emptyAccount((call, count) => {
      if (call.name === 'cloudformation:CreateChangeSet') {
        made = true;
        broken(call, count);
      }
      return made && call.name === 'cloudformation:DescribeChangeSet' ? broken(call, count) : undefined;
    });
    const ran = await run(folder, 'create', [], account);
    expect([ran.exitCode, ran.notes.includes('Invalid queue')]).toEqual([4, true]);
    expect(ran.notes).toContain('deleted the stack app, which was never deployed');
  });

  it('leaves a shell that was there before, whatever becomes of the change set', async () => {
    const account = emptyAccount(({ name }) => {
      if (name === 'cloudformation:DescribeStacks') return stackIn('REVIEW_IN_PROGRESS');
      return name === 'cloudformation:CreateChangeSet' ? failure('ValidationError', 'no') : undefined;
    });
    const ran = await run(folder, 'create', [], account);
    expect(ran.exitCode).toBe(4);
    expect(ran.line.names()).not.toContain('cloudformation:DeleteStack');
  });

  it('tells a failed creation from a failed update', async () => {
    const account = emptyAccount(({ name }, count) =>
      name === 'cloudformation:DescribeStackEvents' && count > 1
        ? xml(
            'DescribeStackEvents',
            `<StackEvents><member><StackId>${stackId}</StackId><StackName>app</StackName><EventId>9</EventId><Timestamp>2026-01-01T00:00:00Z</Timestamp><LogicalResourceId>app</LogicalResourceId><PhysicalResourceId>${stackId}</PhysicalResourceId><ResourceType>AWS::CloudFormation::Stack</ResourceType><ResourceStatus>ROLLBACK_COMPLETE</ResourceStatus></member></StackEvents>`,
          )
        : undefined,
    );
    const { name } = await created(folder, account);
    expect(await notes(run(folder, 'execute', [name, '--confirm', 'app'], account))).toContain(
      'delete the stack with aws cloudformation delete-stack',
    );
  });
});
