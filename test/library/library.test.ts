import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply, IdpFixError, plan, report, undo } from '../../src/index.js';
import { contentsOf, projectFolder, runInProcess } from '../cli/run-in-process.js';

let folder = '';
const root = () => join(folder, 'template.yaml');
const today = '2026-01-01';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-library-'));
  cpSync(join(projectFolder, 'examples', 'document-pipeline'), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the library', () => {
  it('plans without writing, and says what the command line says', async () => {
    const before = contentsOf(folder);
    const planned = await plan(root(), { today });
    expect(contentsOf(folder)).toEqual(before);
    const { data } = await runInProcess([root(), '--format', 'json', '--pretty'], { today });
    const withoutVersion = (text: string) => text.replace(/"version": "[^"]+"/, '');
    expect(withoutVersion(await report(planned, 'json'))).toBe(withoutVersion(data));
  });

  it('applies to the bytes the command line writes, and takes them back', async () => {
    const before = contentsOf(folder);
    const other = join(folder, 'other');
    expect(await runInProcess([root(), '--apply', '--out', other], { today })).toMatchObject({ exitCode: 0 });
    const byCommand = contentsOf(other);
    rmSync(other, { recursive: true });
    const written = await apply(await plan(root(), { today }));
    expect(written).toContain(root());
    for (const [path, text] of Object.entries(byCommand)) {
      expect(readFileSync(join(folder, path), 'utf8')).toBe(text);
    }
    expect((await undo(root())).toSorted()).toEqual(written.toSorted());
    expect(contentsOf(folder)).toEqual(before);
  });

  it('honors options as the flags of the command line', async () => {
    const planned = await plan(folder, { only: ['log-retention'], suppressions: 'honour', today });
    const [first] = planned.roots;
    const found = first?.result.document.stacks.flatMap(({ findings }) => findings) ?? [];
    expect(new Set(found.map(({ remediation }) => remediation))).toEqual(new Set(['log-retention']));
  });

  it('returns what is wrong with a template, and throws what is wrong with the request', async () => {
    writeFileSync(root(), 'Resources: [');
    const { roots, failures } = await plan(root(), { today });
    expect(roots).toEqual([]);
    expect(failures.map(({ code }) => code)).toEqual(['template-unparseable']);
    await expect(
      apply({ roots, failures, passedOver: [], today: '2026-01-01', remediations: [] }),
    ).rejects.toThrow(IdpFixError);
    await expect(plan(root(), { policy: 'nowhere.yaml' })).resolves.toMatchObject({
      failures: [{ code: 'policy-invalid' }],
    });
  });
});

it('runs the example that shows the library', () => {
  const told = execFileSync(process.execPath, ['examples/library/plan.mjs'], {
    cwd: projectFolder,
    encoding: 'utf8',
  });
  expect(told).toContain('+      RetentionInDays: 365');
});
