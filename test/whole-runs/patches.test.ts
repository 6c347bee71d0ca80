import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import fastJsonPatch from 'fast-json-patch';
import jsonPatch from 'json-patch';
import { applyPatch as applyRfc6902 } from 'rfc6902';
import { beforeAll, describe, expect, test } from 'vitest';
import { readDocument } from '../../src/document/read.js';
import { encodeTemplate } from '../../src/document/source.js';
import { applyPatch } from '../../src/patch/json-patch.js';
import type { PlanResult } from '../../src/plan/build.js';
import { planFile } from './plan-file.js';
import { policies, roots } from './roots.js';

const sources = roots.flatMap((root) => policies.map((policy) => [root, policy] as const));

describe.each(sources)('the patches of %s under %s', (source, policy) => {
  let result: PlanResult;
  beforeAll(async () => {
    result = await planFile(source, { includeReview: true, policy });
  });

  const copy = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value));

  test('do the same in the hands of every library, and what the written file says', () => {
    let operations = 0;
    for (const { path, document, text } of result.files) {
      const stack = result.document.stacks.find(({ template }) => template === path);
      const patch = stack?.patches.flatMap((each) => each.operations) ?? [];
      operations += patch.length;
      const { value: written } = readDocument({ ...document.source, text });
      const byRfc6902 = copy(document.value);
      expect(applyRfc6902(byRfc6902, copy(patch) as never).filter((each) => each !== null)).toEqual([]);
      expect(byRfc6902).toEqual(written);
      expect(fastJsonPatch.applyPatch(copy(document.value), copy(patch) as never).newDocument).toEqual(
        written,
      );
      expect(jsonPatch.apply(copy(document.value) as never, copy(patch) as never)).toEqual(written);
    }
    expect(operations).toBeGreaterThan(0);
  });

  test('leave nothing to fix, and change nothing in a second run', async () => {
    const written = mkdtempSync(join(tmpdir(), 'idp-fix-second-'));
    for (const { path, text, document } of result.files) {
      mkdirSync(dirname(join(written, path)), { recursive: true });
      writeFileSync(join(written, path), encodeTemplate(text, document.source));
    }
    const again = await planFile(join(written, basename(source)), {
      includeReview: true,
      policy: policy === 'production' ? policy : resolve(policy),
    });
    rmSync(written, { recursive: true });
    const left = again.document.stacks.flatMap(({ findings }) =>
      findings.filter(({ verdict }) => verdict === 'fixable'),
    );
    expect(left).toEqual([]);
    expect(again.files.filter(({ changed }) => changed)).toEqual([]);
  });

  test('name no partition but what the policy says', () => {
    const added = result.document.stacks.flatMap(({ patches }) =>
      patches.flatMap(({ operations }) => operations),
    );
    const said = policy === 'production' ? '' : readFileSync(policy, 'utf8');
    const values = added.flatMap((operation) =>
      operation.op === 'add' || operation.op === 'replace' ? [JSON.stringify(operation.value)] : [],
    );
    const arns = values
      .flatMap((value) => value.match(/arn:aws:[^"\\]*/g) ?? [])
      .filter((arn) => !said.includes(arn));
    const known = result.files.map(({ document }) => document.source.text).join('');
    expect(arns.filter((arn) => !known.includes(arn))).toEqual([]);
  });

  test('are undone by their inverses, last one first', () => {
    for (const { path, document } of result.files) {
      const patches = result.document.stacks.find(({ template }) => template === path)?.patches ?? [];
      const patched = applyPatch(
        document.value,
        patches.flatMap((each) => each.operations),
      );
      const undone = [...patches]
        .reverse()
        .reduce((value, { inverse }) => applyPatch(value, inverse), patched);
      expect(undone).toEqual(document.value);
    }
  });
});
