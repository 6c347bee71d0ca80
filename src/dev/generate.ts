/**
 * `npm run generate [-- --check]`: writes what is made from other files, or says what is stale. Units are compiled
 * anew each time, so that the answer never depends on the last build.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { embedForBuild } from '../../embed.mjs';
import { registry, registryPath } from './tables.js';

const checksOnly = process.argv.includes('--check');
const project = process.cwd();
const stale: string[] = [];

keep(
  registryPath,
  registry(readdirSync(join(project, 'remediations'), { recursive: true, encoding: 'utf8' })),
);
for (const [path, text] of await generatedFiles()) keep(path, text);

if (stale.length > 0 && checksOnly) {
  console.error(`stale: ${stale.join(', ')}\n  npm run generate writes them anew`);
  process.exitCode = 1;
} else if (stale.length > 0) {
  console.log(`wrote ${stale.join(', ')}`);
}

function keep(path: string, text: string): void {
  const file = join(project, path);
  if (textOf(file) === text) return;
  stale.push(path);
  if (checksOnly) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(project, 'node_modules', '.generate-'));
  try {
    const outfile = join(folder, 'generated-files.mjs');
    const entry = join(project, 'src', 'dev', 'generated-files.ts');
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      // What the commands load on the way brings its embedded files along.
      plugins: [embedForBuild],
    });
    const made: typeof import('./generated-files.js') = await import(pathToFileURL(outfile).href);
    return made.generatedFiles((path) => readFileSync(join(project, path), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
