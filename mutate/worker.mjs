/** Runs bundled test files in one process: as much of vitest as the tests of the engine use, over its own `expect`. */
import { Script } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  GLOBAL_EXPECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect';

/** Properties are tried with the same values for each mutant, and fewer of them. */
const mostRuns = 300;
const seed = 42;

for (const part of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(part);
const expect = (value, message) => chai.expect(value, message);
Object.assign(expect, chai.expect, globalThis[ASYMMETRIC_MATCHERS_OBJECT], { fail: chai.expect.fail });
globalThis[GLOBAL_EXPECT] = expect;
setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null }, expect);

globalThis.libraries = {};
for (const [name, url] of workerData.libraries) globalThis.libraries[name] = await import(url);
const properties = globalThis.libraries['fast-check'];
if (properties !== undefined) {
  const assert = (property, options) =>
    properties.assert(property, {
      ...options,
      numRuns: Math.min(options?.numRuns ?? 100, mostRuns),
      seed,
      endOnFailure: true,
    });
  globalThis.libraries['fast-check'] = { ...properties, assert, default: { ...properties.default, assert } };
}

let suite;
let tests;
let finishers;

function openSuite(parent) {
  return { parent, beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] };
}

/** `add(name, options?, body)` with the variants of vitest. */
function withVariants(add) {
  const nothing = Object.assign(() => {}, { each: () => () => {}, for: () => () => {} });
  const bodyOf = (first, second) => (typeof first === 'function' ? first : second);
  const all = (name, first, second) => add(String(name), bodyOf(first, second));
  const each = (rows) => (name, first, second) => {
    for (const row of rows) all(name, () => bodyOf(first, second)(...(Array.isArray(row) ? row : [row])));
  };
  const variants = { each, skip: nothing, todo: nothing };
  return Object.assign(all, variants, {
    skipIf: (isSkipped) => (isSkipped ? nothing : all),
    runIf: (isRun) => (isRun ? all : nothing),
  });
}

const test = withVariants((name, body) => tests.push({ name, body, suite }));
const describe = withVariants((_, body) => {
  const outer = suite;
  suite = openSuite(outer);
  body();
  suite = outer;
});
const hook = (kind) => (body) => suite[kind].push(body);
const kept = new Map();

globalThis.runner = {
  describe,
  expect,
  it: test,
  test,
  beforeAll: hook('beforeAll'),
  afterAll: hook('afterAll'),
  beforeEach: hook('beforeEach'),
  afterEach: hook('afterEach'),
  onTestFinished: (body) => finishers.push(body),
  vi: {
    stubEnv(name, value) {
      if (!kept.has(name)) kept.set(name, process.env[name]);
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    },
    unstubAllEnvs() {
      for (const [name, value] of kept) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      kept.clear();
    },
  },
};

const scripts = workerData.scripts.map(({ test: filename, code }) =>
  new Script(`(${code})`, { filename }).runInThisContext(),
);
/** What the instrumented code reads: which mutant is active, and where it counts what is reached. */
const state = {};
globalThis.__stryker__ = state;

function load(index) {
  state.mutantCoverage = { static: {}, perTest: {} };
  state.currentTestId = undefined;
  suite = openSuite(undefined);
  tests = [];
  scripts[index]();
  return tests;
}

const suitesOf = (of) => (of === undefined ? [] : [...suitesOf(of.parent), of]);

/** @param each runs one test; `false` ends it all. */
async function run(chosen, each) {
  const entered = new Set();
  for (const at of chosen) {
    const suites = suitesOf(tests[at].suite);
    const go = async () => {
      finishers = [];
      for (const of of suites) {
        if (entered.has(of)) continue;
        entered.add(of);
        for (const body of of.beforeAll) await body();
      }
      for (const of of suites) for (const body of of.beforeEach) await body();
      try {
        await tests[at].body({ expect });
      } finally {
        for (const of of suites.toReversed()) for (const body of of.afterEach) await body();
        for (const body of finishers) await body();
      }
    };
    if (!(await each(at, go))) break;
  }
  for (const of of entered) for (const body of of.afterAll) await body();
}

/** Every test without a mutant: how long it takes, and which mutants it reaches. */
async function runAll() {
  state.activeMutant = undefined;
  const failures = [];
  const files = [];
  for (const index of scripts.keys()) {
    const start = performance.now();
    load(index);
    const milliseconds = performance.now() - start;
    const results = [];
    await run(tests.keys(), async (at, go) => {
      const from = performance.now();
      state.currentTestId = String(at);
      const error = await go().then(
        () => undefined,
        (thrown) => thrown,
      );
      state.currentTestId = undefined;
      if (error !== undefined) failures.push(`${tests[at].name}: ${error.message}`);
      const reached = state.mutantCoverage.perTest[at] ?? {};
      results.push({ milliseconds: performance.now() - from, reached, isFailed: error !== undefined });
      return true;
    });
    files.push({ milliseconds, loaded: state.mutantCoverage.static, tests: results });
  }
  return { files, failures };
}

/** The tests that reach a mutant, up to the first that fails. */
async function runOne({ id, index, chosen, hitLimit }) {
  Object.assign(state, { activeMutant: id, hitCount: 0, hitLimit });
  let failure;
  try {
    load(index);
    await run(chosen, async (at, go) => {
      await go().catch((error) => {
        failure = `${tests[at].name}: ${error.message}`;
      });
      return failure === undefined;
    });
  } catch (error) {
    failure ??= String(error);
  }
  state.activeMutant = undefined;
  return { failure };
}

parentPort.on('message', async ({ port, ...message }) => {
  port.postMessage(message.kind === 'all' ? await runAll() : await runOne(message));
  port.close();
});
