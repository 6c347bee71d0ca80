import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { planFile } from '../whole-runs/plan-file.js';
import { installTools, translate } from './tools.js';

const release = '../shared/data/idp-v0.6.4/template.yaml';

/** CloudFormation takes 500 resources a template, and the next release of the vendor needs room. */
const mostResources = 400;

beforeAll(installTools);

test.skipIf(!existsSync(release))('a large release has room left with every alarm closed', async () => {
  const { document, files } = await planFile(release, {
    includeReview: true,
    policy: 'examples/filled.policy.yaml',
    only: ['cloudwatch-alarms'],
  });
  const open = document.stacks
    .flatMap(({ findings }) => findings)
    .filter(({ verdict, patch }) => verdict === 'manual' || (verdict === 'fixable' && patch === null));
  expect(open.map(({ logicalId, because }) => `${logicalId}: ${because}`)).toEqual([]);
  const root = files.find(({ path }) => path === 'template.yaml');
  const folder = mkdtempSync(join(tmpdir(), 'idp-fix-room-'));
  const [patched, made] = [join(folder, 'template.yaml'), join(folder, 'template.json')];
  writeFileSync(patched, root?.text ?? '');
  expect(translate(patched, made)).toEqual([]);
  const resources = Object.keys(JSON.parse(readFileSync(made, 'utf8')).Resources).length;
  rmSync(folder, { recursive: true });
  expect(resources).toBeGreaterThan(document.stacks[0]?.resources ?? 0);
  expect(resources).toBeLessThanOrEqual(mostResources);
  expect(document.stacks[0]?.resourcesAfterTransform).toBe(resources);
});
