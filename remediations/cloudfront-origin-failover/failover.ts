import { type Prerequisite, shellWord, type Value, type ValueMap, type Want } from '../../src/remediation.js';
import type { Behaviour, Distribution } from './distribution.js';

export interface SecondOrigin {
  readonly domainName: string;
  readonly originAccessControlId?: string | undefined;
}

const configuration = ['Properties', 'DistributionConfig'];

/** Behaviours use a group instead of the origin it asks first. */
export function retarget(behaviours: readonly Behaviour[], groupId: string): readonly Want[] {
  return behaviours.map(({ path }) => ({
    path: [...configuration, ...path, 'TargetOriginId'],
    value: groupId,
  }));
}

/** A second origin, a group of both, and the behaviours that can use it. */
export function failoverWants(
  { origins, groups }: Distribution,
  primary: ValueMap,
  second: ValueMap,
  using: readonly Behaviour[],
  statusCodes: readonly number[],
): readonly Want[] {
  const isThere = origins.some((origin) => origin.Id === second.Id);
  const taken = [...origins.map(({ Id: id }) => id), ...groups.map(({ id }) => id)];
  const groupId = freeName('failover-group', taken);
  const group = {
    Id: groupId,
    FailoverCriteria: { StatusCodes: { Quantity: statusCodes.length, Items: [...statusCodes] } },
    Members: { Quantity: 2, Items: [{ OriginId: primary.Id ?? '' }, { OriginId: second.Id ?? '' }] },
  };
  return [
    ...(isThere ? [] : [{ path: [...configuration, 'Origins'], value: [...origins, second] }]),
    { path: [...configuration, 'OriginGroups'], value: { Quantity: 1, Items: [group] } },
    ...retarget(using, groupId),
  ];
}

/** The second origin: one the distribution has already, else one that is reached as the first one is; or why not. */
export function secondOriginLike(
  { origins, groups }: Distribution,
  primary: ValueMap,
  { domainName, originAccessControlId }: SecondOrigin,
): ValueMap | string {
  if (primary.DomainName === domainName) return `${domainName} is its first origin already`;
  const existing = origins.find((origin) => origin.DomainName === domainName);
  if (existing !== undefined) return existing;
  if (primary.VpcOriginConfig !== undefined) {
    return 'its first origin lies in a network, and the way to a second one there cannot be taken from it';
  }
  const taken = [...origins.map(({ Id: id }) => id), ...groups.map(({ id }) => id)];
  const Id = freeName('failover', taken);
  const isBucket = isBucketName(domainName);
  if (isBucket === (primary.S3OriginConfig !== undefined)) {
    const control =
      originAccessControlId === undefined ? {} : { OriginAccessControlId: originAccessControlId };
    return { ...primary, Id, DomainName: domainName, ...control };
  }
  if (!isBucket)
    return 'its first origin is a bucket and the second one is not, so it cannot be reached as the first one is';
  if (originAccessControlId === undefined) {
    return 'its second origin is a bucket and the first one is not: name an origin access control in secondOrigin.originAccessControlId';
  }
  const access = {
    S3OriginConfig: { OriginAccessIdentity: '' },
    OriginAccessControlId: originAccessControlId,
  };
  return { Id, DomainName: domainName, ...access };
}

/** `name.s3.region.amazonaws.com`, not a website, which is an origin like any other server. */
function isBucketName(domainName: string): boolean {
  return /\.s3[.-]([a-z0-9-]+\.)?amazonaws\.com(\.cn)?$/.test(domainName);
}

/** Bucket and Region in the name of a bucket's endpoint. */
export function bucketOf(
  domainName: string,
): { readonly bucket: string; readonly region?: string } | undefined {
  if (!isBucketName(domainName)) return undefined;
  const [, bucket = '', region] = /^(.+)\.s3[.-](?:([a-z]+-[a-z0-9-]+)\.)?amazonaws/.exec(domainName) ?? [];
  return region === undefined ? { bucket } : { bucket, region };
}

function freeName(wanted: string, taken: readonly (Value | undefined)[]): string {
  let name = wanted;
  for (let number = 2; taken.includes(name); number++) name = `${wanted}-${number}`;
  return name;
}

/** What has to be so in the other bucket, which no template of this stack can see to. */
export function accessPrerequisites(primary: ValueMap, second: ValueMap): readonly Prerequisite[] {
  const domainName = String(second.DomainName);
  const found = bucketOf(domainName);
  if (found === undefined) {
    return [
      {
        what: `${domainName} answers the distribution as the first origin does, and with the same content`,
        check: `by hand: curl -I ${shellWord(`https://${domainName}/`)} and compare`,
      },
    ];
  }
  const { bucket } = found;
  const isControlled = second.OriginAccessControlId !== undefined;
  const who = isControlled
    ? 'the service cloudfront.amazonaws.com under the condition AWS:SourceArn of this distribution'
    : 'the canonical user of the origin access identity';
  return [
    {
      what: `the policy of bucket ${bucket} allows s3:GetObject to ${who}`,
      check: `aws s3api get-bucket-policy --bucket ${shellWord(bucket)}`,
    },
    ...(isControlled
      ? [
          {
            what: `where bucket ${bucket} is encrypted with a key, the key's policy allows kms:Decrypt to the same service under the same condition`,
            check: `aws s3api get-bucket-encryption --bucket ${shellWord(bucket)}`,
          },
        ]
      : []),
    {
      what: `bucket ${bucket} holds the same content and keeps up with the first one`,
      check:
        typeof primary.DomainName === 'string' && bucketOf(primary.DomainName) !== undefined
          ? `aws s3api get-bucket-replication --bucket ${shellWord(bucketOf(primary.DomainName)?.bucket ?? '')}`
          : 'aws s3api get-bucket-replication --bucket FIRST (both need versioning), or whatever publishes copies to both',
    },
  ];
}
