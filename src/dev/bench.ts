/**
 * `npm run bench [-- ROOT_TEMPLATE]`: whole processes, in turns, so that what else the machine does hits all alike; the
 * fastest run counts. What a plan takes is shown as a ratio to Node starting and parsing the same files with the YAML
 * library, and to other tools where they are found on the machine; nothing is judged by seconds.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

interface Program {
  readonly name: string;
  readonly command: string;
  readonly words: readonly string[];
  readonly runs: number;
}

interface Measured {
  readonly milliseconds: number;
  /** Of the processor, where `/usr/bin/time` tells it. */
  readonly cpuMilliseconds: number | undefined;
  /** Peak resident memory. */
  readonly megabytes: number | undefined;
}

/** The same library with the tags of CloudFormation, reading what an editor in place needs. */
const parsing = `
const { readFileSync } = require('node:fs');
const { parseDocument } = require('yaml');
const names = ['Ref', 'Condition', 'GetAtt', 'Sub', 'If', 'Join', 'Select', 'Split', 'FindInMap', 'Equals', 'Not', 'And', 'Or', 'Base64', 'Cidr', 'ImportValue', 'GetAZs', 'Transform'];
const customTags = names.flatMap((name) => [
  { tag: '!' + name, resolve: (text) => text },
  { tag: '!' + name, collection: 'seq' },
  { tag: '!' + name, collection: 'map' },
]);
for (const file of process.argv.slice(1)) parseDocument(readFileSync(file, 'utf8'), { customTags, keepSourceTokens: true });
`;

const baselineName = 'node, parsing with yaml';
const runs = 9;
const named = process.argv[2];
const usual = '../shared/data/idp-v0.3.4/template.yaml';
const root = named ?? (existsSync(usual) ? usual : 'examples/document-pipeline/template.yaml');
const all = templatesOf(root);

// The main template alone, as a filter: what it nests is not looked for then.
report(`${root} alone`, [root], ['-']);
if (all.length > 1) report(`${root} and what it nests: ${all.length} templates`, all, [root]);

function report(title: string, files: readonly string[], asked: readonly string[]): void {
  const input = asked[0] === '-' ? root : undefined;
  const programs: readonly Program[] = [
    { name: baselineName, command: process.execPath, words: ['-e', parsing, ...files], runs },
    {
      name: 'idp-fix',
      command: process.execPath,
      words: ['dist/main.js', ...asked, '--format', 'json'],
      runs,
    },
    ...others(files),
  ];
  const best = fastest(programs, input);
  const [baseline] = best;
  console.log(`${title} (the fastest of ${runs} runs; of other tools, of one)\n`);
  for (const [index, { milliseconds, cpuMilliseconds, megabytes }] of best.entries()) {
    const columns = [
      (programs[index]?.name ?? '').padEnd(26),
      `${milliseconds.toFixed(0).padStart(8)} ms`,
      ratio(milliseconds, baseline?.milliseconds),
      cpuMilliseconds === undefined ? '' : `   cpu ${cpuMilliseconds.toFixed(0).padStart(6)} ms`,
      cpuMilliseconds === undefined ? '' : ratio(cpuMilliseconds, baseline?.cpuMilliseconds),
      megabytes === undefined ? '' : `${megabytes.toFixed(0).padStart(6)} MB`,
    ];
    console.log(columns.join(''));
  }
  console.log('');
}

function ratio(value: number, baseline = Number.NaN): string {
  return `${(value / baseline).toFixed(2).padStart(7)} x`;
}

/** Other tools on the same files, where they are found. */
function others(files: readonly string[]): readonly Program[] {
  const commands: readonly (readonly [string, readonly string[]])[] = [
    [
      'checkov',
      [
        ...files.flatMap((file) => ['--file', file]),
        '--framework',
        'cloudformation',
        '--quiet',
        '--compact',
        '--soft-fail',
      ],
    ],
    ['cfn-lint', ['--non-zero-exit-code', 'none', '--', ...files]],
    ['cfn-guard', ['validate', '--rules', guardRules(), '--data', ...files]],
  ];
  return commands.flatMap(([name, words]) => {
    const command = find(name);
    return command === undefined ? [] : [{ name, command, words, runs: 1 }];
  });
}

/** One rule is enough to make cfn-guard read and walk the templates. */
function guardRules(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'idp-fix-bench-')), 'bench.guard');
  writeFileSync(
    file,
    `let functions = Resources.*[ Type == 'AWS::Serverless::Function' ]
rule concurrency when %functions !empty { %functions.Properties.ReservedConcurrentExecutions exists }
`,
  );
  return file;
}

/** The root and what it nests, as a plan names them. */
function templatesOf(path: string): readonly string[] {
  const { stdout } = spawnSync(process.execPath, ['dist/main.js', path, '--format', 'json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const { stacks }: { stacks: readonly { readonly template: string }[] } = JSON.parse(stdout);
  return stacks.map(({ template }) => join(dirname(path), template));
}

/** Round by round, each program once, so that a busy moment of the machine does not fall on one of them. */
function fastest(programs: readonly Program[], inputFile: string | undefined): readonly Measured[] {
  const input = inputFile === undefined ? '' : readFileSync(inputFile);
  const best: Measured[] = [];
  for (let round = 0; round < runs; round++) {
    for (const [index, program] of programs.entries()) {
      if (round < program.runs) best[index] = faster(best[index], measure(program, input));
    }
  }
  return best;
}

function faster(known: Measured | undefined, found: Measured): Measured {
  if (known === undefined) return found;
  return {
    milliseconds: Math.min(known.milliseconds, found.milliseconds),
    cpuMilliseconds: least(known.cpuMilliseconds, found.cpuMilliseconds),
    megabytes: least(known.megabytes, found.megabytes),
  };
}

function least(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined || right === undefined ? (left ?? right) : Math.min(left, right);
}

function measure({ name, command, words }: Program, input: string | Buffer): Measured {
  const time = '/usr/bin/time';
  const isTimed = existsSync(time);
  const [program, ...rest] = isTimed ? [time, '-f', '%M %U %S', command, ...words] : [command, ...words];
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(program ?? command, rest, {
    encoding: 'utf8',
    input,
    maxBuffer: 2 ** 28,
  });
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  // Findings are no failure: 1, and 19 from cfn-guard.
  const isFine = status === 0 || (name !== baselineName && (status === 1 || status === 19));
  if (!isFine) throw new Error(`${name} failed: ${stderr}`);
  if (!isTimed) return { milliseconds, cpuMilliseconds: undefined, megabytes: undefined };
  const [kilobytes = 0, user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number);
  return { milliseconds, cpuMilliseconds: (user + system) * 1000, megabytes: kilobytes / 1024 };
}

/** In the oracles' environment, or on the path. */
function find(name: string): string | undefined {
  const folders = ['.venv/bin', ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, name)).find(existsSync);
}
