import { type ResourceView, scalarText } from '../../src/remediation.js';

/**
 * Whether an instance of RDS belongs to a cluster, or may: it says so, or its engine runs in clusters alone. Backups,
 * storage and standbys are the cluster's then.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-rds-dbinstance.html
 */
export function isClusterMember(view: ResourceView): boolean {
  const isNamed = view.read('DBClusterIdentifier').some(({ outcome }) => outcome.kind !== 'absent');
  const isAurora = view
    .read('Engine')
    .some(({ outcome }) => scalarText(outcome)?.toLowerCase().startsWith('aurora') === true);
  return isNamed || isAurora;
}
