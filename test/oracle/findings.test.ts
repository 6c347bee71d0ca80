import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFindings } from '../../src/findings/foreign-findings.js';
import type { PlanDocument } from '../../src/plan/document.js';
import { runInProcess } from '../cli/run-in-process.js';
import { installTools, tool } from './tools.js';

const samples = join(import.meta.dirname, '..', 'findings', 'samples');
const folder = mkdtempSync(join(tmpdir(), 'idp-fix-findings-'));

beforeAll(() => {
  installTools();
  cpSync(join(samples, 'template.yaml'), join(folder, 'template.yaml'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Findings make these tools end with a code of their own. */
function run(name: string, ...words: readonly string[]): string {
  return spawnSync(tool(name), words, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 }).stdout;
}

const read = (name: string, text: string) => readFindings(name, new TextEncoder().encode(text)).findings;

describe('the samples are what the tools write today', () => {
  test.each([
    ['checkov.json', () => run('checkov', ...checkovWords, '--output', 'json')],
    [
      'checkov.sarif',
      () => {
        run('checkov', ...checkovWords, '--output', 'sarif', '--output-file-path', folder);
        return readFileSync(join(folder, 'results_sarif.sarif'), 'utf8');
      },
    ],
    ['cfn-lint.json', () => run('cfn-lint', '--format', 'json', '--', 'template.yaml')],
  ])('%s', (name, write) => {
    const committed = read(name, readFileSync(join(samples, name), 'utf8'));
    expect(committed.length).toBeGreaterThan(0);
    expect(read(name, write())).toEqual(committed);
  });
});

/** The models that Prowler writes by. Prints what is not as they have it. */
const ocsfModels = `
import json, sys
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
from py_ocsf_models.events.findings.detection_finding import DetectionFinding
content = json.load(open(sys.argv[1]))
for event in content if isinstance(content, list) else content["Findings"]:
    model = {2003: ComplianceFinding, 2004: DetectionFinding}[event["class_uid"]]
    print(model.model_validate(event).type_uid)
`;

test('the sample of OCSF, which is written by hand, is as the published models have it', () => {
  const sample = join(samples, 'ocsf.json');
  const { status, stdout, stderr } = spawnSync(tool('python'), ['-c', ocsfModels, sample], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  expect(new Set(stdout.trim().split('\n'))).toEqual(new Set(['200301', '200401']));
});

const checkovWords = ['--file', 'template.yaml', '--framework', 'cloudformation', '--quiet', '--compact'];

test('every finding of Checkov in a tree of templates is told apart', async () => {
  const examples = relative(process.cwd(), join(import.meta.dirname, '..', '..', 'examples'));
  const words = [
    '--directory',
    examples,
    '--framework',
    'cloudformation',
    '--quiet',
    '--compact',
    '--output',
    'json',
  ];
  const written = spawnSync(tool('checkov'), words, { encoding: 'utf8', maxBuffer: 2 ** 28 }).stdout;
  const file = join(folder, 'tree.json');
  writeFileSync(file, written);
  const { data } = await runInProcess([examples, '--findings', file, '--format', 'json']);
  const documents: readonly PlanDocument[] = JSON.parse(data);
  const found = documents.flatMap(({ foreignFindings }) => foreignFindings ?? []);
  expect(found).toHaveLength(read('tree.json', written).length);
  expect(found.filter(({ outcome }) => outcome === 'not-found')).toEqual([]);
  expect(found.filter(({ outcome }) => outcome === 'fixed').length).toBeGreaterThan(15);
});

const accelerator = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'idp-v0.3.4');

// Passed over where the accelerator is not at hand.
test.runIf(existsSync(accelerator))('nothing Checkov finds in the accelerator is lost', async () => {
  const copy = join(folder, 'accelerator');
  cpSync(accelerator, copy, { recursive: true });
  execFileSync('chmod', ['-R', 'u+w', copy]);
  // Its authors have told Checkov to skip nearly everything.
  for (const name of readdirSync(copy, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.yaml')) continue;
    const path = join(copy, name);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('checkov:skip=', 'not-a-skip:'));
  }
  const words = [
    '--directory',
    copy,
    '--framework',
    'cloudformation',
    '--quiet',
    '--compact',
    '--output',
    'json',
  ];
  const written = spawnSync(tool('checkov'), words, { encoding: 'utf8', maxBuffer: 2 ** 28 }).stdout;
  const file = join(folder, 'accelerator.json');
  writeFileSync(file, written);
  const { data } = await runInProcess([join(copy, 'template.yaml'), '--findings', file, '--format', 'json']);
  const { foreignFindings }: PlanDocument = JSON.parse(data);
  const count = (outcome: string) => foreignFindings?.filter((each) => each.outcome === outcome).length;
  expect(foreignFindings?.length).toBeGreaterThan(150);
  expect(count('not-found')).toBe(0);
  expect(count('fixed')).toBeGreaterThan(75);
});
