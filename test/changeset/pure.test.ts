import { describe, expect, it } from 'vitest';
import type { DeployedStack, RawChange } from '../../src/aws-ports.js';
import { afterwards } from '../../src/changeset/afterwards.js';
import { parameterChoices } from '../../src/changeset/deployed.js';
import { movedSince } from '../../src/changeset/find.js';
import { keyAdmits } from '../../src/changeset/key-prerequisites.js';
import { localArtifacts } from '../../src/changeset/prepare.js';
import type { TemplateSides } from '../../src/changeset/property-changes.js';
import {
  type ChangeSetRecord,
  changeSetName,
  creationOf,
  description,
  isChangeSetName,
  isOurs,
  planHash,
} from '../../src/changeset/record.js';
import { inOrderOfInterest, openLosses, review } from '../../src/changeset/review.js';
import { type ContextFlags, readSamConfig, stackContext } from '../../src/changeset/session.js';
import {
  bodyLimitBytes,
  placeTemplates,
  templatesToUpload,
  uploadKey,
} from '../../src/changeset/submission.js';
import type { ValueMap } from '../../src/document/value.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';

const samconfig = `version = 0.1
[default.global.parameters]
stack_name = "IDP"
region = "eu-west-1"
[default.deploy.parameters]
capabilities = "CAPABILITY_IAM CAPABILITY_AUTO_EXPAND"
s3_bucket = "artifacts"
parameter_overrides = "A=\\"1 2\\" B=3"
[prod.deploy.parameters]
stack_name = "IDP-prod"
`;

describe('samconfig.toml', () => {
  it('is read with what is global first', () => {
    expect(readSamConfig('samconfig.toml', samconfig, 'default')).toEqual({
      stackName: 'IDP',
      region: 'eu-west-1',
      bucket: 'artifacts',
      capabilities: ['CAPABILITY_IAM', 'CAPABILITY_AUTO_EXPAND'],
      parameters: ['A="1 2" B=3'],
    });
    expect(readSamConfig('samconfig.toml', samconfig, 'prod')).toEqual({ stackName: 'IDP-prod' });
    expect(readSamConfig('samconfig.toml', 'version = 0.1\n', 'default')).toEqual({});
    expect(() => readSamConfig('samconfig.toml', samconfig, 'none')).toThrow('there is no table none');
  });
  it('is refused where it is no TOML, with the line', () => {
    expect(() => readSamConfig('samconfig.toml', 'a = \n', 'default')).toThrow('not readable as TOML');
  });
});

describe('context of a stack', () => {
  const flags: ContextFlags = { capabilities: [], configEnvironment: 'default', readSamConfig: true };
  const files = memoryFiles({ 'samconfig.toml': samconfig });
  it('takes flags before the environment before the file', async () => {
    const environment = { IDP_FIX_STACK: 'from-environment', AWS_REGION: 'us-west-2', IDP_FIX_BUCKET: '' };
    const context = await stackContext(files, '.', { ...flags, profile: 'me' }, environment);
    expect(context).toMatchObject({
      stack: 'from-environment',
      bucket: 'artifacts',
      connection: { region: 'us-west-2', profile: 'me' },
    });
    expect(
      (await stackContext(files, '.', { ...flags, stack: 'flag', region: 'eu-west-3' }, environment))
        .connection.region,
    ).toBe('eu-west-3');
    expect((await stackContext(files, '.', flags, {})).connection.region).toBe('eu-west-1');
  });
  it('knows the region by each of its names', async () => {
    const regionOf = async (environment: Record<string, string>) =>
      (await stackContext(files, '.', flags, environment)).connection.region;
    expect(await regionOf({ AWS_REGION: 'us-west-2', AWS_DEFAULT_REGION: 'us-west-1' })).toBe('us-west-2');
    expect(await regionOf({ AWS_REGION: '', AWS_DEFAULT_REGION: 'us-west-1' })).toBe('us-west-1');
    expect(await regionOf({})).toBe('eu-west-1');
  });
  it.each<[Partial<ContextFlags>, string]>([
    [{ region: 'mars central' }, "'mars central' is no region"],
    [{ endpointUrl: 'nonsense' }, "'nonsense' is no address of an endpoint"],
    [{ stack: 'a stack' }, "'a stack' is no name for a stack"],
  ])('refuses %o', async (wrong, said) => {
    await expect(stackContext(files, '.', { ...flags, ...wrong }, {})).rejects.toThrow(said);
  });
  it('needs a stack', async () => {
    await expect(stackContext(files, '.', { ...flags, readSamConfig: false }, {})).rejects.toThrow(
      'no stack was named',
    );
  });
});

describe('names', () => {
  const identity = {
    stackId: 's',
    stackUpdatedAt: 't',
    source: 'local',
    templates: new Map([
      ['a', '1'],
      ['b', '2'],
    ]),
    parameters: new Map([['P', 'v']]),
    options: { capabilities: [], roleArn: undefined, imports: false, allowed: [], tags: [] },
  } as const;
  it('follow from the plan alone, whatever its order', () => {
    const other = {
      ...identity,
      templates: new Map([
        ['b', '2'],
        ['a', '1'],
      ]),
    };
    expect(planHash(other)).toBe(planHash(identity));
    expect(planHash({ ...identity, parameters: new Map([['P', 'w']]) })).not.toBe(planHash(identity));
    expect(isChangeSetName(changeSetName(planHash(identity)))).toBe(true);
  });
  it('tell our change sets from others', () => {
    const creation = 'c'.repeat(32);
    const text = description({ plan: 'abc', creation, maker: null, allowed: ['B', 'A'] });
    expect([isOurs(text), isOurs('by hand')]).toEqual([true, false]);
    expect(['abc', 'ab', 'abd'].map((plan) => creationOf(text, plan))).toEqual([
      creation,
      undefined,
      undefined,
    ]);
    expect(creationOf('made by idp-fix, plan abc', 'abc')).toBeUndefined();
    expect(description({ plan: 'abc', creation, maker: null, allowed: ['A', 'B', 'A'] })).toBe(text);
    expect(description({ plan: 'abc', creation, maker: null, allowed: ['A'] })).not.toBe(text);
    // CloudFormation takes 1,024 characters.
    const long = description({ plan: 'a'.repeat(64), creation, maker: null, allowed: ['x'.repeat(2000)] });
    expect(long.length).toBeLessThan(300);
  });
  it('are refused where CloudFormation would', () => {
    expect(['1x', 'a_b', '', 'x'.repeat(129)].map(isChangeSetName)).toEqual([false, false, false, false]);
  });
  it('leave no way out of the prefix for uploads', () => {
    expect(uploadKey('idp-fix/', { stack: 'app', plan: 'cs', creation: 'c' }, '../x y/t.yaml')).toBe(
      'idp-fix/app/cs/c/_/x_y/t.yaml',
    );
  });
});

const stack = (parameters: Record<string, string>): DeployedStack => ({
  id: 'id',
  name: 'app',
  status: 'CREATE_COMPLETE',
  statusReason: undefined,
  updatedAt: '',
  capabilities: [],
  tags: [],
  notificationArns: [],
  rollback: { triggers: [] },
  parameters: Object.entries(parameters).map(([name, value]) => ({ name, value })),
});

describe('parameters', () => {
  const { template } = treeOf({
    'template.yaml':
      'Parameters:\n  Old: { Type: String }\n  Set: { Type: String }\n  New: { Type: String, Default: d }\nResources: { None: { Type: AWS::CloudFormation::WaitConditionHandle } }\n',
  }).root;
  it('keep their values, but for those that are set', () => {
    expect(
      parameterChoices(
        template,
        stack({ Old: 'o', Set: 's', Gone: 'g' }),
        new Map([
          ['Set', 't'],
          ['Old', 'o'],
        ]),
      ),
    ).toEqual([
      { name: 'Old', usePrevious: true },
      { name: 'Set', value: 't' },
    ]);
  });
  it('need a value where the stack has none', () => {
    expect(() => parameterChoices(template, stack({ Old: 'o' }), new Map())).toThrow(
      'no value for the new parameter Set',
    );
  });
});

describe('key policies', () => {
  const service = 'logs.eu-west-1.amazonaws.com';
  const policy = (statement: object) =>
    JSON.stringify({
      Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'kms:*', ...statement }],
    });
  it.each<[string, string, 'yes' | 'no' | 'unknown']>([
    ['all actions', policy({}), 'yes'],
    ['another region', policy({ Principal: { Service: 'logs.us-east-1.amazonaws.com' } }), 'no'],
    ['the service everywhere', policy({ Principal: { Service: 'logs.amazonaws.com' } }), 'yes'],
    ['half of the actions', policy({ Action: 'kms:Decrypt' }), 'no'],
    [
      'the usual condition',
      policy({
        Condition: {
          ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:eu-west-1:111122223333:*' },
        },
      }),
      'yes',
    ],
    [
      'a condition that always holds',
      policy({ Condition: { Bool: { 'aws:SecureTransport': 'true' } } }),
      'yes',
    ],
    ['an unusual condition', policy({ Condition: { DateLessThan: { 'aws:CurrentTime': 'x' } } }), 'unknown'],
    [
      'other log groups',
      policy({
        Condition: {
          ArnEquals: {
            'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:eu-west-1:111122223333:log-group:/aws/rds/*',
          },
        },
      }),
      'no',
    ],
    ['a denial', policy({ Effect: 'Deny' }), 'no'],
    ['everybody', policy({ Principal: '*' }), 'yes'],
    ['no JSON', 'x', 'unknown'],
  ])('of %s', (_, text, expected) => {
    const logGroups = ['arn:aws:logs:eu-west-1:111122223333:log-group:/shop/orders'];
    const place = { region: 'eu-west-1', account: '111122223333' };
    expect(keyAdmits(text, { kind: 'service', service: 'logs', logGroups }, place).answer).toBe(expected);
  });
});

describe('submission', () => {
  const child = 'Resources:\n  Q: { Type: AWS::SQS::Queue }\n';
  const parent =
    'Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: child.yaml # here\n';
  const submitted = (changed: boolean, root = parent) => {
    const tree = treeOf({ 'template.yaml': root, 'child.yaml': child });
    const texts = { 'template.yaml': root, 'child.yaml': child };
    return {
      root: tree.root,
      templates: new Map(
        Object.entries(texts).map(([path, text]) => [
          path,
          { path, text, isChanged: changed && path === 'child.yaml' },
        ]),
      ),
    };
  };
  it('uploads a changed nested template and changes nothing but its URL', async () => {
    const { root, templates } = submitted(true);
    const put: [string, string][] = [];
    const placed = await placeTemplates(root, templates, async (path, text) => {
      put.push([path, text]);
      return `https://b/${path}`;
    });
    expect(put).toEqual([['child.yaml', child]]);
    expect(placed).toEqual({ text: parent.replace('child.yaml', 'https://b/child.yaml'), url: undefined });
  });
  it('uploads nothing where nothing changes', () => {
    const { root, templates } = submitted(false);
    expect([...templatesToUpload(root, templates)]).toEqual([]);
  });
  it('uploads a root that is too large', () => {
    const { root, templates } = submitted(false, `${parent}# ${'x'.repeat(bodyLimitBytes)}\n`);
    expect([...templatesToUpload(root, templates)]).toEqual(['template.yaml']);
  });
  it('finds what CloudFormation cannot read', () => {
    const tree = treeOf({
      'template.yaml':
        'Transform: AWS::Serverless-2016-10-31\nGlobals: { Function: { CodeUri: ./src } }\nResources:\n  A: { Type: AWS::Serverless::Function, Properties: {} }\n  B: { Type: AWS::Serverless::Function, Properties: { CodeUri: s3://b/k } }\n  C: { Type: AWS::Serverless::Function, Properties: { InlineCode: x } }\n  D: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ./gone.yaml } }\n',
    });
    expect(localArtifacts(tree)).toEqual(['template.yaml A.CodeUri', 'template.yaml D.TemplateURL']);
  });
});

const raw = (more: Partial<RawChange>): RawChange => ({
  logicalId: 'A',
  type: 'AWS::SQS::Queue',
  physicalId: 'a',
  action: 'Modify',
  replacement: 'False',
  policyAction: undefined,
  driftStatus: undefined,
  nestedChangeSetId: undefined,
  beforeContext: undefined,
  afterContext: undefined,
  details: [],
  ...more,
});
const detail = {
  attribute: 'Properties',
  name: 'P',
  path: undefined,
  recreation: 'Never',
  before: undefined,
  after: undefined,
  source: undefined,
  cause: undefined,
};
const edits = (...paths: readonly (readonly string[])[]) =>
  paths.map((path) => ({ op: 'replace' as const, path, remediation: 'r' }));
const resources = (more: ValueMap = {}): ValueMap => ({
  Resources: {
    A: { Type: 'AWS::Serverless::StateMachine' },
    B: { Type: 'AWS::SQS::Queue' },
    Fn: { Type: 'AWS::Serverless::Function' },
    ...more,
  },
});
const sides = (more: Partial<TemplateSides> = {}): TemplateSides => ({
  asked: {
    resources: new Map([['A', edits(['Properties', 'P'])]]),
    parameters: new Map([['Days', new Set(['d'])]]),
    functions: [{ op: 'add', path: ['Properties', 'Layers'], remediation: 'g' }],
  },
  isNew: false,
  isSam: true,
  given: new Set(['Level']),
  tags: [],
  before: resources(),
  local: resources(),
  after: resources(),
  ...more,
});
const reviewed = (changes: readonly RawChange[], of: TemplateSides | undefined = sides()) =>
  review({ way: [], changes }, of, (text) => text);

describe('review', () => {
  it.each<[string, Partial<RawChange>, string[]]>([
    ['a patched resource', {}, ['r']],
    ['what SAM generates for it', { logicalId: 'ARole', type: 'AWS::IAM::Role' }, ['r']],
    ['what Globals reach', { logicalId: 'Fn', type: 'AWS::Lambda::Function' }, ['g']],
    [
      'a parameter that is set',
      { logicalId: 'B', details: [{ ...detail, source: 'ParameterReference', cause: 'Days' }] },
      ['d'],
    ],
    ['a neighbour nobody asked about', { logicalId: 'B' }, []],
    ['a declared resource with a longer name', { logicalId: 'AB', type: 'AWS::DynamoDB::Table' }, []],
  ])('explains %s', (_, change, expected) => {
    expect(reviewed([raw(change)])[0]?.remediations).toEqual(expected);
  });
  it('explains what follows from an explained change, however far', () => {
    const follows = (logicalId: string, cause: string) =>
      raw({ logicalId, details: [{ ...detail, source: 'ResourceAttribute', cause }] });
    const found = reviewed([follows('C', 'B.Arn'), follows('B', 'A.Arn'), raw({})]);
    expect(found.map(({ remediations, surprise }) => [remediations, surprise])).toEqual([
      [['r'], null],
      [['r'], null],
      [['r'], null],
    ]);
  });
  it.each<[string, Partial<RawChange>, 'will' | 'may' | 'wont']>([
    ['True', { replacement: 'True' }, 'will'],
    ['a policy that replaces', { replacement: undefined, policyAction: 'ReplaceAndDelete' }, 'will'],
    [
      'Conditional',
      { replacement: 'Conditional', details: [{ ...detail, recreation: 'Conditionally' }] },
      'may',
    ],
    [
      'Conditional with properties that never replace',
      { replacement: 'Conditional', details: [detail] },
      'wont',
    ],
    ['nothing told', { replacement: undefined }, 'wont'],
  ])('reads %s', (_, change, expected) => {
    expect(reviewed([raw(change)])[0]?.replacement).toBe(expected);
  });
  it('tells drift, differences of the local template and removals', () => {
    const surprise = (change: Partial<RawChange>, of?: TemplateSides) =>
      reviewed([raw({ logicalId: 'B', ...change })], of)[0]?.surprise;
    expect(surprise({ driftStatus: 'MODIFIED' })).toContain('drifted');
    const differing = sides({ local: resources({ B: { Type: 'AWS::SQS::Queue', Properties: { P: 1 } } }) });
    expect(surprise({}, differing)).toContain('the local template differs');
    expect(surprise({ details: [detail] }, differing)).toContain('the local template differs');
    expect(surprise({ action: 'Dynamic' }, differing)).toContain('the local template differs');
    const tags = { details: [{ ...detail, attribute: 'Tags' }] };
    expect(surprise(tags, sides({ tags: [{ key: 'k', value: 'v' }] }))).toBeNull();
    expect(surprise(tags)).toContain('no patch asks for it');
    expect(surprise({ action: 'Remove' })).toBe('no patch removes it');
    const byParameter = { ...detail, source: 'ParameterReference', cause: 'Level' };
    expect(surprise({ details: [byParameter] })).toBe('the value given for Level changes it');
    expect(surprise({ type: 'AWS::CloudFormation::Stack' })).toBeNull();
    expect(surprise({})).toContain('no patch asks for it');
  });
  it('takes a value that the patch writes for the patch, whatever the local template said there', () => {
    const differing = (Properties: ValueMap) =>
      sides({ local: resources({ A: { Type: 'AWS::SQS::Queue', Properties } }) });
    const found = (of: TemplateSides, name: string) =>
      reviewed([raw({ details: [{ ...detail, name }] })], of).map((each) => [
        each.remediations,
        each.surprise,
      ]);
    expect(found(differing({ P: 7 }), 'P')).toEqual([[['r'], null]]);
    expect(found(differing({ P: 7, Other: 1 }), 'Other')).toEqual([
      [[], 'the local template differs from the deployed one here'],
    ]);
  });
  it('finds values where CloudFormation tells none', () => {
    const valuesOf = (change: RawChange, of?: TemplateSides) =>
      reviewed([change], of)[0]?.properties.map(({ path, before, after, cause }) => ({
        path,
        before,
        after,
        cause,
      }));
    const contexts = {
      beforeContext: '{"Properties":{"P":"1"}}',
      afterContext: '{"Properties":{"P":"2","Q":{"a":1}}}',
    };
    expect(valuesOf(raw({ ...contexts, details: [detail] }))).toEqual([
      { path: '/Properties/P', before: '1', after: '2', cause: null },
    ]);
    expect(valuesOf(raw(contexts))).toEqual([
      { path: '/Properties/P', before: '1', after: '2', cause: null },
      { path: '/Properties/Q/a', before: null, after: '1', cause: null },
    ]);
    const written = sides({
      before: { Resources: { A: { Properties: { P: 30 } } } },
      after: { Resources: { A: { Properties: { P: { Ref: 'Days' } } } } },
    });
    expect(valuesOf(raw({ details: [detail] }), written)).toEqual([
      { path: '/Properties/P', before: '30', after: '{"Ref":"Days"}', cause: null },
    ]);
  });
  it('tells what is absent from what is not told', () => {
    const earlier = (type: string, Properties = {}) =>
      reviewed(
        [raw({ details: [{ ...detail, after: '1' }] })],
        sides({ before: { Resources: { A: { Type: type, Properties } } } }),
      )[0]?.properties[0]?.before;
    expect(earlier('AWS::SQS::Queue')).toBe('(absent)');
    expect(earlier('AWS::SQS::Queue', { P: 0 })).toBe('0');
    expect(earlier('AWS::Serverless::Function')).toBeNull();
  });
  it('puts surprises before losses before the rest', () => {
    const all = reviewed([
      raw({}),
      raw({ logicalId: 'B' }),
      raw({ logicalId: 'ARole', type: 'AWS::IAM::Role', replacement: 'True' }),
    ]);
    expect(inOrderOfInterest(all).map(({ logicalId }) => logicalId)).toEqual(['B', 'ARole', 'A']);
  });
  it.each<[string, Partial<RawChange>, boolean]>([
    ['removed', { action: 'Remove' }, true],
    ['removed and kept', { action: 'Remove', policyAction: 'Retain' }, false],
    ['removed, of a type that holds nothing', { action: 'Remove', type: 'AWS::IAM::Role' }, false],
    ['replaced', { replacement: 'True' }, true],
    [
      'replaced perhaps',
      { replacement: 'Conditional', details: [{ ...detail, name: 'QueueName', recreation: 'Always' }] },
      true,
    ],
    [
      'replaced perhaps, though the schema knows better',
      {
        replacement: 'Conditional',
        details: [{ ...detail, name: 'DelaySeconds', recreation: 'Conditionally' }],
      },
      false,
    ],
    ['a nested stack that is removed', { action: 'Remove', type: 'AWS::CloudFormation::Stack' }, true],
    [
      'a nested stack that changes',
      { replacement: 'Conditional', type: 'AWS::CloudFormation::Stack' },
      false,
    ],
    ['added', { action: 'Add' }, false],
  ])('knows whether something is lost that is %s', (_, change, expected) => {
    const changes = reviewed([raw(change)]);
    expect(openLosses(changes, []).length > 0).toBe(expected);
    expect(openLosses(changes, ['A'])).toEqual([]);
    // In a nested stack another resource has the name.
    const nested = review({ way: ['Child'], changes: [raw(change)] }, undefined, (text) => text);
    expect(openLosses(nested, ['A']).length > 0).toBe(expected);
  });
});

describe('what has moved', () => {
  const record = {
    account: '1',
    region: 'r',
    stack: { name: 'app', id: 'i', updatedAt: 't' },
    deployed: [
      { stack: '', sha256: 'a' },
      { stack: 'Child', sha256: 'b' },
    ],
    templates: [{ path: 'x', file: 'x', localSha256: 'c', submittedSha256: 'd' }],
    parameters: { P: 'v' },
  } as unknown as ChangeSetRecord;
  const now = {
    account: '1',
    region: 'r',
    stackId: 'i',
    updatedAt: 't',
    deployed: new Map([
      ['', 'a'],
      ['Child', 'b'],
    ]),
    parameters: new Map([['P', 'v']]),
    local: new Map([['x', 'c']]),
  };
  it('is nothing when nothing has', () => {
    expect(movedSince(record, now)).toEqual([]);
  });
  it.each<[Partial<typeof now>, string]>([
    [{ account: '2' }, 'reviewed in account 1, and this is 2'],
    [{ region: 's' }, 'reviewed in region r, and this is s'],
    [{ stackId: 'j' }, 'the stack app is another one than was reviewed'],
    [{ updatedAt: 'u' }, 'the stack was updated at u, after the review'],
    [{ deployed: new Map([['', 'a']]) }, 'the deployed template of Child has changed'],
    [{ parameters: new Map([['P', 'w']]) }, 'the parameter P has another value'],
    [{ local: new Map() }, 'the local template x has changed'],
  ])('tells %o', (moved, expected) => {
    expect(movedSince(record, { ...now, ...moved })).toEqual([expected]);
  });
});

describe('after an execution', () => {
  const record = {
    name: 'idp-fix-1',
    source: 'local',
    stack: { name: 'app', id: 'i', updatedAt: 't' },
    templates: [{ path: 'a b.yaml', file: 'a b.yaml', localSha256: 'c', submittedSha256: 'd' }],
    parameters: { Days: '30', Names: "it's" },
    values: { Days: '365', Names: 'x', New: 'y' },
    tags: [{ key: 'Cost Center', before: null, after: '4711' }],
    uploads: [{ bucket: 'mine', key: 'k' }],
  } as unknown as ChangeSetRecord;
  it('stand the commands that go back and that keep it', () => {
    expect(afterwards(record, 'in here', "--stack app --folder 'in here' --region r")).toBe(
      "to go back: idp-fix change-set create 'in here/.idp-fix/idp-fix-1.previous.template' --as-is --stack app --region r --parameters Days=30 --parameters 'Names=it'\\''s' --remove-tag 'Cost Center' --bucket mine\n" +
        "to keep it: idp-fix --apply 'in here/a b.yaml' with the flags of create writes the local templates, which are as they were; idp-fix undo takes that back\n" +
        "to keep the tags of the stack: deploy with --tags 'Cost Center=4711'\n",
    );
  });
  it.each([
    ['parameters', 'to keep it: deploy with Days=365 Names=x New=y from now on'],
    ['deployed', 'make the same changes in the template sources'],
  ] as const)('says what keeps what came from %s', (source, said) => {
    expect(afterwards({ ...record, source }, '.', '--stack app')).toContain(said);
  });
});
