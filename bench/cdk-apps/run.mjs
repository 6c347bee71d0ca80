/**
 * Apps of the AWS CDK with the file that idp-fix generates for them: npm run bench:cdk -- [--context NAME=VALUE]… FOLDER…
 *
 * Each folder holds a `cdk.json`, as a checkout of somebody's repository has it; it is copied, its packages are installed, and
 * its program is run, so name only what may run here. The app is synthesized, planned with everything decided, synthesized again
 * with the generated file and planned again. Prints a table in Markdown; `npm run build` first.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { transformSync } from 'esbuild';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { context: { type: 'string', multiple: true, default: [] } },
});
const program = resolve(import.meta.dirname, '..', '..', 'dist', 'main.js');
const apps = positionals.map((folder) => resolve(folder));
const root = mkdtempSync(join(tmpdir(), 'idp-fix-cdk-'));
const minutes = 60_000;

/** With everything decided, so that all there is to patch is patched. */
const policy = `region: eu-central-1
encryption: {key: create}
remediations:
  cloudwatch-alarms: {emails: [ops@example.com]}
  cost-alerts: {budgetUsdPerMonth: 500, emails: [ops@example.com]}
  resource-tags: {required: {Owner: {value: platform}}}
include: [review]
`;
writeFileSync(join(root, 'policy.yaml'), policy);

/** Hands the generated file to the app before it is synthesized; the app itself stays as it is. */
const hooks = {
  'hook.cjs': `const Module = require('node:module');
const load = Module._load;
let isHooked = false;
Module._load = function (request, parent, ...rest) {
  const loaded = load.call(this, request, parent, ...rest);
  if (!isHooked && request === 'aws-cdk-lib') {
    isHooked = true;
    const { synth } = loaded.Stage.prototype;
    const fixed = new WeakSet();
    loaded.Stage.prototype.synth = function (...options) {
      if (this.node.scope === undefined && !fixed.has(this)) {
        fixed.add(this);
        require(process.env.IDP_FIX_MIXIN).IdpFix.into(this);
      }
      return synth.apply(this, options);
    };
  }
  return loaded;
};
`,
  'sitecustomize.py': `import os, sys
if os.environ.get('IDP_FIX_MIXIN'):
    sys.path.insert(0, os.environ['IDP_FIX_MIXIN'])
    import aws_cdk
    synth, fixed = aws_cdk.App.synth, []
    def with_fix(self, **options):
        if not fixed:
            fixed.append(True)
            from idp_fix import IdpFix
            IdpFix.into(self)
        return synth(self, **options)
    aws_cdk.App.synth = with_fix
`,
};
for (const [name, text] of Object.entries(hooks)) writeFileSync(join(root, name), text);

function run(command, words, options) {
  return execFileSync(command, words, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', maxBuffer: 2 ** 28, timeout: 10 * minutes, ...options });
}

/** What idp-fix prints; findings that are left are no failure. */
function idpFix(...words) {
  try {
    return run(process.execPath, [program, ...words, '--policy', join(root, 'policy.yaml'), '--include', 'review']);
  } catch (error) {
    if (error.status === 1 || error.status === 2) return error.stdout;
    throw error;
  }
}

const templatesIn = (folder) =>
  readdirSync(folder, { recursive: true }).filter((name) => /\.template\.json$/.test(name) && !name.includes('asset.')).sort();

/** What only the synth can give is a hash of the content, in addresses and in names that are new when the content is. */
const templateIn = (...names) =>
  JSON.parse(
    readFileSync(join(...names), 'utf8')
      .replaceAll(/[0-9a-f]{64}/g, 'HASH')
      .replaceAll(/(Deployment[0-9A-F]{8}|CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g, '$1'),
  );

function tried(source, index) {
  const folder = join(root, `app-${index}`);
  const app = join(folder, 'app');
  cpSync(source, app, { recursive: true, filter: (name) => !/(?:node_modules|cdk\.out|\.venv|\.git)$/.test(name) });
  const { app: command, context = {} } = JSON.parse(readFileSync(join(app, 'cdk.json'), 'utf8'));
  const isPython = /\bpython3?\b/.test(command);
  const environment = { ...process.env, CDK_DEFAULT_ACCOUNT: '111122223333', CDK_DEFAULT_REGION: 'eu-central-1', CDK_VALIDATION: 'false', TS_NODE_TRANSPILE_ONLY: 'true' };
  if (isPython) {
    run('python3', ['-m', 'venv', join(folder, 'venv')]);
    run(join(folder, 'venv', 'bin', 'pip'), ['install', '--quiet', 'aws-cdk-lib', ...(existsSync(join(app, 'requirements.txt')) ? ['-r', 'requirements.txt'] : [])], { cwd: app });
    environment.PATH = `${join(folder, 'venv', 'bin')}:${environment.PATH}`;
  } else run('npm', ['install', '--no-audit', '--no-fund', '--legacy-peer-deps'], { cwd: app });
  const given = Object.fromEntries(values.context.map((each) => each.split(/=(.*)/s).slice(0, 2)));
  const synth = (out, more = {}) =>
    run('sh', ['-c', command], {
      cwd: app,
      env: {
        ...environment,
        ...more,
        CDK_OUTDIR: join(folder, out),
        // As `cdk synth` tells the app; nothing is bundled, which would need Docker.
        CDK_CONTEXT_JSON: JSON.stringify({ 'aws:cdk:enable-path-metadata': true, 'aws:cdk:bundling-stacks': [], ...context, ...given }),
      },
    });
  synth('before');
  const plan = JSON.parse(idpFix(join(folder, 'before'), '--format', 'json'));
  idpFix(join(folder, 'before'), '--apply', '--out', join(folder, 'patched'), '--quiet');
  const generated = idpFix(join(folder, 'before'), '--format', isPython ? 'cdk-mixin-python' : 'cdk-mixin');
  const mixin = join(app, isPython ? 'idp-fix-generated' : 'idp-fix-generated.cjs');
  if (isPython) {
    mkdirSync(mixin);
    writeFileSync(join(mixin, 'idp_fix.py'), generated);
    synth('after', { IDP_FIX_MIXIN: mixin, PYTHONPATH: root });
  } else {
    writeFileSync(mixin, transformSync(generated, { loader: 'ts', format: 'cjs' }).code);
    synth('after', { IDP_FIX_MIXIN: mixin, NODE_OPTIONS: `--require ${join(root, 'hook.cjs')}` });
  }
  const names = templatesIn(join(folder, 'patched'));
  const different = names.filter((name) => !isDeepStrictEqual(templateIn(folder, 'after', name), templateIn(folder, 'patched', name)));
  const left = findingsOf(JSON.parse(idpFix(join(folder, 'after'), '--format', 'json'))).filter(isFixable).length;
  const resources = names.reduce((sum, name) => sum + Object.keys(templateIn(folder, 'before', name).Resources ?? {}).length, 0);
  return [isPython ? 'Python' : 'TypeScript', names.length, resources, findingsOf(plan).filter(isFixable).length, different.length === 0 ? 'equal' : `differs: ${different.join(', ')}`, left];
}

/** Findings of the plan of one root template, or of the list of plans of several. */
const findingsOf = (plans) => [plans].flat().flatMap(({ stacks }) => stacks.flatMap(({ findings }) => findings));
const isFixable = ({ verdict }) => verdict === 'fixable';

console.log('| app | language | templates | resources | findings to fix | second synth and patched templates | left then |\n|---|---|--:|--:|--:|---|--:|');
/** The last folder that all apps are in. */
const above = apps.map(dirname).reduce((common, each) => {
  while (relative(common, each).startsWith('..')) common = dirname(common);
  return common;
});
for (const [index, folder] of apps.entries()) {
  const name = relative(above, folder);
  try {
    console.log(`| ${[name, ...tried(folder, index)].join(' | ')} |`);
  } catch (error) {
    const said = String(error.stderr || error.message).trim().split('\n').findLast((line) => /error|cannot|not found/i.test(line)) ?? error.message.split('\n')[0];
    console.log(`| ${name} | not tried: ${said.replaceAll('|', '\\|').slice(0, 200)} | | | | | |`);
    if (process.env.IDP_FIX_DEBUG) console.error(error.message, error.stderr);
  }
}
rmSync(root, { recursive: true });
