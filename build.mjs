/**
 * Bundles idp-fix into `dist/`: the program, the library and the tools of development. Code is split, so that a plan
 * loads no more than a plan needs; types are made by tsc.
 */
import { existsSync, rmSync } from 'node:fs';
import { build } from 'esbuild';
import { embedForBuild } from './embed.mjs';

rmSync('dist', { recursive: true, force: true });

const entryPoints = {
  main: 'src/main.ts',
  index: 'src/index.ts',
  testing: 'src/testing.ts',
  'dev/generate': 'src/dev/generate.ts',
  'dev/bench': 'src/dev/bench.ts',
  'dev/capture': 'src/dev/capture.ts',
  'dev/new-remediation': 'src/dev/new-remediation.ts',
  'dev/extract-data': 'src/dev/extract-data.ts',
};

await build({
  entryPoints: Object.fromEntries(Object.entries(entryPoints).filter(([, path]) => existsSync(path))),
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // Loaded from node_modules when a text needs it; most runs never do.
  external: ['yaml', 'esbuild', '@aws-cdk/*', '@aws-sdk/*', '@smithy/*', '@xterm/headless'],
  plugins: [embedForBuild],
  chunkNames: 'chunks/[name]-[hash]',
  banner: {
    // What is CommonJS inside the bundle asks for Node's own modules by `require`.
    js: "import { createRequire as createRequireForBundle } from 'node:module'; const require = createRequireForBundle(import.meta.url);",
  },
  legalComments: 'linked',
  logLevel: 'warning',
});
