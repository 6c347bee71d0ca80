import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { extractTables } from '../../src/dev/tables.js';

/** A table that no longer says what the pinned schemas say would be believed all the same. */
test.each([...extractTables()])('%s is what the pinned schemas say', (path, text) => {
  expect(readFileSync(path, 'utf8') === text, `npm run extract-data writes ${path} anew`).toBe(true);
});
