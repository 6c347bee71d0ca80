import { defineConfig } from 'vitest/config';
import { embedForTests } from './embed.mjs';

/** What `npm run test:cdk` runs: apps of the CDK, which is installed in `test/cdk` for it. */
export default defineConfig({
  plugins: [embedForTests],
  test: {
    include: ['test/cdk/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    reporters: process.env.VITEST_JSON
      ? ['default', ['json', { outputFile: process.env.VITEST_JSON }]]
      : ['default'],
  },
});
