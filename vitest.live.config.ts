import { defineConfig } from 'vitest/config';
import { embedForTests } from './embed.mjs';

/**
 * Whole runs against a stand-in for AWS. `npm run test:live` installs it first; `npm test` runs them, in the mode
 * `installed`, only where it is installed already.
 */
export default defineConfig(({ mode }) => ({
  plugins: [embedForTests],
  test: {
    include: ['test/live/**/*.test.ts'],
    globalSetup: ['test/live/start-stand-in.ts'],
    setupFiles: ['test/live/fresh-account.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    fileParallelism: false,
    // Results of a run of their own, or none: they are counted by the file they lie in.
    reporters:
      process.env.VITEST_JSON && mode !== 'installed'
        ? ['default', ['json', { outputFile: process.env.VITEST_JSON }]]
        : ['default'],
    env: {
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      // The fault loop: every call, or as a part of `npm test` one of thirteen.
      FAULT_STRIDE: process.env.FAULT_STRIDE ?? (mode === 'installed' ? '13' : '1'),
    },
  },
}));
