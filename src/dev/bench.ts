/**
 * `npm run bench [-- ROOT_TEMPLATE]`: whole processes, each several times, the fastest counts. What a plan takes is
 * shown as a ratio to Node starting and parsing the same files with the YAML library, and to other tools where they are
 * found on the machine; nothing is judged by seconds.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

interface Measured {
  readonly name: string;
  readonly milliseconds: number;
  /** Peak resident memory, where `/usr/bin/time` tells it. */
  readonly megabytes: number | undefined;
}

const runs = 7;
const named = process.argv[2];
const usual = '../shared/data/idp-v0.3.4/template.yaml';
const root = named ?? (existsSync(usual) ? usual : 'examples/document-pipeline/template.yaml');
const files = templatesOf(root);
const parse = `const { readFileSync } = require('node:fs'); const { parseDocument } = require('yaml'); const customTags = ['Ref', 'Condition', 'GetAtt', 'Sub', 'If', 'Join', 'Select', 'Split', 'FindInMap', 'Equals', 'Not', 'And', 'Or', 'Base64', 'Cidr', 'ImportValue', 'GetAZs', 'Transform'].flatMap((name) => [{ tag: '!' + name, resolve: (text) => text }, { tag: '!' + name, collection: 'seq' }, { tag: '!' + name, collection: 'map' }]); for (const file of process.argv.slice(1)) parseDocument(readFileSync(file, 'utf8'), { customTags, keepSourceTokens: true });`;

const baseline = measure('node, parsing with yaml', process.execPath, ['-e', parse, ...files]);
const others = [
  [
    'checkov',
    ['--directory', dirname(root), '--framework', 'cloudformation', '--quiet', '--compact', '--soft-fail'],
  ],
  ['cfn-lint', ['--non-zero-exit-code', 'none', '--', ...files]],
] as const;

const rows = [
  baseline,
  measure('idp-fix', process.execPath, ['dist/main.js', root, '--format', 'json']),
  ...others.flatMap(([name, words]) => {
    const path = find(name);
    return path === undefined ? [] : [measure(name, path, words, 1)];
  }),
];

console.log(`${root}, ${files.length} templates; the fastest of ${runs} runs (other tools: one run)\n`);
for (const { name, milliseconds, megabytes } of rows) {
  const ratio = (milliseconds / baseline.milliseconds).toFixed(2).padStart(7);
  const memory = megabytes === undefined ? '' : `${megabytes.toFixed(0).padStart(6)} MB`;
  console.log(`${name.padEnd(26)}${milliseconds.toFixed(0).padStart(8)} ms${ratio} x${memory}`);
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

function measure(name: string, command: string, words: readonly string[], times = runs): Measured {
  const time = '/usr/bin/time';
  const isTimed = existsSync(time);
  let milliseconds = Number.POSITIVE_INFINITY;
  let megabytes: number | undefined;
  for (let run = 0; run < times; run++) {
    const start = process.hrtime.bigint();
    const { status, stderr } = isTimed
      ? spawnSync(time, ['-f', '%M', command, ...words], { encoding: 'utf8', maxBuffer: 2 ** 28 })
      : spawnSync(command, words, { encoding: 'utf8', maxBuffer: 2 ** 28 });
    milliseconds = Math.min(milliseconds, Number(process.hrtime.bigint() - start) / 1e6);
    if (status === null || status > 1) throw new Error(`${name} failed: ${stderr}`);
    const kilobytes = isTimed ? Number(stderr.trim().split('\n').at(-1)) : Number.NaN;
    if (Number.isFinite(kilobytes)) megabytes = Math.min(megabytes ?? kilobytes, kilobytes / 1024);
  }
  return { name, milliseconds, megabytes };
}

/** In the oracles' environment, or on the path. */
function find(name: string): string | undefined {
  const folders = ['.venv/bin', ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, name)).find(existsSync);
}
