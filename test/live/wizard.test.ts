import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openSession } from '../../src/dev/terminal/session.js';
import { missing, policyFile, program } from '../wizard/sessions.js';
import { account, region } from './account.js';
import { type Flow, startFlow } from './flow.js';

const endpoint = inject('standIn') ?? '';
const stack = 'from-the-wizard';
const template =
  'Resources:\n  Logs:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      RetentionInDays: 30\n';

/** The other endings (files, the diff, a saved policy) are walked in `test/wizard`, without AWS. */
describe.skipIf(endpoint === '' || missing !== undefined || !existsSync(program))(
  'the wizard, up to a change set',
  () => {
    const aws = account(endpoint);
    let flow: Flow;
    beforeAll(async () => {
      flow = await startFlow(endpoint);
      await aws.createStack(stack, template);
      flow.local('template.yaml', template);
    });
    afterAll(() => flow.close());

    it('creates one, changes nothing before it is executed, and leaves the policy behind', async () => {
      const session = openSession([process.execPath, program, 'wizard'], {
        folder: flow.folder,
        rows: 50,
        environment: {
          AWS_ENDPOINT_URL: endpoint,
          AWS_REGION: region,
          AWS_ACCESS_KEY_ID: 'test',
          AWS_SECRET_ACCESS_KEY: 'test',
        },
      });
      await session.choose('What is the stack for?', 'production');
      await session.choose('Which policy', 'production');
      await session.choose('Which KMS key', 'none yet');
      await session.choose('Answer', 'later');
      await session.choose('Which changes?', 'go on');
      await session.choose('What now?', 'create a change set');
      await session.answer('Name of the stack', stack);
      await session.choose('Which templates?', 'those here');
      expect(await session.waitForEnd(), session.lines().join('\n')).toBe(0);
      const shown = session.lines().join('\n');
      expect(shown).toContain('RetentionInDays');
      expect(shown).toContain('change-set execute');
      expect(await aws.template(stack)).toBe(template);
      expect(await aws.status(stack)).toBe('CREATE_COMPLETE');
      const files = readdirSync(flow.folder);
      expect(files).toContain(policyFile);
      expect(files).not.toContain('.idp-fix-wizard.json');
      // What it printed executes it.
      const name = /change-set execute (\S+)/.exec(shown.replaceAll('\n', ' '))?.[1] ?? '';
      const executed = await flow.run('execute', [name, '--stack', stack, '--confirm', stack]);
      expect(executed.exitCode, executed.notes).toBe(0);
      expect(await aws.template(stack)).toContain('RetentionInDays: 365');
    });
  },
);
