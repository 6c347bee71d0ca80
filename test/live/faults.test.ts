import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { projectFolder, type Ran } from '../cli/run-in-process.js';
import { account, idpFix, region } from './account.js';
import { type Fault, faultProxy } from './fault-proxy.js';

const endpoint = inject('standIn') ?? '';
const program = join(projectFolder, 'dist', 'main.js');

const template = `Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Properties:
      RetentionInDays: 30
`;

describe.skipIf(endpoint === '')('faults on the way to AWS', () => {
  const aws = account(endpoint);
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-faults-'));
    writeFileSync(join(folder, 'app.yaml'), template);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const words = (stack: string) => [
    'change-set',
    'create',
    join(folder, 'app.yaml'),
    '--stack',
    stack,
    '--only',
    'log-retention',
    '--format',
    'json',
  ];

  async function throughFaults(
    stack: string,
    decide: (action: string, before: number) => Fault | undefined,
  ): Promise<Ran & { actions: readonly string[] }> {
    await aws.createStack(stack, template);
    const proxy = await faultProxy(endpoint, decide);
    try {
      const ran = await idpFix(proxy.url, words(stack), { answerTimeoutMs: 2_000 });
      return { ...ran, actions: proxy.actions };
    } finally {
      await proxy.close();
    }
  }

  it.each<[Fault, string]>([
    ['throttle', 'DescribeStacks'],
    ['unavailable', 'GetTemplate'],
    ['gateway-page', 'DescribeChangeSet'],
    ['reset', 'GetCallerIdentity'],
    ['truncated', 'ListStackResources'],
    ['hang', 'DescribeStacks'],
    ['stalled', 'GetTemplate'],
    ['throttle', 'CreateChangeSet'],
  ])('gets over one %s at %s', async (fault, action) => {
    const ran = await throughFaults(`once-${fault}-${action}`, (each, before) =>
      each === action && before === 0 ? fault : undefined,
    );
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(ran.actions.filter((each) => each === action).length).toBeGreaterThan(1);
  });

  it.each<[Fault, string]>([
    ['hang', 'got no answer'],
    ['reset', 'got no answer'],
    ['unavailable', 'ServiceUnavailable'],
    ['gateway-page', 'HTTP 502'],
  ])('gives up on a lasting %s, and says so', async (fault, said) => {
    const ran = await throughFaults(`lasting-${fault}`, (action) =>
      action === 'DescribeStacks' ? fault : undefined,
    );
    expect(ran.exitCode).toBe(4);
    expect(ran.notes).toContain(said);
    expect(ran.actions).not.toContain('CreateChangeSet');
  });

  it.each<Fault>(['lost-answer', 'truncated', 'stalled', 'hang'])(
    'asks for a change set once only, though the answer is a %s',
    async (fault) => {
      const stack = `answer-${fault}`;
      const ran = await throughFaults(stack, (action) => (action === 'CreateChangeSet' ? fault : undefined));
      expect(ran.actions.filter((action) => action === 'CreateChangeSet')).toHaveLength(1);
      // What hangs in the proxy has never arrived, so there is nothing to be found.
      expect(ran.exitCode, ran.notes).toBe(fault === 'hang' ? 4 : 0);
      expect(ran.notes).toContain(
        fault === 'hang' ? 'it is not known whether the change set was made' : 'recorded in',
      );
    },
  );

  describe('on the way of an execution', () => {
    async function executed(
      stack: string,
      decide: (action: string, before: number) => Fault | undefined,
    ): Promise<Ran & { actions: readonly string[] }> {
      await aws.createStack(stack, template);
      const made = await idpFix(endpoint, words(stack));
      expect(made.exitCode, made.notes).toBe(0);
      const { name } = JSON.parse(made.data) as { name: string };
      const proxy = await faultProxy(endpoint, decide);
      try {
        const ran = await idpFix(
          proxy.url,
          ['change-set', 'execute', name, '--stack', stack, '--confirm', stack, '--folder', folder],
          { answerTimeoutMs: 2_000 },
        );
        return { ...ran, actions: proxy.actions };
      } finally {
        await proxy.close();
      }
    }

    it.each<Fault>(['lost-answer', 'truncated', 'stalled'])(
      'asks once only, though the answer is a %s',
      async (fault) => {
        const stack = `execute-${fault}`;
        const ran = await executed(stack, (action) => (action === 'ExecuteChangeSet' ? fault : undefined));
        expect(ran.exitCode, ran.notes).toBe(0);
        expect(ran.actions.filter((action) => action === 'ExecuteChangeSet')).toHaveLength(1);
        expect(await aws.status(stack)).toBe('UPDATE_COMPLETE');
      },
    );

    it('says that nothing was executed when the request has never arrived', async () => {
      const stack = 'execute-hang';
      const ran = await executed(stack, (action) => (action === 'ExecuteChangeSet' ? 'hang' : undefined));
      expect([ran.exitCode, ran.notes.includes('nothing has been executed')]).toEqual([4, true]);
      expect(await aws.status(stack)).toBe('CREATE_COMPLETE');
    });

    it('goes on watching over a spell of failures', async () => {
      const ran = await executed('execute-spell', (action, before) =>
        action === 'DescribeStackEvents' && before > 0 && before < 8 ? 'unavailable' : undefined,
      );
      expect(ran.exitCode, ran.notes).toBe(0);
    });
  });

  it('takes a lost DeleteChangeSet for done', async () => {
    const stack = 'delete-lost';
    await aws.createStack(stack, template);
    const { name } = JSON.parse((await idpFix(endpoint, words(stack))).data) as { name: string };
    const proxy = await faultProxy(endpoint, (action, before) =>
      action === 'DeleteChangeSet' && before === 0 ? 'lost-answer' : undefined,
    );
    const ran = await idpFix(proxy.url, ['change-set', 'reject', name, '--stack', stack, '--folder', folder]);
    await proxy.close();
    expect(ran.exitCode, ran.notes).toBe(0);
    expect(await aws.changeSetStatus(stack, name)).toBeUndefined();
  });

  it('needs credentials that AWS knows', async () => {
    const stack = 'credentials';
    await aws.createStack(stack, template);
    const ran = await idpFix(endpoint, words(stack), { accessKeyId: 'AKIAUNKNOWN000000000' });
    expect([ran.exitCode, ran.notes.includes('aws sts get-caller-identity')]).toEqual([4, true]);
  });

  it.skipIf(!existsSync(program))('says on an interruption what may be left', async () => {
    const stack = 'interrupted';
    await aws.createStack(stack, template);
    let reached: () => void = () => {};
    const waiting = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const proxy = await faultProxy(endpoint, (action) => {
      if (action !== 'DescribeChangeSet') return undefined;
      reached();
      return 'hang';
    });
    const child = spawn(
      process.execPath,
      [program, ...words(stack), '--endpoint-url', proxy.url, '--region', region],
      {
        env: { ...process.env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let notes = '';
    child.stderr.on('data', (chunk: Buffer) => {
      notes += chunk.toString('utf8');
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await waiting;
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(notes).toMatch(
      /interrupted: the change set idp-fix-[0-9a-f]{16} or its uploads may exist; idp-fix change-set reject/,
    );
    await proxy.close();
    const [, name = ''] = /reject (idp-fix-[0-9a-f]{16})/.exec(notes) ?? [];
    const rejected = await idpFix(endpoint, [
      'change-set',
      'reject',
      name,
      '--stack',
      stack,
      '--folder',
      folder,
    ]);
    expect(rejected.notes).toContain(`deleted the change set ${name}`);
  });
});
