import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remediations } from '../../../remediations/index.js';
import { type Shell, shells } from '../../../src/cli/request.js';
import { formats } from '../../../src/report/reports.js';
import { runInProcess } from '../run-in-process.js';

const ids = remediations.map(({ id }) => id);
const presets = ['development', 'production', 'regulated'];
const files = ['other.json', 'template.yaml'];
const commands = ['change-set', 'checklist', 'completion', 'explain', 'policy', 'undo'];
const [logEncryption, logRetention] = ['log-group-encryption', 'log-retention'];

interface Case {
  readonly typed: string;
  readonly offered: readonly string[];
  /** Commands of others may come in between. */
  readonly isOpen?: true;
}

/** What is typed, and what has to be offered for the last word; a folder with or without a slash. */
const cases: readonly Case[] = [
  { typed: '', offered: [...commands, ...files, 'sub'], isOpen: true },
  { typed: 'expla', offered: ['explain'] },
  { typed: 'template.yaml expla', offered: [] },
  { typed: 'template.yaml ', offered: [...files, 'sub'] },
  { typed: '--form', offered: ['--format'] },
  { typed: '--format ', offered: [...formats] },
  { typed: '--format js', offered: ['json'] },
  { typed: '--only log-r', offered: [logRetention] },
  { typed: `--only ${logRetention},log-g`, offered: [`${logRetention},${logEncryption}`] },
  { typed: `--only ${logRetention} expla`, offered: ['explain'] },
  { typed: '--quiet explain ', offered: ids },
  { typed: 'explain log-', offered: [logEncryption, logRetention] },
  { typed: 'explain log-retention ', offered: [...files, 'sub'] },
  { typed: 'explain log-retention x t', offered: ['template.yaml'] },
  { typed: 'explain --qu', offered: ['--quiet'] },
  { typed: '--policy ', offered: [...presets, ...files, 'sub'] },
  { typed: '--out ', offered: ['sub'] },
  { typed: 'checklist --format m', offered: ['markdown'] },
  { typed: 'policy ', offered: ['check', 'init', 'show'] },
  { typed: 'policy init --policy ', offered: presets },
  { typed: 'policy show reg', offered: ['regulated'] },
  { typed: 'change-set cr', offered: ['create'] },
  { typed: 'change-set create --allow-r', offered: ['--allow-replacement'] },
  { typed: 'change-set execute name --confir', offered: ['--confirm'] },
  { typed: 'completion ', offered: ['bash', 'fish', 'powershell', 'zsh'] },
  { typed: 'undo t', offered: ['template.yaml'] },
];

const has = (program: string) => spawnSync(program, ['--version']).error === undefined;
const programOf = (name: string) => (name === 'powershell' ? 'pwsh' : name);
const missing = [...shells, 'script'].filter((name) => !has(programOf(name)));
if (missing.length > 0) console.log(`passed over, not installed here: completion in ${missing.join(', ')}`);

let folder = '';
const scripts = new Map<Shell, string>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-completion-'));
  mkdirSync(join(folder, 'here', 'sub'), { recursive: true });
  for (const file of files) writeFileSync(join(folder, 'here', file), '');
  for (const shell of shells) {
    const { data, exitCode, notes } = await runInProcess(['completion', shell]);
    expect({ exitCode, notes }).toEqual({ exitCode: 0, notes: '' });
    const file = join(folder, `completion.${shell === 'powershell' ? 'ps1' : shell}`);
    scripts.set(shell, file);
    writeFileSync(file, data);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** For each case what a shell offers, all in one session of it. */
const offeredBy: Readonly<Record<Shell, () => readonly (readonly string[])[]>> = {
  /** As bash calls it: the words, and which of them the cursor is on. */
  bash: () =>
    sectionsOf('bash', [
      '--norc',
      '-c',
      `source "$0"; cd "$1"; shift
      for line; do
        IFS=' ' read -ra COMP_WORDS <<< "$line"; [[ $line == *' ' ]] && COMP_WORDS+=('')
        COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _idp_fix; printf '%s\\n' "\${COMPREPLY[@]}" ----
      done`,
      scripts.get('bash') ?? '',
      join(folder, 'here'),
      ...lines,
    ]),
  zsh: () =>
    sectionsOf('zsh', [
      '-f',
      join(import.meta.dirname, 'capture.zsh'),
      scripts.get('zsh') ?? '',
      join(folder, 'here'),
      ...lines,
    ]),
  fish: () =>
    sectionsOf('fish', [
      '--no-config',
      '-c',
      `source "${scripts.get('fish')}"; cd "${join(folder, 'here')}"; for line in $argv; complete -C $line; echo ----; end`,
      ...lines,
    ]),
  powershell: () =>
    sectionsOf('pwsh', [
      '-NoProfile',
      '-CommandWithArgs',
      `. $args[0]; Set-Location $args[1]
      foreach ($line in $args[2..($args.Count - 1)]) {
        [System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches |
          ForEach-Object { $_.ListItemText }
        '----'
      }`,
      scripts.get('powershell') ?? '',
      join(folder, 'here'),
      ...lines,
    ]),
};

const lines = cases.map(({ typed }) => `idp-fix ${typed}`);

function sectionsOf(program: string, words: readonly string[]): readonly (readonly string[])[] {
  const { stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', timeout: 120_000 });
  expect(stderr).toBe('');
  const sections = stdout.split('----\n').slice(0, -1);
  expect(sections).toHaveLength(cases.length);
  // fish describes what it offers, behind a tab.
  return sections.map((section) => {
    const offered = section.split('\n').map((line) => line.split('\t')[0]?.replace(/\/$/, '') ?? '');
    return [...new Set(offered.filter((line) => line !== ''))].sort();
  });
}

it.skipIf(missing.length === shells.length).each(shells.filter((shell) => !missing.includes(shell)))(
  'is offered in %s',
  (shell) => {
    const found = offeredBy[shell]();
    const wrong = cases.flatMap(({ typed, offered, isOpen }, index) => {
      const all = found[index] ?? [];
      const here = isOpen ? all.filter((word) => offered.includes(word)) : all;
      return isSame(here, [...offered].sort()) ? [] : [{ typed, offered: here }];
    });
    expect(wrong).toEqual([]);
  },
  120_000,
);

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((word, index) => word === right[index]);
}

/** Bash parts words at `=`, which only its line editor shows. */
it.skipIf(missing.includes('bash') || missing.includes('script'))(
  'completes the value of --flag=value at a terminal',
  async () => {
    const terminal = spawn('script', ['-qfc', 'bash --norc --noprofile -i', '/dev/null'], {
      env: { ...process.env, TERM: 'dumb', PS1: '' },
    });
    let shown = '';
    const until = (mark: string) =>
      new Promise<void>((resolve, reject) => {
        terminal.once('close', () => reject(new Error(`bash has ended: ${shown}`)));
        const look = () => shown.includes(mark) && resolve();
        terminal.stdout.on('data', look);
        look();
      });
    terminal.stdout.on('data', (bytes) => {
      shown += bytes;
    });
    terminal.stdin.write(
      `source '${scripts.get('bash')}'; idp-fix() { printf '[%s]' "$@"; }; echo read''y\n`,
    );
    await until('ready');
    terminal.stdin.write(`idp-fix --format=js\t --only=${logRetention},log-g\tx\n`);
    await until('x]');
    terminal.kill('SIGKILL');
    expect(shown).toContain(`[--format=json][--only=${logRetention},${logEncryption}x]`);
  },
  60_000,
);

describe('the scripts', () => {
  it('know every command and flag there is', async () => {
    const { data: help } = await runInProcess(['--help']);
    const flags = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag = '']) => flag);
    expect(flags.length).toBeGreaterThan(10);
    for (const shell of shells) {
      const { data } = await runInProcess(['completion', shell]);
      for (const flag of flags) expect(data).toContain(shell === 'fish' ? ` -l ${flag.slice(2)} ` : flag);
    }
  });

  it('are for a shell that is known', async () => {
    expect(await runInProcess(['completion', 'fihs'])).toEqual({
      exitCode: 2,
      data: '',
      notes: 'error: fihs: there are bash, zsh, fish, powershell\n  did you mean fish?\n',
    });
  });
});
