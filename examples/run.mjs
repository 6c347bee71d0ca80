/** `npm start`: the plan for the small example, part of its diff, and what to do next. Nothing is written. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const findingsRemain = 1;

/** Of the diff; the whole has about a hundred. */
const shownLines = 14;

function run(...words) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
  });
  // Findings are what the example is for; anything else is a failure of this program.
  if (status !== findingsRemain) {
    process.stderr.write(stderr);
    process.exit(status ?? 1);
  }
  console.log(`\n$ cd examples && idp-fix ${words.join(' ')}\n`);
  return stdout.trimEnd().split('\n');
}

console.log(run('small/template.yaml').join('\n'));
const diff = run('small/template.yaml', '--apply', '--dry-run');
console.log(diff.slice(0, shownLines).join('\n'));
console.log(`… and ${diff.length - shownLines} more lines`);
console.log('\nNext: npx idp-fix YOUR-TEMPLATE, or npx idp-fix wizard; docs/tutorial.md goes on from here');
