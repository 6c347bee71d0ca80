import { spawn } from 'node:child_process';

/** Runs a program without blocking, so that a server in the same process can answer it. */
export function runProgram(
  words: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<{ readonly status: number; readonly notes: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    let notes = '';
    child.stderr.on('data', (part) => {
      notes += part;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ status: code ?? -1, notes }));
  });
}
