import { numberOf, type Outcome, scalarText, type Value } from '../../src/remediation.js';

/** What the policy asks for, beside what becomes of a resource when the stack lets go of it. */
export interface Asked {
  readonly pointInTimeRecovery: boolean;
  readonly deletionProtection: boolean;
  readonly backupDays: number;
  readonly versioning: boolean;
}

/** A property that lets data be brought back, or keeps it from being deleted. */
export interface Safeguard {
  readonly path: readonly string[];
  /** `undefined` where the policy does not ask for it. */
  wanted(asked: Asked): Value | undefined;
  accepts(outcome: Outcome, wanted: Value): boolean;
  /** What a person must know of it. */
  readonly note: string;
}

const isSame = (outcome: Outcome, wanted: Value) => scalarText(outcome) === String(wanted);
const isEnough = (outcome: Outcome, wanted: Value) => (numberOf(outcome) ?? 0) >= Number(wanted);

const protection = (path: readonly string[], value: Value): Safeguard => ({
  path,
  wanted: ({ deletionProtection }) => (deletionProtection ? value : undefined),
  accepts: isSame,
  note: 'whoever wants to delete it switches its protection off first',
});

const backups: Safeguard = {
  path: ['BackupRetentionPeriod'],
  wanted: ({ backupDays }) => (backupDays > 0 ? backupDays : undefined),
  accepts: isEnough,
  note: 'a restore makes a new database, which the stack and its users have to be pointed to',
};

const database = [backups, protection(['DeletionProtection'], true)];

/**
 * @source https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html
 * @source https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html
 */
export const safeguards: Readonly<Record<string, readonly Safeguard[]>> = {
  'AWS::Cognito::UserPool': [protection(['DeletionProtection'], 'ACTIVE')],
  'AWS::DocDB::DBCluster': database,
  'AWS::DynamoDB::Table': [
    {
      path: ['PointInTimeRecoverySpecification', 'PointInTimeRecoveryEnabled'],
      wanted: ({ pointInTimeRecovery }) => (pointInTimeRecovery ? true : undefined),
      accepts: isSame,
      note: 'a restore makes a new table, which the stack and its users have to be pointed to',
    },
    protection(['DeletionProtectionEnabled'], true),
  ],
  'AWS::EFS::FileSystem': [
    {
      path: ['BackupPolicy', 'Status'],
      wanted: ({ backupDays }) => (backupDays > 0 ? 'ENABLED' : undefined),
      accepts: isSame,
      note: 'AWS Backup keeps the copies as long as its own plan for file systems says',
    },
  ],
  'AWS::Neptune::DBCluster': database,
  'AWS::RDS::DBCluster': database,
  'AWS::RDS::DBInstance': database,
  'AWS::S3::Bucket': [
    {
      path: ['VersioningConfiguration', 'Status'],
      wanted: ({ versioning }) => (versioning ? 'Enabled' : undefined),
      accepts: isSame,
      note: 'versions are kept in the same Region; a copy elsewhere needs replication to a bucket there',
    },
  ],
};

/** Safeguards that the template cannot have where it stands, by type. */
export const elsewhere: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::GlobalTable':
    'point-in-time recovery and protection are set for each of its replicas, by hand',
  'AWS::Serverless::SimpleTable': 'it has no point-in-time recovery; an AWS::DynamoDB::Table has',
};
