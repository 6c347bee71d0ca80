/**
 * Bundles idp-fix into `dist/` with every library it uses, so that what is installed has no dependencies: the program
 * and the library as one build, whose code is split so that a plan loads no more than a plan needs; the tools of
 * development, which are not published, as another. Types are made by tsc (`types.mjs`).
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { deflateRawSync } from 'node:zlib';
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

/**
 * What is imported when it is needed is imported as a whole, and nothing of it can be left out. Of an AWS client a bundle
 * takes the operations that the code which talks to AWS names; the whole of EC2's alone is 1.6 MB.
 */
const clientsInPart = {
  name: 'clients in part',
  setup(run) {
    const sources = readdirSync('src/adapters/aws').map((name) => readFileSync(join('src/adapters/aws', name), 'utf8'));
    const words = new Set(sources.join('\n').match(/\b(?:\w+(?:Client|Command)|(?:paginate|waitUntil)\w+)\b/g));
    run.onResolve({ filter: /^@aws-sdk\/client-/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, namespace: 'client', sideEffects: false } : undefined,
    );
    run.onLoad({ filter: /.*/, namespace: 'client' }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => words.has(name));
      return { contents: `export { ${names.join(', ')} } from '${path}';`, resolveDir: '.' };
    });
  },
};

/**
 * What libraries hold for uses that idp-fix has none of: the MCP SDK's schemas of zod 3 and its check of what a user is
 * asked for, the AWS SDK's look at the browser.
 */
const unused = {
  'zod/v3': 'export const object = undefined;',
  'zod-to-json-schema': 'export const zodToJsonSchema = undefined;',
  '../validation/ajv-provider.js': 'export class AjvJsonSchemaValidator {}',
  bowser: '',
};
const withoutUnused = {
  name: 'without unused',
  setup(run) {
    run.onResolve({ filter: /^(?:zod|bowser|\.\.\/validation)/ }, ({ path }) =>
      path in unused ? { path, namespace: 'unused', sideEffects: false } : undefined,
    );
    run.onLoad({ filter: /.*/, namespace: 'unused' }, ({ path }) => ({ contents: unused[path] }));
  },
};

/** The tables of `src/data` are read from a compressed text, in less time than a literal of their size is parsed. */
const tablesCompressed = {
  name: 'tables compressed',
  setup(run) {
    run.onLoad({ filter: /src.data.[\w-]+\.json$/ }, async ({ path }) => {
      const table = JSON.stringify(JSON.parse(await readFile(path, 'utf8')));
      const text = deflateRawSync(table, { level: 9 }).toString('base64');
      return {
        contents: `import { inflateRawSync } from 'node:zlib';
          export default JSON.parse(inflateRawSync(Buffer.from('${text}', 'base64')).toString());`,
      };
    });
  },
};

/**
 * What several entries share is split by who shares it, into dozens of small files, each of which costs a run a
 * millisecond or two. What a plan needs stays in one file, since each of our modules that is imported when it is needed takes
 * it along; a plan has loaded it by then.
 */
const planPath = ['src/cli/plan-command.ts', 'src/report/json.ts', 'remediations/index.ts'].map((path) => resolve(path));
const importedLater = new Set(
  readdirSync('src', { recursive: true })
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) =>
      [...readFileSync(join('src', path), 'utf8').matchAll(/\bimport\('(\.[^']+)\.js'\)/g)].map(([, specifier]) =>
        resolve('src', dirname(path), `${specifier}.ts`),
      ),
    ),
);

function withPlanPath(path, text) {
  if (!importedLater.has(path)) return text;
  const imports = planPath.filter((each) => each !== path).map((each) => `import ${JSON.stringify(each)};`);
  return `${text}\n${imports.join('\n')}`;
}

/** Names inside functions are shortened; those of our own functions stay, since they are in the stack trace of a defect. */
const namesShortened = {
  name: 'names shortened',
  setup(run) {
    run.onLoad({ filter: /node_modules.*\.m?js$|\.ts$/ }, async ({ path, namespace }) => {
      if (namespace !== 'file') return undefined;
      const text = await readFile(path, 'utf8');
      const isSchema = /dist-es.schemas.schemas_\d+\.js$/.test(path);
      const { code } = await transform(isSchema ? withConstants(text) : withPlanPath(path, text), {
        loader: path.endsWith('.ts') ? 'ts' : 'js',
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
  plugins: [embedForBuild, clientsInPart, withoutUnused, tablesCompressed, yamlBeside, namesShortened],
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
