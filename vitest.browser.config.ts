import { defineConfig } from 'vitest/config';
import { embedForTests } from './embed.mjs';

/** What `npm run test:browser` runs: review documents opened in Chromium. */
export default defineConfig({
  plugins: [embedForTests],
  test: {
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    reporters: process.env.VITEST_JSON
      ? ['default', ['json', { outputFile: process.env.VITEST_JSON }]]
      : ['default'],
  },
});
