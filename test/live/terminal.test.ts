import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ChangeSetRecord } from '../../src/changeset/record.js';
import { projectFolder } from '../cli/run-in-process.js';
import { account, region } from './account.js';
import { type Flow, startFlow } from './flow.js';
import { standInPython } from './start-stand-in.js';

const endpoint = inject('standIn') ?? '';
const program = join(projectFolder, 'dist', 'main.js');
const isBuilt = existsSync(program);
if (!isBuilt) console.log('passed over the questions on a terminal: nothing is built; npm run build does it');

const template =
  'Resources:\n  Logs:\n    Type: AWS::Logs::LogGroup\n    Properties: { RetentionInDays: 30 }\n';
const stack = 'terminal';

describe.skipIf(endpoint === '' || !isBuilt)('the question before an execution, on a terminal', () => {
  const aws = account(endpoint);
  let flow: Flow;
  let record: ChangeSetRecord;
  beforeAll(async () => {
    flow = await startFlow(endpoint);
    await aws.createStack(stack, template);
    record = await flow.created(stack);
  });
  afterAll(() => flow.close());

  function typing(keys: string): { readonly exitCode: number | null; readonly shown: string } {
    const command = [process.execPath, program, 'change-set', 'execute', record.name, '--stack', stack];
    const { status, stdout } = spawnSync(
      standInPython,
      [
        join(import.meta.dirname, 'type-answer.py'),
        keys,
        'Type the name of the stack',
        ...command,
        '--endpoint-url',
        endpoint,
        '--region',
        region,
      ],
      {
        cwd: flow.folder,
        env: {
          ...process.env,
          AWS_ACCESS_KEY_ID: 'test',
          AWS_SECRET_ACCESS_KEY: 'test',
          NO_COLOR: '1',
          // The tests silence this warning for themselves; the program has to do it, too.
          AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: undefined,
        },
        encoding: 'utf8',
      },
    );
    return { exitCode: status, shown: stdout };
  }

  it.each([
    ['ctrl-C', '\u0003', 130, 'interrupted: nothing has been executed'],
    ['ctrl-D', '\u0004', 3, 'nothing was executed'],
    ['another name', 'terminl\r', 3, "'terminl' is not the name of the stack"],
  ])('is not answered by %s', async (_, keys, exitCode, said) => {
    const ran = typing(keys);
    expect([ran.exitCode, ran.shown.includes(said)], ran.shown).toEqual([exitCode, true]);
    expect(ran.shown).not.toContain('NodeVersionSupportWarning');
    expect(await aws.status(stack)).toBe('CREATE_COMPLETE');
  });

  it('is answered by the name of the stack', async () => {
    const ran = typing('terminal\r');
    expect(ran.exitCode, ran.shown).toBe(0);
    expect(ran.shown).toContain('1 change. Type the name of the stack to execute: ');
    expect(await aws.status(stack)).toBe('UPDATE_COMPLETE');
  });
});
