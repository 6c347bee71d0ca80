import { defineConfig } from 'vitest/config';
import { embedForTests } from './embed.mjs';

/**
 * What `npm run mutate` runs against each mutant: the direct tests of the engine, and the cases of all remediations. With
 * `MUTATE_TESTS=test/expressions` it is the tests of one folder, which takes minutes instead of hours and lets more survive.
 */
const folder = process.env.MUTATE_TESTS;

export default defineConfig({
  plugins: [embedForTests],
  test: {
    include:
      folder === undefined
        ? ['test/{document,template,expressions,plan,patch}/**/*.test.ts', 'test/remediations.test.ts']
        : [`${folder}/**/*.test.ts`],
    testTimeout: 600_000,
  },
});
