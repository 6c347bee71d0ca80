/** `npm start`: the main job on the examples, findings first, then the diff. Nothing is written. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const findingsRemain = 1;

for (const words of [
  ['small/template.yaml'],
  ['small/template.yaml', '--apply', '--dry-run'],
  ['document-pipeline/template.yaml'],
  ['document-pipeline/template.yaml', '--apply', '--dry-run'],
]) {
  console.log(`\n$ cd examples && idp-fix ${words.join(' ')}\n`);
  const { status } = spawnSync(process.execPath, [program, ...words], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: 'inherit',
  });
  // Findings are what the examples are for; anything else is a failure of this program.
  if (status !== findingsRemain) process.exit(status ?? 1);
}
