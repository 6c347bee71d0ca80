/**
 * Mutation testing: `npm run mutate -- src/patch/verify.ts --tests test/patch`.
 *
 * The mutants are Stryker's, all of them in one build with a switch for each. Its runners start the tests anew for every
 * mutant, which takes hours for the engine; here a worker evaluates the bundled test files again, and runs the tests that
 * reach the mutant until one fails.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { Instrumenter } from '@stryker-mutator/instrumenter';
import { build } from 'esbuild';
import { resolve as resolveModule } from 'import-meta-resolve';
import { embedForBuild } from '../embed.mjs';

/** What is mutated unless files are named, and the tests that hold it. */
const engine = {
  'src/expressions': ['test/expressions'],
  'src/patch': ['test/patch'],
  'src/plan': ['test/plan'],
  'remediations/kit': ['test/remediations', 'test/remediations.test.ts'],
};

/** Sentences and the shape of literals are held by golden files. */
const excludedMutations = ['StringLiteral', 'ObjectLiteral'];

/** A mutant may take this much longer than the tests take without it. */
const slowdown = 20;
const leastMilliseconds = 20_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { tests: { type: 'string', multiple: true }, quiet: { type: 'boolean', default: false } },
});
const here = pathToFileURL(join(process.cwd(), 'mutate', 'run.mjs')).href;

function filesIn(path, ending) {
  if (statSync(path).isFile()) return [path];
  const names = readdirSync(path, { recursive: true }).filter((name) => name.endsWith(ending));
  return names.map((name) => join(path, name)).sort();
}

async function instrument(file) {
  const silent = { isDebugEnabled: () => false, debug() {}, info() {}, warn: console.warn, error: console.error };
  const source = { name: resolve(file), mutate: true, content: readFileSync(file, 'utf8') };
  const options = { excludedMutations, plugins: null, ignorers: [], noHeader: false };
  const { files, mutants } = await new Instrumenter(silent).instrument([source], options);
  return { content: files[0].content, mutants: mutants.filter(({ status }) => status !== 'Ignored') };
}

/** The test files as functions that evaluate all of them anew; libraries are loaded once, in the worker. */
async function bundle(tests, mutated, content) {
  const libraries = new Map();
  const plugin = {
    name: 'mutate',
    setup(run) {
      run.onResolve({ filter: /^vitest$/ }, ({ path }) => ({ path, namespace: 'runner' }));
      run.onLoad({ filter: /./, namespace: 'runner' }, () => ({
        contents: `export const { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, test, vi } = globalThis.runner;`,
      }));
      run.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
        kind === 'entry-point' || path.endsWith('?embed') ? undefined : { path, namespace: 'library' },
      );
      run.onLoad({ filter: /./, namespace: 'library' }, async ({ path }) => {
        libraries.set(path, resolveModule(path, here));
        const names = Object.keys(await import(libraries.get(path))).filter((name) => /^[\w$]+$/.test(name));
        const library = `globalThis.libraries[${JSON.stringify(path)}]`;
        return {
          contents: names
            .map((name, index) => `const e${index} = ${library}[${JSON.stringify(name)}]; export { e${index} as ${name} };`)
            .join('\n'),
        };
      });
      run.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
        contents: (path === resolve(mutated) ? content : readFileSync(path, 'utf8'))
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
          .replaceAll('import.meta.dirname', JSON.stringify(dirname(path))),
        loader: 'ts',
      }));
    },
  };
  const options = { bundle: true, write: false, format: 'iife', platform: 'node', logLevel: 'error' };
  const scripts = [];
  for (const test of tests) {
    const { outputFiles } = await build({ ...options, entryPoints: [test], plugins: [embedForBuild, plugin] });
    scripts.push({ test, code: `() => {${outputFiles[0].text}\n}` });
  }
  return { scripts, libraries: [...libraries] };
}

/** Asks a worker, and takes another one when it does not answer. */
function openWorker(workerData) {
  let worker;
  const ask = (message, milliseconds) =>
    new Promise((done) => {
      worker ??= new Worker(new URL('worker.mjs', import.meta.url), { workerData, resourceLimits: { stackSizeMb: 1 } });
      const { port1, port2 } = new MessageChannel();
      const finish = (answer, isLost) => {
        clearTimeout(timer);
        worker.off('error', onError);
        port1.close();
        if (isLost) worker.terminate();
        if (isLost) worker = undefined;
        done(answer);
      };
      const onError = (error) => finish({ failure: String(error) }, true);
      const timer = setTimeout(() => finish({ failure: 'timeout' }, true), milliseconds);
      port1.on('message', (answer) => finish(answer, false));
      worker.on('error', onError);
      worker.postMessage({ ...message, port: port2 }, [port2]);
    });
  return { ask, close: () => worker?.terminate() };
}

function said(file, { location: { start, end }, replacement }, isReached) {
  const lines = readFileSync(file, 'utf8').split('\n');
  const original = start.line === end.line ? lines[start.line].slice(start.column, end.column) : `${lines[start.line].slice(start.column)} …`;
  const where = `${file}:${start.line + 1}:${start.column + 1}${isReached ? '' : ' (no test gets there)'}`;
  return `${where}\n  - ${original}\n  + ${replacement.replaceAll(/\s*\n\s*/g, ' ')}`;
}

async function mutate(file, tests) {
  const { content, mutants } = await instrument(file);
  const worker = openWorker(await bundle(tests, file, content));
  const { files, failures, failure } = await worker.ask({ kind: 'all' }, 3_600_000);
  if (failure !== undefined) throw new Error(failure);
  for (const failed of failures) console.error(`fails without any mutant: ${failed}`);
  const count = { killed: 0, timeout: 0, survived: 0 };
  for (const mutant of mutants) {
    const reaching = files
      .map(({ loaded, milliseconds, tests: each }, index) => {
        const isAlways = loaded[mutant.id] !== undefined;
        const chosen = each.flatMap(({ reached, isFailed }, at) =>
          !isFailed && (isAlways || reached[mutant.id] !== undefined) ? [at] : [],
        );
        const hits = each.reduce((sum, { reached }) => sum + (reached[mutant.id] ?? 0), loaded[mutant.id] ?? 0);
        const cost = chosen.reduce((sum, at) => sum + each[at].milliseconds, milliseconds);
        return { index, chosen, hits, cost };
      })
      .filter(({ chosen }) => chosen.length > 0)
      .sort((left, right) => left.cost - right.cost);
    let killer;
    for (const { index, chosen, hits, cost } of reaching) {
      const answer = await worker.ask(
        { kind: 'one', id: mutant.id, index, chosen, hitLimit: hits * 100 + 1000 },
        leastMilliseconds + cost * slowdown,
      );
      killer = answer.failure;
      if (killer !== undefined) break;
    }
    count[killer === undefined ? 'survived' : killer === 'timeout' ? 'timeout' : 'killed']++;
    if (killer === undefined && !values.quiet) console.log(said(file, mutant, reaching.length > 0));
  }
  await worker.close();
  return { file, mutants: mutants.length, killed: count.killed + count.timeout, survived: count.survived };
}

const parts =
  positionals.length > 0
    ? positionals.map((path) => [path, values.tests ?? engine[Object.keys(engine).find((part) => path.startsWith(part))] ?? ['test']])
    : Object.entries(engine);
const rows = [];
for (const [path, tests] of parts) {
  const testFiles = tests.flatMap((each) => filesIn(each, '.test.ts'));
  for (const file of filesIn(path, '.ts')) {
    const row = await mutate(file, testFiles);
    const share = row.mutants === 0 ? 100 : Math.floor((1000 * row.killed) / row.mutants) / 10;
    rows.push(`${row.file}: ${row.killed} of ${row.mutants} killed (${share} %), ${row.survived} survived`);
    console.log(rows.at(-1));
  }
}
console.log(`\n${rows.join('\n')}`);
