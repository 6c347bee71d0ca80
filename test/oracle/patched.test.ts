import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { readDocument } from '../../src/document/read.js';
import type { PlanResult } from '../../src/plan/build.js';
import { planFile } from '../whole-runs/plan-file.js';
import { corpusRoots, policies } from '../whole-runs/roots.js';
import { awsValidate, checkov, installTools, validate } from './tools.js';

const accelerator = '../shared/data/idp-v0.3.4/template.yaml';
const roots = [
  ['the small example', 'examples/small/template.yaml', 'production'],
  ['the document pipeline', 'examples/document-pipeline/template.yaml', 'examples/filled.policy.yaml'],
  [
    'the document pipeline, watched and archived',
    'examples/document-pipeline/template.yaml',
    'test/oracle/watched.policy.yaml',
  ],
  ...corpusRoots.flatMap((root) =>
    policies.map((policy) => [`${root} under ${policy}`, root, policy] as const),
  ),
  ['the accelerator', accelerator, 'production'],
  ['the accelerator, with everything decided', accelerator, 'examples/filled.policy.yaml'],
] as const;

beforeAll(installTools);

describe.each<readonly [string, string, string]>(roots)('%s, patched', (name, source, policy) => {
  if (!existsSync(source)) {
    test(`is passed over: ${source} is not there`, () => expect(name).toContain('the accelerator'));
    return;
  }
  let result: PlanResult;
  let folder = '';

  beforeAll(async () => {
    result = await planFile(source, { includeReview: true, policy });
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-oracle-'));
    for (const { path, text, document } of result.files) {
      for (const [version, content] of [
        ['before', document.source.text],
        ['after', text],
      ] as const) {
        const file = join(folder, version, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
      const assets = join(dirname(source), dirname(path), 'statemachine');
      if (existsSync(assets))
        cpSync(assets, join(folder, 'after', dirname(path), 'statemachine'), { recursive: true });
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('fails no check of Checkov that the plan does not leave to a person', () => {
    const covered = remediations.flatMap(({ id, equivalents }) =>
      (equivalents.checkov ?? []).map((check) => ({ id, check })),
    );
    const after = checkov(
      join(folder, 'after'),
      covered.map(({ check }) => check),
    );
    const explained = new Set(
      result.document.stacks.flatMap(({ template, findings }) =>
        findings
          .filter(
            ({ verdict }) => verdict === 'manual' || verdict === 'not-applicable' || verdict === 'unknown',
          )
          .flatMap(({ remediation, logicalId }) =>
            covered
              .filter(({ id }) => id === remediation)
              .map(({ check }) => `${check} ${template} ${logicalId}`),
          ),
      ),
    );
    // What a fix adds for a resource (its log group, by name) is explained with that resource, or by the patch itself.
    const isExplained = (failure: string) =>
      explained.has(failure) ||
      [...explained].some((known) => failure.startsWith(known) && isAdded(failure)) ||
      isAnnounced(failure);
    const leaves = result.document.stacks.flatMap(({ patches }) => patches.flatMap((patch) => patch.leaves));
    const isAnnounced = (failure: string) =>
      covered.some(
        ({ id, check }) =>
          failure.startsWith(`${check} `) &&
          leaves.some((said) => said.startsWith(`${nameIn(failure)} is new and does not pass ${id}:`)),
      );
    const before = new Set(result.files.map(({ document }) => document.source.text));
    const nameIn = (failure: string) => failure.slice(failure.lastIndexOf(' ') + 1);
    const isAdded = (failure: string) => [...before].every((text) => !text.includes(nameIn(failure)));
    const surprising = after.failed
      .map(({ check, file, logicalId }) => `${check} ${file} ${logicalId}`)
      .filter((failure) => !isExplained(failure));
    expect(after.passed).toBeGreaterThan(0);
    expect(surprising).toEqual([]);
  });

  test("is told nothing new by AWS's validator, on every file it can read", () => {
    const messages = result.files.flatMap(({ path, document }) => {
      // What it cannot read as written it is given as JSON, so that the values are looked at all the same.
      const asJson = (version: string) => {
        const file = join(folder, `${version}.value.json`);
        const text = readFileSync(join(folder, version, path), 'utf8');
        writeFileSync(file, JSON.stringify(readDocument({ ...document.source, text }).value));
        return awsValidate(file);
      };
      const [before, after] = (['before', 'after'] as const).map(
        (version) => awsValidate(join(folder, version, path)) ?? asJson(version) ?? ['it cannot be read'],
      );
      const known = new Set(before);
      return (after ?? []).filter((message) => !known.has(message)).map((message) => `${path}: ${message}`);
    });
    expect(messages).toEqual([]);
  });

  test('is told nothing new by the translator of SAM and cfn-lint', () => {
    const messages = result.files.flatMap(({ path }) => {
      const [before, after] = (['before', 'after'] as const).map((version) =>
        validate(join(folder, version, path), join(folder, `${version}.json`)),
      );
      const known = new Set(before);
      return (after ?? []).filter((message) => !known.has(message)).map((message) => `${path}: ${message}`);
    });
    expect(messages).toEqual([]);
  });
});
