import { spawnSync } from 'node:child_process';

/** Far above the largest plan. */
const mostBytes = 1_000_000_000;

/** Runs a program of Node.js to its end, for callers that cannot wait in any other way. */
export function runToEnd(program: string, words: readonly string[]) {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [program, ...words], {
    encoding: 'utf8',
    maxBuffer: mostBytes,
    windowsHide: true,
  });
  if (error !== undefined) throw error;
  return { exitCode: status, stdout, stderr };
}
