import { type Facts, isList, isMap, type ResourceView, type Value } from '../../src/remediation.js';

/** Types that are reached inside a network only. */
const privateTypes: readonly string[] = [
  'AWS::RDS::DBInstance',
  'AWS::RDS::DBCluster',
  'AWS::RDS::DBProxy',
  'AWS::ElastiCache::ReplicationGroup',
  'AWS::ElastiCache::CacheCluster',
  'AWS::ElastiCache::ServerlessCache',
  'AWS::MemoryDB::Cluster',
  'AWS::DocDB::DBCluster',
  'AWS::Neptune::DBCluster',
  'AWS::Redshift::Cluster',
  'AWS::MSK::Cluster',
  'AWS::EFS::AccessPoint',
  'AWS::EFS::FileSystem',
];

/** The private resource a function is told about in its settings, or mounts; `undefined` when there is none. */
export function privateResource(view: ResourceView, facts: Facts): string | undefined {
  if (view.expression('FileSystemConfigs') !== undefined) return 'the file system it mounts';
  const mentioned = new Set(mentions(view.expression('Environment') ?? null));
  const found = facts
    .resources(...privateTypes)
    .find((resource) => resource.stack === view.stack && mentioned.has(resource.logicalId));
  return found === undefined ? undefined : `${found.logicalId} (${found.type})`;
}

function mentions(value: Value): readonly string[] {
  if (isList(value)) return value.flatMap(mentions);
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref' && typeof inner === 'string') return [inner];
    if (key === 'Fn::GetAtt' && isList(inner)) return [String(inner[0])];
    if (key === 'Fn::Sub') {
      const text = JSON.stringify(inner);
      return [...text.matchAll(/\$\{([A-Za-z0-9]+)/g)].map(([, id = '']) => id);
    }
    return mentions(inner);
  });
}
