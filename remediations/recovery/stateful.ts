import { type Outcome, scalarText } from '../../src/remediation.js';

/**
 * Types that hold what cannot be made again: what their deletion policy should be, and the property that names them.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
 */
export const stateful: Readonly<
  Record<string, { readonly keep: 'Retain' | 'Snapshot'; readonly name?: string }>
> = {
  'AWS::Cognito::UserPool': { keep: 'Retain', name: 'UserPoolName' },
  'AWS::DocDB::DBCluster': { keep: 'Snapshot', name: 'DBClusterIdentifier' },
  'AWS::DynamoDB::GlobalTable': { keep: 'Retain', name: 'TableName' },
  'AWS::DynamoDB::Table': { keep: 'Retain', name: 'TableName' },
  'AWS::EFS::FileSystem': { keep: 'Retain' },
  'AWS::KMS::Key': { keep: 'Retain' },
  'AWS::Neptune::DBCluster': { keep: 'Snapshot', name: 'DBClusterIdentifier' },
  'AWS::OpenSearchService::Domain': { keep: 'Retain', name: 'DomainName' },
  'AWS::RDS::DBCluster': { keep: 'Snapshot', name: 'DBClusterIdentifier' },
  'AWS::RDS::DBInstance': { keep: 'Snapshot', name: 'DBInstanceIdentifier' },
  'AWS::S3::Bucket': { keep: 'Retain', name: 'BucketName' },
};

export function isTrue(outcome: Outcome): boolean {
  return scalarText(outcome) === 'true';
}
