/**
 * `npm run extract-data [-- --check]`: the AWS tables idp-fix needs, taken from the registry's schemas at the version
 * that is pinned in package.json. No plan loads the package itself.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { extractTables } from './tables.js';

const stale: string[] = [];
for (const [path, text] of extractTables()) {
  if (readOrNothing(path) === text) continue;
  stale.push(path);
  if (!process.argv.includes('--check')) writeFileSync(path, text);
}

if (stale.length > 0 && process.argv.includes('--check')) {
  console.error(`stale: ${stale.join(', ')}\n  npm run extract-data writes them anew`);
  process.exitCode = 1;
} else if (stale.length > 0) {
  console.log(`wrote ${stale.join(', ')}`);
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
