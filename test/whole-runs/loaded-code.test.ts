import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';

const program = 'dist/main.js';

/** What the build says of the files it has written. */
interface Metafile {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >;
}

function sourcesOf(output: Metafile['outputs'][string] | undefined): readonly string[] {
  return Object.entries(output?.inputs ?? {})
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path);
}

/** The source files and packages a command really loads, by what V8 has seen of the bundle. */
function loadedBy(...words: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'idp-fix-loaded-'));
  const { status, stderr } = spawnSync(process.execPath, [program, ...words], {
    encoding: 'utf8',
    env: { ...process.env, NODE_V8_COVERAGE: folder },
    maxBuffer: 2 ** 28,
  });
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  const files = readdirSync(folder).flatMap((name) => {
    const { result }: { result: readonly { url: string }[] } = JSON.parse(
      readFileSync(join(folder, name), 'utf8'),
    );
    return result.filter(({ url }) => url.startsWith('file:')).map(({ url }) => fileURLToPath(url));
  });
  rmSync(folder, { recursive: true });
  const { outputs }: Metafile = JSON.parse(readFileSync('dist/dev/metafile.json', 'utf8'));
  return files.flatMap((file) => {
    const path = relative('.', file);
    return path in outputs ? sourcesOf(outputs[path]) : [path];
  });
}

describe.skipIf(!existsSync(program))('a plan, as it is installed (passed over: dist is not built)', () => {
  let loaded: readonly string[] = [];
  beforeAll(() => {
    loaded = loadedBy('examples/document-pipeline/template.yaml', '--format', 'json');
  });

  test('loads what plans', () => {
    expect(loaded).toEqual(
      expect.arrayContaining([
        'src/plan/build.ts',
        'remediations/log-retention/index.ts',
        'src/report/json.ts',
      ]),
    );
  });

  test.each([
    ['the AWS SDK', /@aws-sdk|@smithy|src\/adapters\/aws\//],
    ['a prompt or the wizard', /node_modules\/.*inquirer|src\/cli\/wizard\//],
    [
      'what makes JSON Schema of zod, or zod of it, in fifty languages',
      /from-json-schema|zod\/.*\/locales\/(?!en\.)|policy-json-schema/,
    ],
    ['the YAML library, since the templates do not need it', /node_modules\/yaml\//],
    ['change sets', /src\/changeset\/(?!ports)|change-set-command/],
    ['other reports', /src\/report\/(?:html|markdown|sarif|junit|text)/],
  ])('does not load %s', (_, pattern) => {
    expect(loaded.filter((path) => pattern.test(path))).toEqual([]);
  });
});
