import { describe, expect, it } from 'vitest';
import { factsOf } from './read-code.js';

const python = (files: Readonly<Record<string, string>>) => factsOf('python3.13', 'app.handler', files);
const ofKind = async (kind: string, files: Readonly<Record<string, string>>) =>
  (await python(files)).filter((line) => line.includes(` ${kind} `));

describe('facts in Python', () => {
  it('has each with its line', async () => {
    const facts = await python({
      'app.py': `
import os
import boto3
import requests

tickets = boto3.resource("dynamodb").Table(os.environ["TICKETS"])
secrets = boto3.client("secretsmanager")
logs = boto3.client("logs", region_name=os.getenv("LOG_REGION", "eu-central-1"))


def handler(event, context):
    key = secrets.get_secret_value(SecretId="desk/api-key")["SecretString"]
    tickets.put_item(Item=event)
    requests.post("https://hooks.example.org/tickets", headers={"key": key})
    logs.put_log_events(logGroupName="/desk/tickets", logStreamName="all", logEvents=[])
    boto3.client("ssm").get_parameter(Name="/desk/limit", WithDecryption=True)
`,
    });
    expect(facts).toEqual([
      'app.py:5 reads $TICKETS',
      'app.py:7 reads $LOG_REGION',
      'app.py:11 calls secretsmanager:GetSecretValue',
      'app.py:11 takes secret desk/api-key from secretsmanager',
      'app.py:12 calls dynamodb:PutItem',
      'app.py:13 requests hooks.example.org',
      'app.py:14 names log-group /desk/tickets',
      'app.py:14 calls logs:PutLogEvents',
      'app.py:15 calls ssm:GetParameter',
      'app.py:15 takes secret /desk/limit from ssm',
    ]);
  });

  it.each([
    ['a keyword', `client.invoke(FunctionName=os.environ["A"], InvocationType="Event")`, '$A Event'],
    ['the default', `client.invoke(FunctionName=os.environ["A"])`, '$A RequestResponse'],
    ['a dry run', `client.invoke(FunctionName="a", InvocationType="DryRun")`, 'a DryRun'],
    ['the old operation', `client.invoke_async(FunctionName=os.getenv("A"), InvokeArgs=b"")`, '$A Event'],
    ['itself', `client.invoke(FunctionName=context.function_name, InvocationType="Event")`, '<itself> Event'],
    [
      'a name that is put together',
      `client.invoke(FunctionName=f"{os.environ['STAGE']}-a")`,
      '$STAGE-a RequestResponse',
    ],
    ['a name out of the event', `client.invoke(FunctionName=event["to"])`, '<unknown> RequestResponse'],
    [
      'a type out of the environment',
      `client.invoke(FunctionName="a", InvocationType=os.environ.get("HOW", ""))`,
      'a $HOW',
    ],
    [
      'arguments in a dictionary',
      `client.invoke(**{"FunctionName": "a", "InvocationType": "Event"})`,
      'a Event',
    ],
  ])('reads the invocation by %s', async (_name, call, expected) => {
    const text = `
import os, boto3
client = boto3.client("lambda")
def handler(event, context):
    ${call}
`;
    expect(await ofKind('invokes', { 'app.py': text })).toEqual([`app.py:4 invokes ${expected}`]);
  });

  it.each([
    ['session', 'boto3.Session(region_name="eu-west-1").client("lambda")'],
    ['session that is kept', 'session.client("lambda")'],
    ['botocore session', 'botocore.session.get_session().create_client("lambda")'],
    ['client that is traced', 'tracer.captureAWSClient(boto3.client("lambda"))'],
    ['conditional', 'boto3.client("lambda") if FAST else boto3.client(service_name="lambda")'],
  ])('knows a client from a %s', async (_name, client) => {
    const text = `
import boto3, botocore.session
session = boto3.session.Session()
def handler(event, context):
    client = ${client}
    client.invoke(FunctionName="a", InvocationType="Event")
`;
    expect(await ofKind('invokes', { 'app.py': text })).toEqual(['app.py:5 invokes a Event']);
  });

  it('knows the clients of aioboto3', async () => {
    const text = `
import aioboto3
async def handler(event, context):
    async with aioboto3.Session().client("lambda") as client:
        await client.invoke(FunctionName="a", InvocationType="Event")
`;
    expect(await ofKind('invokes', { 'app.py': text })).toEqual(['app.py:4 invokes a Event']);
  });

  it('follows a function that wraps the call to each of its callers', async () => {
    const text = `
import os, boto3
client = boto3.client("lambda")
def send(name, kind="Event"):
    client.invoke(FunctionName=name, InvocationType=kind)
def ask(name):
    return send(name, kind="RequestResponse")
def handler(event, context):
    send(os.environ["WORKER"])
    return ask(os.environ["LOOKUP"])
`;
    expect(await ofKind('invokes', { 'app.py': text })).toEqual([
      'app.py:4 invokes $WORKER Event for app.py:8',
      'app.py:4 invokes $LOOKUP RequestResponse for app.py:9',
    ]);
  });

  it('follows what an object was made with', async () => {
    const text = `
import os, boto3
class Caller:
    def __init__(self, name):
        self.name = name
        self.client = boto3.client("lambda")
    def call(self):
        self.client.invoke(FunctionName=self.name, InvocationType="Event")
def handler(event, context):
    Caller(os.environ["WORKER"]).call()
`;
    expect(await ofKind('invokes', { 'app.py': text })).toEqual([
      'app.py:7 invokes $WORKER Event for app.py:9',
    ]);
  });

  it('takes an entry that is set later for what may be there', async () => {
    const text = `
import boto3
def handler(event, context):
    call = {"FunctionName": "a"}
    if event["slow"]:
        call["InvocationType"] = "Event"
    boto3.client("lambda").invoke(**call)
`;
    expect(await ofKind('invokes', { 'app.py': text })).toEqual([
      'app.py:6 invokes a Event',
      'app.py:6 invokes a RequestResponse',
    ]);
  });

  it('follows imports inside the package, and no function that the handler cannot reach', async () => {
    const facts = await ofKind('invokes', {
      'app.py': `
from .calls import WORKER, client
from lib import names as n
def handler(event, context):
    client.invoke(FunctionName=WORKER, InvocationType="Event")
    client.invoke(FunctionName=n.LOOKUP)
def other(event, context):
    client.invoke(FunctionName="never", InvocationType="Event")
`,
      'calls.py': `
import boto3, os
client = boto3.client("lambda")
WORKER = os.environ["WORKER"]
def unused():
    client.invoke(FunctionName="never", InvocationType="Event")
`,
      'lib/__init__.py': '',
      'lib/names.py': 'import os\nLOOKUP = os.environ.get("LOOKUP")\n',
    });
    expect(facts).toEqual(['app.py:4 invokes $WORKER Event', 'app.py:5 invokes $LOOKUP RequestResponse']);
  });

  it.each([
    ['a thread', 'threading.Thread(target=send, args=[client, os.environ["WORKER"]]).start()'],
    ['a pool', 'pool.submit(send, client, os.environ["WORKER"])'],
  ])('follows a function that is handed to %s', async (_name, call) => {
    const text = `
import boto3, os, threading
def send(client, name):
    client.invoke(FunctionName=name, InvocationType="Event")
def handler(event, context):
    client = boto3.client("lambda")
    ${call}
`;
    expect(await ofKind('invokes', { 'app.py': text })).toEqual([
      'app.py:3 invokes $WORKER Event for app.py:6',
    ]);
  });

  it('reads what Powertools reads', async () => {
    const text = `
from aws_lambda_powertools.utilities import parameters
def handler(event, context):
    parameters.get_secret("desk/key")
    parameters.get_parameter("/desk/pin", decrypt=True)
    parameters.get_parameter("/desk/size")
`;
    expect(await python({ 'app.py': text })).toEqual([
      'app.py:3 calls secretsmanager:GetSecretValue',
      'app.py:3 takes secret desk/key from secretsmanager',
      'app.py:4 calls ssm:GetParameter',
      'app.py:4 takes secret /desk/pin from ssm',
      'app.py:5 calls ssm:GetParameter',
    ]);
  });

  it('counts a function that a framework calls', async () => {
    const text = `
import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
app = APIGatewayRestResolver()
@app.post("/jobs")
def post_job():
    boto3.client("lambda").invoke(FunctionName="a", InvocationType="Event")
def handler(event, context):
    return app.resolve(event, context)
`;
    expect(await ofKind('invokes', { 'app.py': text })).toEqual(['app.py:6 invokes a Event']);
  });
});

describe('comments between the words of a statement', () => {
  it('change nothing of an import or a call', async () => {
    const app = `import boto3
from lib import (
    first,  # of two
    second as again,
)
client = boto3.client(  # one for all
    "lambda"  # by name
)
def handler(event, context):
    client.invoke(  # the worker
        FunctionName=again.NAME,  # by name
        # and does not wait
        InvocationType="Event",
    )
`;
    const files = { 'app.py': app, 'lib/__init__.py': 'first = 1\n', 'lib/second.py': 'NAME = "worker"\n' };
    expect(await factsOf('python3.13', 'app.handler', files)).toContain('app.py:10 invokes worker Event');
  });
});
