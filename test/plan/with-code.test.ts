import { describe, expect, it } from 'vitest';
import { remediations } from '../../remediations/index.js';
import { loadTree } from '../../src/load/load.js';
import { buildPlan } from '../../src/plan/build.js';
import { loadPolicy } from '../../src/policy/load.js';
import { memoryFiles } from '../memory-files.js';
import { presetFiles } from '../whole-runs/presets.js';

/** `because` of the findings of one remediation, by logical id; of functions with code in `src/`. */
async function becauseOf(id: string, files: Readonly<Record<string, string>>, policyText = '{}') {
  const product = { remediations, policiesFolder: 'policies' };
  const store = memoryFiles({ ...presetFiles, 'p.yaml': policyText, ...files });
  const policy = await loadPolicy(store, product, { named: 'p.yaml', folder: '.' });
  const { tree } = await loadTree(store, 'template.yaml', { code: true });
  const units = remediations.filter((unit) => unit.id === id);
  const { document } = buildPlan(tree, policy, units, { version: '0', today: '2026-01-01' });
  return Object.fromEntries(
    document.stacks.flatMap(({ findings }) => findings.map((found) => [found.logicalId, found.because])),
  );
}

const desk = (variables: string, policies: string, more = '') => `
Transform: AWS::Serverless-2016-10-31
Parameters: {DeskToken: {Type: String, NoEcho: true}}
Resources:
  Desk:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.13
      Environment: {Variables: ${variables}}
      Policies: ${policies}
${more}`;

const database = '  Ledger: {Type: AWS::RDS::DBInstance, Properties: {Engine: postgres}}\n';
const several =
  '[{Statement: [{Effect: Allow, Action: ["dynamodb:GetItem", "sqs:SendMessage", "sns:Publish"], Resource: "*"}]}]';
const network = 'remediations: {lambda-vpc: {subnetIds: [subnet-1, subnet-2], securityGroupIds: [sg-1]}}';

describe('what code says of the way out of a network', () => {
  const template = desk('{LEDGER: !GetAtt Ledger.Endpoint.Address}', several, database);
  const handler = (text: string) => ({ 'template.yaml': template, 'src/app.py': text });

  it('leaves out what all of the code never mentions', async () => {
    const code = 'import boto3, os\ndef handler(event, context):\n    boto3.client("sqs").send_message()\n';
    const found = await becauseOf('lambda-vpc', handler(code), network);
    expect(found.Desk).toContain('could not reach sqs (an interface endpoint for sqs');
    expect(found.Desk).not.toMatch(/dynamodb|sns/);
  });

  it.each([
    ['it imports what is not at hand', 'import boto3, helper\n'],
    ['it calls addresses by itself', 'import boto3, requests\n'],
    ['part of it does not parse', 'import boto3\ndef (:\n'],
  ])('leaves out nothing where %s', async (_name, start) => {
    const code = `${start}def handler(event, context):\n    boto3.client("sqs").send_message()\n`;
    const found = await becauseOf('lambda-vpc', handler(code), network);
    expect(found.Desk).toMatch(/dynamodb .*, sns .*, sqs /);
  });

  it('names hosts outside AWS, which endpoints do not reach', async () => {
    const code =
      'import requests\ndef handler(event, context):\n    requests.post("https://hooks.example.org/tickets")\n';
    const found = await becauseOf('lambda-vpc', handler(code), network);
    expect(found.Desk).toContain('hooks.example.org (a NAT gateway, called at src/app.py:3)');
  });

  it.each(['orders.corp.internal', '10.0.4.2'])('takes %s for a private resource', async (host) => {
    const code = `import requests\ndef handler(event, context):\n    requests.get("http://${host}:8080/orders")\n`;
    const found = await becauseOf('lambda-vpc', { 'template.yaml': desk('{}', '[]'), 'src/app.py': code });
    expect(found.Desk).toMatch(
      new RegExp(`^it reaches the private host ${host} \\(src/app.py:3\\), but runs outside the network`),
    );
  });
});

describe('what code says of credentials', () => {
  it('is the line that reads one, whatever else the function does', async () => {
    const code = 'import os\ndef handler(event, context):\n    return os.environ["DESK_TOKEN"]\n';
    const template = desk('{DESK_TOKEN: !Ref DeskToken}', '[]');
    const found = await becauseOf('secrets-in-configuration', {
      'template.yaml': template,
      'src/app.py': code,
    });
    expect(found.Desk).toContain('its code reads it at src/app.py:3');
  });
});

describe('what code says of log groups', () => {
  const reporter = `
  Report:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: report, Handler: app.handler, Runtime: python3.13, Environment: {Variables: {DESK: !Ref Desk}}}
`;
  const files = (name: string) => ({
    'template.yaml': desk('{}', '[]', reporter),
    'src/app.py': 'def handler(event, context):\n    return event\n',
    'report/app.py': `import boto3, os\ndef handler(event, context):\n    boto3.client("logs").start_query(logGroupName=${name})\n`,
  });

  it('keeps a function with the group that code names', async () => {
    const found = await becauseOf('log-retention', files('"/aws/lambda/" + os.environ["DESK"]'));
    expect(found.Desk).toContain('code names that group (report/app.py:3)');
    expect(found.Report).not.toContain('code names that group');
  });

  it('is nothing where it names another', async () => {
    const found = await becauseOf('log-retention', files('"/aws/lambda/elsewhere"'));
    expect(found.Desk).not.toContain('code names that group');
  });
});
