/** What a run of `change-set create` may have to ask AWS. */
export interface PermissionScope {
  readonly region: string;
  readonly stack: string;
  readonly bucket: string | undefined;
  readonly bucketPrefix: string;
  /** Types of the resources of the templates; undefined where they are not known before the run. */
  readonly types: ReadonlySet<string> | undefined;
}

interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
}

/** The IAM policy that `create`, `show` and `reject` need, and what `execute` needs beside it. As JSON. */
export function permissionPolicy(scope: PermissionScope): string {
  const { region, stack, bucket, bucketPrefix, types } = scope;
  const has = (...wanted: readonly string[]) => types === undefined || wanted.some((type) => types.has(type));
  const stacks = [
    `arn:*:cloudformation:${region}:*:stack/${stack}/*`,
    `arn:*:cloudformation:${region}:*:stack/${stack}-*/*`,
  ];
  const statements: (Statement | false)[] = [
    {
      Sid: 'ReadStack',
      Effect: 'Allow',
      Action: [
        'cloudformation:DescribeStacks',
        'cloudformation:GetTemplate',
        'cloudformation:ListStackResources',
      ],
      Resource: stacks,
    },
    {
      Sid: 'MakeChangeSet',
      Effect: 'Allow',
      Action: [
        'cloudformation:CreateChangeSet',
        'cloudformation:DeleteChangeSet',
        'cloudformation:DescribeChangeSet',
        'cloudformation:DescribeEvents',
      ],
      Resource: [...stacks, `arn:*:cloudformation:${region}:aws:transform/*`],
    },
    {
      Sid: 'ExecuteChangeSetOnlyForExecute',
      Effect: 'Allow',
      Action: ['cloudformation:ExecuteChangeSet', 'cloudformation:DescribeStackEvents'],
      Resource: stacks,
    },
    { Sid: 'SayWhichAccount', Effect: 'Allow', Action: ['iam:ListAccountAliases'], Resource: '*' },
    bucket !== undefined && {
      Sid: 'UploadTemplates',
      Effect: 'Allow',
      Action: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject'],
      Resource: `arn:*:s3:::${bucket}/${bucketPrefix}/*`,
    },
    bucket !== undefined && {
      Sid: 'FindBucket',
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: `arn:*:s3:::${bucket}`,
    },
    has(
      'AWS::Logs::LogGroup',
      'AWS::SNS::Topic',
      'AWS::Lambda::Function',
      'AWS::Serverless::Function',
      'AWS::CodeBuild::Project',
    ) && {
      Sid: 'CheckKeys',
      Effect: 'Allow',
      Action: ['kms:DescribeKey', 'kms:GetKeyPolicy'],
      Resource: `arn:*:kms:${region}:*:key/*`,
    },
    has('AWS::Lambda::Function', 'AWS::Serverless::Function') && {
      Sid: 'CheckConcurrency',
      Effect: 'Allow',
      Action: ['lambda:GetAccountSettings'],
      Resource: '*',
    },
    has('AWS::Lambda::Function', 'AWS::Serverless::Function') && {
      Sid: 'CheckSubnets',
      Effect: 'Allow',
      Action: ['ec2:DescribeSubnets'],
      Resource: '*',
    },
    has('AWS::Logs::LogGroup') && {
      Sid: 'CheckLogGroups',
      Effect: 'Allow',
      Action: ['logs:DescribeLogGroups'],
      Resource: '*',
    },
    has('AWS::Lambda::CodeSigningConfig') && {
      Sid: 'CheckSigningProfiles',
      Effect: 'Allow',
      Action: ['signer:GetSigningProfile'],
      Resource: '*',
    },
    has('AWS::CloudWatch::Alarm') && {
      Sid: 'CheckAlarmQuota',
      Effect: 'Allow',
      Action: ['cloudwatch:DescribeAlarms'],
      Resource: '*',
    },
  ];
  const policy = { Version: '2012-10-17', Statement: statements.filter((each) => each !== false) };
  return `${JSON.stringify(policy, null, 2)}\n`;
}
