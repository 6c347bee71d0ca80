/**
 * What AWS-managed policies that functions commonly carry let them do, by name without the ARN's prefix. Actions
 * are on any resource. A policy that is not here is unknown, which is not the same as allowing nothing.
 * @source https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
const managedPolicies: Readonly<Record<string, readonly string[]>> = {
  AdministratorAccess: ['*'],
  AmazonBedrockFullAccess: ['bedrock:*', 'kms:DescribeKey'],
  AmazonDynamoDBFullAccess: ['dynamodb:*', 'dax:*'],
  AmazonDynamoDBReadOnlyAccess: [
    'dynamodb:BatchGetItem',
    'dynamodb:Describe*',
    'dynamodb:List*',
    'dynamodb:GetItem',
    'dynamodb:Query',
    'dynamodb:Scan',
  ],
  AmazonEventBridgeFullAccess: ['events:*'],
  AmazonKinesisFullAccess: ['kinesis:*'],
  AmazonS3FullAccess: ['s3:*', 's3-object-lambda:*'],
  AmazonS3ReadOnlyAccess: [
    's3:Get*',
    's3:List*',
    's3:Describe*',
    's3-object-lambda:Get*',
    's3-object-lambda:List*',
  ],
  AmazonSESFullAccess: ['ses:*'],
  AmazonSNSFullAccess: ['sns:*'],
  AmazonSQSFullAccess: ['sqs:*'],
  AmazonSQSReadOnlyAccess: [
    'sqs:GetQueueAttributes',
    'sqs:GetQueueUrl',
    'sqs:ListDeadLetterSourceQueues',
    'sqs:ListQueues',
  ],
  AmazonSSMReadOnlyAccess: ['ssm:Describe*', 'ssm:Get*', 'ssm:List*'],
  AmazonTextractFullAccess: ['textract:*'],
  AWSLambda_FullAccess: [
    'lambda:*',
    'kms:ListAliases',
    'states:DescribeStateMachine',
    'states:ListStateMachines',
    'xray:GetTraceSummaries',
    'xray:BatchGetTraces',
  ],
  AWSStepFunctionsFullAccess: ['states:*'],
  AWSXRayDaemonWriteAccess: [
    'xray:PutTraceSegments',
    'xray:PutTelemetryRecords',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:GetSamplingStatisticSummaries',
  ],
  AWSXrayWriteOnlyAccess: [
    'xray:PutTraceSegments',
    'xray:PutTelemetryRecords',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:GetSamplingStatisticSummaries',
  ],
  CloudWatchFullAccess: ['cloudwatch:*', 'logs:*'],
  CloudWatchLogsFullAccess: ['logs:*'],
  SecretsManagerReadWrite: ['secretsmanager:*', 'kms:DescribeKey', 'kms:ListAliases', 'kms:ListKeys'],
};

const logs = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];
const interfaces = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** What Lambda itself does with a function's role: none of it leaves the function's network. */
const servicePolicies: Readonly<Record<string, readonly string[]>> = {
  AWSLambdaBasicExecutionRole: logs,
  AWSLambdaBasicDurableExecutionRolePolicy: [
    ...logs,
    'lambda:CheckpointDurableExecution',
    'lambda:GetDurableExecutionState',
  ],
  AWSLambdaDynamoDBExecutionRole: [
    ...logs,
    'dynamodb:DescribeStream',
    'dynamodb:GetRecords',
    'dynamodb:GetShardIterator',
    'dynamodb:ListStreams',
  ],
  AWSLambdaENIManagementAccess: interfaces,
  AWSLambdaKinesisExecutionRole: [
    ...logs,
    'kinesis:DescribeStream',
    'kinesis:DescribeStreamSummary',
    'kinesis:GetRecords',
    'kinesis:GetShardIterator',
    'kinesis:ListShards',
    'kinesis:ListStreams',
    'kinesis:SubscribeToShard',
  ],
  AWSLambdaMSKExecutionRole: [
    ...logs,
    'kafka:DescribeCluster',
    'kafka:DescribeClusterV2',
    'kafka:GetBootstrapBrokers',
    ...interfaces,
  ],
  AWSLambdaSQSQueueExecutionRole: [
    ...logs,
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
  ],
  AWSLambdaVPCAccessExecutionRole: [...logs, ...interfaces],
};

/** `undefined` for a policy whose content is not known here. */
export function managedPolicyActions(name: string): readonly string[] | undefined {
  if (Object.hasOwn(servicePolicies, name)) return servicePolicies[name];
  return Object.hasOwn(managedPolicies, name) ? managedPolicies[name] : undefined;
}

/** Whether the policy is for what Lambda does around a function, not for what the function's code calls. */
export function isServicePolicy(name: string): boolean {
  return Object.hasOwn(servicePolicies, name);
}

/** `arn:aws:iam::aws:policy/service-role/X` ↦ `X`; `undefined` for what is no AWS-managed policy. */
export function managedPolicyName(text: string): string | undefined {
  return /^(?:arn:(?:\$\{[^}]*\}|[^:]+):iam::aws:policy\/)?(?:[\w-]+\/)*([\w+=,.@-]+)$/.exec(text)?.[1];
}
