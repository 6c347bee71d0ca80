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
export function servicePrefix(name: string): string {
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
