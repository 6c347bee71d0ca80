import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { PlanDocument } from '../../src/plan/document.js';
import { projectFolder, runInProcess } from '../cli/run-in-process.js';

it('holds what it is deployed with to its own production policy, and leaves nothing open', async () => {
  const folder = join(projectFolder, 'deploy', 'fleet');
  const { data, exitCode } = await runInProcess([folder, '--format', 'json', '--include', 'review']);
  const [member, fleet]: readonly PlanDocument[] = JSON.parse(data);
  for (const each of [member, fleet]) {
    expect(each?.summary.verdicts).toMatchObject({ fixable: 0, manual: 0, unknown: 0, accepted: 0 });
  }
  expect(member?.coverage.resources).toBe(1);
  expect(fleet?.policy.source).toContain('idp-fix.policy.yaml');
  expect(fleet?.summary.verdicts.compliant).toBeGreaterThan(20);
  expect(fleet?.coverage).toMatchObject({ notEvaluated: [], code: { files: 1 } });
  expect(exitCode).toBe(0);
});
