import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readDocument } from '../../src/document/read.js';
import { decodeSource } from '../../src/document/source.js';
import { readFindings } from '../../src/findings/foreign-findings.js';
import { resourceNamed } from '../../src/findings/locate.js';
import type { ForeignFinding, PlanDocument } from '../../src/plan/document.js';
import { openTemplate } from '../../src/template/open.js';
import type { TemplateResource } from '../../src/template/template.js';
import { runInProcess } from '../cli/run-in-process.js';

const samples = relative(process.cwd(), join(import.meta.dirname, 'samples'));
const template = join(samples, 'template.yaml');

const folder = mkdtempSync(join(tmpdir(), 'idp-fix-findings-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function planWith(...files: readonly string[]): Promise<PlanDocument> {
  const flags = files.flatMap((file) => ['--findings', join(samples, file)]);
  const { data, notes } = await runInProcess([template, '--format', 'json', ...flags]);
  expect(notes).toBe('');
  return JSON.parse(data);
}

interface SarifResult {
  readonly ruleId: string;
  readonly locations: readonly { readonly logicalLocations?: readonly { readonly name: string }[] }[];
  readonly properties: { readonly foundBy: readonly string[] };
}

/** `rule resource: what becomes of it`. */
async function outcomesOf(file: string): Promise<readonly string[]> {
  const { foreignFindings } = await planWith(file);
  return (foreignFindings ?? []).map(
    ({ rule, logicalId, outcome, patch }: ForeignFinding) => `${rule} ${logicalId}: ${patch ?? outcome}`,
  );
}

const checkovOutcomes = [
  'CKV_AWS_116 Worker: not-applicable',
  'CKV_AWS_117 Worker: not-applicable',
  'CKV_AWS_115 Worker: lambda-reserved-concurrency@template.yaml#review',
  'CKV_AWS_173 Worker: lambda-environment-encryption@template.yaml',
  'CKV_AWS_53 Archive: not-covered',
  'CKV_AWS_54 Archive: not-covered',
  'CKV_AWS_18 Archive: not-covered',
  'CKV_AWS_56 Archive: not-covered',
  'CKV_AWS_55 Archive: not-covered',
  'CKV_AWS_21 Archive: disaster-recovery@template.yaml',
];

describe('what becomes of the findings', () => {
  it('of Checkov, by logical id', async () => {
    expect(await outcomesOf('checkov.json')).toEqual(checkovOutcomes);
  });

  it('of SARIF, by line', async () => {
    expect(await outcomesOf('checkov.sarif')).toEqual(checkovOutcomes);
  });

  it('of cfn-lint, which is about something else', async () => {
    expect(await outcomesOf('cfn-lint.json')).toEqual(['W2001 null: not-covered']);
  });

  it('of cfn_nag, a finding per resource', async () => {
    expect(await outcomesOf('cfn-nag.json')).toEqual([
      'W89 Worker: not-applicable',
      'W89 Reporter: not-applicable',
      'W92 Worker: lambda-reserved-concurrency@template.yaml#review',
      'W92 Reporter: lambda-reserved-concurrency@template.yaml#review',
      'W35 Archive: not-covered',
    ]);
  });

  it('of KICS, by its search key or by line', async () => {
    expect(await outcomesOf('kics.json')).toEqual([
      'a227ec01-f97a-4084-91a4-47b350c1db54 Archive: disaster-recovery@template.yaml',
      'c2eae442-d3ba-4cb1-84ca-1db4f80eae3d Worker: not-applicable',
    ]);
  });

  it('of Security Hub, by what is deployed, without what has passed', async () => {
    expect(await outcomesOf('asff.json')).toEqual([
      'Lambda.3 Worker: not-applicable',
      'S3.14 Archive: disaster-recovery@template.yaml',
      'CloudWatch.16 Worker: in-order',
      'Lambda.3 null: not-found',
    ]);
  });

  it('of plug-ins of the CDK, by construct, in the older report too', async () => {
    expect(await outcomesOf('cdk.json')).toEqual([
      'HIPAA.Security-S3BucketVersioningEnabled Archive: disaster-recovery@template.yaml',
      'W2001 Archive: not-covered',
      'NIST.800.53.R5-LambdaConcurrency Worker: lambda-reserved-concurrency@template.yaml#review',
    ]);
  });

  it('of Prowler and of Security Hub in OCSF, as a list and as an answer, without what has passed or is muted', async () => {
    const outcomes = [
      'awslambda_function_no_dead_letter_queue Worker: not-applicable',
      'S3.14 Archive: disaster-recovery@template.yaml',
      'Lambda.3 null: not-found',
    ];
    expect(await outcomesOf('ocsf.json')).toEqual(outcomes);
    const list = readFileSync(join(samples, 'ocsf.json'), 'utf8');
    const file = readFindings(
      'answer.json',
      new TextEncoder().encode(`{"Findings": ${list}, "NextToken": "x"}`),
    );
    expect(file).toEqual(readFindings('list.json', new TextEncoder().encode(list)));
    expect(file.tool).toBe('Prowler, Security Hub');
  });

  it('of idp-fix itself is what it was', async () => {
    const own = join(mkdtempSync(join(folder, 'own-')), 'own.sarif');
    await runInProcess([template, '--format', 'sarif', '--output', own]);
    const { data } = await runInProcess([template, '--findings', own, '--format', 'json']);
    const { foreignFindings, stacks }: PlanDocument = JSON.parse(data);
    const open = stacks.flatMap(({ findings }) =>
      findings.filter(({ verdict }) => verdict === 'fixable' || verdict === 'manual'),
    );
    expect(foreignFindings?.map(({ rule, logicalId, patch }) => [rule, logicalId ?? '', patch])).toEqual(
      open.map(({ remediation, logicalId, patch }) => [remediation, logicalId, patch]),
    );
  });

  it('is said with the reason, the place and the file', async () => {
    const { foreignFindings } = await planWith('cfn-nag.json', 'checkov.json');
    expect(foreignFindings?.map(({ source }) => source)).toEqual([
      ...Array<string>(5).fill(join(samples, 'cfn-nag.json')),
      ...Array<string>(10).fill(join(samples, 'checkov.json')),
    ]);
    expect(foreignFindings?.[0]).toEqual({
      source: join(samples, 'cfn-nag.json'),
      tool: 'cfn_nag',
      rule: 'W89',
      title: 'Lambda functions should be deployed inside a VPC',
      said: 'template.yaml:44',
      template: 'template.yaml',
      logicalId: 'Worker',
      line: 44,
      outcome: 'not-applicable',
      because: 'it reaches no private resource of the templates',
      remediation: 'lambda-vpc',
      patch: null,
    });
  });

  it('is the same plan with and without them', async () => {
    const { foreignFindings, ...withThem } = await planWith('checkov.json');
    const { foreignFindings: none, ...without } = await planWith();
    expect(foreignFindings).toHaveLength(10);
    expect(none).toBeNull();
    expect(withThem).toEqual(without);
  });

  it('says what the other tools have not seen: a condition that is false by default, an Fn::If', async () => {
    const { data } = await runInProcess([template, '--findings', join(samples, 'checkov.json'), '--verbose']);
    expect(data.replaceAll(/\s+/g, ' ')).toContain(
      'checkov.json (Checkov): 10 findings: 3 fixed by a patch, 2 not applicable, 5 that no remediation covers',
    );
    expect(data).toMatch(/\d+ open findings of this plan are in none of these files/);
    const { stacks } = await planWith('checkov.json');
    const open = stacks.flatMap(({ findings }) => findings.filter(({ verdict }) => verdict === 'fixable'));
    const named = open.map(({ remediation, logicalId }) => `${remediation} ${logicalId}`);
    expect(named).toContain('lambda-environment-encryption Reporter');
    expect(named).toContain('log-group-encryption WorkerLogs');
  });

  it('is said in SARIF with the finding that is the same', async () => {
    const files = ['checkov.json', 'cfn-nag.json'].flatMap((name) => ['--findings', join(samples, name)]);
    const { data } = await runInProcess([template, ...files, '--format', 'sarif']);
    const { runs } = JSON.parse(data);
    const named = runs[0].results.map(
      ({ ruleId, locations, properties }: SarifResult) =>
        `${ruleId} ${locations[0]?.logicalLocations?.[0]?.name}: ${properties.foundBy.join(', ')}`,
    );
    expect(named).toContain('lambda-reserved-concurrency Worker: Checkov CKV_AWS_115, cfn_nag W92');
    expect(named).toContain('lambda-reserved-concurrency Reporter: cfn_nag W92');
    expect(named).toContain('log-group-encryption WorkerLogs: ');
  });

  it('left out of the plan is said to be', async () => {
    const { data } = await runInProcess([
      ...[template, '--only', 'log-retention', '--format', 'json'],
      ...['--findings', join(samples, 'checkov.json')],
    ]);
    const { foreignFindings }: PlanDocument = JSON.parse(data);
    const dlq = foreignFindings?.find(({ rule }) => rule === 'CKV_AWS_116');
    expect(dlq).toMatchObject({ outcome: 'not-covered', remediation: 'lambda-dead-letter-queue' });
    expect(dlq?.because).toContain('is left out of this plan');
  });
});

describe('the template a finding is about', () => {
  const group = (logicalId: string) => `Resources:\n  ${logicalId}:\n    Type: AWS::Logs::LogGroup\n`;
  const roots = ['one/app.yaml', 'two/app.yaml', 'three/app.yaml'].map((path) => join(folder, path));
  for (const [index, root] of roots.entries()) {
    mkdirSync(dirname(root));
    writeFileSync(root, group(index === 2 ? 'Other' : 'Logs'));
  }
  const outcomeOf = async (finding: { uri: string; startLine?: number; name?: string }) => {
    const { uri, startLine, name } = finding;
    const location = {
      physicalLocation: { artifactLocation: { uri }, ...(startLine && { region: { startLine } }) },
      ...(name && { logicalLocations: [{ name }] }),
    };
    const result = { ruleId: 'W86', message: { text: 'retention' }, locations: [location] };
    const log = { version: '2.1.0', runs: [{ tool: { driver: { name: 'x' } }, results: [result] }] };
    const file = join(folder, 'x.sarif');
    writeFileSync(file, JSON.stringify(log));
    const { data } = await runInProcess([...roots, '--findings', file, '--format', 'json']);
    const documents: readonly PlanDocument[] = JSON.parse(data);
    return documents.flatMap(({ foreignFindings }, index) =>
      (foreignFindings ?? []).map(({ outcome, because }) => `${index} ${outcome} ${because}`),
    );
  };

  it.each([
    ['its path from another folder', { uri: 'two/app.yaml', name: 'Logs' }, /^1 fixed/],
    ['its absolute path', { uri: `file://${roots[1]}`, name: 'Logs' }, /^1 fixed/],
    ['its path with blanks escaped', { uri: './t%77o/app.yaml', startLine: 3 }, /^1 fixed/],
    ['its resource', { uri: 'app.yaml', name: 'Other' }, /^2 fixed/],
    ['nothing, as two have it', { uri: 'app.yaml', name: 'Logs' }, /^0 not-found Logs is in .* and /],
    [
      'nothing, for want of a resource',
      { uri: 'app.yaml', startLine: 2 },
      /^0 not-found app.yaml may be more/,
    ],
    [
      'nothing, as there is no such file',
      { uri: 'four/app.yaml', name: 'Logs' },
      /^0 not-found .* is none of/,
    ],
    [
      'its path, without a resource of that name',
      { uri: 'one/app.yaml', name: 'Gone' },
      /^0 not-found .* no resource Gone/,
    ],
    ['its path, and a line of no resource', { uri: 'one/app.yaml', startLine: 1 }, /^0 not-covered/],
  ])('is found by %s', async (_, finding, expected) => {
    const outcomes = await outcomeOf(finding);
    expect(outcomes).toHaveLength(1);
    expect(outcomes[0]).toMatch(expected);
  });
});

describe('what is deployed', () => {
  const described: Record<string, readonly [type: string, properties: Record<string, string>]> = {
    Worker: ['Lambda::Function', {}],
    WorkerTwo: ['CodeBuild::Project', {}],
    DocumentProcessingQueueHandler: ['Lambda::Function', {}],
    Archive: ['S3::Bucket', { BucketName: 'my-archive' }],
    ArchivePolicy: ['S3::BucketPolicy', { Bucket: 'my-archive' }],
    Orders: ['Lambda::Function', { FunctionName: 'orders' }],
    OrdersPermission: ['Lambda::Permission', { FunctionName: 'orders', Action: 'lambda:InvokeFunction' }],
    OrdersQueue: ['SQS::Queue', { QueueName: 'orders' }],
    OrdersTable: ['DynamoDB::Table', { TableName: 'orders' }],
    OrdersRole: ['IAM::Role', { RoleName: 'orders', Path: '/app/' }],
    OrdersFlow: ['StepFunctions::StateMachine', { StateMachineName: 'orders' }],
    OrdersLogs: ['Logs::LogGroup', { LogGroupName: '/aws/lambda/orders' }],
    OrdersData: ['RDS::DBInstance', { DBInstanceIdentifier: 'orders' }],
    OrdersSecret: ['SecretsManager::Secret', { Name: 'app/orders' }],
    OrdersAlarm: ['CloudWatch::Alarm', { AlarmName: 'orders: too old' }],
    OrdersTopic: ['SNS::Topic', { TopicName: 'orders' }],
    OtherPermission: ['Lambda::Permission', { FunctionName: 'elsewhere', Action: 'lambda:InvokeFunction' }],
    Flow: ['StepFunctions::StateMachine', {}],
    Password: ['SecretsManager::Secret', {}],
  };
  const resources = new Map(
    Object.entries(described).map(([logicalId, [type, Properties]]) => [
      logicalId,
      resource(logicalId, `AWS::${type}`, Properties),
    ]),
  );
  const here = 'eu-west-1:111122223333';

  it.each([
    [`arn:aws:lambda:${here}:function:app-Worker-a1B2c3D4e5F6`, 'Worker'],
    [`arn:aws:lambda:${here}:function:app-Worker-a1B2c3D4e5F6:live`, 'Worker'],
    [`arn:aws:logs:${here}:log-group:/aws/lambda/app-Worker-a1B2c3D4e5F6:*`, 'Worker'],
    [`arn:aws:codebuild:${here}:project/app-WorkerTwo-a1B2c3D4e5F6`, 'WorkerTwo'],
    ['app-DocumentProcessingQueu-a1B2c3D4e5F6', 'DocumentProcessingQueueHandler'],
    ['arn:aws:s3:::my-archive', 'Archive'],
    ['arn:aws:s3:::app-archive-1q2w3e4r5t6z', 'Archive'],
    [`arn:aws:lambda:${here}:function:app-Work-a1B2c3D4e5F6`, undefined],
    [`arn:aws:lambda:${here}:function:plain`, undefined],
    ['something', undefined],
    // One name, by what the ARN is of.
    [`arn:aws:lambda:${here}:function:orders`, 'Orders'],
    [`arn:aws:lambda:${here}:function:orders:$LATEST`, 'Orders'],
    [`arn:aws:sqs:${here}:orders`, 'OrdersQueue'],
    ['https://sqs.eu-west-1.amazonaws.com/111122223333/orders', 'OrdersQueue'],
    [`arn:aws:dynamodb:${here}:table/orders`, 'OrdersTable'],
    [`arn:aws:dynamodb:${here}:table/orders/index/by-day`, 'OrdersTable'],
    ['arn:aws:iam::111122223333:role/app/orders', 'OrdersRole'],
    [`arn:aws:states:${here}:stateMachine:orders`, 'OrdersFlow'],
    [`arn:aws:logs:${here}:log-group:/aws/lambda/orders:*`, 'OrdersLogs'],
    [`arn:aws:rds:${here}:db:orders`, 'OrdersData'],
    [`arn:aws:secretsmanager:${here}:secret:app/orders-AbC123`, 'OrdersSecret'],
    [`arn:aws:cloudwatch:${here}:alarm:orders: too old`, 'OrdersAlarm'],
    [`arn:aws:sns:${here}:orders`, 'OrdersTopic'],
    [`arn:aws:sns:${here}:orders:0a1b2c3d-0000-4000-8000-000000000000`, 'OrdersTopic'],
    // What only calls a function is not that function.
    [`arn:aws:lambda:${here}:function:elsewhere`, undefined],
    ['orders', undefined],
    // Names that CloudFormation makes without the name of the stack.
    [`arn:aws:states:${here}:stateMachine:Flow-a1B2c3D4e5F6`, 'Flow'],
    [`arn:aws:secretsmanager:${here}:secret:Password-a1B2c3D4e5F6-AbC123`, 'Password'],
    // What is no resource of a stack.
    ['AWS::::Account:111122223333', undefined],
    [`arn:aws:kms:${here}:key/0a1b2c3d-0000-4000-8000-000000000000`, undefined],
  ])('%s is %s', (physicalId, logicalId) => {
    expect(resourceNamed(physicalId, resources)).toBe(logicalId);
  });
});

function resource(logicalId: string, Type: string, Properties: Record<string, string>): TemplateResource {
  const text = JSON.stringify({ Resources: { [logicalId]: { Type, Properties } } });
  const document = readDocument(decodeSource('a.json', new TextEncoder().encode(text)));
  return openTemplate(document).resources.get(logicalId) ?? expect.fail();
}

describe('a file of findings', () => {
  it.each([
    ['not JSON', '<xml/>', 'this is not a file of findings: it is not JSON'],
    ['something else', '{"a": 1}', 'this is not a file of findings that idp-fix can read'],
    ['a list of something else', '[1, 2]', 'this is not a file of findings that idp-fix can read'],
    [
      'a broken Checkov file',
      '{"check_type": "x", "results": {"failed_checks": [{}]}}',
      'results.failed_checks.0.check_id',
    ],
    ['a broken SARIF file', '{"version": "2.1.0", "runs": [{"results": 1}]}', 'runs.0.tool'],
    ['SARIF of another version', '{"version": "1.0.0", "runs": []}', 'version'],
    ['a broken ASFF file', '{"Findings": [{}]}', '0.Id'],
    ['a broken cfn_nag file', '[{"filename": "a", "file_results": {}}]', '0.file_results.violations'],
    ['a broken cfn-lint file', '[{"Rule": {}, "Location": {}}]', '0.Filename'],
    ['a broken KICS file', '{"queries": [{"query_id": 1}]}', 'queries.0.query_id'],
  ])('that is %s is refused: where, what, and what would do', async (_, text, message) => {
    const file = join(folder, 'findings.json');
    writeFileSync(file, text);
    const { exitCode, data, notes } = await runInProcess([template, '--findings', file]);
    expect({ exitCode, data }).toEqual({ exitCode: 2, data: '' });
    expect(notes).toContain(file);
    expect(notes).toContain(message);
    expect(notes).toContain('checkov --output json');
  });

  it('that is empty has no findings', () => {
    const read = (text: string) => readFindings('a.json', new TextEncoder().encode(text)).findings;
    expect(read('[]')).toEqual([]);
    expect(read('{"passed": 0, "failed": 0, "skipped": 0, "checkov_version": "3.3.30"}')).toEqual([]);
    expect(read('\ufeff{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}}]}')).toEqual([]);
  });

  it('may come on the standard input, once', async () => {
    const input = readFileSync(join(samples, 'cfn-nag.json'), 'utf8');
    const { data } = await runInProcess([template, '--findings', '-', '--format', 'json'], { input });
    const { foreignFindings }: PlanDocument = JSON.parse(data);
    expect(foreignFindings?.map(({ source }) => source)).toEqual(Array<string>(5).fill('stdin.json'));
    const twice = await runInProcess(['-', '--findings', '-'], { input: readFileSync(template, 'utf8') });
    expect(twice).toMatchObject({ exitCode: 2, data: '' });
    expect(twice.notes).toContain('the standard input can be read once');
  });

  it('that is not there is an error', async () => {
    const { exitCode, notes } = await runInProcess([template, '--findings', join(folder, 'none.json')]);
    expect(exitCode).toBe(2);
    expect(notes).toContain('none.json');
  });
});

describe('a fix that Security Hub proposes', () => {
  const file = 'security-hub-remediations.json';

  it('is judged as ours are: what it closes on the resource, or why that cannot be told', async () => {
    const { foreignFindings } = await planWith(file);
    const told = (foreignFindings ?? []).map(
      ({ rule, logicalId, outcome, snippet }) => `${rule} ${logicalId} ${outcome}: ${snippet?.because}`,
    );
    expect(told).toEqual([
      expect.stringMatching(
        /^versioning Archive not-covered: it closes a part of disaster-recovery \(left: it lacks DeletionPolicy/,
      ),
      'reserve-concurrency Worker not-covered: it leaves <number> to be filled in',
      'encrypt-variables Worker fixed: it closes lambda-environment-encryption; it leaves cloudwatch-alarms, lambda-reserved-concurrency open',
      'network Worker not-covered: it refers to Group, which the template does not have',
      'versioning null not-found: it is for no resource of these templates',
      'log-format Worker not-covered: it cannot be read as YAML or JSON: the character U+001B is not allowed in a template',
      'Restrict who may read the bucket Archive not-covered: undefined',
    ]);
  });

  it('is data, and nothing of it is in a patch or a file', async () => {
    const { data } = await runInProcess([template, '--findings', join(samples, file), '--verbose']);
    expect(data).toContain('its own snippet: it ');
    expect(data).not.toContain('\u001b[31m');
    const only = ['--only', 'disaster-recovery', '--apply', '--dry-run', '--format', 'diff'];
    const plain = await runInProcess([template, ...only]);
    const beside = await runInProcess([template, ...only, '--findings', join(samples, file)]);
    expect(beside.data).toBe(plain.data);
  });
});
