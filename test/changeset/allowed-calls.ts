/** What a command may ask AWS, and nothing else: a test fails on any other call. */
const reading = [
  'sts:GetCallerIdentity',
  'iam:ListAccountAliases',
  'cloudformation:DescribeStacks',
  'cloudformation:GetTemplate',
  'cloudformation:ListStackResources',
  'cloudformation:DescribeChangeSet',
];

export const allowedCalls = {
  create: [
    ...reading,
    'cloudformation:CreateChangeSet',
    'cloudformation:DeleteChangeSet',
    'cloudformation:DescribeEvents',
    // Of the shell that a change set of a first deployment leaves.
    'cloudformation:ListChangeSets',
    'cloudformation:DeleteStack',
    's3:HeadBucket',
    's3:PutObject',
    's3:HeadObject',
    's3:DeleteObject',
    'kms:DescribeKey',
    'kms:GetKeyPolicy',
    'lambda:GetAccountSettings',
    'logs:DescribeLogGroups',
    'ec2:DescribeSubnets',
    'signer:GetSigningProfile',
    'monitoring:DescribeAlarms',
  ],
  show: [...reading, 'cloudformation:DescribeEvents'],
  execute: [...reading, 'cloudformation:ExecuteChangeSet', 'cloudformation:DescribeStackEvents'],
  reject: [
    ...reading,
    'cloudformation:DeleteChangeSet',
    'cloudformation:ListChangeSets',
    'cloudformation:DeleteStack',
    's3:HeadObject',
    's3:DeleteObject',
  ],
  list: [...reading, 'cloudformation:ListChangeSets'],
  clean: [
    ...reading,
    'cloudformation:ListChangeSets',
    'cloudformation:DeleteChangeSet',
    'cloudformation:DeleteStack',
    's3:HeadObject',
    's3:DeleteObject',
  ],
} as const;

export type ChangeSetAction = keyof typeof allowedCalls;
