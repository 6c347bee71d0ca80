import { describe, expect, it } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { chosenByStage, stagesOf } from '../../src/expressions/stages.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { treeOf } from '../template/trees.js';
import { presetFiles } from '../whole-runs/presets.js';

const tags = '{required: {CostCenter: {value: "4711"}, Environment: {value: production}}}';

async function planned(
  template: string,
  only: readonly string[],
  { policy = '{}', known = {} }: { policy?: string; known?: Readonly<Record<string, string>> } = {},
) {
  const files = memoryFiles({ ...presetFiles, 'p.yaml': policy });
  const product = { remediations, policiesFolder: 'policies' };
  const loaded = await loadPolicy(files, product, { named: 'p.yaml', folder: '.' });
  const tree = treeOf({ 'template.yaml': template }, known);
  const options = { version: '0', today: '2026-01-01', includeReview: true, only };
  const plan = buildPlan(tree, loaded, remediations, options);
  const patches = plan.document.stacks.flatMap((stack) => stack.patches);
  return {
    text: plan.files[0]?.text ?? template,
    why: patches.flatMap(({ riskBecause }) => riskBecause).join('\n'),
    risks: patches.map(({ id, risk }) => `${id} ${risk}`),
    verdicts: plan.document.stacks.flatMap(({ findings }) =>
      findings.map(({ logicalId, verdict }) => `${logicalId}: ${verdict}`),
    ),
  };
}

const parameter = (text: string) => `Parameters:\n  Stage: {Type: String, ${text}}\n`;
const ofStages = parameter('AllowedValues: [dev, prod], Default: dev');
const isProd = 'Conditions:\n  IsProd: !Equals [!Ref Stage, prod]\n';
const queue = 'Resources:\n  Jobs: {Type: AWS::SQS::Queue}\n';

describe('a value that a template chooses by stage', () => {
  const logs = (retention: string) =>
    `Resources:\n  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /app, RetentionInDays: ${retention}}}\n`;
  const chosen = `${ofStages}${isProd}${logs('!If [IsProd, 365, 30]')}`;
  const lookedUp = `${ofStages}Mappings:\n  Sizes: {dev: {Days: 30}, prod: {Days: 365}}\n${logs('!FindInMap [Sizes, !Ref Stage, Days]')}`;
  const ofStack = `Conditions:\n  IsProd: !Equals [!Ref AWS::StackName, orders-prod]\n${logs('!If [IsProd, 365, 30]')}`;

  it.each([
    ['by a condition', chosen, 'condition IsProd'],
    ['by a mapping', lookedUp, 'mapping Sizes'],
    ['by the name of the stack', ofStack, 'condition IsProd'],
  ])('%s is not changed unasked', async (_, template, because) => {
    const plan = await planned(template, ['log-retention']);
    expect(plan.risks).toEqual(['log-retention@template.yaml#review review']);
    expect(plan.why).toContain(`the template chooses this by stage (${because})`);
  });

  it('is judged for the stage that is known', async () => {
    for (const template of [chosen, lookedUp]) {
      const { verdicts } = await planned(template, ['log-retention'], { known: { Stage: 'prod' } });
      expect(verdicts).toEqual(['Logs: compliant']);
    }
    const dev = await planned(chosen, ['log-retention'], { known: { Stage: 'dev' } });
    expect(dev.risks).toEqual(['log-retention@template.yaml safe']);
    expect(dev.text).toContain('!If [IsProd, 365, 365]');
  });

  it('is what another parameter says, where that alone decides it', async () => {
    const template = `${ofStages}  Days: {Type: Number, Default: 30}\n${logs('!Ref Days')}`;
    const plan = await planned(template, ['log-retention']);
    expect(plan.text).toContain('Days: {Type: Number, Default: 365}');
    expect(plan.why).not.toContain('by stage');
  });

  it('keeps what is chosen for a part of a resource, and above it', async () => {
    const table = `${ofStages}${isProd}Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: a, AttributeType: S}]
      KeySchema: [{AttributeName: a, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      PointInTimeRecoverySpecification: !If [IsProd, {PointInTimeRecoveryEnabled: true}, {PointInTimeRecoveryEnabled: false}]
`;
    const plan = await planned(table, ['disaster-recovery']);
    expect(plan.risks).toEqual(['disaster-recovery@template.yaml#review review']);
    expect(plan.why).toContain('by stage (condition IsProd)');
  });

  it('is passed to a nested stack', () => {
    const root = `${ofStages}${isProd}Resources:\n  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./child.yaml, Parameters: {Days: !If [IsProd, 365, 30]}}}\n`;
    const child = 'Parameters: {Days: {Type: Number}}\nResources: {A: {Type: AWS::SNS::Topic}}\n';
    const tree = treeOf({ 'template.yaml': root, 'child.yaml': child });
    const [, nested] = tree.stacks;
    expect(nested && chosenByStage({ Ref: 'Days' }, nested)).toBe('condition IsProd');
    expect(nested && stagesOf(nested)).toEqual({ because: 'parameter Stage' });
  });
});

describe('templates of several stages', () => {
  it.each([
    ['parameter Stage', ofStages + queue],
    ['parameter Tier', `Parameters: {Tier: {Type: String, AllowedValues: [staging, production]}}\n${queue}`],
    ['parameter IsProduction', `Parameters: {IsProduction: {Type: String, Default: 'false'}}\n${queue}`],
    ['mapping Sizes', `Mappings: {Sizes: {dev: {A: 1}, prod: {A: 2}}}\n${queue}`],
    ['mapping Sizes', `Mappings: {Sizes: {Days: {orders-dev: 1, orders-prod: 2}}}\n${queue}`],
    ['mapping Of', `Mappings: {Of: {'111122223333': {A: 1}, '444455556666': {A: 2}}}\n${queue}`],
    ['condition A', `Conditions: {A: !Equals [!Ref AWS::AccountId, '111122223333']}\n${queue}`],
    [
      'condition A',
      `Conditions: {A: !Not [!Equals [!Select [1, !Split ['-', !Ref AWS::StackName]], prod]]}\n${queue}`,
    ],
  ])('are told by %s', (because, template) => {
    expect(stagesOf(treeOf({ 'template.yaml': template }).root)?.because).toBe(because);
  });

  it.each([
    `Parameters: {ApiStageName: {Type: String, Default: beta}, LogLevel: {Type: String, Default: INFO}}\n${queue}`,
    `Parameters: {Alias: {Type: String, Default: live}}\n${queue}`,
    `Parameters: {Environment: {Type: String, AllowedValues: [production], Default: production}}\n${queue}`,
    `Mappings: {Sizes: {small: {A: 1}, large: {A: 2}}}\nConditions: {A: !Equals [!Ref AWS::Region, us-east-1]}\n${queue}`,
  ])('are not assumed: %#', (template) => {
    expect(stagesOf(treeOf({ 'template.yaml': template }).root)).toBeUndefined();
  });
});

describe('the tag of the environment', () => {
  const policyOf = (required: string) => `{remediations: {resource-tags: ${required}}}`;

  it('takes the parameter of the template where the policy takes all it can be', async () => {
    const template = parameter('AllowedValues: [staging, production], Default: staging') + queue;
    for (const allowed of ['', ', allowed: [staging]']) {
      const policy = policyOf(`{required: {Environment: {value: production${allowed}}}}`);
      const plan = await planned(template, ['resource-tags'], { policy });
      expect(plan.risks).toEqual(['resource-tags@template.yaml safe']);
      expect(plan.text).toMatch(/Key: Environment[\s\S]*Value: !?\{?(Fn::)?Ref:? ?Stage/);
    }
  });

  it('needs approval where other words are meant', async () => {
    const plan = await planned(ofStages + queue, ['resource-tags'], { policy: policyOf(tags) });
    expect(plan.risks).toEqual(['resource-tags@template.yaml#review review']);
    expect(plan.why).toContain('dev or prod, where the policy writes production');
    const limited = policyOf('{required: {Environment: {value: production, allowed: [staging]}}}');
    const literal = await planned(ofStages + queue, ['resource-tags'], { policy: limited });
    expect(literal.why).toContain('Environment would be production in each');
    expect(literal.text).toContain('Environment');
  });

  it('needs approval where something else tells the stages apart, and is none where the stack is given it', async () => {
    const template = `Mappings: {Sizes: {dev: {A: 1}, prod: {A: 2}}}\n${queue}`;
    const plan = await planned(template, ['resource-tags'], { policy: policyOf(tags) });
    expect(plan.risks).toEqual(['resource-tags@template.yaml#review review']);
    expect(plan.why).toContain('remediations.resource-tags.stackLevel');
    const others = policyOf(
      '{required: {CostCenter: {value: "4711"}, Environment: {value: production}}, stackLevel: [Environment]}',
    );
    expect((await planned(template, ['resource-tags'], { policy: others })).risks).toEqual([
      'resource-tags@template.yaml safe',
    ]);
  });
});

describe('what each stack of a template would have', () => {
  const worker = `Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties: {Handler: a.b, Runtime: nodejs22.x, Role: 'arn:aws:iam::111122223333:role/r', Code: {S3Bucket: b, S3Key: k}}
`;
  const declared = 'functions: [{logicalId: Worker, type: background, reason: a test}]';
  const budget = '{remediations: {cost-alerts: {budgetUsdPerMonth: 100, emails: [a@example.com]}}}';

  it.each([
    ['lambda-reserved-concurrency', `{${declared}}`, worker],
    ['cost-alerts', budget, queue],
  ])('%s needs approval', async (id, policy, template) => {
    const plan = await planned(ofStages + template, [id], { policy });
    expect(plan.risks).toEqual([`${id}@template.yaml#review review`]);
    expect(plan.why).toContain('the template serves several stages (parameter Stage)');
    expect((await planned(template, [id], { policy })).risks).toEqual([`${id}@template.yaml safe`]);
  });

  it('is counted where the policy says what others reserve', async () => {
    const plan = await planned(ofStages + worker, ['lambda-reserved-concurrency'], {
      policy: `{account: {reservedElsewhere: 50}, ${declared}}`,
    });
    expect(plan.risks).toEqual(['lambda-reserved-concurrency@template.yaml safe']);
  });

  it('keeps logs alike in each, and protects data in each', async () => {
    const logs =
      'Resources:\n  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /app, RetentionInDays: 30}}\n';
    expect((await planned(ofStages + logs, ['log-retention'])).risks).toEqual([
      'log-retention@template.yaml safe',
    ]);
    const database = `Resources:
  Database:
    Type: AWS::RDS::DBInstance
    Properties: {DBInstanceClass: db.m5.large, Engine: postgres, AllocatedStorage: '20', MasterUsername: a, ManageMasterUserPassword: true}
`;
    const plan = await planned(ofStages + database, ['disaster-recovery', 'multi-az']);
    expect(plan.risks.every((each) => each.endsWith(' review'))).toBe(true);
    expect(plan.risks).toHaveLength(2);
  });
});
