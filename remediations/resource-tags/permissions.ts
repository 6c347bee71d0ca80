import { type Prerequisite, type Stack, tagFormOf } from '../../src/remediation.js';

/** Prefixes in IAM of services whose types are called otherwise. */
const prefixes: Readonly<Record<string, string>> = {
  ApiGatewayV2: 'apigateway',
  CertificateManager: 'acm',
  Cognito: 'cognito-idp',
  DocDB: 'rds',
  EFS: 'elasticfilesystem',
  ElasticLoadBalancingV2: 'elasticloadbalancing',
  KinesisFirehose: 'firehose',
  MSK: 'kafka',
  Neptune: 'rds',
  OpenSearchService: 'es',
  OpenSearchServerless: 'aoss',
  StepFunctions: 'states',
};

/**
 * Actions of services that do not call it `TagResource`.
 * @source https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
const actions: Readonly<Record<string, string>> = {
  acm: 'AddTagsToCertificate',
  apigateway: 'PUT',
  autoscaling: 'CreateOrUpdateTags',
  codebuild: 'UpdateProject',
  ec2: 'CreateTags',
  elasticache: 'AddTagsToResource',
  elasticloadbalancing: 'AddTags',
  es: 'AddTags',
  firehose: 'TagDeliveryStream',
  iam: 'TagRole',
  kinesis: 'AddTagsToStream',
  rds: 'AddTagsToResource',
  redshift: 'CreateTags',
  route53: 'ChangeTagsForResource',
  s3: 'PutBucketTagging',
  sagemaker: 'AddTags',
  sqs: 'TagQueue',
  ssm: 'AddTagsToResource',
};

const serverless: Readonly<Record<string, string>> = {
  Api: 'apigateway',
  Application: 'cloudformation',
  Function: 'lambda',
  GraphQLApi: 'appsync',
  HttpApi: 'apigateway',
  SimpleTable: 'dynamodb',
  StateMachine: 'states',
  WebSocketApi: 'apigateway',
};

/** One check for everything a template holds, so that a patch lists it once. */
export function mayTag({ template }: Stack): Prerequisite {
  const types = new Set([...template.resources.values()].map(({ type }) => type));
  const needed = [...types]
    .filter((type) => tagFormOf(type) !== undefined)
    .map((type) => {
      const [, service = '', name = ''] = type.split('::');
      const prefix =
        service === 'Serverless' ? serverless[name] : (prefixes[service] ?? service.toLowerCase());
      return `${prefix}:${actions[prefix ?? ''] ?? 'TagResource'}`;
    });
  return {
    what: `whoever deploys may tag what ${template.path} holds`,
    check: `aws iam simulate-principal-policy --policy-source-arn ROLE --action-names ${[...new Set(needed)].sort().join(' ')}`,
  };
}
