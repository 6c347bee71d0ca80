import { defineConfig } from 'vitest/config';
import { embedForTests } from './embed.mjs';

/** What `npm test` runs: unit and whole-run tests. The oracles have a configuration of their own. */
export default defineConfig({
  plugins: [embedForTests],
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/oracle/**', 'test/package/**', 'test/cdk/**', 'test/live/**', 'test/browser/**'],
    // Most tests wait for processes of their own: as many workers as processors.
    maxWorkers: '100%',
    // A busy machine is slow, not wrong: no test depends on how long it takes.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    reporters: process.env.VITEST_JSON
      ? ['default', ['json', { outputFile: process.env.VITEST_JSON }]]
      : ['default'],
  },
});
