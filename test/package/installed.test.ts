import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { runProgram } from './run-program.js';

const project = join(import.meta.dirname, '..', '..');
const onWindows = process.platform === 'win32';

let folder = '';
let tarball = '';
let packed: readonly string[] = [];

const at = (...path: readonly string[]) => join(folder, ...path);

function run(program: string, words: readonly string[], cwd: string) {
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    cwd,
    encoding: 'utf8',
    // npm and what it installs are scripts there.
    shell: onWindows,
    env: { ...process.env, NO_COLOR: '1', npm_config_offline: 'true', npm_config_cache: at('npm-cache') },
  });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

function npm(words: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = run('npm', words, cwd);
  if (status !== 0) throw new Error(`npm ${words.join(' ')}: ${stderr}`);
  return stdout;
}

/** A folder of its own with the small example. */
function workFolder(name: string): string {
  const work = at(name);
  mkdirSync(work, { recursive: true });
  cpSync(join(project, 'examples', 'small', 'template.yaml'), join(work, 'template.yaml'));
  return work;
}

/** npm has no network and an empty cache, so an install that needs anything but the tarball fails. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-package-'));
  const [report] = JSON.parse(
    npm(['pack', '--json', '--pack-destination', folder], project).replace(/^[^[]*/, ''),
  );
  tarball = at(report.filename);
  packed = report.files.map(({ path }: { path: string }) => path);
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Metafile {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >;
}

describe('the tarball', () => {
  it('is built by npm itself, and holds what is published and nothing else', () => {
    expect(packed).toEqual(
      expect.arrayContaining([
        ...[
          'dist/main.js',
          'dist/index.js',
          'dist/testing.js',
          'dist/yaml.cjs',
          'dist/THIRD-PARTY-NOTICES.txt',
        ],
        ...[
          'deploy/fleet/template.yaml',
          'policies/production.yaml',
          'pipelines/check.sh',
          'LICENSE',
          'README.md',
          'SECURITY.md',
        ],
      ]),
    );
    const folders = new Set(packed.map((path) => path.split('/').slice(0, -1)[0] ?? '.'));
    expect([...folders].sort()).toEqual(['.', 'cdk', 'deploy', 'dist', 'pipelines', 'policies', 'skills']);
    expect(packed.filter((path) => /^dist\/dev\/|\.map$|\.test\./.test(path))).toEqual([]);
  });

  it('says where it comes from, in one place', () => {
    const { repository, homepage, bugs } = packageJson;
    const page = repository.url.replace(/^git\+(.*)\.git$/, '$1');
    expect({ homepage, bugs }).toEqual({ homepage: `${page}#readme`, bugs: { url: `${page}/issues` } });
  });

  it('has a chapter of the changelog', () => {
    expect(readFileSync(join(project, 'CHANGELOG.md'), 'utf8')).toContain(`\n## ${packageJson.version}`);
  });

  it('satisfies publint', () => {
    const linted = run(join('node_modules', '.bin', 'publint'), ['run', tarball, '--strict'], project);
    expect(linted).toMatchObject({ status: 0 });
  });

  it('has types that every resolution of modules finds', () => {
    const checked = run(join('node_modules', '.bin', 'attw'), [tarball, '--profile', 'esm-only'], project);
    expect(checked).toMatchObject({ status: 0 });
  });

  it('names the license of every package that it holds code of', () => {
    const notices = readFileSync(join(project, 'dist', 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    // What esbuild says of its inputs.
    const { outputs }: Metafile = JSON.parse(
      readFileSync(join(project, 'dist', 'dev', 'metafile.json'), 'utf8'),
    );
    const published = Object.entries(outputs).filter(([path]) => packed.includes(path));
    expect(published.length).toBeGreaterThan(100);
    const paths = published.flatMap(([, { inputs }]) =>
      Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    );
    const names = paths.map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
    const held = new Set(['yaml', ...names.filter((name) => name !== undefined)]);
    expect(held.size).toBeGreaterThan(40);
    const missing = [...held].filter((name) => !new RegExp(`^${name} \\d[^ ]* \\([A-Z]`, 'm').test(notices));
    expect(missing).toEqual([]);
  });
});

describe.each([
  {
    name: 'installed globally',
    prepare: () => {
      npm(['install', '--global', '--prefix', at('global'), tarball], folder);
      return {
        program: onWindows ? at('global', 'idp-fix.cmd') : at('global', 'bin', 'idp-fix'),
        before: [],
      };
    },
  },
  {
    name: 'installed in a project, by npx',
    prepare: () => {
      writeFileSync(join(workFolder('local'), 'package.json'), '{"private": true}');
      npm(['install', tarball], at('local'));
      return { program: 'npx', before: ['--no', '--', 'idp-fix'] };
    },
  },
  {
    name: 'not installed, by npx',
    prepare: () => ({ program: 'npx', before: ['--yes', '--package', tarball, '--', 'idp-fix'] }),
  },
])('$name', ({ name, prepare }) => {
  let given: { program: string; before: readonly string[] } = { program: '', before: [] };
  let work = '';
  const idpFix = (...words: readonly string[]) => run(given.program, [...given.before, ...words], work);
  beforeAll(() => {
    given = prepare();
    work = name.includes('project') ? at('local') : workFolder(name.replaceAll(/\W+/g, '-'));
  });

  it('says its version, plans, writes and takes back', () => {
    expect(idpFix('--version').stdout).toBe(`${packageJson.version}\n`);
    const before = readFileSync(join(work, 'template.yaml'), 'utf8');
    const plan = idpFix('template.yaml', '--format', 'json');
    expect(plan).toMatchObject({ status: 1, stderr: '' });
    expect(JSON.parse(plan.stdout)).toHaveProperty('tool.version', packageJson.version);
    expect(idpFix('--apply', 'template.yaml').status).toBeLessThan(2);
    expect(readFileSync(join(work, 'template.yaml'), 'utf8')).toContain('RetentionInDays: 365');
    expect(idpFix('undo').status).toBe(0);
    expect(readFileSync(join(work, 'template.yaml'), 'utf8')).toBe(before);
  });
});

describe('what is installed', () => {
  let work = '';
  const program = () => join(work, 'node_modules', 'idp-fix', 'dist', 'main.js');
  const idpFix = (...words: readonly string[]) => run(process.execPath, [program(), ...words], work);
  beforeAll(() => {
    work = workFolder('installed');
    writeFileSync(join(work, 'package.json'), '{"private": true, "type": "module"}');
    npm(['install', tarball], work);
  });

  it('is one package without dependencies, below 4.4 MB', () => {
    const modules = join(work, 'node_modules');
    expect(readdirSync(modules).filter((name) => !name.startsWith('.'))).toEqual(['idp-fix']);
    expect(existsSync(join(modules, 'idp-fix', 'node_modules'))).toBe(false);
    const bytes = readdirSync(modules, { recursive: true, encoding: 'utf8' })
      .map((path) => statSync(join(modules, path)))
      .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
    expect(bytes).toBeLessThan(4_400_000);
  });

  it('loads the YAML library from the bundle where it is needed', () => {
    expect(idpFix('policy', 'show', 'regulated')).toMatchObject({ status: 0, stderr: '' });
    writeFileSync(join(work, 'anchors.yaml'), 'Resources: &all\n  ? Alerts\n  : Type: AWS::SNS::Topic\n');
    expect(idpFix('anchors.yaml', '--only', 'log-retention')).toMatchObject({ status: 0, stderr: '' });
  });

  it('runs a plugin, of which idp-fix is a dependency', () => {
    const example = join(project, 'examples', 'custom-remediation');
    cpSync(join(example, 'topic-encryption.mjs'), join(work, 'topic-encryption.mjs'));
    writeFileSync(join(work, 'topic.yaml'), 'Resources:\n  Alerts:\n    Type: AWS::SNS::Topic\n');
    const words = ['topic.yaml', '--plugin', './topic-encryption.mjs', '--only', 'topic-encryption'];
    const { status, stdout } = idpFix(...words);
    expect(stdout).toContain('Alerts');
    expect(status).toBe(1);
  });

  it('checks the case file of a plugin', () => {
    const example = join(project, 'examples', 'custom-remediation');
    cpSync(join(example, 'topic-encryption.md'), join(work, 'topic-encryption.md'));
    writeFileSync(
      join(work, 'check.mjs'),
      `import { readFileSync } from 'node:fs';
       import { checkCases } from 'idp-fix/testing';
       import { remediations } from './topic-encryption.mjs';
       const checked = await checkCases(readFileSync('topic-encryption.md', 'utf8'), remediations[0]);
       console.log(JSON.stringify(checked.map(({ broken }) => broken)));`,
    );
    expect(run(process.execPath, ['check.mjs'], work)).toEqual({
      status: 0,
      stdout: '[[],[],[]]\n',
      stderr: '',
    });
  });

  it('gives an app of the CDK its plug-in, as ES module and as CommonJS', () => {
    const validate = `const { validate } = idpFixPlugin({ policy: 'production', only: ['log-retention'] });
       const { violations } = validate({ templatePaths: [require('node:path').resolve('template.yaml')] });
       console.log(violations.map(({ ruleName }) => ruleName).join());`;
    writeFileSync(join(work, 'app.cjs'), `const { idpFixPlugin } = require('idp-fix/cdk');\n${validate}`);
    writeFileSync(
      join(work, 'app.mjs'),
      `import { createRequire } from 'node:module';
       import { idpFixPlugin } from 'idp-fix/cdk';
       const require = createRequire(import.meta.url);\n${validate}`,
    );
    for (const app of ['app.cjs', 'app.mjs']) {
      expect(run(process.execPath, [app], work)).toMatchObject({
        status: 0,
        stdout: 'log-retention\n',
        stderr: '',
      });
    }
  });

  describe('has types', () => {
    const options = {
      ...{
        strict: true,
        module: 'nodenext',
        target: 'es2023',
        lib: ['es2023', 'dom'],
        exactOptionalPropertyTypes: true,
      },
      // Whatever the declarations refer to is there, or this is an error.
      ...{ skipLibCheck: false, types: [] },
    };
    const compile = (text: string) => {
      writeFileSync(join(work, 'rules.ts'), text);
      writeFileSync(
        join(work, 'tsconfig.json'),
        JSON.stringify({ compilerOptions: options, include: ['rules.ts'] }),
      );
      return run(
        process.execPath,
        [join(project, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'],
        work,
      );
    };
    const rules = readFileSync(join(import.meta.dirname, 'rules.ts.txt'), 'utf8');

    it('for plans and remediations, zod included', () => {
      expect(compile(rules)).toEqual({ status: 0, stdout: '', stderr: '' });
      writeFileSync(join(work, 'queue.yaml'), 'Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n');
      const words = ['queue.yaml', '--plugin', './rules.js', '--only', 'queue-wait', '--apply', '--dry-run'];
      expect(idpFix(...words).stdout).toContain('+      ReceiveMessageWaitTimeSeconds: 20');
    });

    it.each([
      ['a target of another shape', 'target.seconds', 'target.minutes'],
      ['a kind of finding that there is not', 'fixable(', 'compliant(1, '],
      ['an option of a plan that there is not', 'includeReview', 'includeEverything'],
    ])('that refuse %s', (_, right, wrong) => {
      expect(rules).toContain(right);
      expect(compile(rules.replace(right, wrong)).status).not.toBe(0);
    });
  });

  it('holds what the code uses of the clients of AWS', async () => {
    const adapters = join(project, 'src', 'adapters', 'aws');
    const code = readdirSync(adapters).map((name) => readFileSync(join(adapters, name), 'utf8'));
    const used = code.flatMap((text) => [
      ...[...text.matchAll(/const \{([^}]+)\} = await (?:\w+\(\)|import\('@aws)/g)].flatMap(
        ([, names = '']) => names.split(',').map((name) => name.trim()),
      ),
      ...[...text.matchAll(/new (?:sdk|s3)\.(\w+)/g)].map(([, name]) => name),
    ]);
    const chunks = join(work, 'node_modules', 'idp-fix', 'dist', 'chunks');
    const held = new Set<string>();
    for (const name of readdirSync(chunks).filter((file) => file.startsWith('client-'))) {
      for (const found of Object.keys(await import(pathToFileURL(join(chunks, name)).href))) held.add(found);
    }
    const ours = ['client', 'once', ''];
    expect(used.filter((name) => name !== undefined && !ours.includes(name) && !held.has(name))).toEqual([]);
    expect(held.size).toBeGreaterThan(50);
  });

  it('reaches AWS with the clients of the bundle', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      const body: Buffer[] = [];
      request.on('data', (part) => body.push(part));
      request.on('end', () => {
        asked.push(new URLSearchParams(Buffer.concat(body).toString()).get('Action') ?? request.url ?? '');
        response.writeHead(403, { 'content-type': 'text/xml' });
        response.end(
          '<ErrorResponse><Error><Code>AccessDenied</Code><Message>not today</Message></Error></ErrorResponse>',
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { status, notes } = await runProgram(
      [program(), 'change-set', 'create', '--stack', 'shop', 'template.yaml'],
      {
        cwd: work,
        env: {
          ...{
            PATH: process.env.PATH ?? '',
            HOME: work,
            AWS_EC2_METADATA_DISABLED: 'true',
            AWS_REGION: 'eu-west-1',
          },
          ...{
            AWS_ACCESS_KEY_ID: 'id',
            AWS_SECRET_ACCESS_KEY: 'secret',
            AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
          },
        },
      },
    );
    server.close();
    expect(asked).not.toEqual([]);
    expect(notes).toContain('sts:GetCallerIdentity');
    expect(status).toBeGreaterThan(1);
    expect(status).not.toBe(70);
  });
});
