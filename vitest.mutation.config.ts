import { defineConfig } from 'vitest/config';
import { embedForTests } from './embed.mjs';

/** What `npm run mutate` runs against each mutant: the direct tests of the engine, and the cases of all remediations. */
export default defineConfig({
  plugins: [embedForTests],
  test: {
    include: ['test/{document,template,expressions,plan,patch}/**/*.test.ts', 'test/remediations.test.ts'],
    testTimeout: 600_000,
  },
});
