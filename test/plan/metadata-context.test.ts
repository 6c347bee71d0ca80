import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { isMap, parsePointer, type Value, type ValueMap } from '../../src/document/value.js';
import { buildPlan, type PlanResult } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import type { Policy } from '../../src/policy/policy.js';
import { contextKey } from '../../src/template/metadata.js';
import { parseCases, type RemediationCase, treeOf } from '../../src/testing/cases.js';
import { memoryFiles } from '../memory-files.js';
import { presetFiles } from '../whole-runs/presets.js';

// Kind: the template says what may be changed, and a fix changes it all the same.

const folder = join(import.meta.dirname, '..', '..', 'remediations');
const levels = ['must-never-change', 'change-with-constraints', 'review-required', 'free-to-tune'] as const;
const scopes = ['resource', 'property', 'template'] as const;

function policyOf(text: string): Promise<Policy> {
  const files = memoryFiles({ ...presetFiles, 'p.yaml': text === '' ? '{}' : text });
  const product = { remediations, policiesFolder: 'policies' };
  return loadPolicy(files, product, { named: 'p.yaml', folder: '.' });
}

type Texts = Readonly<Record<string, string>>;

function plan(texts: Texts, policy: Policy, id: string): PlanResult {
  const options = { version: '0', today: '2026-01-01', only: [id], includeReview: true };
  return buildPlan(treeOf(texts), policy, remediations, options);
}

/** What a plan changes of resources that were there: `template LogicalId Property`, by risk. */
function changed({ document }: PlanResult, texts: Texts): readonly (readonly [string, string])[] {
  const before = treeOf(texts);
  return document.stacks.flatMap(({ template, patches }) => {
    const resources = before.stacks.find((stack) => stack.template.path === template)?.template.resources;
    return patches.flatMap(({ operations, risk }) =>
      operations.flatMap((operation): (readonly [string, string])[] => {
        const [section, id = '', part = '', property] = parsePointer(operation.path);
        if (operation.op === 'test' || section !== 'Resources' || resources?.has(id) !== true) return [];
        const value = 'value' in operation && isMap(operation.value) ? operation.value : {};
        const own = part === 'Properties' ? (property ?? Object.keys(value)[0] ?? '') : part;
        return [[`${template} ${id} ${own}`, risk]];
      }),
    );
  });
}

/** The templates as JSON, with a context in every resource (or in the template). */
function marked(
  texts: Texts,
  scope: (typeof scopes)[number],
  level: string,
  names: readonly string[],
): Texts {
  const tree = treeOf(texts);
  return Object.fromEntries(
    tree.stacks.map(({ template: { path, value } }) => {
      const context = (own: ValueMap, said: ValueMap): ValueMap => ({
        ...own,
        Metadata: { ...(isMap(own.Metadata) ? own.Metadata : {}), [contextKey]: { ...said, must: ['stay'] } },
      });
      if (scope === 'template') return [path, JSON.stringify(context(value, { mutable: level }))];
      const mutability = Object.fromEntries(names.map((name) => [name, level]));
      const said = scope === 'resource' ? { mutable: level } : { mutability };
      const section = isMap(value.Resources) ? value.Resources : {};
      const Resources = Object.fromEntries(
        Object.entries(section).map(([id, body]: [string, Value]) => [
          id,
          isMap(body) ? context(body, said) : body,
        ]),
      );
      return [path, JSON.stringify({ ...value, Resources })];
    }),
  );
}

/** So that metadata can be put in by value. */
function asJson(texts: Texts): Texts {
  return Object.fromEntries(
    treeOf(texts).stacks.map(({ template: { path, value } }) => [path, JSON.stringify(value)]),
  );
}

/** The smallest case with a patch, if possible one in which the unit changes something that is there. */
async function exampleOf(id: string): Promise<{ texts: Texts; policy: Policy } | undefined> {
  const { cases } = parseCases(readFileSync(join(folder, id, 'cases.md'), 'utf8'));
  const size = ({ templates }: RemediationCase) => JSON.stringify(templates).length;
  const patched = cases.filter(({ diff }) => diff !== '').sort((left, right) => size(left) - size(right));
  for (const { templates, policy: text } of patched) {
    const policy = await policyOf(text);
    const texts = asJson(templates);
    if (changed(plan(texts, policy, id), texts).length > 0) return { texts, policy };
  }
  // A unit that adds resources only.
  const [first] = patched;
  return first === undefined
    ? undefined
    : { texts: asJson(first.templates), policy: await policyOf(first.policy) };
}

describe.each(remediations.map(({ id }) => id))('Metadata Context, %s', async (id) => {
  const example = await exampleOf(id);
  const expected = example ?? { texts: {}, policy: await policyOf('') };
  const bare =
    example === undefined ? [] : changed(plan(expected.texts, expected.policy, id), expected.texts);
  const names = [...new Set(bare.map(([place]) => place.split(' ')[2] ?? ''))];

  test('has a case to mark', () => {
    expect(example).toBeDefined();
  });

  test.each(scopes.flatMap((scope) => levels.map((level) => [scope, level] as const)))(
    '%s marked %s',
    (scope, level) => {
      const texts = marked(expected.texts, scope, level, names);
      const result = plan(texts, expected.policy, id);
      const found = changed(result, texts);
      if (level === 'must-never-change') expect(found).toEqual([]);
      else if (level === 'free-to-tune')
        expect(found.map(([place]) => place)).toEqual(bare.map(([place]) => place));
      else expect(found.filter(([, risk]) => risk !== 'review')).toEqual([]);
      const said = result.document.stacks.flatMap(({ findings, patches }) => [
        ...findings.map(({ because }) => because),
        ...patches.flatMap(({ riskBecause }) => riskBecause),
      ]);
      const patches = result.document.stacks.flatMap((stack) => stack.patches);
      if (scope === 'template' && level === 'must-never-change') expect(patches).toEqual([]);
      const isAsked = bare.length > 0 || scope === 'template';
      if (isAsked && level !== 'free-to-tune')
        expect(said.join('\n')).toContain(`is marked ${level} (must: stay`);
    },
  );
});

const logs = (metadata: string, retention = '7') => `
  Logs:
    Type: AWS::Logs::LogGroup
    Metadata:
      com.aws.cloudformation.Context: ${metadata}
    Properties: {LogGroupName: app, RetentionInDays: ${retention}}
`;

async function planned(texts: Texts, only = 'log-retention', policy = '') {
  const result = plan(texts, await policyOf(policy), only);
  const [stack] = result.document.stacks;
  return {
    ...result,
    findings: result.document.stacks.flatMap(({ findings }) => findings),
    patches: stack?.patches,
  };
}

describe('what a level reaches', () => {
  test('the level of a property counts before that of its resource, either way', async () => {
    const free = `{mutable: must-never-change, mutability: {RetentionInDays: free-to-tune}}`;
    expect((await planned({ 'a.yaml': `Resources:${logs(free)}` })).findings[0]?.verdict).toBe('fixable');
    const never = `{mutable: free-to-tune, mutability: {RetentionInDays: must-never-change}, why: the contract}`;
    const [finding] = (await planned({ 'a.yaml': `Resources:${logs(never)}` })).findings;
    expect(finding?.verdict).toBe('manual');
    expect(finding?.because).toContain(
      'not fixed: RetentionInDays of Logs is marked must-never-change (why: the contract)',
    );
    expect(finding?.context).toEqual({ level: 'must-never-change', must: [], why: 'the contract' });
  });

  test('a level that AWS does not document asks for approval', async () => {
    const { patches } = await planned({ 'a.yaml': `Resources:${logs('{mutable: never}')}` });
    expect(patches?.map(({ risk }) => risk)).toEqual(['review']);
  });

  test('a property that a parameter decides is not changed through the parameter', async () => {
    const template = `Parameters:
  Days: {Type: Number, Default: 7}
Resources:${logs('{mutability: {RetentionInDays: must-never-change}}', '!Ref Days')}`;
    const { files, findings, document } = await planned({ 'a.yaml': template });
    expect(files[0]?.changed).toBe(false);
    expect(findings[0]?.verdict).toBe('manual');
    expect(document.stacks[0]?.parameterValues).toEqual({});
  });

  test('a nested template counts as part of what refers to it', async () => {
    const root = `Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Metadata: {com.aws.cloudformation.Context: {mutable: must-never-change, must: [released by another team]}}
    Properties: {TemplateURL: child.yaml}
`;
    const { findings } = await planned({ 'root.yaml': root, 'child.yaml': `Resources:${logs('{}')}` });
    expect(findings.map(({ because }) => because).join('\n')).toContain(
      'Child is marked must-never-change (must: released by another team)',
    );
  });

  test('what must not change is not excepted from Globals either', async () => {
    const job = (name: string, context: string) => `
  ${name}:
    Type: AWS::Serverless::Function
    Metadata: {com.aws.cloudformation.Context: ${context}}
    Properties: {Handler: a.b, Runtime: python3.12, CodeUri: ., Role: 'arn:aws:iam::111122223333:role/job'}`;
    const names = ['A', 'B', 'C', 'D', 'E'];
    const functions = names.map((name) => job(name, '{}')).join('');
    const template = (context: string) => `Transform: AWS::Serverless-2016-10-31
Resources:${functions}${job('Fixed', context)}
`;
    const policy = 'remediations: {resource-tags: {required: {Owner: {value: ops}}}}';
    const written = async (text: string) =>
      (await planned({ 'a.yaml': text }, 'resource-tags', policy)).files[0]?.text ?? '';
    expect(await written(template('{}'))).toContain('Globals');
    const marked = template('{mutable: must-never-change}');
    const text = await written(marked);
    expect(text).not.toContain('Globals');
    expect(text.slice(text.indexOf('  Fixed:'))).toBe(marked.slice(marked.indexOf('  Fixed:')));
    expect(text).toContain('ops');
  });

  test('constraints alone change no class, and are said', async () => {
    const { findings } = await planned({ 'a.yaml': `Resources:${logs('{must: [read by auditors]}')}` });
    expect(findings[0]).toMatchObject({
      verdict: 'fixable',
      context: { level: null, must: ['read by auditors'] },
    });
  });

  test('what is added says why, where the policy wants it', async () => {
    const texts = {
      'a.yaml': `Resources:\n  Job:\n    Type: AWS::Lambda::Function\n    Properties: {Handler: a.b, Runtime: python3.12, Code: {S3Bucket: b, S3Key: k}, Role: 'arn:aws:iam::111122223333:role/job'}\n`,
    };
    const alarms = 'remediations: {cloudwatch-alarms: {emails: [ops@example.com]}}\n';
    const without = await planned(texts, 'cloudwatch-alarms', alarms);
    expect(without.files[0]?.text).not.toContain(contextKey);
    const { files } = await planned(texts, 'cloudwatch-alarms', `metadataContext: {addWhy: true}\n${alarms}`);
    const tree = treeOf({ 'a.yaml': files[0]?.text ?? '' });
    const added = [...tree.root.template.resources.values()].filter(({ logicalId }) => logicalId !== 'Job');
    expect(added.length).toBeGreaterThan(1);
    for (const { metadata } of added) expect(metadata[contextKey]).toHaveProperty('why');
    const again = await planned(
      { 'a.yaml': files[0]?.text ?? '' },
      'cloudwatch-alarms',
      `metadataContext: {addWhy: true}\n${alarms}`,
    );
    expect(again.files[0]?.changed).toBe(false);
  });

  // Kind: what is said in another form than AWS's is taken for nothing said.
  test.each([
    ['{mutability: must-never-change}', 'must-never-change'],
    ['must-never-change', 'must-never-change'],
    ['{mutable: must-never-change, mutability: [RetentionInDays]}', 'must-never-change'],
    ["{mutability: {'Properties.RetentionInDays': must-never-change}}", 'must-never-change'],
    ["{mutability: {'/Properties/RetentionInDays': must-never-change}}", 'must-never-change'],
    ['{mutability: {retentionInDays: must-never-change}}', 'must-never-change'],
    ["{mutability: {'*': must-never-change}}", 'must-never-change'],
    ['{mutability: [RetentionInDays]}', 'review-required'],
    ['{mutability: {RetentionInDays: {level: must-never-change}}}', 'review-required'],
    ['{mutability: {RetentionInDays: null}}', 'review-required'],
    ['[{mutable: must-never-change}]', 'review-required'],
    ['null', 'review-required'],
    ['{mutable: !If [Prod, must-never-change, free-to-tune]}', 'review-required'],
    ['{mutability: !If [Prod, {RetentionInDays: must-never-change}, {}]}', 'review-required'],
    ['!If [Prod, {mutable: must-never-change}, {}]', 'review-required'],
  ])('%s counts as %s', async (context, level) => {
    const conditions = 'Conditions: {Prod: !Equals [!Ref AWS::Region, eu-central-1]}\n';
    const { findings, patches } = await planned({ 'a.yaml': `${conditions}Resources:${logs(context)}` });
    expect(findings[0]?.context?.level).toBe(level);
    expect(patches?.map(({ risk }) => risk)).toEqual(level === 'must-never-change' ? [] : ['review']);
  });

  test('metadata that an intrinsic function chooses is a context as far as it has one', async () => {
    const template = (metadata: string) => `Conditions: {Prod: !Equals [!Ref AWS::Region, eu-central-1]}
Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Metadata: !If [Prod, ${metadata}, {}]
    Properties: {LogGroupName: app, RetentionInDays: 7}
`;
    const risks = async (metadata: string) =>
      (await planned({ 'a.yaml': template(metadata) })).patches?.map(({ risk }) => risk);
    expect(await risks('{com.aws.cloudformation.Context: {mutable: must-never-change}}')).toEqual(['review']);
    expect(await risks('{team: a}')).toEqual(['safe']);
  });

  test.each(['Tags[0].Value', 'Tags/0', 'Tags[*].Value', 'Tags.*', 'Tags'])(
    'a key %s reaches the list it is in, and no other property',
    async (key) => {
      const template = `Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Metadata: {com.aws.cloudformation.Context: {mutability: {'${key}': must-never-change}}}
    Properties: {LogGroupName: app, RetentionInDays: 7, Tags: [{Key: team, Value: a}]}
`;
      const policy = 'remediations: {resource-tags: {required: {Owner: {value: ops}}}}';
      const verdicts = async (only: string) =>
        (await planned({ 'a.yaml': template }, only, policy)).findings.map(({ verdict }) => verdict);
      expect(await verdicts('resource-tags')).toEqual(['manual']);
      expect(await verdicts('log-retention')).toEqual(['fixable']);
    },
  );

  test.each(['Logs', 'Logs.RetentionInDays', 'RetentionInDays', 'Resources.Logs'])(
    'a key %s of the template reaches the resource',
    async (key) => {
      const template = `Metadata: {com.aws.cloudformation.Context: {mutability: {${key}: must-never-change}}}
Resources:
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: app, RetentionInDays: 7}}
  Others: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: others, RetentionInDays: 7}}
`;
      const { findings } = await planned({ 'a.yaml': template });
      expect(findings.map(({ verdict }) => verdict)).toEqual(
        key === 'RetentionInDays' ? ['manual', 'manual'] : ['manual', 'fixable'],
      );
    },
  );

  test('tags of a nested stack reach what is marked in it', async () => {
    const kid = (context: string) => `Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Metadata: {com.aws.cloudformation.Context: ${context}}
    Properties: {LogGroupName: app, RetentionInDays: 7}
`;
    const root =
      'Resources: {Kid: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: kid.yaml}}}\n';
    const policy = 'remediations: {resource-tags: {required: {Owner: {value: ops}}}}';
    const tagged = async (context: string) => {
      const texts = { 'root.yaml': root, 'kid.yaml': kid(context) };
      const { findings } = await planned(texts, 'resource-tags', policy);
      return findings.map(({ logicalId, verdict }) => `${logicalId} ${verdict}`);
    };
    expect(await tagged('{mutability: {Tags: must-never-change}}')).toEqual(['Kid manual', 'Logs manual']);
    expect(await tagged('{mutability: {RetentionInDays: must-never-change}}')).toEqual([
      'Kid fixable',
      'Logs fixable',
    ]);
  });

  // Kind: what one of a group is refused is written for it all the same, because the others share the place.
  test('what is refused its companions gets nothing from Globals', async () => {
    const names = ['A', 'B', 'C', 'D', 'E', 'Fixed'];
    const functions = names.map((name) => {
      const context = name === 'Fixed' ? '{mutability: {Policies: must-never-change}}' : '{}';
      return `
  ${name}:
    Type: AWS::Serverless::Function
    Metadata: {com.aws.cloudformation.Context: ${context}}
    Properties: {Handler: a.b, Runtime: python3.12, CodeUri: ., Environment: {Variables: {TABLE: t}}}`;
    });
    const statement = `{Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::\${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}`;
    const template = `Transform: AWS::Serverless-2016-10-31
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties: {KeyPolicy: {Version: '2012-10-17', Statement: [${statement}]}}${functions.join('')}
`;
    const { files, findings } = await planned({ 'a.yaml': template }, 'lambda-environment-encryption');
    const text = files[0]?.text ?? '';
    expect(findings.map(({ logicalId, verdict }) => `${logicalId} ${verdict}`)).toContain('Fixed manual');
    expect(text).toContain('Globals');
    expect(text.slice(text.indexOf('  Fixed:'))).toContain('IgnoreGlobals');
  });
});
