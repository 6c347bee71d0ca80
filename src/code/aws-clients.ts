import type { Module, RecordEntry, Scope } from './program.js';

/** What an expression can come to, as far as it matters. */
export type Known =
  | { readonly kind: 'text'; readonly text: string }
  /** An environment variable. */
  | { readonly kind: 'variable'; readonly name: string }
  /** Texts and variables one after the other. */
  | { readonly kind: 'join'; readonly parts: readonly Known[] }
  /** Name or ARN of the function that runs. */
  | { readonly kind: 'itself' }
  /** Something out of a package: names from the package to it, `()` for a call on the way. */
  | { readonly kind: 'external'; readonly module: string; readonly path: readonly string[] }
  /** An AWS client, or a resource made with one. */
  | { readonly kind: 'client'; readonly service: string }
  | { readonly kind: 'method'; readonly service: string; readonly operation: string; readonly name: string }
  | { readonly kind: 'module'; readonly module: Module }
  | { readonly kind: 'function' | 'class' | 'instance'; readonly scope: Scope; readonly context: Context }
  | {
      readonly kind: 'record';
      readonly entries: readonly RecordEntry[];
      readonly scope: Scope;
      readonly context: Context;
    }
  /** What a caller hands in, where none is known. */
  | { readonly kind: 'parameter'; readonly name: string; readonly scope: Scope }
  | { readonly kind: 'unknown' };

/** The arguments of the calls that led here, by function and parameter. */
export type Context = ReadonlyMap<Scope, ReadonlyMap<string, () => readonly Known[]>>;

export const noContext: Context = new Map();

const unknownValue: Known = { kind: 'unknown' };
export const unknown: readonly Known[] = [unknownValue];

/** More values than these tell nothing. */
export const mostValues = 12;

/** What every program of Node.js has without importing it. */
export const globals = /^(?:fetch|process)$/;

export const environmentMethods: ReadonlySet<string> = new Set([
  'get',
  'items',
  'keys',
  'values',
  'copy',
  'setdefault',
  'pop',
  'update',
]);

/** What Lambda tells a function about itself. */
export const ownNames: ReadonlySet<string> = new Set([
  'function_name',
  'functionName',
  'invoked_function_arn',
  'invokedFunctionArn',
]);

/** Methods that leave a name what it is, as far as it matters here. */
export const keepsText: ReadonlySet<string> = new Set([
  'strip',
  'trim',
  'toString',
  'rstrip',
  'lstrip',
  'encode',
  'decode',
]);

export function isOpen(kind: Known['kind']): boolean {
  return kind === 'unknown' || kind === 'parameter';
}

/** The module of Python. */
export function isOs(module: string): boolean {
  return /^os$/.test(module);
}

export function isEnvironment({ module, path }: Extract<Known, { kind: 'external' }>): boolean {
  const [only, ...more] = path;
  if (more.length > 0) return false;
  return isOs(module) ? only === 'environ' : /^(?:node:)?process$/.test(module) && only === 'env';
}

/** `InvocationType.Event` of the third SDK. */
export function isEnumeration({ module, path }: Extract<Known, { kind: 'external' }>): boolean {
  return module.startsWith('@aws-sdk/client-') && path.at(-1) === 'InvocationType';
}

export function externalMember(object: Extract<Known, { kind: 'external' }>, name: string): Known {
  return name === 'default' ? object : { ...object, path: [...object.path, name] };
}

export function classOf(scope: Scope): Scope | undefined {
  let around: Scope | undefined = scope;
  while (around !== undefined && around.kind !== 'class') around = around.parent;
  return around;
}

export function constructorOf(scope: Scope): Scope | undefined {
  for (const name of ['__init__', 'constructor']) {
    const [found] = scope.bindings.get(name) ?? [];
    if (found?.kind === 'function') return found.scope;
  }
  return undefined;
}

/** `self` is handed in by the language. */
export function isReceiver(callee: Scope, name: string, index: number): boolean {
  return index === 0 && callee.parent?.kind === 'class' && (name === 'self' || name === 'cls');
}

export function texts(values: readonly Known[]): readonly string[] {
  return values.flatMap((value) => (value.kind === 'text' ? [value.text] : []));
}

/** What can be a part of a text. */
function isText({ kind }: Known): boolean {
  return kind === 'text' || kind === 'variable' || kind === 'itself' || kind === 'parameter';
}

export function joined(parts: readonly (readonly Known[])[]): readonly Known[] {
  let found: readonly (readonly Known[])[] = [[]];
  for (const choices of parts) {
    found = found.flatMap((start) => choices.map((choice) => [...start, choice])).slice(0, mostValues);
  }
  return found.map((each): Known => {
    const flat = each.flatMap((part) =>
      part.kind === 'join' ? part.parts : [isText(part) ? part : unknownValue],
    );
    if (flat.every((part) => part.kind === 'text')) return { kind: 'text', text: texts(flat).join('') };
    return { kind: 'join', parts: flat };
  });
}

export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

export function unique(values: readonly Known[]): readonly Known[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const key = keyOf(value);
    if (key === undefined) return true;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Of the values that are compared by what they say. */
function keyOf(value: Known): string | undefined {
  switch (value.kind) {
    case 'text':
    case 'variable':
    case 'itself':
    case 'external':
    case 'client':
    case 'method':
    case 'unknown':
      return JSON.stringify(value);
    case 'join': {
      const parts = value.parts.map(keyOf);
      return parts.includes(undefined) ? undefined : parts.join('+');
    }
    default:
      return undefined;
  }
}

/**
 * How the SDKs name services and operations, and how an operation of theirs is called in IAM: `secretsmanager`,
 * `GetSecretValue`.
 */

/** The prefix of IAM by the name an SDK has for a service, where it is another one. */
const prefixes: Readonly<Record<string, string>> = {
  'api-gateway': 'apigateway',
  apigatewaymanagementapi: 'execute-api',
  'apigateway-management-api': 'execute-api',
  'bedrock-agent': 'bedrock',
  'bedrock-agent-runtime': 'bedrock',
  'bedrock-data-automation': 'bedrock',
  'bedrock-data-automation-runtime': 'bedrock',
  'bedrock-runtime': 'bedrock',
  'cloudwatch-events': 'events',
  'cloudwatch-logs': 'logs',
  cloudwatchevents: 'events',
  cloudwatchlogs: 'logs',
  'cognito-identity-provider': 'cognito-idp',
  cognitoidentityserviceprovider: 'cognito-idp',
  dynamodbstreams: 'dynamodb',
  'dynamodb-streams': 'dynamodb',
  eventbridge: 'events',
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  elbv2: 'elasticloadbalancing',
  iotdata: 'iot',
  'iot-data': 'iot',
  'iot-data-plane': 'iot',
  opensearch: 'es',
  rdsdataservice: 'rds-data',
  's3-control': 's3',
  s3control: 's3',
  'sagemaker-runtime': 'sagemaker',
  'secrets-manager': 'secretsmanager',
  sesv2: 'ses',
  sfn: 'states',
  stepfunctions: 'states',
  'timestream-write': 'timestream',
  'timestream-query': 'timestream',
};

/** @param name as in `boto3.client(name)`, `@aws-sdk/client-name`, `new AWS.Name()` */
function servicePrefix(name: string): string {
  const lower = name.toLowerCase();
  return Object.hasOwn(prefixes, lower) ? (prefixes[lower] ?? lower) : lower;
}

/** What `Table.put_item` and the document clients of JavaScript call an operation. */
const documentOperations: Readonly<Record<string, string>> = {
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  BatchGet: 'BatchGetItem',
  BatchWrite: 'BatchWriteItem',
  TransactGet: 'TransactGetItems',
  TransactWrite: 'TransactWriteItems',
  BatchWriter: 'BatchWriteItem',
};

/** What transfers and objects of S3 call an operation. */
const transfers: Readonly<Record<string, string>> = {
  Copy: 'CopyObject',
  Delete: 'DeleteObject',
  DownloadFile: 'GetObject',
  DownloadFileobj: 'GetObject',
  Get: 'GetObject',
  Put: 'PutObject',
  Upload: 'PutObject',
  UploadFile: 'PutObject',
  UploadFileobj: 'PutObject',
};

/** @param method as called: `get_secret_value`, `getSecretValue`, `GetSecretValue` */
export function operationName(service: string, method: string): string {
  const name = method
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
  const others = service === 'dynamodb' ? documentOperations : service === 's3' ? transfers : {};
  return Object.hasOwn(others, name) ? (others[name] ?? name) : name;
}

/** What a client has beside operations. */
export const otherMethods: ReadonlySet<string> = new Set([
  'can_paginate',
  'close',
  'config',
  'destroy',
  'exceptions',
  'generate_presigned_post',
  'generate_presigned_url',
  'get_available_subresources',
  'getSignedUrl',
  'getSignedUrlPromise',
  'get_waiter',
  'meta',
  'middlewareStack',
  'send',
]);

/** Packages of Python that make clients, and the last word of the call that does. */
const makers: ReadonlySet<string> = new Set(['client', 'resource', 'create_client']);

export type MadeBy =
  | { readonly kind: 'client'; readonly service: string }
  /** A command of the third SDK for JavaScript, or a call of Powertools: an operation by itself. */
  | { readonly kind: 'operation'; readonly service: string; readonly operation: string };

/**
 * What a call of something from a package makes.
 * @param path names from the package to what is called, with `()` for calls on the way
 * @param first the first argument, where it is a text
 */
export function madeByCall(
  module: string,
  path: readonly string[],
  first: string | undefined,
): MadeBy | undefined {
  const name = path.at(-1) ?? '';
  if (/^(?:aio)?boto(?:3|core)(?:\.|$)/.test(module) || module.startsWith('aiobotocore')) {
    return makers.has(name) && first !== undefined
      ? { kind: 'client', service: servicePrefix(first) }
      : undefined;
  }
  if (module.startsWith('aws_lambda_powertools') || module.startsWith('@aws-lambda-powertools/')) {
    return powertoolsCall(name);
  }
  if (module.startsWith('@aws-sdk/')) return commandOf(module.slice('@aws-sdk/'.length), name);
  if (module !== 'aws-sdk' && !module.startsWith('aws-sdk/')) return undefined;
  const [, own] = /^aws-sdk\/clients\/(.+)$/.exec(module) ?? [];
  const named = own ?? path[0];
  return named === undefined || named === 'config'
    ? undefined
    : { kind: 'client', service: servicePrefix(named) };
}

function commandOf(library: string, name: string): MadeBy | undefined {
  if (library === 'lib-storage') return { kind: 'operation', service: 's3', operation: 'PutObject' };
  const service = library === 'lib-dynamodb' ? 'dynamodb' : servicePrefix(library.replace(/^client-/, ''));
  if (library !== 'lib-dynamodb' && !library.startsWith('client-')) return undefined;
  const [, command] = /^(\w+)Command$/.exec(name) ?? [];
  if (command !== undefined) {
    const operation = library === 'lib-dynamodb' ? operationName(service, command) : command;
    return { kind: 'operation', service, operation };
  }
  return { kind: 'client', service };
}

/** @source https://docs.powertools.aws.dev/lambda/python/latest/utilities/parameters/ */
function powertoolsCall(name: string): MadeBy | undefined {
  const operations: Readonly<Record<string, readonly [service: string, operation: string]>> = {
    get_secret: ['secretsmanager', 'GetSecretValue'],
    getSecret: ['secretsmanager', 'GetSecretValue'],
    get_parameter: ['ssm', 'GetParameter'],
    getParameter: ['ssm', 'GetParameter'],
    get_parameters: ['ssm', 'GetParametersByPath'],
    getParameters: ['ssm', 'GetParametersByPath'],
    get_parameters_by_name: ['ssm', 'GetParameters'],
    getParametersByName: ['ssm', 'GetParameters'],
    get_app_config: ['appconfig', 'GetLatestConfiguration'],
    getAppConfig: ['appconfig', 'GetLatestConfiguration'],
    DynamoDBPersistenceLayer: ['dynamodb', 'PutItem'],
  };
  const found = Object.hasOwn(operations, name) ? operations[name] : undefined;
  return found === undefined ? undefined : { kind: 'operation', service: found[0], operation: found[1] };
}
