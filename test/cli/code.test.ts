import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PlanDocument } from '../../src/plan/document.js';
import { projectFolder, runInProcess } from './run-in-process.js';

const template = join(projectFolder, 'test', 'code', 'desk', 'template.yaml');
const seen = 'front/app.py:9 invokes WORKER with InvocationType Event';

async function planned(...words: readonly string[]) {
  const { data } = await runInProcess([template, '--format', 'json', ...words]);
  const { stacks, coverage }: PlanDocument = JSON.parse(data);
  return { functions: stacks.flatMap(({ functions }) => functions), coverage };
}

describe('code beside a template', () => {
  it('is evidence in the plan', async () => {
    const { functions, coverage } = await planned();
    expect(functions.find(({ logicalId }) => logicalId === 'Worker')).toEqual({
      logicalId: 'Worker',
      type: 'background',
      invocation: 'async',
      evidence: ['called by function Front', seen],
    });
    expect(coverage.code).toEqual({ files: 1, notes: [] });
  });

  it('is left out with --no-code', async () => {
    const { functions, coverage } = await planned('--no-code');
    expect(functions.find(({ logicalId }) => logicalId === 'Worker')).toMatchObject({
      invocation: 'unknown',
      evidence: ['called by function Front'],
    });
    expect(coverage.code).toBeUndefined();
  });

  it('is in what explain says of a finding', async () => {
    const words = ['explain', 'lambda-dead-letter-queue', template, '--finding', 'Worker'];
    const { data } = await runInProcess(words);
    const said = data.replaceAll(/\s+/g, ' ');
    expect(said).toContain(seen);
    expect(said).toContain('classified as background, invoked asynchronously');
    const { data: without } = await runInProcess([...words, '--no-code']);
    expect(without.replaceAll(/\s+/g, ' ')).toContain('invoked in a way that is not known');
  });
});
