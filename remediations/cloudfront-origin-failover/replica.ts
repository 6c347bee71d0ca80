import {
  type Companion,
  type Facts,
  isList,
  isMap,
  type Prerequisite,
  type ResourceView,
  type Stack,
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

export interface Behavior {
  /** From the distribution's configuration. */
  readonly path: readonly string[];
  /** For reading. */
  readonly name: string;
  /** Name of the origin, or group of origins, that it uses. */
  readonly origin: string;
  readonly value: ValueMap;
}

interface Origin {
  readonly id: string;
  readonly value: ValueMap;
}

interface OriginGroup {
  readonly id: string;
  /** Its id as the template has it. */
  readonly written: Value;
  /** Ids of its origins, the first one asked first. */
  readonly members: readonly string[];
  /** Why CloudFront would refuse it, or why it never fails over. */
  readonly defect: string | undefined;
}

/** A distribution's parts as far as they are written out. */
export interface Distribution {
  readonly origins: readonly Origin[];
  /** The default behavior first. */
  readonly behaviors: readonly Behavior[];
  readonly groups: readonly OriginGroup[];
}

/** What an id comes to as text: two expressions that mean the same are the same origin. */
function idOf(id: Value | undefined, stack: Stack, facts: Facts): string {
  const [text, ...others] = facts.textsOf(stack, id);
  return text === undefined || others.length > 0 ? JSON.stringify(id ?? null) : text.replace(/@[^}]*}/g, '}');
}

/** `undefined` where origins, behaviors or groups stand behind a function. */
export function readDistribution(view: ResourceView, facts: Facts): Distribution | undefined {
  const nameOfId = (id: Value | undefined) => idOf(id, view.stack, facts);
  const listed = view.expression('DistributionConfig', 'Origins');
  const usual = view.expression('DistributionConfig', 'DefaultCacheBehavior');
  const others = view.expression('DistributionConfig', 'CacheBehaviors') ?? [];
  const groups = view.expression('DistributionConfig', 'OriginGroups', 'Items') ?? [];
  if (!isList(listed) || !isMap(usual) || !isList(others) || !isList(groups)) return undefined;
  if (!groups.every((group) => isMap(group) && group.Id !== undefined)) return undefined;
  const behavior = (value: ValueMap, path: readonly string[], name: string): Behavior => {
    return { path, name, value, origin: nameOfId(value.TargetOriginId) };
  };
  const origins = listed.flatMap((value): Origin[] =>
    isMap(value) ? [{ id: nameOfId(value.Id), value }] : [],
  );
  return {
    origins,
    behaviors: [
      behavior(usual, ['DefaultCacheBehavior'], 'its default behavior'),
      ...others.flatMap((value, index) =>
        isMap(value) ? [behavior(value, ['CacheBehaviors', String(index)], nameOf(value, index))] : [],
      ),
    ],
    groups: groups.flatMap((group) => (isMap(group) ? [readGroup(group, origins, nameOfId)] : [])),
  };
}

function nameOf({ PathPattern: pattern }: ValueMap, index: number): string {
  return `its behavior ${typeof pattern === 'string' ? pattern : index + 1}`;
}

function readGroup(
  group: ValueMap,
  origins: readonly Origin[],
  nameOfId: (id: Value | undefined) => string,
): OriginGroup {
  const members = listAt(group, 'Members', 'Items').flatMap((member) =>
    isMap(member) && member.OriginId !== undefined ? [nameOfId(member.OriginId)] : [],
  );
  const codes = listAt(group, 'FailoverCriteria', 'StatusCodes', 'Items');
  return {
    id: nameOfId(group.Id),
    written: group.Id ?? '',
    members,
    defect: defectOf(group, members, codes, origins),
  };
}

/** @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-cloudfront-distribution-origingroup.html */
function defectOf(
  group: ValueMap,
  members: readonly string[],
  codes: readonly Value[],
  origins: readonly Origin[],
): string | undefined {
  const [first, second] = members;
  if (members.length !== 2 || first === second) return 'has to have two different origins';
  const stranger = members.find((member) => origins.every(({ id }) => id !== member));
  if (stranger !== undefined) return `names the origin ${stranger}, which is not there`;
  if (codes.length === 0) return 'has no status codes that count as a failure';
  const isWrong = (count: Value | undefined, length: number) =>
    count !== undefined && Number(count) !== length;
  const { Members: listed, FailoverCriteria: criteria } = group;
  const statusCodes = isMap(criteria) ? criteria.StatusCodes : undefined;
  if (isMap(listed) && isWrong(listed.Quantity, members.length)) return 'counts its origins wrongly';
  return isMap(statusCodes) && isWrong(statusCodes.Quantity, codes.length)
    ? 'counts its status codes wrongly'
    : undefined;
}

function listAt(value: Value | undefined, ...path: readonly string[]): readonly Value[] {
  const [token, ...rest] = path;
  if (token === undefined) return isList(value) ? value : [];
  return isMap(value) ? listAt(value[token], ...rest) : [];
}

/** Origin groups answer reads only; `undefined` where the methods are not known. */
export function isReadOnly({ value }: Behavior): boolean | undefined {
  const methods = value.AllowedMethods ?? ['GET', 'HEAD'];
  if (!isList(methods) || !methods.every((method) => typeof method === 'string')) return undefined;
  return methods.every((method) => ['GET', 'HEAD', 'OPTIONS'].includes(String(method)));
}
