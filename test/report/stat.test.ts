import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runInProcess } from '../cli/run-in-process.js';
import { copyOfPipeline, removeCopies } from './variants.js';

removeCopies();

describe('--stat', () => {
  it('counts what git counts in the diff', async () => {
    const folder = copyOfPipeline((text) => text);
    const root = join(folder, 'template.yaml');
    const diff = (await runInProcess([root, '--format', 'diff'])).data;
    const byGit = execFileSync('git', ['apply', '--numstat', '-'], {
      cwd: folder,
      input: diff,
      encoding: 'utf8',
    });
    const expected = byGit
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
      .map(([added, removed, path = '']) => `${path.replace(/^"|"$/g, '')} +${added} -${removed}`);
    const { data } = await runInProcess([root, '--stat']);
    const own = [...data.matchAll(/^ (.*?) +\| +\d+ edits? (\+\d+ -\d+)$/gm)];
    expect(own.map(([, path = '', counts]) => `${path.slice(folder.length + 1)} ${counts}`)).toEqual(
      expected,
    );
    expect(data).toContain(`${expected.length} files changed`);
  });

  it('names the roles, policies and keys that change, with what they allow and deny', async () => {
    const { data } = await runInProcess(['examples/document-pipeline/template.yaml', '--stat'], {
      terminal: { columns: 200 },
    });
    expect(data).toMatch(/template\.yaml:\d+ RegisterUpload: kms:Decrypt, kms:GenerateDataKey$/m);
    expect(data).toMatch(/template\.yaml \(new\) FailedEventsQueuePolicy: deny sqs:\*$/m);
    expect(data).toMatch(/^KMS: keys and their policies \(1\)\n .*PipelineKey: kms:Decrypt\*/m);
  });

  it('says that nothing changes, and goes with no other form', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'idp-fix-stat-'));
    const path = join(folder, 'template.yaml');
    writeFileSync(path, 'Resources:\n  Topic: {Type: AWS::SNS::Subscription}\n');
    const { data } = await runInProcess([path, '--stat', '--only', 'log-retention']);
    expect(data).toBe('no file changes\n');
    const { notes, exitCode } = await runInProcess([path, '--stat', '--format', 'json']);
    expect([exitCode, notes.includes('do not go together')]).toEqual([2, true]);
    rmSync(folder, { recursive: true });
  });
});
