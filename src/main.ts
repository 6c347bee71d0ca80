#!/usr/bin/env node
/** The only file that meets `process`: real ports in, exit code out. */
import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };
import { remediations } from '../remediations/index.js';
import { inquirerPrompt } from './adapters/inquirer-prompt.js';
import { lineFile } from './adapters/line-file.js';
import { liveWorld, nodeWeb } from './adapters/live-world.js';
import { nodeFiles } from './adapters/node-files.js';
import {
  fleetMemory,
  interrupts,
  nodeModules,
  optimizeLate,
  systemClock,
  threadWorkers,
} from './adapters/process.js';
import { standardInput, terminalOutput } from './adapters/terminal.js';
import { showDefect } from './cli/show-error.js';
import { runCommandLine } from './run.js';

const defectExitCode = 70;

optimizeLate();
const words = process.argv.slice(2);
const { hold } = interrupts(process, () => {
  files.discardPending();
  const notice = live.interruptNotice();
  if (notice !== undefined) process.stderr.write(`\ninterrupted: ${notice}\n`);
});
const files = nodeFiles({ hold });
const live = liveWorld(process, hold);
const output = terminalOutput(process, process.env);

for (const stream of [process.stdout, process.stderr]) {
  // Whoever reads has seen enough, as in `idp-fix … | head`.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}
process.on('uncaughtException', reportDefect);

try {
  process.exitCode = await runCommandLine(
    words,
    {
      files,
      input: standardInput(process.stdin),
      output,
      wire: () => ({ input: process.stdin, output: process.stdout }),
      clock: systemClock,
      workers: threadWorkers(new URL('./fleet-worker.js', import.meta.url), fleetMemory),
      editorWorkers: threadWorkers(new URL('./lsp-worker.js', import.meta.url)),
      lines: lineFile,
      modules: nodeModules(process.cwd()),
      live,
      web: nodeWeb,
      prompt: inquirerPrompt(process, output.noteTerminal, words.includes('--no-color')),
    },
    {
      version: packageJson.version,
      remediations,
      policiesFolder: fileURLToPath(new URL('../policies/', import.meta.url)),
    },
  );
  endOnceTold();
} catch (error) {
  reportDefect(error);
}

/** What may still be under way then, as a request that nobody answers, is of no use to anybody. */
function endOnceTold(): void {
  const look = () => {
    if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) process.exit();
  };
  setInterval(look, 1000).unref();
}

function reportDefect(error: unknown): void {
  files.discardPending();
  process.stderr.write(showDefect(error, packageJson.version, words.includes('--verbose')));
  process.exit(defectExitCode);
}
