import {
  type Companion,
  compliant,
  type Facts,
  fixable,
  manual,
  notApplicable,
  numberOf,
  type Outcome,
  type PropertyEdit,
  type ResourceView,
  resourceRemediation,
  scalarText,
  unknown,
  type Value,
  type Verdict,
  z,
} from '../../src/remediation.js';
import { alwaysSays, isClusterMember, itemsAt, rulesAbout, says } from '../kit/values.js';
import { underVersions } from './lifecycle.js';

/**
 * Types that hold what cannot be made again: what their deletion policy should be, and the property that names them.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
 */
const stateful: Readonly<Record<string, { readonly keep: 'Retain' | 'Snapshot'; readonly name?: string }>> = {
  'AWS::Backup::BackupVault': { keep: 'Retain', name: 'BackupVaultName' },
  'AWS::Cognito::UserPool': { keep: 'Retain', name: 'UserPoolName' },
  'AWS::DocDB::DBCluster': { keep: 'Snapshot', name: 'DBClusterIdentifier' },
  'AWS::DynamoDB::GlobalTable': { keep: 'Retain', name: 'TableName' },
  'AWS::DynamoDB::Table': { keep: 'Retain', name: 'TableName' },
  'AWS::EC2::Volume': { keep: 'Snapshot' },
  'AWS::ECR::Repository': { keep: 'Retain', name: 'RepositoryName' },
  'AWS::EFS::FileSystem': { keep: 'Retain' },
  'AWS::FSx::FileSystem': { keep: 'Retain' },
  'AWS::KMS::Key': { keep: 'Retain' },
  'AWS::Neptune::DBCluster': { keep: 'Snapshot', name: 'DBClusterIdentifier' },
  'AWS::OpenSearchServerless::Collection': { keep: 'Retain', name: 'Name' },
  'AWS::OpenSearchService::Domain': { keep: 'Retain', name: 'DomainName' },
  'AWS::RDS::DBCluster': { keep: 'Snapshot', name: 'DBClusterIdentifier' },
  'AWS::RDS::DBInstance': { keep: 'Snapshot', name: 'DBInstanceIdentifier' },
  'AWS::Redshift::Cluster': { keep: 'Snapshot', name: 'ClusterIdentifier' },
  'AWS::S3::Bucket': { keep: 'Retain', name: 'BucketName' },
  'AWS::SecretsManager::Secret': { keep: 'Retain', name: 'Name' },
  'AWS::Serverless::SimpleTable': { keep: 'Retain', name: 'TableName' },
};

const target = z.strictObject({
  keepOnDeletion: z
    .enum(['retain', 'ignore'])
    .describe('whether stores of data and keys stay when the stack is deleted or replaces them'),
  pointInTimeRecovery: z.boolean().describe('whether tables can be restored to any moment of the last weeks'),
  deletionProtection: z
    .boolean()
    .describe('whether tables, databases and user pools refuse to be deleted until it is disabled'),
  backupDays: z
    .int()
    .min(0)
    .max(35)
    .describe(
      'how long automated backups of databases are kept at least, in days; 0 leaves them as they are',
    ),
  versioning: z.boolean().describe('whether buckets keep what is overwritten or deleted'),
  logGroups: z
    .enum(['all', 'audit-security', 'none'])
    .describe('log groups that stay when the stack is deleted: all, those of class audit-security, or none'),
});
type Target = z.infer<typeof target>;

export const disasterRecovery = resourceRemediation({
  id: 'disaster-recovery',
  title: 'Stateful resources and KMS keys are protected from deletion',
  why: 'a deleted key makes everything encrypted with it unreadable, and a deleted table is gone',
  guideRisk: 'high',
  tryFirst: 'restore a table, and delete a copy of the stack: what is retained must not block the next one',
  checklist: 'recovery-plan',
  sources: [
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html',
    'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html',
  ],
  equivalents: {
    checkov: ['CKV_AWS_21', 'CKV_AWS_28'],
    cfnNag: ['W78'],
    cdkNag: [
      'AwsSolutions-DDB3',
      'AwsSolutions-RDS10',
      'AwsSolutions-RDS13',
      'DynamoDBPITREnabled',
      'RDSInstanceBackupEnabled',
      'RDSInstanceDeletionProtectionEnabled',
      'S3BucketVersioningEnabled',
    ],
    guard: ['DYNAMODB_PITR_ENABLED', 'S3_BUCKET_VERSIONING_ENABLED'],
    config: ['dynamodb-pitr-enabled', 's3-bucket-versioning-enabled'],
    securityHub: ['DynamoDB.2', 'DynamoDB.6', 'RDS.7', 'RDS.8', 'RDS.11', 'EFS.7', 'S3.14'],
    kics: ['0f04217d-488f-4e7a-bec8-f16159686cd6', 'a227ec01-f97a-4084-91a4-47b350c1db54'],
    prowler: [
      'dynamodb_table_deletion_protection_enabled',
      'dynamodb_tables_pitr_enabled',
      'rds_cluster_deletion_protection',
      'rds_instance_backup_enabled',
      'rds_instance_deletion_protection',
      's3_bucket_object_versioning',
    ],
  },
  ruleScopes: {
    ...rulesAbout(
      { types: ['AWS::DynamoDB::Table'], properties: ['PointInTimeRecoverySpecification'] },
      ...['CKV_AWS_28', 'W78', 'AwsSolutions-DDB3', 'DynamoDBPITREnabled', 'DYNAMODB_PITR_ENABLED'],
    ),
    ...rulesAbout(
      { types: ['AWS::S3::Bucket'], properties: ['VersioningConfiguration'] },
      ...['CKV_AWS_21', 'S3BucketVersioningEnabled', 'S3_BUCKET_VERSIONING_ENABLED'],
    ),
    ...rulesAbout(
      { types: ['AWS::RDS::DBCluster', 'AWS::RDS::DBInstance'], properties: ['DeletionProtection'] },
      ...['AwsSolutions-RDS10', 'RDSInstanceDeletionProtectionEnabled'],
    ),
    ...rulesAbout(
      { types: ['AWS::RDS::DBInstance'], properties: ['BackupRetentionPeriod'] },
      ...['AwsSolutions-RDS13', 'RDSInstanceBackupEnabled'],
    ),
  },
  appliesTo: [...Object.keys(stateful), 'AWS::Logs::LogGroup'],
  target,
  judge(view, policy, facts) {
    const exempt = exemption(view, policy, facts);
    if (exempt !== undefined) return { verdict: notApplicable(exempt) };
    const kept = keepEdits(view, policy);
    const plans = facts.usersOf(view, 'AWS::Backup::BackupSelection');
    const isCopied = plans.length > 0 && facts.isAlwaysWith(plans, view);
    const missing = missingSafeguards(view, policy).filter(({ path }) => !(isCopied && isBackupPolicy(path)));
    const open = missing.find(({ path }) =>
      view.read(...path).some(({ outcome }) => outcome.kind === 'unknown'),
    );
    if (open !== undefined)
      return { verdict: unknown(`the value of its ${open.path.join('.')} is not known`) };
    const edits = [...kept, ...missing.map(({ want }) => want)];
    if (edits.length === 0) return { verdict: inOrder(view, policy) };
    const decided = kept
      .map(({ path: [attribute = ''] }) => attribute)
      .find((each) => view.body[each] === 'Delete');
    if (decided !== undefined) {
      return {
        verdict: manual(`its ${decided} is Delete: an explicit decision that it goes with the stack`),
      };
    }
    const startsVersions = view.type === 'AWS::S3::Bucket' && missing.length > 0;
    const changed = startsVersions ? underVersions(view, facts) : undefined;
    const blocks = blockedBy(view, kept, missing);
    const names = [...kept.map(({ path }) => path.join('.')), ...missing.map(({ path }) => path.join('.'))];
    return {
      target: edits[0]?.value ?? null,
      lacks: names,
      // What is kept in one way can still be lost in another; that is less than to lose it with the stack.
      severity: kept.some(({ path: [attribute] }) => attribute === 'DeletionPolicy') ? 'high' : 'medium',
      verdict: fixable(`it lacks ${names.join(', ')}`, {
        edits,
        ...(isSuspended(view, missing) && { risk: 'review', riskBecause: suspended }),
        ...(changed !== undefined && { risk: 'review', riskBecause: changed.because }),
        ...(blocks !== undefined && { risk: 'review', riskBecause: blocks }),
        ...(plans.length > 0 &&
          missing.some(({ path }) => isBackupPolicy(path)) && {
            risk: 'review',
            riskBecause: `${plans[0]?.logicalId} copies it in some deployments already, where copies would be made and paid for twice`,
          }),
        ...(changed?.lifecycle !== undefined && { companions: [lifecycleOf(view, changed.lifecycle)] }),
        cost: { monthlyUsd: null, formula: 'size of what is kept longer x price of its storage' },
        notes: notesOf(view, kept, missing),
      }),
    };
  },
});

const suspended =
  'its versioning is suspended, which only a decision brings about: what is overwritten or deleted is kept again, and paid for';

function isSuspended(view: ResourceView, missing: readonly MissingSafeguard[]): boolean {
  const versioning = missing.find(({ path }) => path[0] === 'VersioningConfiguration');
  return versioning !== undefined && says('Suspended', view, ...versioning.path);
}

/**
 * What CloudFormation keeps anyway is never in the way of it. What it deletes or makes a snapshot of cannot be deleted while it
 * is protected: with the stack, in a replacement, or when the first creation is rolled back.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
 */
function blockedBy(
  view: ResourceView,
  kept: readonly PropertyEdit[],
  missing: readonly MissingSafeguard[],
): string | undefined {
  const protection = missing.find(({ path }) => path.at(-1)?.startsWith('DeletionProtection'));
  if (protection === undefined) return undefined;
  const named = ['DeletionPolicy', 'UpdateReplacePolicy'].map((attribute) => ({
    attribute,
    value: kept.find(({ path }) => path[0] === attribute)?.value ?? view.body[attribute] ?? 'Delete',
  }));
  const blocked = named.find(({ value }) => value !== 'Retain');
  if (blocked === undefined) return undefined;
  const { attribute, value } = blocked;
  const said = typeof value === 'string' ? `is ${value}` : 'is not always Retain';
  const when =
    attribute === 'UpdateReplacePolicy'
      ? 'an update that replaces it fails'
      : value === 'RetainExceptOnCreate'
        ? 'a first creation that fails cannot be rolled back'
        : 'deleting the stack fails';
  return `with ${protection.path.join('.')}, ${when} until the protection is switched off, since its ${attribute} ${said}`;
}

/** Says no more than what was asked: not every type has something of its own that brings its data back. */
function inOrder(view: ResourceView, policy: Target): Verdict {
  if (view.type === globalTable && itemsAt(view, 'Replicas').length === 0) {
    return unknown('its Replicas, which point-in-time recovery is set for, are not written out');
  }
  const isRestorable = safeguardsOf(view, policy).length > 0;
  if (policy.keepOnDeletion === 'ignore') {
    return isRestorable
      ? compliant('it can be restored')
      : notApplicable('the policy asks for nothing of it');
  }
  return compliant(
    isRestorable ? 'it can be restored, and stays when the stack goes' : 'it stays when the stack goes',
  );
}

/** A plan of AWS Backup in the templates does the same. */
function isBackupPolicy([property]: readonly string[]): boolean {
  return property === 'BackupPolicy';
}

function lifecycleOf({ logicalId, type }: ResourceView, lifecycle: Value): Companion {
  return {
    kind: 'resource',
    logicalId,
    body: { Type: type, Properties: { LifecycleConfiguration: lifecycle } },
  };
}

interface MissingSafeguard {
  readonly path: readonly string[];
  readonly want: PropertyEdit;
  readonly note: string;
}

/** Each replica of a global table has its own; object lock comes with versioning. */
function safeguardsOf(view: ResourceView, policy: Target): readonly Safeguard[] {
  const listed =
    view.type === globalTable
      ? itemsAt(view, 'Replicas').flatMap((replica) =>
          tableSafeguards.map((each) => ({ ...each, path: [...replica, ...each.path] })),
        )
      : (safeguards[view.type] ?? []);
  return listed.filter(({ wanted }) => wanted(policy) !== undefined);
}

const globalTable = 'AWS::DynamoDB::GlobalTable';

function missingSafeguards(view: ResourceView, policy: Target): readonly MissingSafeguard[] {
  if (view.type === 'AWS::S3::Bucket' && alwaysSays('true', view, 'ObjectLockEnabled')) return [];
  return safeguardsOf(view, policy).flatMap(({ path, wanted, isSatisfiedBy, note }) => {
    const value = wanted(policy);
    if (value === undefined || view.read(...path).every(({ outcome }) => isSatisfiedBy(outcome, value)))
      return [];
    const want: PropertyEdit = {
      path: ['Properties', ...path],
      value,
      isSatisfiedBy: (outcome) => isSatisfiedBy(outcome, value),
      individual: true,
    };
    return [{ path, want, note }];
  });
}

function notesOf(
  view: ResourceView,
  kept: readonly PropertyEdit[],
  missing: readonly MissingSafeguard[],
): readonly string[] {
  return [
    ...missing.map(({ note }) => note),
    ...(kept.length > 0 && hasFixedName(view)
      ? ['it has a fixed name: a retained copy blocks re-creating the stack']
      : []),
    ...(kept.length > 0 && missing.length === 0
      ? ['a change set that only adds DeletionPolicy may be empty; combine it with another change']
      : []),
  ];
}

function exemption(
  view: ResourceView,
  { logGroups, keepOnDeletion }: Target,
  facts: Facts,
): string | undefined {
  // A cluster is backed up and kept as a whole, and a member that is to leave a snapshot is refused.
  if (view.type === 'AWS::RDS::DBInstance' && isClusterMember(view)) {
    return 'it is a member of a cluster, which is checked on its own';
  }
  if (view.type === 'AWS::RDS::DBInstance' && isGiven(view, 'SourceDBInstanceIdentifier')) {
    return 'it is a read replica, which can be made anew from its source';
  }
  if (view.type !== 'AWS::Logs::LogGroup') return undefined;
  if (logGroups === 'none' || keepOnDeletion === 'ignore')
    return 'the policy lets log groups go with the stack';
  const { class: kind } = facts.logGroupClass(view.stack, view.logicalId) ?? { class: 'application' };
  return logGroups === 'all' || kind === 'audit-security'
    ? undefined
    : `it is a log group of class ${kind}, which the policy lets go with the stack`;
}

/**
 * `Snapshot` and `RetainExceptOnCreate` keep the data as well. What has a fixed name is let go when the operation that makes
 * it is rolled back, or the next try would find the name taken; that value is for `DeletionPolicy` alone.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatereplacepolicy.html
 */
function keepEdits(view: ResourceView, { keepOnDeletion }: Target): readonly PropertyEdit[] {
  if (keepOnDeletion === 'ignore') return [];
  const keep = stateful[view.type]?.keep ?? 'Retain';
  const deletion = keep === 'Retain' && hasFixedName(view) ? 'RetainExceptOnCreate' : keep;
  return ['DeletionPolicy', 'UpdateReplacePolicy']
    .filter((attribute) => {
      const said = view.body[attribute];
      return said === undefined || said === 'Delete';
    })
    .map((attribute) => ({
      path: [attribute],
      value: attribute === 'DeletionPolicy' ? deletion : keep,
      individual: true,
    }));
}

function hasFixedName(view: ResourceView): boolean {
  const name = view.type === 'AWS::Logs::LogGroup' ? 'LogGroupName' : stateful[view.type]?.name;
  return name !== undefined && isGiven(view, name);
}

function isGiven(view: ResourceView, property: string): boolean {
  return view.read(property).some(({ outcome }) => outcome.kind !== 'absent');
}

/** What the policy asks for, beside what becomes of a resource when the stack lets go of it. */
interface Asked {
  readonly pointInTimeRecovery: boolean;
  readonly deletionProtection: boolean;
  readonly backupDays: number;
  readonly versioning: boolean;
}

/** A property that lets data be brought back, or keeps it from being deleted. */
interface Safeguard {
  readonly path: readonly string[];
  /** `undefined` where the policy does not ask for it. */
  wanted(asked: Asked): Value | undefined;
  isSatisfiedBy(outcome: Outcome, wanted: Value): boolean;
  /** What a person must know of it. */
  readonly note: string;
}

const isSame = (outcome: Outcome, wanted: Value) => scalarText(outcome) === String(wanted);
const isEnough = (outcome: Outcome, wanted: Value) => (numberOf(outcome) ?? 0) >= Number(wanted);

const protection = (path: readonly string[], value: Value): Safeguard => ({
  path,
  wanted: ({ deletionProtection }) => (deletionProtection ? value : undefined),
  isSatisfiedBy: isSame,
  note: 'deletion protection must be disabled before deleting it',
});

const backups: Safeguard = {
  path: ['BackupRetentionPeriod'],
  wanted: ({ backupDays }) => (backupDays > 0 ? backupDays : undefined),
  isSatisfiedBy: isEnough,
  note: 'a restore makes a new database, which the stack and its users have to be pointed to',
};

const pointInTimeRecovery: Safeguard = {
  path: ['PointInTimeRecoverySpecification', 'PointInTimeRecoveryEnabled'],
  wanted: (asked) => (asked.pointInTimeRecovery ? true : undefined),
  isSatisfiedBy: isSame,
  note: 'a restore makes a new table, which the stack and its users have to be pointed to',
};

const tableSafeguards = [pointInTimeRecovery, protection(['DeletionProtectionEnabled'], true)];

const database = [backups, protection(['DeletionProtection'], true)];

/**
 * @source https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html
 * @source https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html
 */
const safeguards: Readonly<Record<string, readonly Safeguard[]>> = {
  'AWS::Cognito::UserPool': [protection(['DeletionProtection'], 'ACTIVE')],
  'AWS::DocDB::DBCluster': database,
  'AWS::DynamoDB::Table': tableSafeguards,
  'AWS::EFS::FileSystem': [
    {
      path: ['BackupPolicy', 'Status'],
      wanted: ({ backupDays }) => (backupDays > 0 ? 'ENABLED' : undefined),
      isSatisfiedBy: isSame,
      note: 'AWS Backup keeps the copies as long as its own plan for file systems says',
    },
  ],
  'AWS::Neptune::DBCluster': database,
  'AWS::RDS::DBCluster': database,
  'AWS::RDS::DBInstance': database,
  'AWS::Serverless::SimpleTable': [pointInTimeRecovery],
  'AWS::S3::Bucket': [
    {
      path: ['VersioningConfiguration', 'Status'],
      wanted: ({ versioning }) => (versioning ? 'Enabled' : undefined),
      isSatisfiedBy: isSame,
      note: 'versions are kept in the same Region; a copy elsewhere needs replication to a bucket there',
    },
  ],
};
