import { expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { loadTree } from '../../src/load/load.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { presetFiles } from '../whole-runs/presets.js';

/** What is planned for the log groups of a root template among other files. */
async function plan(root: string, files: Readonly<Record<string, string>>, allowOutside = false) {
  const product = { remediations, policiesFolder: 'policies' };
  const named = { named: 'production', folder: '.' };
  const policy = await loadPolicy(memoryFiles(presetFiles), product, named);
  const { tree } = await loadTree(memoryFiles(files), root, { allowOutside });
  return buildPlan(tree, policy, remediations, {
    version: '0',
    today: '2026-06-01',
    only: ['log-retention'],
  });
}

const stack = (url: string, parameters = '') =>
  `  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ${url}${parameters}}}\n`;
const logs = (days: string) =>
  `  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: ${days}}}\n`;

test('what lies outside the folder of the root is judged, and written when that is allowed', async () => {
  const files = {
    'repo/.git/config': '',
    'repo/app/template.yaml': `Resources:\n${logs('7')}${stack('../shared.yaml')}`,
    'repo/shared.yaml': `Resources:\n${logs('7')}`,
  };
  const { document, files: written } = await plan('repo/app/template.yaml', files);
  const findings = document.stacks.flatMap((each) => each.findings);
  expect(findings.map(({ verdict, because }) => [verdict, because])).toEqual([
    ['fixable', expect.any(String)],
    ['manual', expect.stringContaining('--allow-outside writes there too')],
  ]);
  expect(written.map(({ path, changed }) => [path, changed])).toEqual([
    ['template.yaml', true],
    ['../shared.yaml', false],
  ]);
  const allowed = await plan('repo/app/template.yaml', files, true);
  expect(allowed.files.map(({ changed }) => changed)).toEqual([true, true]);
});

test('what is passed to a template outside is written where it is passed', async () => {
  const { files } = await plan('repo/app/template.yaml', {
    'repo/.git/config': '',
    'repo/app/template.yaml': `Resources:\n${stack('../shared.yaml', ', Parameters: {Days: 7}')}`,
    'repo/shared.yaml': `Parameters: {Days: {Type: Number}}\nResources:\n${logs('!Ref Days')}`,
  });
  expect(files.map(({ changed }) => changed)).toEqual([true, false]);
  expect(files[0]?.text).toContain('Parameters: {Days: 365}');
});

test('a template found by the end of its URL is patched in every round', async () => {
  const { files, document } = await plan('template.yaml', {
    'template.yaml': `Parameters: {Bucket: {Type: String}}\nResources:\n${stack('!Sub "https://${Bucket}.s3.amazonaws.com/nested/logs.yaml"')}`,
    'nested/logs.yaml': `Resources:\n${logs('7')}`,
  });
  expect(files.map(({ path, changed }) => [path, changed])).toEqual([
    ['template.yaml', false],
    ['nested/logs.yaml', true],
  ]);
  expect(document.coverage.notEvaluated).toEqual([]);
});

test('what is not looked at is named with its template', async () => {
  const { document } = await plan('template.yaml', {
    'template.yaml': `Transform: Compact\nResources:\n${stack('a.yaml')}${stack('gone.yaml').replace('Child', 'Gone')}`,
    'a.yaml': `Resources:\n${logs('400')}  Fn::Transform: {Name: AWS::Include, Parameters: {Location: b.yaml}}\n`,
  });
  expect(document.coverage.notEvaluated).toEqual([
    { template: 'template.yaml', logicalId: 'Gone', because: 'gone.yaml is not at hand' },
    {
      template: 'template.yaml',
      logicalId: 'Transform',
      because: 'the macro Compact changes it when it is deployed, and what it makes is not checked',
    },
    {
      template: 'a.yaml',
      logicalId: 'Fn::Transform',
      because: 'what AWS::Include of b.yaml adds is not checked',
    },
  ]);
});

// Kind H: what was not judged passes silently.
test('a part of a bigger template is said to be one, and nothing in it is auto-fix', async () => {
  const { document } = await plan('part.yaml', {
    'part.yaml': `Resources:\n${logs('!Ref Days')}  Job: {Type: AWS::Serverless::Function, Condition: IsOn}\n`,
  });
  expect(document.coverage.notEvaluated.map(({ because }) => because)).toEqual([
    'the template refers to Days, IsOn, which it does not declare: CloudFormation refuses it alone, and what a bigger template adds to it is not known here',
    'the template has resources of SAM (Job) and no Transform: AWS::Serverless-2016-10-31, without which CloudFormation refuses it',
  ]);
  const lacking = await plan('part.yaml', {
    'part.yaml': `Resources:\n${logs('7')}  T: {Type: AWS::SNS::Topic, Condition: IsOn}\n`,
  });
  expect(lacking.document.stacks.flatMap(({ patches }) => patches.map(({ risk }) => risk))).toEqual([
    'review',
  ]);
});

test('each nested template is looked at or named, however its location is written (kind J)', async () => {
  const resources = {
    Sub: "{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: !Sub 'https://s3.${AWS::Region}.${AWS::URLSuffix}/${Bucket}/v1/nested/a.yaml'}}",
    Join: "{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: !Join ['/', ['https://s3.amazonaws.com', !Ref Bucket, nested, b.yaml]]}}",
    App: '{Type: AWS::Serverless::Application, Properties: {Location: ./nested/c.yaml}}',
    Query:
      "{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://b.s3.amazonaws.com/nested/d.yaml?versionId=1'}}",
    Windows: '{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: .\\nested\\e.yaml}}',
    Itself: '{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: template.yaml}}',
    Published:
      '{Type: AWS::Serverless::Application, Properties: {Location: {ApplicationId: x, SemanticVersion: 1.0.0}}}',
    Chosen:
      '{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: !If [IsA, nested/a.yaml, nested/b.yaml]}}',
    Missing: '{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: nested/none.yaml}}',
    Set: '{Type: AWS::CloudFormation::StackSet, Properties: {StackSetName: s, PermissionModel: SELF_MANAGED, TemplateURL: nested/a.yaml}}',
  };
  const listed = Object.entries(resources).map(([id, body]) => `  ${id}: ${body}\n`);
  const root = `Transform: AWS::Serverless-2016-10-31\nParameters: {Bucket: {Type: String}, Mode: {Type: String, Default: a}}\nConditions: {IsA: !Equals [!Ref Mode, a]}\nResources:\n${listed.join('')}`;
  const nested = Object.fromEntries(
    ['a', 'b', 'c', 'd', 'e'].map((name) => [`nested/${name}.yaml`, `Resources:\n${logs('7')}`]),
  );
  const { document, files } = await plan('template.yaml', { 'template.yaml': root, ...nested });
  expect(files.filter(({ changed }) => changed).map(({ path }) => path)).toEqual(Object.keys(nested));
  expect(document.coverage.notEvaluated.map(({ logicalId }) => logicalId).sort()).toEqual(
    ['Chosen', 'Itself', 'Missing', 'Published', 'Set'].sort(),
  );
});
