import { describe, expect, it } from 'vitest';
import { memoryFiles } from '../memory-files.js';
import { factsOf, readCode, shown } from './read-code.js';

const node = (files: Readonly<Record<string, string>>) => factsOf('nodejs22.x', 'app.handler', files);
const ofKind = async (kind: string, files: Readonly<Record<string, string>>) =>
  (await node(files)).filter((line) => line.includes(` ${kind} `));

describe('facts in JavaScript', () => {
  it('has each with its line, by the third SDK', async () => {
    const facts = await node({
      'app.mjs': `
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManager } from '@aws-sdk/client-secrets-manager';

const { TICKETS: table, WORKER = 'desk-worker' } = process.env;
const tickets = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const secrets = new SecretsManager();

export const handler = async (event) => {
  await tickets.send(new GetCommand({ TableName: table, Key: event }));
  await secrets.getSecretValue({ SecretId: process.env['KEY'] });
  await fetch(\`https://hooks.example.org/\${event.id}\`);
  return new LambdaClient({}).send(
    new InvokeCommand({
      FunctionName: WORKER,
      InvocationType: 'Event',
    }),
  );
};
`,
    });
    expect(facts).toEqual([
      'app.mjs:6 reads $TICKETS',
      'app.mjs:6 reads $WORKER',
      'app.mjs:11 calls dynamodb:GetItem',
      'app.mjs:12 calls secretsmanager:GetSecretValue',
      'app.mjs:12 takes secret $KEY from secretsmanager',
      'app.mjs:12 reads $KEY',
      'app.mjs:13 requests hooks.example.org',
      'app.mjs:15 invokes $WORKER Event',
      'app.mjs:15 invokes desk-worker Event',
      'app.mjs:15 calls lambda:Invoke',
    ]);
  });

  it.each([
    [
      'second SDK',
      `const AWS = require('aws-sdk'); const c = new AWS.Lambda();`,
      'c.invoke(INPUT).promise()',
    ],
    [
      'one client of the second SDK',
      `const Lambda = require('aws-sdk/clients/lambda'); const c = new Lambda();`,
      'c.invoke(INPUT, () => {})',
    ],
    [
      'second SDK under X-Ray',
      `const AWS = require('aws-xray-sdk').captureAWS(require('aws-sdk')); const c = new AWS.Lambda();`,
      'c.invoke(INPUT)',
    ],
    [
      'client with all methods',
      `const { Lambda } = require('@aws-sdk/client-lambda'); const c = new Lambda({});`,
      'c.invoke(INPUT)',
    ],
    [
      'whole package',
      `const l = require('@aws-sdk/client-lambda'); const c = new l.LambdaClient();`,
      'c.send(new l.InvokeCommand(INPUT))',
    ],
    [
      'traced client',
      `const { Lambda } = require('@aws-sdk/client-lambda'); const c = tracer.captureAWSv3Client(new Lambda({}));`,
      'c.invoke(INPUT)',
    ],
  ])('reads an invocation by the %s', async (_name, start, call) => {
    const input = `{ FunctionName: process.env.WORKER, InvocationType: 'Event' }`;
    const text = `
${start}
exports.handler = async () => {
  await ${call.replace('INPUT', input)};
};
`;
    expect(await ofKind('invokes', { 'app.js': text })).toEqual(['app.js:3 invokes $WORKER Event']);
  });

  it.each([
    [
      'spread over a constant',
      `const base = { FunctionName: 'a' };`,
      `{ ...base, InvocationType: 'Event' }`,
      ['a Event'],
    ],
    [
      'one of two',
      '',
      `{ FunctionName: 'a', InvocationType: event.wait ? 'RequestResponse' : 'Event' }`,
      ['a RequestResponse', 'a Event'],
    ],
    [
      'an enumeration',
      `const kinds = { later: 'Event' };`,
      `{ FunctionName: 'a', InvocationType: kinds.later }`,
      ['a Event'],
    ],
    ['something open', '', `{ FunctionName: 'a', ...event.options }`, ['a <unknown>']],
  ])('follows parameters that are %s', async (_name, start, input, expected) => {
    const text = `
const { Lambda } = require('@aws-sdk/client-lambda');
${start}
exports.handler = async (event) => new Lambda().invoke(${input});
`;
    const found = await ofKind('invokes', { 'app.js': text });
    expect(found.map((line) => line.replace('app.js:3 invokes ', '')).sort()).toEqual([...expected].sort());
  });

  it('follows what other files give out', async () => {
    const facts = await ofKind('invokes', {
      'app.js': `
const calls = require('./calls');
const { names: { worker } } = require('./names.js');
module.exports.handler = async () => calls.send(worker);
module.exports.other = async () => calls.send('never');
`,
      'calls/index.js': `
const { Lambda } = require('@aws-sdk/client-lambda');
const client = new Lambda();
const send = (name) => client.invoke({ FunctionName: name, InvocationType: 'Event' });
module.exports = { send };
`,
      'names.js': `exports.names = { worker: process.env.WORKER };`,
    });
    expect(facts).toEqual(['calls/index.js:3 invokes $WORKER Event for app.js:3']);
  });
});

describe('facts in TypeScript', () => {
  it('reads classes, types and decorators', async () => {
    const facts = await ofKind('invokes', {
      'app.ts': `
import type { Context } from 'aws-lambda';
import { Invoker } from './invoker.js';

const invoker = new Invoker(process.env.WORKER!);

export async function handler(event: unknown, _context: Context): Promise<void> {
  await invoker.later<string>(event as string);
  await invoker.own();
}
`,
      'invoker.ts': `
import { InvocationType, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';

export class Invoker {
  private readonly client = new LambdaClient({});
  constructor(private readonly target: string) {}

  async later<T>(payload: T): Promise<void> {
    await this.client.send(new InvokeCommand({ FunctionName: this.target, InvocationType: 'Event' }));
  }

  async own(): Promise<void> {
    await this.client.send(
      new InvokeCommand({ FunctionName: process.env.AWS_LAMBDA_FUNCTION_NAME, InvocationType: InvocationType.Event }),
    );
  }
}
`,
    });
    expect(facts).toEqual([
      'invoker.ts:8 invokes $WORKER Event for app.ts:4',
      'invoker.ts:13 invokes $AWS_LAMBDA_FUNCTION_NAME Event',
    ]);
  });
});

describe('the invocations alone', () => {
  it.each([
    ['under its own name', 'const c = new Lambda();', "c.invoke({ FunctionName: 'a' })"],
    ['under another name', 'const c = new Lambda(); const later = c.invoke;', "later({ FunctionName: 'a' })"],
  ])('are the same as among all facts, %s', async (_name, start, call) => {
    const text = `const { Lambda } = require('@aws-sdk/client-lambda');\n${start}\nexports.handler = () => ${call};\n`;
    const template = JSON.stringify({
      Resources: {
        Own: {
          Type: 'AWS::Serverless::Function',
          Properties: { CodeUri: '.', Handler: 'app.handler', Runtime: 'nodejs22.x' },
        },
      },
    });
    const code = await readCode(memoryFiles({ 'template.yaml': template, 'app.js': text }));
    const own = code.codeOf('template.yaml', 'Own');
    expect(own?.invocations.map(shown)).toEqual(['app.js:3 invokes a RequestResponse']);
    expect(own?.facts.filter(({ kind }) => kind === 'invocation')).toEqual(own?.invocations);
  });
});

describe('comments between the words of a statement', () => {
  it('change nothing of an import or a call', async () => {
    const app = `import { // all of it
  LambdaClient, /* one */ InvokeCommand, // two
} from "@aws-sdk/client-lambda";
const client = new LambdaClient(/* none */ {});
export const handler = async (/* given */ event) => {
  await client.send(
    // the worker
    new InvokeCommand({
      FunctionName: /* by name */ "worker", // and does not wait
      InvocationType: // yet
        "Event",
    }),
  );
};
`;
    expect(await factsOf('nodejs22.x', 'app.handler', { 'app.js': app })).toContain(
      'app.js:8 invokes worker Event',
    );
  });
});
