import { defineConfig } from 'vitest/config';

/** What `npm test` runs: unit and whole-run tests. The oracles have a configuration of their own. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/oracle/**', 'test/live/**', 'test/live/**'],
    testTimeout: 60_000,
    reporters: process.env.VITEST_JSON
      ? ['default', ['json', { outputFile: process.env.VITEST_JSON }]]
      : ['default'],
  },
});
