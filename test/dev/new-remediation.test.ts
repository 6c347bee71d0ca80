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
const example = {
  id: 'topic-display-name',
  type: 'AWS::SNS::Topic',
  property: 'DisplayName',
  value: 'Alerts',
};

it('lays out a remediation whose cases hold as they are, with its target in the preset', async () => {
  const files = remediationSkeleton(example);
  const { topicDisplayName } = await compiled(files['remediations/topic-display-name/index.ts'] ?? '');
  const units = [...remediations, topicDisplayName as Remediation];
  const preset = readFileSync(join(project, 'policies', 'production.yaml'), 'utf8');
  const policy = await loadPolicy(
    memoryFiles({ 'policies/production.yaml': withTarget(preset, example) }),
    { remediations: units, policiesFolder: 'policies' },
    { named: 'production', folder: '.' },
  );
  const page = parseCases(files['remediations/topic-display-name/cases.md'] ?? '');
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
