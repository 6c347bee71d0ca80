import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formats } from '../../src/report/reports.js';
import { projectFolder } from './run-in-process.js';

const folder = mkdtempSync(join(tmpdir(), 'idp-fix-offline-'));
cpSync(join(projectFolder, 'examples/document-pipeline'), folder, { recursive: true });
cpSync(join(projectFolder, 'test/findings/samples/checkov.json'), join(folder, 'checkov.json'));
afterAll(() => rmSync(folder, { recursive: true }));

const preload = join(import.meta.dirname, 'sockets.mjs');
const program = join(projectFolder, 'dist/main.js');

const commands: readonly (readonly string[])[] = [
  ['--help'],
  ['--version'],
  ['template.yaml'],
  ['.', '--verbose'],
  ...formats.map((format) => ['template.yaml', '--format', format]),
  ['template.yaml', '--findings', 'checkov.json'],
  ['template.yaml', '--apply', '--dry-run'],
  ['template.yaml', '--apply', '--out', 'elsewhere'],
  ['template.yaml', '--write-baseline', 'baseline.json'],
  ['template.yaml', '--baseline', 'baseline.json'],
  ['checklist', 'template.yaml'],
  ['explain', 'log-retention'],
  ['policy', 'init'],
  ['policy', 'show'],
  ['policy', 'check'],
  ['no-such-file.yaml'],
  ['template.yaml', '--apply'],
  ['undo'],
];

function run(command: string, words: readonly string[]) {
  return spawnSync(command, words, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 });
}

describe('offline', () => {
  it.each(commands.map((words) => [words.join(' '), words] as const))(
    'idp-fix %s opens no socket',
    (_, words) => {
      const { status, stderr } = run(process.execPath, ['--import', preload, program, ...words]);
      expect(stderr).not.toContain('opened:');
      expect([0, 1, 2]).toContain(status);
    },
  );

  it.each([
    ['a connection', "require('node:net').connect(9, '127.0.0.1').on('error', () => {})"],
    ['a request', "fetch('http://127.0.0.1:49151/').catch(() => {})"],
    ['a secure request', "require('node:https').get('https://127.0.0.1:9/').on('error', () => {})"],
    ['a datagram', "require('node:dgram').createSocket('udp4').send('x', 9, '127.0.0.1')"],
    ['a look-up', "require('node:dns').lookup('localhost', () => {})"],
    ['a query', "require('node:dns').resolve('localhost', () => {})"],
    ['a server', "require('node:net').createServer().listen(0)"],
  ])('would be seen to open one by %s', (_, code) => {
    const { status, stderr } = run(process.execPath, ['--import', preload, '--eval', code]);
    expect(stderr).toContain('opened:');
    expect(status).toBe(99);
  });

  const hasStrace = spawnSync('strace', ['-V']).status === 0;
  // Passed over where strace is not installed; the kernel says the same as Node's own hooks above.
  it.runIf(hasStrace)('asks the kernel for no socket of the network', () => {
    const log = join(folder, 'strace.log');
    const words = ['-f', '-e', 'trace=socket,connect,sendto', '-o', log, process.execPath, program];
    for (const [asked, code] of [
      [['template.yaml'], 1],
      [['template.yaml', '--apply', '--out', 'elsewhere'], 0],
    ] as const) {
      expect(run('strace', [...words, ...asked]).status).toBe(code);
      const calls = readFileSync(log, 'utf8').split('\n');
      expect(calls.filter((line) => /AF_INET|AF_NETLINK/.test(line))).toEqual([]);
    }
  });
});
