import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastJsonPatch from 'fast-json-patch';
import jsonPatch from 'json-patch';
import { applyPatch as applyRfc6902 } from 'rfc6902';
import { beforeAll, describe, expect, test } from 'vitest';
import { applyPatch } from '../../src/patch/json-patch.js';
import type { PlanResult } from '../../src/plan/build.js';
import { readDocument } from '../../src/template/read.js';
import { planFile } from './plan-file.js';

const sources = ['examples/small', 'examples/document-pipeline', '../shared/data/idp-v0.3.4'].filter(
  existsSync,
);

describe.each(sources)('the patches of %s', (source) => {
  let result: PlanResult;
  beforeAll(async () => {
    result = await planFile(join(source, 'template.yaml'), { includeReview: true });
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
