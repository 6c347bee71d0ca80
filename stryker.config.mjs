import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Mutation testing of the engine: `npm run mutate`, or a part of it with `npm run mutate -- --mutate src/patch/diff.ts`.
 * A whole run takes hours; `MUTATE_SAMPLE=20 npm run mutate` takes every twentieth block of lines, the same ones each time.
 */
const parts = ['src/expressions', 'src/plan', 'src/patch', 'remediations/kit'];
const linesOfABlock = 12;
const every = Number(process.env.MUTATE_SAMPLE ?? 1);

/** Blocks are counted through all files, so that a sample has something of long and short ones alike. */
function sample() {
  let block = 0;
  return parts
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .sort()
        .map((name) => join(folder, name)),
    )
    .flatMap((file) => {
      const lines = readFileSync(file, 'utf8').split('\n').length;
      const starts = Array.from({ length: Math.ceil(lines / linesOfABlock) }, (_, index) => index * linesOfABlock + 1);
      return starts
        .filter(() => block++ % every === 0)
        .map((start) => `${file}:${start}-${start + linesOfABlock - 1}`);
    });
}

export default {
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts' },
  mutate: every === 1 ? parts.map((folder) => `${folder}/**/*.ts`) : sample(),
  // Sentences and the shape of literals are held by golden files, not by the tests that are run here.
  mutator: { excludedMutations: ['StringLiteral', 'ObjectLiteral'] },
  // What is computed once when a module is loaded can't be switched per mutant.
  ignoreStatic: true,
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { logTests: false, allowColor: false },
  jsonReporter: { fileName: 'mutants.json' },
  // The compiler of this project has no JavaScript API, which Stryker would rewrite its settings with.
  tsconfigFile: 'none',
  // Made by other suites; the links in them can't be copied.
  ignorePatterns: ['.venv', '.venv-live', 'coverage'],
  concurrency: 2,
  timeoutMS: 20_000,
};
