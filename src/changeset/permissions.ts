import { partitionOf } from './physical.js';

/** One action on one resource: an ARN, a name, or `*` where only the account knows. */
export interface Grant {
  readonly action: string;
  readonly resource: string;
}

interface KnownScope {
  readonly region: string;
  readonly stack: string;
  readonly bucket: string | undefined;
  readonly bucketPrefix: string;
  readonly roleArn: string | undefined;
}

/** What a run of `change-set create` asks of AWS. */
export interface PermissionScope extends KnownScope {
  /** The stack has nested ones. */
  readonly nests: boolean;
  /** `bucket/key` of nested templates that are in a bucket already; `*` for one that only the deployment knows. */
  readonly packaged: readonly string[];
  /** `AWS::Serverless-2016-10-31`. */
  readonly transforms: readonly string[];
  readonly uploads: boolean;
  /** What the checks look at. */
  readonly facts: readonly Grant[];
}

/** Everything a run may ask, for a stack whose templates nobody has seen. */
export function unknownScope(known: KnownScope): PermissionScope {
  const facts = [
    'kms:DescribeKey',
    'kms:GetKeyPolicy',
    'lambda:GetAccountSettings',
    'logs:DescribeLogGroups',
    'ec2:DescribeSubnets',
    'signer:GetSigningProfile',
    'cloudwatch:DescribeAlarms',
  ];
  return {
    ...known,
    nests: true,
    packaged: ['*'],
    transforms: ['*'],
    uploads: known.bucket !== undefined,
    facts: facts.map((action) => ({ action, resource: '*' })),
  };
}

interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
}

export interface PermissionPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

/**
 * The IAM policy that `create`, `show`, `list`, `clean` and `reject` need, and what `execute` needs beside it, for stacks
 * that one caller works on.
 */
export function permissionPolicy(scopes: readonly PermissionScope[]): PermissionPolicy {
  const merged = new Map<string, Statement>();
  for (const statement of scopes.flatMap(statementsOf)) {
    const { Resource = [] } = merged.get(statement.Sid) ?? {};
    merged.set(statement.Sid, { ...statement, Resource: union(Resource, statement.Resource) });
  }
  return { Version: '2012-10-17', Statement: [...merged.values()] };
}

/** One text for one resource, and everything for what includes everything. */
function union(one: Statement['Resource'], other: Statement['Resource']): Statement['Resource'] {
  const [first = '*', ...more] = [...new Set([one, other].flat())].sort();
  return first === '*' || (more.length === 0 && typeof other === 'string') ? first : [first, ...more];
}

/** @returns statements whose `Sid` says which actions they allow */
function statementsOf(scope: PermissionScope): readonly Statement[] {
  const { region, bucket = '*', bucketPrefix, roleArn, nests, packaged, transforms, uploads, facts } = scope;
  // A stack may be given by its ARN.
  const stack = /:stack\/([^/]+)/.exec(scope.stack)?.[1] ?? scope.stack;
  const prefix = bucketPrefix.replace(/\/+$/, '');
  const arn = (service: string, rest: string, place = `${region}:*`) =>
    `arn:${partitionOf(region)}:${service}:${place}:${rest}`;
  const stacks = [
    arn('cloudformation', `stack/${stack}/*`),
    ...(nests ? [arn('cloudformation', `stack/${stack}-*/*`)] : []),
  ];
  // `AWS::Serverless-2016-10-31` is transform/Serverless-2016-10-31 of the account `aws`.
  const transformArns = transforms.map((name) =>
    arn('cloudformation', `transform/${name.replace(/^AWS::/, '')}`, `${region}:aws`),
  );
  const statements: (Statement | false)[] = [
    allow('SayWhichAccount', ['iam:ListAccountAliases'], '*'),
    allow(
      'ReadStack',
      ['cloudformation:DescribeStacks', 'cloudformation:GetTemplate', 'cloudformation:ListStackResources'],
      stacks,
    ),
    allow(
      'MakeChangeSet',
      [
        'cloudformation:CreateChangeSet',
        'cloudformation:DeleteChangeSet',
        'cloudformation:DescribeChangeSet',
        'cloudformation:DescribeEvents',
      ],
      [...stacks, ...transformArns],
    ),
    allow('FindChangeSetsForListAndClean', ['cloudformation:ListChangeSets'], stacks),
    allow(
      'ExecuteChangeSetOnlyForExecute',
      ['cloudformation:ExecuteChangeSet', 'cloudformation:DescribeStackEvents'],
      stacks,
    ),
    roleArn !== undefined && allow('PassRole', ['iam:PassRole'], roleArn),
    uploads &&
      allow(
        'UploadTemplates',
        ['s3:PutObject', 's3:GetObject', 's3:DeleteObject'],
        arn('s3', [bucket, prefix, stack, '*'].filter((part) => part !== '').join('/'), ':'),
      ),
    uploads && allow('FindBucket', ['s3:ListBucket'], arn('s3', bucket, ':')),
    packaged.length > 0 &&
      allow(
        'ReadNestedTemplates',
        ['s3:GetObject'],
        [...new Set(packaged.map((place) => arn('s3', place, ':')))].sort(),
      ),
    ...factStatements(facts, arn),
  ];
  return statements.filter((each) => each !== false);
}

const sids: Readonly<Record<string, string>> = {
  'kms:DescribeKey': 'CheckKeys',
  'kms:GetKeyPolicy': 'CheckKeyPolicies',
  'lambda:GetAccountSettings': 'CheckConcurrency',
  'logs:DescribeLogGroups': 'CheckLogGroups',
  'ec2:DescribeSubnets': 'CheckSubnets',
  'signer:GetSigningProfile': 'CheckSigningProfiles',
  'cloudwatch:DescribeAlarms': 'CheckAlarmQuota',
};

function factStatements(
  facts: readonly Grant[],
  arn: (service: string, rest: string) => string,
): readonly Statement[] {
  const resource = (action: string, name: string) => {
    if (name.startsWith('arn:')) return name;
    if (action.startsWith('kms:')) return arn('kms', `key/${name}`);
    return action.startsWith('signer:') ? arn('signer', `/signing-profiles/${name}`) : '*';
  };
  return Object.entries(sids).flatMap(([action, sid]) => {
    const resources = facts
      .filter((each) => each.action === action)
      .map((each) => resource(action, each.resource));
    return resources.length === 0 ? [] : [allow(sid, [action], [...new Set(resources)].sort())];
  });
}

function allow(sid: string, actions: readonly string[], resources: string | readonly string[]): Statement {
  return { Sid: sid, Effect: 'Allow', Action: actions, Resource: resources };
}
