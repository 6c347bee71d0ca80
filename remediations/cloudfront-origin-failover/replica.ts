import {
  type Companion,
  type Facts,
  isList,
  isMap,
  type Prerequisite,
  type ResourceView,
  type Value,
  type ValueMap,
} from '../../src/remediation.js';

/** A bucket that the bucket of the first origin is copied to, as an origin of the same distribution. */
export interface Replica {
  readonly logicalId: string;
  readonly bucket: ResourceView;
  readonly domainName: Value;
  /** What lets the distribution read it. */
  readonly companions: readonly Companion[];
  readonly prerequisites: readonly Prerequisite[];
  readonly notes: readonly string[];
}

/**
 * The replica of the first origin's bucket, where all of it is in the template of the distribution; or why there is one that
 * cannot be used. `undefined` where the bucket is not copied, or not known.
 * @source https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html
 */
export function replicaOf(view: ResourceView, primary: ValueMap, facts: Facts): Replica | string | undefined {
  const buckets = facts.resources('AWS::S3::Bucket');
  const first = buckets.find((bucket) => isBucketOf(primary.DomainName, bucket, view, facts));
  const rules = first?.expression('ReplicationConfiguration', 'Rules');
  if (first === undefined || !isList(rules)) return undefined;
  const copied = `its bucket ${first.logicalId} is copied`;
  const rule = rules.find((each) => isMap(each) && each.Status === 'Enabled' && copiesAll(each));
  if (!isMap(rule)) return `${copied} in part only, or in some deployments only`;
  const destination = isMap(rule.Destination) ? rule.Destination.Bucket : undefined;
  const texts = facts.textsOf(first.stack, destination);
  const isDestination = (bucket: ResourceView) =>
    texts.some((text) => facts.textsOf(bucket.stack, arnOf(bucket)).includes(text));
  const second = buckets.find(isDestination);
  if (second === undefined || second.stack !== view.stack) {
    return `${copied} to ${nameIn(texts[0] ?? '')}, whose Region and policy are not in this template: let the distribution read it there and name it in remediations.cloudfront-origin-failover.secondOrigin`;
  }
  const to = `${copied} to ${second.logicalId}`;
  if (!facts.isAlwaysWith([second], view)) return `${to}, which some deployments lack`;
  if (keyOf(second) !== undefined && !isSameKey(first, second, facts)) {
    return `${to}, which is encrypted with a key of its own: let cloudfront.amazonaws.com use the key, and name the bucket in remediations.cloudfront-origin-failover.secondOrigin`;
  }
  const reader = readerOf(view, primary);
  if (typeof reader === 'string') return `${to}; ${reader}`;
  const companions = admitting(second, reader, view, facts);
  if (typeof companions === 'string') return `${to}; ${companions}`;
  return {
    logicalId: second.logicalId,
    bucket: second,
    domainName: { 'Fn::GetAtt': [second.logicalId, 'RegionalDomainName'] },
    companions,
    prerequisites: [
      {
        what: `${second.logicalId} holds what was in ${first.logicalId} before the replication was switched on, which the rule does not copy`,
        check:
          'manual: compare aws s3 ls --recursive --summarize of both buckets, and copy what lacks with S3 Batch Replication',
      },
    ],
    notes: [
      `${second.logicalId} is a bucket of the same stack and Region, so it protects from the loss of the bucket only, not of the Region`,
      ...(isMap(rule.DeleteMarkerReplication) && rule.DeleteMarkerReplication.Status === 'Enabled'
        ? []
        : [
            `what is deleted in ${first.logicalId} is still in ${second.logicalId}: the rule does not copy delete markers`,
          ]),
    ],
  };
}

/** `${…@template}` of a text, for reading. */
function nameIn(text: string): string {
  const name = text
    .replace(/^.*:::/, '')
    .replace(/@[^}]*}/g, '}')
    .replaceAll('${?', '${');
  return name === '' ? 'another bucket' : name;
}

/** Whether a domain name in the template of `view` is one of the bucket's. */
export function isBucketOf(
  domainName: Value | undefined,
  bucket: ResourceView,
  view: ResourceView,
  facts: Facts,
): boolean {
  const { stack, logicalId } = bucket;
  const names = facts.textsOf(view.stack, domainName);
  const own: readonly Value[] = [
    { 'Fn::GetAtt': [logicalId, 'RegionalDomainName'] },
    { 'Fn::GetAtt': [logicalId, 'DomainName'] },
    ...['amazonaws.com', '${AWS::Region}.amazonaws.com', '${AWS::Region}.${AWS::URLSuffix}'].map((host) => ({
      'Fn::Sub': `\${${logicalId}}.s3.${host}`,
    })),
  ];
  return own.some((each) => facts.textsOf(stack, each).some((text) => names.includes(text)));
}

function arnOf({ logicalId }: ResourceView): Value {
  return { 'Fn::GetAtt': [logicalId, 'Arn'] };
}

/** Without a filter, or with one that everything passes. */
function copiesAll({ Prefix: prefix = '', Filter: filter = {} }: ValueMap): boolean {
  return prefix === '' && isMap(filter) && Object.values(filter).every((each) => each === '');
}

const keyPath = [
  'BucketEncryption',
  'ServerSideEncryptionConfiguration',
  '0',
  'ServerSideEncryptionByDefault',
];

/** The key objects are encrypted with; `undefined` where S3 manages it. */
function keyOf(bucket: ResourceView): Value | undefined {
  const usual = bucket.expression(...keyPath);
  if (usual === undefined || (isMap(usual) && usual.SSEAlgorithm === 'AES256')) return undefined;
  return isMap(usual) ? (usual.KMSMasterKeyID ?? 'alias/aws/s3') : usual;
}

function isSameKey(first: ResourceView, second: ResourceView, facts: Facts): boolean {
  const own = facts.textsOf(first.stack, keyOf(first));
  return own.some((text) => facts.textsOf(second.stack, keyOf(second)).includes(text));
}

interface Reader {
  readonly principal: Value;
  readonly condition?: Value;
}

/** How the distribution shows the bucket who it is; or why a second one cannot be opened for it. */
function readerOf(view: ResourceView, primary: ValueMap): Reader | string {
  if (primary.OriginAccessControlId !== undefined) {
    return {
      principal: { Service: 'cloudfront.amazonaws.com' },
      condition: {
        StringEquals: {
          'AWS:SourceArn': {
            'Fn::Sub': `arn:\${AWS::Partition}:cloudfront::\${AWS::AccountId}:distribution/\${${view.logicalId}}`,
          },
        },
      },
    };
  }
  const settings = primary.S3OriginConfig;
  const identity = JSON.stringify((isMap(settings) && settings.OriginAccessIdentity) || '');
  const owner = [...view.stack.template.resources.values()].find(
    ({ logicalId, type }) =>
      type === 'AWS::CloudFront::CloudFrontOriginAccessIdentity' &&
      (identity.includes(`\${${logicalId}}`) || identity.includes(`{"Ref":"${logicalId}"}`)),
  );
  return owner === undefined
    ? 'its first origin has neither an origin access control nor an access identity of this template'
    : { principal: { CanonicalUser: { 'Fn::GetAtt': [owner.logicalId, 'S3CanonicalUserId'] } } };
}

/** The statement for the bucket's policy, or a policy with it; or why it has no place. */
function admitting(
  bucket: ResourceView,
  { principal, condition }: Reader,
  view: ResourceView,
  facts: Facts,
): readonly Companion[] | string {
  const { stack, logicalId } = bucket;
  const statement: ValueMap = {
    Sid: `Allow${view.logicalId}`,
    Effect: 'Allow',
    Principal: principal,
    Action: 's3:GetObject',
    Resource: { 'Fn::Sub': `\${${logicalId}.Arn}/*` },
    ...(condition !== undefined && { Condition: condition }),
  };
  const names = facts.textsOf(stack, { Ref: logicalId });
  const policies = facts
    .resources('AWS::S3::BucketPolicy')
    .filter((each) =>
      facts.textsOf(each.stack, each.expression('Bucket')).some((text) => names.includes(text)),
    );
  const [policy] = policies;
  if (policy === undefined) {
    const body = {
      Type: 'AWS::S3::BucketPolicy',
      Properties: {
        Bucket: { Ref: logicalId },
        PolicyDocument: { Version: '2012-10-17', Statement: [statement] },
      },
    };
    return [{ kind: 'resource', logicalId: facts.freeId(stack, `${logicalId}Policy`), body, in: stack }];
  }
  if (policies.length > 1 || policy.stack !== stack || !facts.isAlwaysWith([policy], view)) {
    return 'which policy it has is not the same in all deployments';
  }
  const path = ['Properties', 'PolicyDocument', 'Statement'];
  return [{ kind: 'statement', logicalId: policy.logicalId, path, statement, in: stack }];
}
