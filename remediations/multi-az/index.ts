import { compliant, manual, notApplicable, resourceRemediation, unknown, z } from '../../src/remediation.js';
import { isGiven, rulesAbout, textAt } from '../kit/values.js';
import {
  cacheSubnets,
  containerService,
  databaseSubnets,
  endpointConfig,
  type Judge,
  lambdaFunction,
  loadBalancer,
  natGateway,
  numbered,
  openAt,
  scalableTarget,
  scalingGroup,
  spread,
  switchedOn,
  zonesOf,
} from './compute.js';
import {
  accelerator,
  broker,
  bucketOfOneZone,
  cacheCluster,
  cacheGroup,
  collection,
  databaseCluster,
  databaseInstance,
  fileSystem,
  kafka,
  searchDomain,
  warehouse,
  windowsFileSystem,
} from './stores.js';

/** @source https://docs.aws.amazon.com/dms/latest/userguide/CHAP_ReplicationInstance.html */
const replicationInstance: Judge = (view) => {
  const open = openAt(view, 'MultiAZ');
  if (open !== undefined) return unknown(open);
  const edits = switchedOn(view, ['MultiAZ']);
  if (edits.length === 0) return compliant('it has a standby in another zone');
  const because = 'it runs in one zone: MultiAZ';
  if (isGiven(view, 'AvailabilityZone')) {
    return manual(`${because}; its AvailabilityZone is fixed, and both together are refused`);
  }
  return spread(because, {
    edits,
    consent: 'a standby of the same size runs beside it, and its tasks pause while it is changed',
    update: 'some-interruption',
    second: `1 more ${textAt(view, 'ReplicationInstanceClass') ?? 'replication instance'}`,
  });
};

/** @source https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Serverless.html */
const replicationConfig: Judge = (view) => {
  const open = openAt(view, 'ComputeConfig', 'MultiAZ');
  if (open !== undefined) return unknown(open);
  return switchedOn(view, ['ComputeConfig', 'MultiAZ']).length === 0
    ? compliant('it has a standby in another zone')
    : manual('it runs in one zone: ComputeConfig.MultiAZ, which can be changed only while it is stopped');
};

/** @source https://docs.aws.amazon.com/memorydb/latest/devguide/autofailover.html */
const memoryCluster: Judge = (view) => {
  // Without a number each shard has one replica.
  if (!isGiven(view, 'NumReplicasPerShard')) return compliant('each shard has a replica in another zone');
  return numbered(view, 'NumReplicasPerShard', 1, {
    right: 'each shard has a replica in another zone',
    lacks: 'its shards have no replica',
    consent: 'a replica of the same size runs beside each shard',
    second: `1 more ${textAt(view, 'NodeType') ?? 'node'} for each shard`,
  });
};

/** @source https://docs.aws.amazon.com/timestream/latest/developerguide/timestream-for-influxdb-multi-az.html */
const timeSeries: Judge = (view) => {
  const open = openAt(view, 'DeploymentType');
  if (open !== undefined) return unknown(open);
  return textAt(view, 'DeploymentType') === 'WITH_MULTIAZ_STANDBY'
    ? compliant('it has a standby in another zone')
    : manual(
        'it runs in one zone: set DeploymentType to WITH_MULTIAZ_STANDBY, with subnets in two zones; it restarts',
      );
};

/** @source https://docs.aws.amazon.com/documentdb/latest/developerguide/elastic-how-it-works.html */
const elasticDocuments: Judge = (view) => {
  if (!isGiven(view, 'ShardInstanceCount'))
    return compliant('each shard has two instances where no number is set');
  return numbered(view, 'ShardInstanceCount', 2, {
    right: 'each shard has an instance in another zone',
    lacks: 'its shards run on a single instance',
    consent: 'a second instance runs for each shard',
    second: '1 more instance for each shard',
  });
};

/** @source https://docs.aws.amazon.com/neptune-analytics/latest/userguide/create-graph-using-console.html */
const graph: Judge = (view) => {
  // One replica where nothing is said.
  const isAlone = view.read('ReplicaCount').some(({ outcome }) => textOf(outcome) === '0');
  return isAlone
    ? manual('it has no replica (ReplicaCount), which is fixed when it is made; a new graph takes its place')
    : compliant('it has a replica in another zone');
};

function textOf(outcome: { readonly kind: string; readonly value?: unknown }): string | undefined {
  return outcome.kind === 'value' ? String(outcome.value) : undefined;
}

/** Whatever has subnets of its own, and runs in the zones they are in. */
const inItsSubnets =
  (...path: readonly string[]): Judge =>
  (view, facts) => {
    if (!isGiven(view, ...path)) return notApplicable('it has no subnets of its own');
    const zones = zonesOf(view, path, facts);
    if (zones === 'unknown') return unknown('how many subnets it has is not known');
    return zones === 'several'
      ? compliant('its subnets are in several zones')
      : manual('its subnets are in one Availability Zone; add one in another');
  };

/** There is no property that would spread it. */
const inOneZone =
  (instead: string): Judge =>
  () =>
    manual(`it runs in one zone, whatever its settings: ${instead}`);

/** Services that span the zones of their Region, or all Regions, whatever the template says. */
const spanning = [
  'AWS::AppSync::GraphQLApi',
  'AWS::ApiGateway::RestApi',
  'AWS::ApiGatewayV2::Api',
  'AWS::CloudFront::Distribution',
  'AWS::Cognito::UserPool',
  'AWS::DynamoDB::GlobalTable',
  'AWS::DynamoDB::Table',
  'AWS::ElastiCache::ServerlessCache',
  'AWS::Events::EventBus',
  'AWS::Events::Rule',
  'AWS::KMS::Key',
  'AWS::Kinesis::Stream',
  'AWS::MSK::ServerlessCluster',
  'AWS::RedshiftServerless::Workgroup',
  'AWS::S3::Bucket',
  'AWS::SNS::Topic',
  'AWS::SQS::Queue',
  'AWS::Serverless::Api',
  'AWS::Serverless::HttpApi',
  'AWS::Serverless::SimpleTable',
  'AWS::Serverless::StateMachine',
  'AWS::StepFunctions::StateMachine',
];

const spans: Judge = () => notApplicable('the service spans the zones of its Region');

/**
 * How each type outlives the loss of a zone.
 * @source https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/zonal-services.html
 */
const judges: Readonly<Record<string, Judge>> = {
  'AWS::AmazonMQ::Broker': broker,
  'AWS::ApplicationAutoScaling::ScalableTarget': scalableTarget,
  'AWS::AutoScaling::AutoScalingGroup': scalingGroup,
  'AWS::DAX::Cluster': accelerator,
  'AWS::DMS::ReplicationConfig': replicationConfig,
  'AWS::DMS::ReplicationInstance': replicationInstance,
  'AWS::DocDB::DBCluster': databaseCluster,
  'AWS::DocDB::DBSubnetGroup': databaseSubnets,
  'AWS::DocDBElastic::Cluster': elasticDocuments,
  'AWS::EC2::Instance': inOneZone('a scaling group with instances in two zones takes its place'),
  'AWS::EC2::NatGateway': natGateway,
  'AWS::EC2::VPCEndpoint': inItsSubnets('SubnetIds'),
  'AWS::ECS::Service': containerService,
  'AWS::EFS::FileSystem': fileSystem,
  'AWS::EKS::Cluster': inItsSubnets('ResourcesVpcConfig', 'SubnetIds'),
  'AWS::EKS::Nodegroup': inItsSubnets('Subnets'),
  'AWS::EMR::Cluster': inOneZone('keep what has to outlive it in Amazon S3'),
  'AWS::ElastiCache::CacheCluster': cacheCluster,
  'AWS::ElastiCache::ReplicationGroup': cacheGroup,
  'AWS::ElastiCache::SubnetGroup': cacheSubnets,
  'AWS::ElasticLoadBalancing::LoadBalancer': loadBalancer,
  'AWS::ElasticLoadBalancingV2::LoadBalancer': loadBalancer,
  'AWS::Elasticsearch::Domain': searchDomain,
  'AWS::FSx::FileCache': inOneZone('it is a cache, and what it holds is in the repository behind it'),
  'AWS::FSx::FileSystem': windowsFileSystem,
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::Lightsail::Database': inOneZone('a high-availability plan takes its place'),
  'AWS::Lightsail::Disk': inOneZone('take snapshots of it'),
  'AWS::Lightsail::Instance': inOneZone('a load balancer and a second instance in another zone'),
  'AWS::MSK::Cluster': kafka,
  'AWS::MemoryDB::Cluster': memoryCluster,
  'AWS::Neptune::DBCluster': databaseCluster,
  'AWS::Neptune::DBSubnetGroup': databaseSubnets,
  'AWS::NeptuneGraph::Graph': graph,
  'AWS::NetworkFirewall::Firewall': inItsSubnets('SubnetMappings'),
  'AWS::OpenSearchServerless::Collection': collection,
  'AWS::OpenSearchServerless::CollectionGroup': collection,
  'AWS::OpenSearchService::Domain': searchDomain,
  'AWS::RDS::DBCluster': databaseCluster,
  'AWS::RDS::DBInstance': databaseInstance,
  'AWS::RDS::DBProxy': inItsSubnets('VpcSubnetIds'),
  'AWS::RDS::DBSubnetGroup': databaseSubnets,
  'AWS::Redshift::Cluster': warehouse,
  'AWS::S3Express::DirectoryBucket': bucketOfOneZone,
  'AWS::SageMaker::EndpointConfig': endpointConfig,
  'AWS::Serverless::Function': lambdaFunction,
  'AWS::Timestream::InfluxDBCluster': inItsSubnets('VpcSubnetIds'),
  'AWS::Timestream::InfluxDBInstance': timeSeries,
  ...Object.fromEntries(spanning.map((type) => [type, spans])),
};

const target = z.strictObject({
  instances: z
    .enum(['fix', 'report'])
    .describe(
      'whether second instances, which cost as much as the first, are planned (needs approval) or only reported',
    ),
});

export const multiAz = resourceRemediation({
  id: 'multi-az',
  title: 'Resources are spread across Availability Zones',
  why: 'an Availability Zone fails as a whole now and then, and takes along what runs in it alone',
  guideRisk: 'medium',
  tryFirst: 'fail over once (reboot with failover, stop what runs in one zone) and measure how long it takes',
  checklist: 'availability',
  sources: [
    'https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/use-fault-isolation-to-protect-your-workload.html',
    'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html',
  ],
  equivalents: {
    checkov: ['CKV_AWS_157'],
    cdkNag: ['AwsSolutions-OS7', 'AwsSolutions-RDS3', 'RDSMultiAZSupport'],
    guard: ['RDS_MULTI_AZ_SUPPORT', 'OPENSEARCH_DATA_NODE_FAULT_TOLERANCE'],
    config: [
      'rds-multi-az-support',
      'opensearch-data-node-fault-tolerance',
      'elbv2-multiple-az',
      'autoscaling-multiple-az',
      'lambda-vpc-multi-az-check',
      'elasticache-repl-grp-auto-failover-enabled',
    ],
    securityHub: [
      ...['RDS.5', 'RDS.15', 'AutoScaling.2', 'ELB.10', 'ELB.13', 'Opensearch.6', 'ES.6', 'ES.7'],
      ...['ElastiCache.3', 'Lambda.5', 'SageMaker.4'],
    ],
    prowler: ['dynamodb_accelerator_cluster_multi_az', 'rds_cluster_multi_az', 'rds_instance_multi_az'],
  },
  ruleScopes: {
    ...rulesAbout(
      { types: ['AWS::RDS::DBInstance'] },
      ...['CKV_AWS_157', 'AwsSolutions-RDS3', 'RDSMultiAZSupport', 'RDS_MULTI_AZ_SUPPORT'],
    ),
    ...rulesAbout(
      { types: ['AWS::Elasticsearch::Domain', 'AWS::OpenSearchService::Domain'] },
      ...['AwsSolutions-OS7', 'OPENSEARCH_DATA_NODE_FAULT_TOLERANCE'],
    ),
  },
  appliesTo: Object.keys(judges),
  target,
  judge(view, { instances }, facts) {
    const verdict = judges[view.type]?.(view, facts) ?? unknown('it has no rule of its own');
    if (verdict.verdict !== 'fixable') return { verdict };
    const { because, riskBecause, edits } = verdict;
    if (instances === 'report') return { verdict: manual(`${because}; ${riskBecause}`) };
    return { target: edits[0]?.value ?? 'a second instance', verdict };
  },
});
