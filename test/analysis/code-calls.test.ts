import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeFiles } from '../../src/adapters/node-files.js';
import { classifyFunctions } from '../../src/analysis/classify-functions.js';
import type { FunctionClass } from '../../src/contract/facts.js';
import { loadTree } from '../../src/load/load.js';
import { memoryFiles } from '../memory-files.js';

async function classify(
  files: Readonly<Record<string, string>>,
  code = true,
): Promise<ReadonlyMap<string, FunctionClass>> {
  const { tree } = await loadTree(memoryFiles(files), 'template.yaml', { code });
  return new Map([...classifyFunctions(tree).values()].flatMap((found) => [...found]));
}

const desk = (more = '', worker = '!Ref Worker') => `
Transform: AWS::Serverless-2016-10-31
Resources:
  Desk:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: desk
      Handler: app.handler
      Runtime: python3.13
      Environment: {Variables: {WORKER: ${worker}}}
      Policies: [{LambdaInvokePolicy: {FunctionName: !Ref Worker}}]
      Events: {Post: {Type: HttpApi, Properties: {Path: /, Method: post}}}
  Worker:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: worker, Handler: app.handler, Runtime: python3.13, FunctionName: desk-worker}
${more}`;

const calling = (call: string) =>
  `import boto3, os\nclient = boto3.client("lambda")\ndef handler(event, context):\n    ${call}\n`;

describe('what the code of a caller says', () => {
  it.each([
    ['Event', 'FunctionName=os.environ["WORKER"], InvocationType="Event"', 'async', 'WORKER'],
    ['RequestResponse', 'FunctionName=os.environ["WORKER"]', 'sync', 'WORKER'],
    ['Event', 'FunctionName="desk-worker", InvocationType="Event"', 'async', 'desk-worker'],
    ['Event', 'FunctionName=event["to"], InvocationType="Event"', 'async', 'a function it gets the name of'],
  ])('decides: %s by %s', async (type, parameters, invocation, name) => {
    const files = { 'template.yaml': desk(), 'desk/app.py': calling(`client.invoke(${parameters})`) };
    const found = (await classify(files)).get('Worker');
    expect(found).toMatchObject({ type: 'background', invocation });
    expect(found?.evidence).toEqual([
      'called by function Desk',
      `desk/app.py:4 invokes ${name} with InvocationType ${type}`,
    ]);
  });

  it.each([
    ['there is no code', {}],
    ['the code makes no call', { 'desk/app.py': 'def handler(event, context):\n    return event\n' }],
    [
      'the type comes from the event',
      {
        'desk/app.py': calling(
          'client.invoke(FunctionName=os.environ["WORKER"], InvocationType=event["how"])',
        ),
      },
    ],
    [
      'part of the code does not parse',
      { 'desk/app.py': `${calling('client.invoke(FunctionName=os.environ["WORKER"])')}\ndef (:\n` },
    ],
    [
      'another call may reach it',
      {
        'desk/app.py': calling(
          'client.invoke(FunctionName=os.environ["WORKER"]); client.invoke(FunctionName=event["to"], InvocationType="Event")',
        ),
      },
    ],
  ])('leaves it unknown where %s', async (_name, code) => {
    const found = await classify({ 'template.yaml': desk(), ...code });
    expect(found.get('Worker')).toMatchObject({ type: 'background', invocation: 'unknown' });
  });

  it('counts nothing that is only asked for', async () => {
    const call = 'client.invoke(FunctionName=os.environ["WORKER"], InvocationType="DryRun")';
    const found = await classify({ 'template.yaml': desk(), 'desk/app.py': calling(call) });
    expect(found.get('Worker')?.invocation).toBe('unknown');
  });

  it('follows a variable through the parameters of nested stacks', async () => {
    const root = `
Resources:
  Worker: {Type: AWS::Lambda::Function}
  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child/t.yaml, Parameters: {WorkerName: !Ref Worker}}}
`;
    const child = `
Transform: AWS::Serverless-2016-10-31
Parameters: {WorkerName: {Type: String}}
Resources:
  Desk:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.handler
      Runtime: python3.13
      Environment: {Variables: {WORKER: !Ref WorkerName}}
      Policies: [{LambdaInvokePolicy: {FunctionName: !Ref WorkerName}}]
`;
    const found = await classify({
      'template.yaml': root,
      'child/t.yaml': child,
      'child/code/app.py': calling(
        'client.invoke(FunctionName=os.environ["WORKER"], InvocationType="Event")',
      ),
    });
    expect(found.get('Worker')?.evidence).toEqual([
      'called by function Desk of child/t.yaml',
      'child/code/app.py:4 invokes WORKER with InvocationType Event',
    ]);
  });

  it('shows the call that decides, where the code wraps the client', async () => {
    const text = `import boto3, os\ndef later(name):\n    boto3.client("lambda").invoke(FunctionName=name, InvocationType="Event")\ndef handler(event, context):\n    later(os.environ["WORKER"])\n`;
    const found = await classify({ 'template.yaml': desk(), 'desk/app.py': text });
    expect(found.get('Worker')?.evidence).toContain(
      'desk/app.py:3 invokes WORKER with InvocationType Event, called at desk/app.py:5',
    );
  });

  it('is not read without being asked for', async () => {
    const files = memoryFiles({
      'template.yaml': desk(),
      'desk/app.py': calling('client.invoke(FunctionName="x")'),
    });
    const paths: string[] = [];
    const watched = {
      ...files,
      async read(path: string) {
        paths.push(path);
        return files.read(path);
      },
    };
    await loadTree(watched, 'template.yaml');
    expect(paths).toEqual(['template.yaml']);
    await loadTree(watched, 'template.yaml', { code: true });
    expect(paths).toEqual(['template.yaml', 'template.yaml', 'desk/app.py']);
  });
});

const dispatcher = (value: string, permission: string, environment = '{MAP: !Ref Routes}') => `
Transform: AWS::Serverless-2016-10-31
Resources:
  Dispatcher:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: dispatcher
      Handler: app.handler
      Runtime: nodejs22.x
      Environment: {Variables: ${environment}}
      Policies:
        - Statement:
            - {Effect: Allow, Action: lambda:InvokeFunction, Resource: ${permission}}
            - {Effect: Allow, Action: ssm:GetParameter, Resource: !Sub 'arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter/desk/routes'}
      Events: {Post: {Type: HttpApi, Properties: {Path: '/{field}', Method: post}}}
  Routes: {Type: AWS::SSM::Parameter, Properties: {Name: /desk/routes, Type: String, Value: ${value}}}
  Open: {Type: AWS::Serverless::Function}
  Close: {Type: AWS::Serverless::Function}
  Apart: {Type: AWS::Serverless::Function}
`;
const ofTheStack = "!Sub 'arn:aws:lambda:*:*:function:${AWS::StackName}-*'";
const routes = `!Sub '{"open": "\${Open}", "close": "\${Close.Arn}"}'`;

describe('functions named in data', () => {
  it.each([
    ['a parameter of the environment', dispatcher(routes, ofTheStack)],
    ['a parameter it may read', dispatcher(routes, ofTheStack, '{}')],
    ['a permission for all functions', dispatcher(routes, "'*'")],
    ['a list that is joined', dispatcher('!Join [",", [!Ref Open, !GetAtt Close.Arn]]', ofTheStack)],
  ])('are called by whoever reads %s', async (_name, template) => {
    const found = await classify({ 'template.yaml': template });
    for (const name of ['Open', 'Close']) {
      expect(found.get(name)).toMatchObject({ type: 'api-handler', invocation: 'unknown' });
      expect(found.get(name)?.evidence).toEqual(['called by function Dispatcher by SSM parameter Routes']);
    }
    expect(found.get('Apart')?.triggers).toEqual([]);
  });

  it('are called as the code of the dispatcher says', async () => {
    const code = `
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
export const handler = async (event) => new LambdaClient().send(new InvokeCommand({ FunctionName: await nameOf(event) }));
`;
    const found = await classify({
      'template.yaml': dispatcher(routes, ofTheStack),
      'dispatcher/app.mjs': code,
    });
    expect(found.get('Open')).toMatchObject({ type: 'api-handler', invocation: 'sync' });
  });

  it('are not called by whoever cannot read it', async () => {
    const template = dispatcher(routes, ofTheStack, '{}').replace('parameter/desk/routes', 'parameter/other');
    const found = (await classify({ 'template.yaml': template })).get('Open');
    expect(found?.triggers.map(({ source }) => source)).toEqual(['published']);
  });
});

describe('services that assume a role', () => {
  const role = (service: string, rest = '') => `
Resources:
  Job: {Type: AWS::Lambda::Function}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ${service}}, Action: sts:AssumeRole}]}
      Policies:
        - PolicyName: call
          PolicyDocument: {Statement: [{Effect: Allow, Action: lambda:InvokeFunction, Resource: !GetAtt Job.Arn}]}
${rest}`;

  it.each([
    ['scheduler.amazonaws.com', 'background', 'async'],
    ["!Sub 'bedrock-agentcore.${AWS::URLSuffix}'", 'api-handler', 'sync'],
    ['[apigateway.amazonaws.com]', 'api-handler', 'sync'],
  ])('%s', async (service, type, invocation) => {
    const found = (await classify({ 'template.yaml': role(service) })).get('Job');
    expect(found).toMatchObject({ type, invocation });
    expect(found?.evidence[0]).toContain('with role Role');
  });

  it('count only where nothing else explains the role', async () => {
    const rest = `
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties: {Target: {Arn: !GetAtt Job.Arn, RoleArn: !GetAtt Role.Arn}, ScheduleExpression: rate(1 day), FlexibleTimeWindow: {Mode: "OFF"}}
`;
    const found = (await classify({ 'template.yaml': role('scheduler.amazonaws.com', rest) })).get('Job');
    expect(found?.evidence).toEqual(['schedule Nightly']);
  });
});

describe('a function that is published', () => {
  const published = (more: string) => `
Resources:
  Job: {Type: AWS::Lambda::Function}
${more}`;

  it.each([
    [
      'SSM parameter JobArn',
      '  JobArn: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt Job.Arn}}\n',
    ],
    ['export JobArn', 'Outputs: {JobArn: {Value: !GetAtt Job.Arn, Export: {Name: job}}}\n'],
  ])('by %s is called by whom nothing here shows', async (where, more) => {
    expect((await classify({ 'template.yaml': published(more) })).get('Job')).toMatchObject({
      type: 'administrative',
      invocation: 'unknown',
      basis: 'assumed',
      evidence: [`published for other stacks by ${where}`],
    });
  });

  it.each([
    ['it is an output without an export', 'Outputs: {JobArn: {Value: !GetAtt Job.Arn}}\n', []],
    [
      'something else calls it',
      `  Nightly: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 day), Targets: [{Id: a, Arn: !GetAtt Job.Arn}]}}
Outputs: {JobArn: {Value: !GetAtt Job.Arn, Export: {Name: job}}}
`,
      ['schedule'],
    ],
  ])('says nothing where %s', async (_name, more, sources) => {
    const found = (await classify({ 'template.yaml': published(more) })).get('Job');
    expect(found?.triggers.map(({ source }) => source)).toEqual(sources);
  });
});

describe('permissions', () => {
  it.each([
    ['s3', 'high-volume', 'async'],
    ['apigateway', 'api-handler', 'sync'],
    ['events', 'background', 'async'],
  ])('are for a service whatever its name ends with: %s', async (service, type, invocation) => {
    const template = `
Resources:
  Job: {Type: AWS::Lambda::Function}
  May:
    Type: AWS::Lambda::Permission
    Properties: {Action: lambda:InvokeFunction, FunctionName: !Ref Job, Principal: !Sub '${service}.\${AWS::URLSuffix}'}
`;
    expect((await classify({ 'template.yaml': template })).get('Job')).toMatchObject({ type, invocation });
  });
});

describe('definitions in files of their own', () => {
  const machine = (properties: string) => `
Transform: AWS::Serverless-2016-10-31
Resources:
  Scan: {Type: AWS::Serverless::Function}
  Tell: {Type: AWS::Serverless::Function}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
${properties}
`;
  const definition = `{
  "StartAt": "Pages",
  "States": {
    "Pages": {
      "Type": "Map", "MaxConcurrency": 4, "Next": "Told",
      "Iterator": {"StartAt": "Scan", "States": {
        "Scan": {"Type": "Task", "Resource": "\${ScanArn}", "End": true}
      }}
    },
    "Told": {
      "Type": "Task",
      "Resource": "arn:\${Partition}:states:::lambda:invoke",
      "Parameters": {"FunctionName": "\${TellArn}", "InvocationType": "Event"},
      "TimeoutSeconds": \${Limit},
      "End": true
    }
  }
}`;
  const substitutions =
    '      DefinitionSubstitutions: {ScanArn: !GetAtt Scan.Arn, TellArn: !GetAtt Tell.Arn, Limit: 30}';

  it('say how a state machine calls', async () => {
    const template = machine(`      DefinitionUri: flow/flow.asl.json\n${substitutions}`);
    const found = await classify({ 'template.yaml': template, 'flow/flow.asl.json': definition });
    expect(found.get('Scan')).toMatchObject({ type: 'high-volume', invocation: 'sync' });
    expect(found.get('Scan')?.evidence).toEqual([
      'state machine Flow',
      'flow/flow.asl.json:7 state Scan calls it, up to 4 at once',
    ]);
    expect(found.get('Tell')).toMatchObject({ type: 'high-volume', invocation: 'async' });
    expect(found.get('Tell')?.evidence[1]).toBe(
      'flow/flow.asl.json:10 state Told calls it with InvocationType Event',
    );
  });

  it('may have a comma too many, as YAML may', async () => {
    const template = machine(`      DefinitionUri: flow.asl.json\n${substitutions}`);
    const file = definition.replace('"End": true\n    }', '"End": true,\n    }');
    expect(file).not.toBe(definition);
    const found = await classify({ 'template.yaml': template, 'flow.asl.json': file });
    expect(found.get('Tell')?.invocation).toBe('async');
  });

  it('are not needed where the definition is in the template', async () => {
    const text = definition.replaceAll('\n', '\n        ');
    const template = machine(`      DefinitionString: |\n        ${text}\n${substitutions}`).replace(
      'AWS::Serverless::StateMachine',
      'AWS::StepFunctions::StateMachine',
    );
    expect((await classify({ 'template.yaml': template })).get('Tell')?.invocation).toBe('async');
  });

  it('are not read with --no-code', async () => {
    const template = machine(`      DefinitionUri: flow.json\n${substitutions}`);
    const found = await classify({ 'template.yaml': template, 'flow.json': definition }, false);
    expect(found.get('Tell')).toMatchObject({ invocation: 'sync', evidence: ['state machine Flow'] });
  });

  it('name the functions of an API and its authorizer', async () => {
    const template = `
Transform: AWS::Serverless-2016-10-31
Resources:
  List: {Type: AWS::Serverless::Function}
  Check: {Type: AWS::Serverless::Function, Properties: {FunctionName: desk-check}}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      DefinitionBody: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: api.yaml}}}
`;
    const api = `
openapi: 3.0.1
paths:
  /all:
    get:
      x-amazon-apigateway-integration:
        uri: !Sub arn:aws:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${List.Arn}/invocations
components:
  securitySchemes:
    check:
      x-amazon-apigateway-authorizer:
        authorizerUri: arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111111111111:function:desk-check/invocations
`;
    const found = await classify({ 'template.yaml': template, 'api.yaml': api });
    expect(found.get('List')?.triggers).toMatchObject([{ source: 'api', description: 'API Api' }]);
    expect(found.get('Check')?.triggers).toMatchObject([{ source: 'identity' }]);
  });
});

const cases = '../shared/cases/51-code-says-event/template.yaml';

describe.skipIf(!existsSync(cases))('a case of the review (passed over: ../shared is not there)', () => {
  it('says where the code decides', async () => {
    const { tree } = await loadTree(nodeFiles(), cases, { code: true });
    const [found] = [...classifyFunctions(tree).values()].map((functions) => functions.get('Worker'));
    expect(found).toMatchObject({ invocation: 'async' });
    expect(found?.evidence).toContain('src/front/app.py:4 invokes WORKER with InvocationType Event');
  });
});

const release = '../shared/data/idp-v0.6.4/template.yaml';

describe.skipIf(!existsSync(release))(
  'a release of the accelerator (passed over: ../shared is not there)',
  () => {
    it('has the types of the labels by its templates alone, and no invocation that is wrong', async () => {
      const { tree } = await loadTree(nodeFiles(), release);
      const found = new Map(
        [...classifyFunctions(tree)].map(([{ template }, each]) => [template.path, each]),
      );
      const rows = readFileSync('../shared/data/labels/functions-v0.6.4-api-resolvers.csv', 'utf8').trim();
      const labels = rows
        .split('\n')
        .slice(1)
        .map((row) => row.split(','));
      expect(labels.length).toBeGreaterThan(30);
      const wrong = labels.filter(([template = '', logicalId = '', invocation, type = '']) => {
        const own = found.get(template)?.get(logicalId);
        const isType = type
          .toLowerCase()
          .replace(' ', '-')
          .startsWith(own?.type ?? '?');
        return !isType || (own?.invocation !== 'unknown' && own?.invocation !== invocation);
      });
      expect(wrong).toEqual([]);
    });
  },
);
