import { chmodSync, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { keys, type Session } from '../../src/dev/terminal/session.js';
import { contentsOf } from '../cli/run-in-process.js';
import {
  everything,
  folderWith,
  give,
  keyArn,
  later,
  missing,
  openWizard,
  picked,
  policyFile,
  printedCommand,
  program,
  runPlain,
  runWizard,
  start,
  templateOf,
  ticked,
  typed,
  type WizardRun,
} from './sessions.js';

const pristine = templateOf(import.meta.dirname);

const everythingSaved = `\
# What idp-fix measures these templates against. The answers given to idp-fix wizard are below;
# everything else is as the preset has it: idp-fix policy show
extends: production
encryption:
  key: ${keyArn}
account:
  concurrencyLimit: 3000
remediations:
  cloudfront-origin-failover:
    secondOrigin:
      domainName: copy.s3.eu-west-1.amazonaws.com
  cloudwatch-alarms:
    emails:
      - team@example.com
  cost-alerts:
    budgetUsdPerMonth: 500
    emails:
      - team@example.com
      - finance@example.com
  lambda-code-signing:
    signingProfileVersionArns:
      - arn:aws:signer:eu-central-1:111122223333:/signing-profiles/Release/abcdefghij
  cloudfront-geo-restriction:
    audience: allow-list
    countries:
      - DE
      - 'NO'
  lambda-vpc:
    subnetIds:
      - subnet-0123456789abcdef0
      - subnet-0fedcba9876543210
    securityGroupIds:
      - sg-0123456789abcdef0
    reachable:
      - nat
  resource-tags:
    required:
      CostCenter:
        value: '4711'
      Team:
        value: orders
include:
  - review
`;

/** The saved policy alone, without a terminal, makes the same of the template. */
function expectSameWithoutQuestions(run: WizardRun, folder: string): void {
  const again = folderWith({ [policyFile]: run.files[policyFile] ?? '' });
  const plain = runPlain(again, printedCommand(run));
  expect({ status: plain.status, stderr: plain.stderr }).toMatchObject({ status: 0 });
  expect(templateOf(again)).toBe(templateOf(folder));
  // And leaves nothing to write.
  expect(runPlain(again, ['--apply', '--dry-run', '.']).stdout).toBe('');
}

describe.skipIf(missing !== undefined || !existsSync(program))(
  `the wizard in a pseudo-terminal (passed over without ${missing ?? 'a build'})`,
  () => {
    it('accepts what is safe', async () => {
      const folder = folderWith();
      const run = await runWizard(folder, [
        ...later,
        picked('Which changes?', 'go on'),
        picked('What now?', 'write 1 template'),
      ]);
      expect(run.exitCode).toBe(0);
      expect(run.lines).toContain(`wrote ${policyFile}`);
      expect(run.lines).toContain('wrote template.yaml');
      expect(run.lines).toContain('the same without questions: idp-fix --apply .');
      // What the preset alone comes to.
      const plain = folderWith();
      runPlain(plain, ['--apply', '--policy', 'production', '.']);
      expect(templateOf(folder)).toBe(templateOf(plain));
      expect(templateOf(folder)).toContain('RetentionInDays: 365');
      expectSameWithoutQuestions(run, folder);
      expect(runPlain(folder, ['undo', '.']).status).toBe(0);
      expect(templateOf(folder)).toBe(pristine);
    });

    it('takes an answer to every question', async () => {
      const folder = folderWith();
      const run = await runWizard(folder, [...everything, picked('What now?', 'write 1 template')]);
      expect(run.exitCode).toBe(0);
      expect(run.files[policyFile]).toBe(everythingSaved);
      for (const written of [
        keyArn,
        'copy.s3',
        'team@example.com',
        'NO',
        'subnet-0f',
        'sg-0',
        'CostCenter',
        'signer',
      ])
        expect(templateOf(folder)).toContain(written);
      expectSameWithoutQuestions(run, folder);
    });

    it('ticks changes in a list: leaves some, approves one, accepts the risk of others', async () => {
      const folder = folderWith();
      const run = await runWizard(folder, [
        ...later,
        picked('Which changes?', 'tick them in a list'),
        ticked(
          'Which changes should be written?',
          'failed-event-destinations',
          'lambda-dead-letter-queue',
          'log-retention',
          'multi-az',
        ),
        picked('Which changes?', 'look at a change'),
        picked('Which change?', 'log-retention'),
        picked('Which changes?', 'accept a risk'),
        ticked('Which risks do you accept?', 'lambda-reserved-concurrency'),
        typed('Why is the risk accepted?', 'the account is ours alone'),
        typed('Who accepts it?', 'platform team'),
        typed('Until which day?', '2026-12-31'),
        picked('Which changes?', 'accept a risk'),
        ticked('Which risks do you accept?', 'cloudfront-origin-failover'),
        typed('Why is the risk accepted?', 'the site may be down for a day'),
        // Enter takes the owner and the day of before.
        typed('Who accepts it?'),
        typed('Until which day?'),
        picked('Which changes?', 'go on'),
        picked('What now?', 'write 1 template'),
      ]);
      expect(run.exitCode).toBe(0);
      const saved = run.files[policyFile] ?? '';
      expect(
        saved
          .replaceAll(/date: '[0-9-]{10}'/g, "date: 'TODAY'")
          .replaceAll(/expires: '[0-9-]{10}'/g, "expires: 'LATER'")
          .replaceAll(/fingerprint: .*/g, 'fingerprint: PRINT'),
      ).toBe(walkedSaved);
      const written = templateOf(folder);
      expect(written).toContain('      MultiAZ: true\n');
      expect(written).toContain('RetentionInDays: 30\n');
      expect(written).not.toContain('ReservedConcurrentExecutions');
      // The edit was shown once it was asked for.
      expect(run.lines).toContain('-      RetentionInDays: 30');
      expect(run.lines).toContain('+      RetentionInDays: 365');
      expectSameWithoutQuestions(run, folder);
      const report = runPlain(folder, ['--verbose', '.']).stdout.replaceAll(/\s+/g, ' ');
      expect(report).toContain('the policy leaves it for later');
      expect(report).toContain('accepted by platform team');
    });

    it('shows the exact diff, and leaves without writing', async () => {
      const folder = folderWith();
      const before = contentsOf(folder);
      const run = await runWizard(folder, [
        ...later,
        picked('Which changes?', 'go on'),
        picked('What now?', 'show the exact diff'),
        picked('What now?', 'leave'),
      ]);
      expect(run.exitCode).toBe(0);
      expect(run.lines).toContain('--- a/template.yaml');
      expect(run.lines).toContain('+      ReservedConcurrentExecutions: 10');
      expect(run.lines.at(-1)).toBe('nothing has been written');
      expect(run.files).toEqual(before);
    });

    it('only saves the policy', async () => {
      const folder = folderWith();
      const run = await runWizard(folder, [
        picked('What is the stack for?', 'test'),
        picked('Which policy', 'development'),
        picked('Which KMS key should new encryption use?', 'none yet'),
        picked('Answer', 'later'),
        picked('Which changes?', 'go on'),
        picked('What now?', 'only save'),
      ]);
      expect(run.exitCode).toBe(0);
      expect(run.files['template.yaml']).toBe(pristine);
      expect(run.files[policyFile]).toMatch(/^extends: development\nenvironment: test\n$/m);
    });

    it('has a key made where the templates have none', async () => {
      const run = await runWizard(folderWith(), [
        picked('What is the stack for?', 'test'),
        picked('Which policy', 'development'),
        picked('Which KMS key should new encryption use?', 'a new one'),
        picked('Answer', 'later'),
        picked('Which changes?', 'go on'),
        picked('What now?', 'only save'),
      ]);
      expect(run.exitCode).toBe(0);
      expect(run.files[policyFile]).toMatch(/^encryption:\n {2}key: create$/m);
    });

    it('writes the answers into a policy that is there, and keeps the rest of it', async () => {
      const before = [
        '# Ours, since 2024.',
        'environment: staging   # the copy of production',
        '',
        'remediations:',
        '  # Nobody calls at night.',
        '  log-retention: false',
        '  resource-tags:',
        '    required: {Owner: {value: orders}}   # asked for by finance',
        '',
      ].join('\n');
      const folder = folderWith({ [policyFile]: before });
      const run = await runWizard(folder, [
        picked('What is the stack for?', 'staging'),
        picked('Which KMS key should new encryption use?', 'none yet'),
        typed('How many executions', '500'),
        picked('Answer', 'yes'),
        typed('Which second origin'),
        typed('Who is notified when an alarm'),
        typed('How much may the account cost'),
        typed('Which versions of signing'),
        picked('Who may the distributions serve?', 'all but'),
        typed('Which countries?', 'KP'),
        typed('Which private subnets'),
        picked('Which changes?', 'go on'),
        picked('What now?', 'write 1 template'),
      ]);
      expect(run.exitCode).toBe(0);
      expect(run.files[policyFile]).toBe(
        [
          '# Ours, since 2024.',
          'environment: staging   # the copy of production',
          '',
          'remediations:',
          '  # Nobody calls at night.',
          '  log-retention: false',
          '  resource-tags:',
          '    required: {Owner: {value: orders}}   # asked for by finance',
          '  cloudfront-geo-restriction:',
          '    audience: deny-list',
          '    countries:',
          '      - KP',
          '',
          'account:',
          '  concurrencyLimit: 500',
          '',
        ].join('\n'),
      );
      expectSameWithoutQuestions(run, folder);
    });

    it('has little to say where nothing falls short', async () => {
      const folder = folderWith({
        'template.yaml': 'Resources:\n  Handle:\n    Type: AWS::CloudFormation::WaitConditionHandle\n',
        [policyFile]: settled,
      });
      const before = contentsOf(folder);
      const run = await runWizard(folder, [picked('What is the stack for?', 'production')]);
      expect(run.exitCode).toBe(0);
      expect(run.lines).toContain('Nothing falls short of the policy.');
      expect(run.files).toEqual(before);
    });

    it('works on several stacks at once', async () => {
      const folder = folderWith({ 'other.yaml': otherStack, 'third.yaml': otherStack });
      const run = await runWizard(folder, [
        // template.yaml is ticked at first.
        ticked('Which stacks?', 'other.yaml', 'third.yaml', 'template.yaml'),
        picked('What is the stack for?', 'production'),
        picked('Which policy', 'production'),
        picked('Which KMS key should new encryption use?', 'none yet'),
        picked('Answer', 'later'),
        picked('Which changes?', 'go on'),
        picked('What now?', 'write 2 templates'),
      ]);
      expect(run.exitCode).toBe(0);
      expect(printedCommand(run)).toEqual(['--apply', 'other.yaml', 'third.yaml']);
      expect(run.files['other.yaml']).toContain('RetentionInDays: 365');
      expect(run.files['third.yaml']).toBe(run.files['other.yaml']);
      expect(run.files['template.yaml']).toBe(pristine);
    });

    it('goes back question by question, and keeps what was answered', async () => {
      const folder = folderWith();
      const session = openWizard(folder);
      await give(session, [
        ...start,
        picked('Which KMS key should new encryption use?', 'none yet'),
        typed('How many executions', '3000'),
      ]);
      await session.goBack('Answer', 'How many executions');
      await session.goBack('How many executions', 'Which KMS key');
      await session.goBack('Which KMS key', 'Which policy');
      await session.choose('Which policy', 'regulated');
      await session.choose('Which KMS key', 'none yet');
      // The number is there again, and Enter takes it.
      await session.waitForLine(
        '? How many executions at once does the account allow? (Enter: not known) (3000)',
      );
      session.type(keys.enter);
      await give(session, [
        picked('Answer', 'later'),
        picked('Which changes?', 'go on'),
        picked('What now?', 'only save'),
      ]);
      expect(await session.waitForEnd()).toBe(0);
      const files = contentsOf(folder);
      expect(files[policyFile]).toContain('extends: regulated\n');
      expect(files[policyFile]).toContain('concurrencyLimit: 3000\n');
      expect(Object.keys(files)).toEqual([policyFile, 'template.yaml']);
    });

    it('offers the keys of the account, or says why it cannot', async () => {
      const folder = folderWith();
      const account = await accountWithAliases();
      const credentials = {
        AWS_ENDPOINT_URL: account.url,
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      };
      const session = openWizard(folder, ['wizard'], credentials);
      await give(session, [
        ...start,
        picked('Which KMS key should new encryption use?', 'one of the account'),
      ]);
      await session.waitForLine('? Which of them?');
      const question = session.lines().findIndex((line) => line.startsWith('? Which of them?'));
      expect(session.lines().slice(question + 1, question + 3)).toEqual(['❯ documents', '  none of these']);
      await give(session, [
        picked('Which of them?', 'documents'),
        typed('How many executions'),
        picked('Answer', 'later'),
        picked('Which changes?', 'go on'),
        picked('What now?', 'only save'),
      ]);
      expect(await session.waitForEnd()).toBe(0);
      account.close();
      expect(contentsOf(folder)[policyFile]).toContain(
        'key: arn:aws:kms:eu-central-1:111122223333:key/1234abcd',
      );

      const offline = openWizard(folderWith(), ['wizard'], { AWS_REGION: 'eu-central-1' });
      await give(offline, [
        ...start,
        picked('Which KMS key should new encryption use?', 'one of the account'),
      ]);
      await offline.waitForLine('  the keys of the account cannot be listed:');
      await offline.waitForLine('? Which KMS key should new encryption use?');
      offline.type(keys.interrupt);
      expect(await offline.waitForEnd()).toBe(130);
    });

    it('goes on with a change set, and says how that is had without questions', async () => {
      const folder = folderWith();
      const run = await runWizard(
        folder,
        [
          ...later,
          picked('Which changes?', 'go on'),
          picked('What now?', 'create a change set'),
          typed('Name of the stack', 'orders'),
          picked('Which templates?', 'those here'),
        ],
        ['wizard'],
        { AWS_REGION: 'eu-central-1' },
      );
      // There are no credentials, and nothing of this is lost.
      expect(run.exitCode).toBe(4);
      expect(printedCommand(run).join(' ')).toMatch(/^change-set create template\.yaml --stack orders/);
      expect(Object.keys(run.files)).toEqual([policyFile, 'template.yaml']);
    });

    it('does without color where none is wanted', async () => {
      const session = openWizard(folderWith(), ['wizard'], { NO_COLOR: '1' });
      await give(session, start);
      await session.waitForLine('? Which KMS key');
      const colored = openWizard(folderWith());
      await give(colored, start);
      await colored.waitForLine('? Which KMS key');
      const colors = ({ emulator: { buffer } }: Session) =>
        Array.from({ length: buffer.active.length }, (_, row) =>
          buffer.active.getLine(row)?.getCell(0),
        ).filter((cell) => cell?.isFgPalette()).length;
      expect(colors(session)).toBe(0);
      expect(colors(colored)).toBeGreaterThan(0);
      for (const each of [session, colored]) {
        each.type(keys.interrupt);
        expect(await each.waitForEnd()).toBe(130);
      }
    });

    it('prints what cannot be saved', async () => {
      const folder = folderWith();
      chmodSync(folder, 0o500);
      const run = await runWizard(folder, [
        ...later,
        picked('Which changes?', 'go on'),
        picked('What now?', 'only save'),
      ]);
      chmodSync(folder, 0o700);
      expect(run.exitCode).toBe(4);
      expect(run.lines).toContain('extends: production');
      expect(run.files).toEqual({ 'template.yaml': pristine });
    });
  },
);

const otherStack =
  'Resources:\n  Logs:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      RetentionInDays: 30\n';

const settled = `\
remediations:
  cost-alerts: {ownedElsewhere: the finance team}
  resource-tags: false
`;

const walkedSaved = `\
# What idp-fix measures these templates against. The answers given to idp-fix wizard are below;
# everything else is as the preset has it: idp-fix policy show
extends: production
include:
  - review
postponed:
  - remediation: failed-event-destinations
    template: template.yaml
    logicalId: TakeOrder
  - remediation: lambda-dead-letter-queue
    template: template.yaml
    logicalId: TakeOrder
  - remediation: log-retention
    template: template.yaml
    logicalId: TakeOrderLogs
deviations:
  - remediation: lambda-reserved-concurrency
    template: template.yaml
    logicalId: TakeOrder
    reason: the account is ours alone
    owner: platform team
    date: 'TODAY'
    expires: 'LATER'
    fingerprint: PRINT
  - remediation: cloudfront-origin-failover
    template: template.yaml
    logicalId: Site
    reason: the site may be down for a day
    owner: platform team
    date: 'TODAY'
    expires: 'LATER'
    fingerprint: PRINT
`;

/** Answers `ListAliases` as AWS KMS does. */
async function accountWithAliases() {
  const arn = 'arn:aws:kms:eu-central-1:111122223333';
  const aliases = [
    { AliasName: 'alias/aws/lambda', AliasArn: `${arn}:alias/aws/lambda`, TargetKeyId: 'aws-owned' },
    { AliasName: 'alias/documents', AliasArn: `${arn}:alias/documents`, TargetKeyId: '1234abcd' },
    { AliasName: 'alias/unused', AliasArn: `${arn}:alias/unused` },
  ];
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(JSON.stringify({ Aliases: aliases, Truncated: false }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}
