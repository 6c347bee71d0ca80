/**
 * `npm run bench`: processor time and memory of whole processes, in turns, so that what else the machine does hits all
 * alike; medians count. Writes the tables of docs/performance.md. `npm run bench -- --check` measures less, says how
 * the ratios compare with what is aimed at, and never fails for it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  fleetRow,
  type Growth,
  growths,
  hostilePrograms,
  type Program,
  planning,
  planRow,
  type Row,
} from './bench-inputs.js';

/** Of one process. */
interface Measured {
  /** User and system. */
  readonly cpuSeconds: number;
  /** Peak resident memory. */
  readonly megabytes: number;
}

/** Most seconds of CPU that a small template may take. */
const mostForShape = 2;
const startOnly: Program = { name: 'start', command: process.execPath, words: ['dist/main.js', '--version'] };
const isCheck = process.argv.includes('--check');
const time = '/usr/bin/time';
if (!existsSync(time)) throw new Error(`${time} (GNU time) is needed, and is not installed`);
const folder = mkdtempSync(join(tmpdir(), 'idp-fix-bench-'));
try {
  const rows = releases().map(({ name, root, aims }) =>
    planRow(name, root, aims, isCheck ? undefined : folder),
  );
  const tables = [
    ...[...rows, fleetRow(join(folder, 'fleet'), isCheck ? 5 : 20)].map((row) =>
      ratios(row, isCheck ? 2 : 5),
    ),
    ...(isCheck ? [] : [ratios(fleetRow(join(folder, 'large'), 1667), 1)]),
    hostile(hostilePrograms(join(folder, 'hostile'))),
    ...(isCheck ? [] : [growth(growths(join(folder, 'growth')))]),
  ];
  const text = tables.join('\n\n');
  console.log(text);
  if (!isCheck) writePage(text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The accelerator where it lies beside the project, else the example. */
function releases(): readonly { readonly name: string; readonly root: string; readonly aims: Row['aims'] }[] {
  const found = [
    { version: '0.3.4', aims: { [planning]: 0.85 } },
    { version: '0.6.4', aims: { [planning]: 1 } },
  ]
    .map(({ version, aims }) => ({
      name: `accelerator ${version}`,
      root: `../shared/data/idp-v${version}/template.yaml`,
      aims,
    }))
    .filter(({ root }) => existsSync(root));
  return found.length > 0
    ? found
    : [{ name: 'examples/document-pipeline', root: 'examples/document-pipeline/template.yaml', aims: {} }];
}

function ratios({ input, programs, aims, absent = [] }: Row, turns: number): string {
  const all = inTurns(programs, turns);
  const first = all[0]?.cpuSeconds ?? Number.NaN;
  const lines = programs.map(({ name }, index) => {
    const { cpuSeconds = Number.NaN, megabytes = Number.NaN } = all[index] ?? {};
    const { [name]: aim } = aims;
    const ratio = cpuSeconds / first;
    const compared = aim === undefined ? '' : `${aim} ${ratio <= aim ? '(reached)' : '(missed)'}`;
    return [name, cpuSeconds.toFixed(2), `${ratio.toFixed(1)} x`, compared, megabytes.toFixed(0)];
  });
  const notThere = absent.map((name) => [name, 'not installed', '', '', '']);
  return table([input, 'CPU s', 'ratio', 'aim', 'MB'], [...lines, ...notThere]);
}

function hostile(programs: readonly Program[]): string {
  const all = inTurns(programs, 1);
  const lines = programs.map(({ name }, index) => {
    const { cpuSeconds = Number.NaN, megabytes = Number.NaN } = all[index] ?? {};
    const compared = `${mostForShape} s ${cpuSeconds <= mostForShape ? '(reached)' : '(missed)'}`;
    return [name, cpuSeconds.toFixed(2), compared, megabytes.toFixed(0)];
  });
  return table(['small templates that are hard to analyze', 'CPU s', 'aim', 'MB'], lines);
}

/** How CPU time grows with a size, as the exponent of the power it grows by; the start of the process is left out. */
function growth(all: readonly Growth[]): string {
  const [start = 0] = inTurns([startOnly], 5).map(({ cpuSeconds }) => cpuSeconds);
  const lines = all.map(({ what, steps }) => {
    const measured = inTurns(
      steps.map(({ program }) => program),
      3,
    ).map(({ cpuSeconds }, index) => ({ size: steps[index]?.size ?? 0, own: cpuSeconds - start }));
    const seconds = measured.map(({ size, own }) => `${size}: ${own.toFixed(2)}`).join(', ');
    return [what, seconds, exponentOf(measured).toFixed(2), '1.1'];
  });
  return table(['what grows', 'CPU s beyond the start, by size', 'exponent', 'aim'], lines);
}

/** The slope of the straight line through the logarithms that is nearest to them. */
function exponentOf(measured: readonly { readonly size: number; readonly own: number }[]): number {
  const points = measured.map(({ size, own }) => [Math.log(size), Math.log(own)] as const);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([left]) => left)), mean(points.map(([, right]) => right))];
  const over = points.reduce((sum, [left, right]) => sum + (left - x) * (right - y), 0);
  return over / points.reduce((sum, [left]) => sum + (left - x) ** 2, 0);
}

/** Round by round, each program once, so that a busy moment of the machine does not fall on one of them. */
function inTurns(programs: readonly Program[], rounds: number): readonly Measured[] {
  const found = programs.map((): Measured[] => []);
  for (let round = 0; round < rounds; round++)
    // Other tools take long, and one run of theirs says enough.
    for (const [index, program] of programs.entries())
      if (round === 0 || program.command === process.execPath) found[index]?.push(measure(program));
  return found.map((runs) => ({
    cpuSeconds: median(runs.map(({ cpuSeconds }) => cpuSeconds)),
    megabytes: median(runs.map(({ megabytes }) => megabytes)),
  }));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function measure({ name, command, words }: Program): Measured {
  const { stderr, error } = spawnSync(time, ['-f', 'measured %U %S %M', command, ...words], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const [, user, system, kilobytes] = /measured ([\d.]+) ([\d.]+) (\d+)\s*$/.exec(stderr) ?? [];
  if (error !== undefined || user === undefined) throw new Error(`${name} was not measured: ${stderr}`);
  return { cpuSeconds: Number(user) + Number(system), megabytes: Number(kilobytes) / 1024 };
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (index === 0 ? '---' : '--:'));
  return [row(head), row(rule), ...lines.map(row)].join('\n');
}

/** Between the marks of the page. */
function writePage(tables: string): void {
  const page = 'docs/performance.md';
  const [before = '', rest = ''] = readFileSync(page, 'utf8').split('<!-- measured -->\n');
  const [, after = ''] = rest.split('<!-- end of what was measured -->\n');
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const where = `Version ${version}, Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}).`;
  const marked = `<!-- measured -->\n${where}\n\n${tables}\n<!-- end of what was measured -->\n`;
  writeFileSync(page, before + marked + after);
}
