import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Block, blocksOf, needsOf, pages, proseOf } from './pages.js';

/**
 * Runs what the documentation tells a reader to type. Blocks of one page run in order, in one copy of the examples:
 * `console` shows commands (`$ …`) with all they print, a line of `…` standing for what is left out; `sh` shows
 * commands alone, which must end with 0, or with 1 (findings remain). What is not to be run is `text`.
 * `UPDATE_DOCS=1 npx vitest run test/docs` writes anew what commands print; it is to be read before it is committed.
 */
const shells: ReadonlySet<string> = new Set(['console', 'sh']);
const known: ReadonlySet<string> = new Set([...shells, 'text', 'yaml', 'json', 'js', 'toml', 'diff']);

const updates = process.env.UPDATE_DOCS === '1';

const accelerator = resolve('../shared/data/idp-v0.3.4');
const has = (program: string) => spawnSync(program, ['--version']).error === undefined;
const missing = [...(existsSync(accelerator) ? [] : ['accelerator']), ...(has('jq') ? [] : ['jq'])];
// Commands that work with AWS are run by `npm run test:live`, which has something that stands in for it.
const elsewhere = ['aws'];

describe.each(pages)('%s', (page) => {
  const blocks = blocksOf(page);
  const unmet = needsOf(page).filter((need) => [...missing, ...elsewhere].includes(need));
  const runnable = blocks.filter(({ language }) => shells.has(language));

  it('says of every block what it is', () => {
    expect(blocks.filter(({ language }) => !known.has(language))).toEqual([]);
    // An indented block says nothing, so no command hides in one.
    expect(proseOf(page)).not.toMatch(/^ {4}(?:\$ )?(?:idp-fix|npx|npm|jq|aws|git) /m);
  });

  describe.skipIf(unmet.length > 0 || runnable.length === 0)(
    `runs (needs ${unmet.join(', ') || 'nothing'})`,
    () => {
      let folder = '';
      beforeAll(() => {
        folder = scratch();
      });
      afterAll(() => rmSync(folder, { recursive: true }));

      it.each(runnable.map((block) => [block.line, block] as const))('from line %s', (_line, block) => {
        for (const { command, output } of commandsOf(block)) {
          const ran = run(command, folder);
          expect(ran.stderr, command).not.toMatch(/not found|this is a defect/);
          expect([0, 1], `${command}\n${ran.stderr}`).toContain(ran.status);
          if (output === undefined) continue;
          if (updates && !hasGap(output)) rewrite(block, command, output, ran.stdout);
          else expect(ran.stdout).toMatch(pattern(output));
        }
      });
    },
  );
});

/** Stops at the first command that ends with more than 1; findings that remain are no failure. */
const strict = "set -o pipefail; trap 'status=$?; [ $status -le 1 ] || exit $status' ERR";

interface Command {
  readonly command: string;
  /** What the page shows of the standard output. */
  readonly output: string | undefined;
}

function commandsOf({ language, text }: Block): readonly Command[] {
  if (language === 'sh') return [{ command: `${strict}\n${text}`, output: undefined }];
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((each) => {
      const [command = '', ...output] = each.split('\n');
      return { command, output: output.join('\n') };
    });
}

const gap = /^ *…\n/m;
const hasGap = (output: string) => gap.test(output);

function rewrite({ page }: Block, command: string, output: string, printed: string): void {
  const shown = (text: string) => `$ ${command}\n${text}`;
  writeFileSync(
    page,
    readFileSync(page, 'utf8').replace(shown(output), () => shown(printed)),
  );
}

function pattern(output: string): RegExp {
  const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const parts = output.split(new RegExp(gap, 'gm')).map(literal);
  return new RegExp(`^${parts.join('(?:.*\\n)*')}$`);
}

/**
 * A copy of what a reader has: the checkout's examples and policies, a template of their own, in two releases too, what
 * Checkov said of it, the accelerator as `idp`, and `idp-fix`.
 */
function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'idp-fix-docs-'));
  for (const name of ['examples', 'policies']) cpSync(name, join(folder, name), { recursive: true });
  cpSync('examples/small/template.yaml', join(folder, 'template.yaml'));
  for (const release of ['v1', 'v2']) cpSync('examples/small', join(folder, release), { recursive: true });
  cpSync('test/findings/samples/checkov.json', join(folder, 'checkov.json'));
  if (existsSync(accelerator)) {
    cpSync(accelerator, join(folder, 'idp'), { recursive: true });
    spawnSync('chmod', ['-R', 'u+w', join(folder, 'idp')]);
  }
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(resolve('.'), join(folder, 'node_modules', 'idp-fix'));
  const program = resolve('dist/main.js');
  mkdirSync(join(folder, '.bin'));
  for (const [name, words] of [
    ['idp-fix', '"$@"'],
    ['npx', '"${@:2}"'],
  ] as const) {
    const path = join(folder, '.bin', name);
    writeFileSync(path, `#!/usr/bin/env bash\nexec "${process.execPath}" "${program}" ${words}\n`);
    chmodSync(path, 0o755);
  }
  return folder;
}

function run(command: string, folder: string) {
  const path = [join(folder, '.bin'), process.env.PATH].join(delimiter);
  return spawnSync('bash', ['-c', command], {
    cwd: folder,
    encoding: 'utf8',
    input: '',
    env: { ...process.env, PATH: path, NO_COLOR: '1', COLUMNS: '80' },
  });
}
