/**
 * Bundles idp-fix into `dist/` with every library it uses, so that what is installed has no dependencies: the program
 * and the library as one build, whose code is split so that a plan loads no more than a plan needs; the tools of
 * development, which are not published, as another. Types are made by tsc (`types.mjs`).
 */
import { rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { build, transform } from 'esbuild';
import { embedForBuild } from './embed.mjs';
import { bundledPackages, noticesOf } from './notices.mjs';

rmSync('dist', { recursive: true, force: true });

/**
 * The schemas of an AWS client spell their keys as constants (`{[_xN]: …}`), which esbuild has to take for code with
 * effects. With the constants written out, the schemas that nothing uses can be left out, more than 1 MB.
 */
function withConstants(text) {
  const constants = new Map(
    [...text.matchAll(/^const (\w+) = (".*");$/gm)].map(([, name, value]) => [name, value]),
  );
  return text.replace(/\[(\w+)\]:/g, (key, name) => constants.get(name)?.concat(':') ?? key);
}

/** Names inside libraries are shortened; those of our own stay, since they are in the stack trace of a defect. */
const librariesShortened = {
  name: 'libraries shortened',
  setup(run) {
    run.onLoad({ filter: /node_modules.*\.m?js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const isSchema = /dist-es.schemas.schemas_\d+\.js$/.test(path);
      const { code } = await transform(isSchema ? withConstants(text) : text, {
        minifyIdentifiers: true,
        target: common.target,
        sourcefile: path,
      });
      return { contents: code };
    });
  },
};

/** Readers are synchronous and load the library when a text needs it, so it is a file of its own that they require. */
const yamlBeside = {
  name: 'yaml beside',
  setup(run) {
    run.onLoad({ filter: /src.document.yaml-library\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll("('yaml')", "('#yaml')"),
      loader: 'ts',
    }));
  },
};

const common = {
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // A library that has both forms is bundled in the one whose unused parts can be left out.
  mainFields: ['module', 'main'],
  chunkNames: 'chunks/[name]-[hash]',
  banner: {
    // What is CommonJS inside the bundle asks for Node's own modules by `require`.
    js: "import { createRequire as createRequireForBundle } from 'node:module'; const require = createRequireForBundle(import.meta.url);",
  },
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 160,
  logLevel: 'warning',
  metafile: true,
};

const published = await build({
  ...common,
  entryPoints: { main: 'src/main.ts', 'fleet-worker': 'src/fleet-worker.ts', 'fleet-lambda': 'src/fleet-lambda.ts', 'lsp-worker': 'src/lsp-worker.ts', index: 'src/index.ts', testing: 'src/testing.ts' },
  outdir: 'dist',
  plugins: [embedForBuild, librariesShortened, yamlBeside],
  // Their licenses are in the notices, whole.
  legalComments: 'none',
});
writeFileSync('dist/THIRD-PARTY-NOTICES.txt', noticesOf([...bundledPackages(published.metafile), 'node_modules/yaml']));

await build({
  bundle: true,
  entryPoints: ['yaml'],
  minify: true,
  lineLimit: 160,
  outfile: 'dist/yaml.cjs',
  platform: 'node',
  target: common.target,
  legalComments: 'none',
});

// An app of the CDK loads it whether it is of CommonJS or of ES modules; it starts the program beside it.
await build({
  bundle: true,
  entryPoints: { cdk: 'src/cdk.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 160,
  platform: 'node',
  target: common.target,
});

await build({
  ...common,
  entryPoints: ['bench', 'capture', 'extract-data', 'generate', 'new-remediation'].map((name) => `src/dev/${name}.ts`),
  outdir: 'dist/dev',
  plugins: [embedForBuild],
  packages: 'external',
});
// Which of its inputs the published bundle holds, and how much of each; not published.
writeFileSync('dist/dev/metafile.json', JSON.stringify(published.metafile));
