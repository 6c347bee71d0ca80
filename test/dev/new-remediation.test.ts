import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { remediationSkeleton, withTarget } from '../../src/dev/new-remediation.js';
import { loadPolicy } from '../../src/policy/load.js';
import type { Remediation } from '../../src/remediation.js';
import { parseCases } from '../../src/testing/cases.js';
import { checkCase } from '../../src/testing/check-case.js';
import { memoryFiles } from '../memory-files.js';

const project = join(import.meta.dirname, '..', '..');

it.each([
  { id: 'topic-display-name', type: 'AWS::SNS::Topic', property: 'DisplayName', value: 'Alerts' },
  { id: 'queue-retention', type: 'AWS::SQS::Queue', property: 'MessageRetentionPeriod', value: '1209600' },
  { id: 'file-backup', type: 'AWS::FSx::Volume', property: 'CopyTagsToBackups', value: 'true' },
])('lays out $id with cases that hold as they are and its target in the preset', async (example) => {
  const files = remediationSkeleton(example);
  const made = await compiled(files[`remediations/${example.id}/index.ts`] ?? '');
  const units = [...remediations, Object.values(made)[0] as Remediation];
  const preset = readFileSync(join(project, 'policies', 'production.yaml'), 'utf8');
  const policy = await loadPolicy(
    memoryFiles({ 'policies/production.yaml': withTarget(preset, example) }),
    { remediations: units, policiesFolder: 'policies' },
    { named: 'production', folder: '.' },
  );
  const page = parseCases(files[`remediations/${example.id}/cases.md`] ?? '');
  expect(page.cases.map(({ name }) => name)).toEqual(['missing', 'left alone', 'not known']);
  for (const each of page.cases) {
    const { diff, findings, broken } = checkCase(each, example.id, policy, units);
    expect({ diff, findings, broken }).toEqual({ diff: each.diff, findings: each.findings, broken: [] });
  }
});

/** What a text of TypeScript exports, compiled where its imports would be found. */
async function compiled(text: string): Promise<Record<string, unknown>> {
  const { outputFiles } = await build({
    stdin: {
      contents: text,
      // Any folder of a remediation: its imports are relative.
      resolveDir: join(project, 'remediations', 'kit'),
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  });
  const code = outputFiles[0]?.text ?? '';
  return import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
}
