import type { FunctionCode } from '../code/facts.js';
import { requesters } from '../code/find-facts.js';
import type { Calls, ResourceView } from '../contract/facts.js';
import type { StackTree } from '../template/template.js';
import { servicesCalled, unknownPolicies } from './permissions.js';

/**
 * What the role of a function allows, without the services its code never mentions, where all of the code is at hand;
 * and the hosts that code calls.
 */
export function callsOf(view: ResourceView, tree: StackTree): Calls {
  const code = tree.code?.codeOf(view.stack.template.path, view.logicalId);
  const services = servicesCalled(view);
  const unknown = unknownPolicies(view);
  if (code === undefined) return { services, unknown, hosts: [], isCodeWhole: false };
  const isCodeWhole = isWhole(code);
  return {
    services: isCodeWhole ? services.filter(({ service }) => isMentioned(service, code)) : services,
    unknown,
    hosts: hostsOf(code),
    isCodeWhole,
  };
}

/** Modules of the SDKs, and of the languages where they call nothing and load nothing by name. */
const seenThrough =
  /^(?:boto3|botocore|aioboto3|aiobotocore|abc|argparse|array|ast|asyncio|base64|binascii|bisect|calendar|collections|concurrent|contextlib|contextvars|copy|csv|dataclasses|datetime|decimal|difflib|enum|errno|fnmatch|fractions|functools|gc|glob|gzip|hashlib|heapq|hmac|html|inspect|io|ipaddress|itertools|json|keyword|locale|logging|math|mimetypes|numbers|operator|os|pathlib|pickle|platform|pprint|queue|random|re|secrets|shutil|signal|statistics|string|struct|sys|tempfile|textwrap|threading|time|traceback|types|typing|unicodedata|urllib\.parse|uuid|warnings|zipfile|zlib|zoneinfo)(?:\.|$)|^(?:aws-sdk|@aws-sdk)(?:\/|$)|^(?:node:)?(?:assert|async_hooks|buffer|crypto|events|fs|os|path|perf_hooks|querystring|stream|string_decoder|timers|url|util|worker_threads|zlib)(?:\/|$)/;

function isWhole(code: FunctionCode): boolean {
  return (
    code.isComplete &&
    code.foreignModules.every((module) => module === 'urllib' || seenThrough.test(module)) &&
    ![request, 'urlopen', '__import__', 'import_module', 'WebSocket'].some((name) =>
      code.mentions(`${name}(`),
    )
  );
}

/** What clients of a service are called, where they are not called as IAM calls it. */
const clientNames: Readonly<Record<string, readonly string[]>> = {
  elasticfilesystem: ['efs'],
  states: ['stepfunctions', 'sfn'],
};

/** Services whose clients are called as IAM calls them, or as the table above says. */
const dropped: ReadonlySet<string> = new Set(
  'athena bedrock cloudformation cloudwatch codebuild codepipeline comprehend dynamodb ec2 ecr ecs elasticache elasticfilesystem events firehose glue kendra kinesis lambda polly rds rds-data redshift-data rekognition s3 sagemaker scheduler secretsmanager servicediscovery sns sqs ssm states sts textract transcribe translate'.split(
    ' ',
  ),
);

/** A client cannot be had without its name: text that is nowhere in the code is no client of it. */
function isMentioned(service: string, code: FunctionCode): boolean {
  if (!dropped.has(service)) return true;
  const names = clientNames[service] ?? [service];
  // `secretsmanager`, `SecretsManagerClient`, `client-secrets-manager`
  return names.some((name) => code.mentions(name) || code.mentions(name.replaceAll('-', '')));
}

/** The function of JavaScript that needs no import. */
const request = 'fetch';

/** Looked for only in code that can call any. */
function hostsOf(code: FunctionCode): Calls['hosts'] {
  const requests =
    code.foreignModules.some((module) => requesters.test(module)) || code.mentions(`${request}(`);
  if (!requests) return [];
  const places = new Map<string, string[]>();
  for (const fact of code.facts) {
    if (fact.kind !== 'host') continue;
    const known = places.get(fact.host) ?? [];
    known.push(`${fact.place.file}:${fact.place.line}`);
    places.set(fact.host, known);
  }
  return [...places].map(([host, lines]) => ({ host, places: lines }));
}
