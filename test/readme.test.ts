import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runInProcess } from './cli/run-in-process.js';

/** Blocks that start with `$ npx idp-fix …` show what the command prints today. */
const pages = ['README.md'];
const blocks = pages.flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(/^```console\n\$ npx idp-fix (.*)\n([\s\S]*?)^```$/gm)].map(
    ([, words = '', output = '']) => [page, words, output] as const,
  ),
);

describe('what the documentation shows', () => {
  test('is shown at all', () => {
    expect(blocks.length).toBeGreaterThan(1);
  });

  test.each(blocks)('%s: idp-fix %s', async (_page, words, output) => {
    const { data } = await runInProcess(words.split(' '));
    expect(output).toBe(data);
  });
});
