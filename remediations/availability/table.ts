import type { Value } from '../../src/remediation.js';

/** One property that spreads a resource over zones. */
export interface Setting {
  readonly path: readonly string[];
  readonly value: Value;
  /** What else is enough. */
  readonly atLeast?: number;
}

export interface AvailabilityRule {
  readonly settings: readonly Setting[];
  /** Why a person has to look, beside the cost. */
  readonly because: string;
  readonly update: 'none' | 'some-interruption';
}

/**
 * What makes a resource outlive a zone, where a property does and changing it keeps the resource.
 * @source https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/availability-zones.html
 */
export const rules: Readonly<Record<string, AvailabilityRule>> = {
  'AWS::RDS::DBInstance': {
    settings: [{ path: ['MultiAZ'], value: true }],
    because: 'a standby of the same size runs beside it, and the database pauses when it is made',
    update: 'some-interruption',
  },
  'AWS::ElastiCache::ReplicationGroup': {
    settings: [
      { path: ['AutomaticFailoverEnabled'], value: true },
      { path: ['MultiAZEnabled'], value: true },
    ],
    because: 'it needs a replica to fail over to',
    update: 'none',
  },
  'AWS::OpenSearchService::Domain': {
    settings: [{ path: ['ClusterConfig', 'ZoneAwarenessEnabled'], value: true }],
    because: 'the service moves the data to new nodes, and the number of nodes has to be even',
    update: 'none',
  },
  'AWS::ECS::Service': {
    settings: [{ path: ['DesiredCount'], value: 2, atLeast: 2 }],
    because: 'a second task runs all the time',
    update: 'none',
  },
  'AWS::AutoScaling::AutoScalingGroup': {
    settings: [{ path: ['MinSize'], value: '2', atLeast: 2 }],
    because: 'a second instance runs all the time',
    update: 'none',
  },
  'AWS::ApplicationAutoScaling::ScalableTarget': {
    settings: [{ path: ['MinCapacity'], value: 2, atLeast: 2 }],
    because: 'a second copy of what it scales runs all the time',
    update: 'none',
  },
  'AWS::DAX::Cluster': {
    settings: [{ path: ['ReplicationFactor'], value: 3, atLeast: 3 }],
    because: 'every further node is paid for',
    update: 'none',
  },
};

/** Types whose zones are fixed when they are made, or that are spread by adding other resources. */
export const byHand: Readonly<Record<string, string>> = {
  'AWS::RDS::DBCluster': 'a cluster outlives a zone when it has two instances; add a reader',
  'AWS::Neptune::DBCluster': 'a cluster outlives a zone when it has two instances; add one',
  'AWS::DocDB::DBCluster': 'a cluster outlives a zone when it has two instances; add one',
  'AWS::ElastiCache::CacheCluster': 'its zones are fixed when it is made; a new cluster takes its place',
  'AWS::EC2::NatGateway': 'a gateway stays in one zone; every zone with private subnets needs its own',
  'AWS::SageMaker::EndpointConfig':
    'the number of instances is fixed when it is made; a new configuration takes its place',
  'AWS::FSx::FileSystem': 'its deployment type is fixed when it is made',
  'AWS::AmazonMQ::Broker': 'its deployment mode is fixed when it is made',
  'AWS::Redshift::Cluster': 'it moves to several zones by hand',
};
