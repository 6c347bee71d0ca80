import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingForSessions, openSession, type Session } from '../../src/dev/terminal/session.js';
import { contentsOf, projectFolder } from '../cli/run-in-process.js';

export const program = join(projectFolder, 'dist', 'main.js');

/** What a person answers: a text that is typed, or the option whose label begins with a text. */
export type Answer = readonly [
  message: string,
  reply: { readonly typed: string } | { readonly picked: string } | { readonly ticked: readonly string[] },
];

export const typed = (message: string, text = ''): Answer => [message, { typed: text }];
export const picked = (message: string, label: string): Answer => [message, { picked: label }];

/** Turns round the boxes whose labels begin with some texts. */
export const ticked = (message: string, ...labels: readonly string[]): Answer => [
  message,
  { ticked: labels },
];

export const missing = missingForSessions();

export const policyFile = 'idp-fix.policy.yaml';

/** A folder with the template that has something for every question, and what else is given. */
export function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'idp-fix-wizard-'));
  cpSync(join(import.meta.dirname, 'template.yaml'), join(folder, 'template.yaml'));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  return folder;
}

export interface WizardRun {
  readonly exitCode: number;
  readonly lines: readonly string[];
  /** Every file afterwards, by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** The built program in a pseudo-terminal. No AWS: whatever this machine has of it is out of reach. */
export function openWizard(
  folder: string,
  words: readonly string[] = ['wizard'],
  environment: Readonly<Record<string, string>> = {},
): Session {
  return openSession([process.execPath, program, ...words], {
    folder,
    rows: 50,
    environment: {
      AWS_CONFIG_FILE: join(folder, 'none'),
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
      AWS_EC2_METADATA_DISABLED: 'true',
      ...environment,
    },
  });
}

export async function give(session: Session, answers: readonly Answer[]): Promise<void> {
  for (const [message, reply] of answers) {
    if ('typed' in reply) await session.answer(message, reply.typed);
    else if ('ticked' in reply) await session.tick(message, reply.ticked);
    else await session.choose(message, reply.picked);
  }
}

export async function runWizard(
  folder: string,
  answers: readonly Answer[],
  words?: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<WizardRun> {
  const session = openWizard(folder, words, environment);
  await give(session, answers);
  const exitCode = await session.waitForEnd();
  return { exitCode, lines: session.lines(), files: contentsOf(folder) };
}

/** Without a terminal, as in a pipeline. */
export function runPlain(folder: string, words: readonly string[]) {
  return spawnSync(process.execPath, [program, ...words], { cwd: folder, encoding: 'utf8', input: '' });
}

/** The command the wizard has printed, as words behind `idp-fix`. It may be folded by the terminal. */
export function printedCommand({ lines }: WizardRun): readonly string[] {
  const start = 'the same without questions: idp-fix ';
  const at = lines.findIndex((line) => line.startsWith(start));
  if (at < 0) throw new Error(`no command in\n${lines.join('\n')}`);
  return lines.slice(at).join('').slice(start.length).split(' ');
}

export function templateOf(folder: string): string {
  return readFileSync(join(folder, 'template.yaml'), 'utf8');
}

export const start: readonly Answer[] = [
  picked('What is the stack for?', 'production'),
  picked('Which policy', 'production'),
];

export const later: readonly Answer[] = [
  ...start,
  picked('Which KMS key should new encryption use?', 'none yet'),
  typed('How many executions'),
  picked('Answer', 'later'),
];

export const keyArn = 'arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555';

/** Every question there is, answered. */
export const everything: readonly Answer[] = [
  ...start,
  picked('Which KMS key should new encryption use?', 'another one'),
  typed('ARN of the key', keyArn),
  typed('How many executions', '3000'),
  picked('Answer', 'yes'),
  typed('Which second origin', 'copy.s3.eu-west-1.amazonaws.com'),
  typed('Who is notified when an alarm', 'team@example.com'),
  typed('How much may the account cost', '500'),
  typed('Who is notified when it costs more?', 'team@example.com, finance@example.com'),
  typed(
    'Which versions of signing',
    'arn:aws:signer:eu-central-1:111122223333:/signing-profiles/Release/abcdefghij',
  ),
  picked('Who may the distributions serve?', 'only some'),
  typed('Which countries?', 'DE, NO'),
  typed('Which private subnets', 'subnet-0123456789abcdef0, subnet-0fedcba9876543210'),
  typed('Which security groups', 'sg-0123456789abcdef0'),
  typed('Which tags', 'CostCenter=4711, Team=orders'),
  // Asked once it is known that functions move into the network.
  typed('Which services have an endpoint', 'nat'),
  picked('Which changes?', 'tick all'),
  picked('Which changes?', 'go on'),
];
