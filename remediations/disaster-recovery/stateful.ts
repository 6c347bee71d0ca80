/**
 * Types that hold what cannot be made again: what their deletion policy should be, and the property that names them.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
 */
export const stateful: Readonly<
  Record<string, { readonly keep: 'Retain' | 'Snapshot'; readonly name?: string }>
> = {
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
