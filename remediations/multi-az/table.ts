import { notApplicable } from '../../src/remediation.js';
import {
  containerService,
  endpointConfig,
  lambdaFunction,
  loadBalancer,
  scalableTarget,
  scalingGroup,
} from './compute.js';
import { databaseCluster, databaseInstance, warehouse } from './databases.js';
import { cacheSubnets, databaseSubnets, natGateway } from './network.js';
import type { Judge } from './spread.js';
import {
  accelerator,
  broker,
  bucketOfOneZone,
  cacheCluster,
  cacheGroup,
  collection,
  fileSystem,
  kafka,
  searchDomain,
  windowsFileSystem,
} from './stores.js';

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
export const judges: Readonly<Record<string, Judge>> = {
  'AWS::AmazonMQ::Broker': broker,
  'AWS::ApplicationAutoScaling::ScalableTarget': scalableTarget,
  'AWS::AutoScaling::AutoScalingGroup': scalingGroup,
  'AWS::DAX::Cluster': accelerator,
  'AWS::DocDB::DBCluster': databaseCluster,
  'AWS::DocDB::DBSubnetGroup': databaseSubnets,
  'AWS::EC2::NatGateway': natGateway,
  'AWS::ECS::Service': containerService,
  'AWS::EFS::FileSystem': fileSystem,
  'AWS::ElastiCache::CacheCluster': cacheCluster,
  'AWS::ElastiCache::ReplicationGroup': cacheGroup,
  'AWS::ElastiCache::SubnetGroup': cacheSubnets,
  'AWS::ElasticLoadBalancing::LoadBalancer': loadBalancer,
  'AWS::ElasticLoadBalancingV2::LoadBalancer': loadBalancer,
  'AWS::Elasticsearch::Domain': searchDomain,
  'AWS::FSx::FileSystem': windowsFileSystem,
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::MSK::Cluster': kafka,
  'AWS::Neptune::DBCluster': databaseCluster,
  'AWS::Neptune::DBSubnetGroup': databaseSubnets,
  'AWS::OpenSearchServerless::Collection': collection,
  'AWS::OpenSearchService::Domain': searchDomain,
  'AWS::RDS::DBCluster': databaseCluster,
  'AWS::RDS::DBInstance': databaseInstance,
  'AWS::RDS::DBSubnetGroup': databaseSubnets,
  'AWS::Redshift::Cluster': warehouse,
  'AWS::S3Express::DirectoryBucket': bucketOfOneZone,
  'AWS::SageMaker::EndpointConfig': endpointConfig,
  'AWS::Serverless::Function': lambdaFunction,
  ...Object.fromEntries(spanning.map((type) => [type, spans])),
};
