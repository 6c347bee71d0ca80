/**
 * `import text from './file.css?embed'`: a style sheet, or a script for a browser with everything it imports, as one
 * minified text. For the build and for the tests, so that both have the same page.
 */
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const suffix = '?embed';

async function bundled(path) {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: ['es2022', 'chrome105', 'firefox121', 'safari16'],
    charset: 'utf8',
    legalComments: 'none',
  });
  return outputFiles[0].text.trimEnd();
}

export const embedForBuild = {
  name: 'embed',
  setup(run) {
    run.onResolve({ filter: /\?embed$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.slice(0, -suffix.length)),
      namespace: 'embed',
    }));
    run.onLoad({ filter: /.*/, namespace: 'embed' }, async ({ path }) => ({
      contents: await bundled(path),
      loader: 'text',
    }));
  },
};

// No ending that the test runner knows, or it would take a style sheet for one of its own.
const embedded = '.embedded';

export const embedForTests = {
  name: 'embed',
  enforce: 'pre',
  resolveId(specifier, importer) {
    if (!specifier.endsWith(suffix)) return undefined;
    return `\0${join(dirname(importer), specifier.slice(0, -suffix.length))}${embedded}`;
  },
  async load(id) {
    if (!id.endsWith(embedded)) return undefined;
    return `export default ${JSON.stringify(await bundled(id.slice(1, -embedded.length)))};`;
  },
};
