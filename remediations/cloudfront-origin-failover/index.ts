import {
  compliant,
  type Facts,
  fixable,
  isList,
  isMap,
  manual,
  type Prerequisite,
  type PropertyEdit,
  type ResourceView,
  resourceRemediation,
  shellWord,
  unknown,
  type Value,
  type ValueMap,
  type Verdict,
  z,
} from '../../src/remediation.js';
import { usd } from '../kit/values.js';
import {
  type Behavior,
  type Distribution,
  isBucketOf,
  isReadOnly,
  type Replica,
  readDistribution,
  replicaOf,
} from './replica.js';

const target = z.strictObject({
  secondOrigin: z
    .strictObject({
      domainName: z
        .string()
        .regex(/^[A-Za-z0-9.-]+$/, 'a domain name has neither a scheme nor a path')
        .describe('where the second origin is, for a bucket its regional domain name'),
      originAccessControlId: z
        .string()
        .min(1)
        .optional()
        .describe('origin access control for the second origin, where it is not reached as the first one is'),
    })
    .optional()
    .describe('origin that answers when that of the default behavior cannot'),
  statusCodes: z
    .array(z.union([400, 403, 404, 416, 500, 502, 503, 504].map((code) => z.literal(code))))
    .min(1)
    .describe('answers of the first origin that count as a failure, beside no answer at all'),
});
type Target = z.infer<typeof target>;

export const cloudfrontOriginFailover = resourceRemediation({
  id: 'cloudfront-origin-failover',
  title: 'CloudFront origin failover is configured',
  why: 'without a second origin the site is down when its bucket, or the Region the bucket is in, is',
  guideRisk: 'medium',
  tryFirst:
    'take the first origin away (deny it in its bucket policy) and see that pages, the missing ones too, come from the second',
  checklist: 'distributions',
  sources: [
    'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html',
  ],
  equivalents: {
    checkov: ['CKV_AWS_310'],
    guard: ['CLOUDFRONT_ORIGIN_FAILOVER_ENABLED'],
    config: ['cloudfront-origin-failover-enabled'],
    securityHub: ['CloudFront.4'],
    prowler: ['cloudfront_distributions_multiple_origin_failover_configured'],
  },
  appliesTo: ['AWS::CloudFront::Distribution'],
  target,
  questions: [
    {
      path: ['secondOrigin', 'domainName'],
      ask: 'Which second origin holds the same content?',
      example: 'my-copy.s3.eu-west-1.amazonaws.com',
    },
  ],
  judge(view, policy, facts) {
    const distribution = readDistribution(view, facts);
    if (distribution === undefined)
      return { verdict: unknown('its origins or behaviors are not written out') };
    const current = distribution.behaviors[0]?.value.TargetOriginId ?? null;
    const broken = distribution.groups.find(({ defect }) => defect !== undefined);
    if (broken !== undefined) {
      return {
        current,
        severity: 'critical',
        verdict: manual(`its origin group ${broken.id} ${broken.defect}`),
      };
    }
    if (distribution.groups.length > 0) return { current, verdict: judgeGroups(distribution) };
    return { current, ...withoutGroup(view, distribution, policy, facts) };
  },
});

/** Every behavior that can use a group does; a group beside the behaviors satisfies scanners and nobody else. */
function judgeGroups({ behaviors, groups }: Distribution): Verdict {
  const idle = groups.map(({ written, members: [first] }) => ({
    written,
    behaviors: behaviors.filter((behavior) => behavior.origin === first && isReadOnly(behavior) === true),
  }));
  const waiting = idle.flatMap((group) => group.behaviors);
  if (waiting.length > 0) {
    return fixable(`${namesOf(waiting)} could use an origin group, and uses one origin`, {
      edits: idle.flatMap((group) => retarget(group.behaviors, group.written)),
      risk: 'review',
      riskBecause: 'users are served from the second origin when the first one fails',
      cost: { monthlyUsd: 0, formula: 'requests that are tried twice are paid for twice at the origins' },
      prerequisites: [
        {
          what: 'the second origin of the group lets the distribution in, and holds the same content',
          check:
            'manual: its bucket policy names the same access identity or distribution; replication is on',
        },
      ],
      notes: edgeNotes(waiting),
    });
  }
  const using = behaviors.filter(({ origin }) => groups.some(({ id }) => id === origin));
  if (using.length === 0) {
    const because = `nothing uses its origin group ${groups.map(({ id }) => id).join(', ')}, and no behavior of the group's first origin only reads`;
    return manual(because);
  }
  const [usual] = behaviors;
  if (usual !== undefined && !using.includes(usual) && isReadOnly(usual) !== false) {
    return manual(`${usual.name} uses one origin, which is the first of no origin group`);
  }
  return compliant(
    `${namesOf(using)} uses the origin group ${[...new Set(using.map(({ origin }) => origin))].join(', ')}`,
  );
}

function withoutGroup(
  view: ResourceView,
  distribution: Distribution,
  { secondOrigin, statusCodes }: Target,
  facts: Facts,
): { readonly verdict: Verdict; readonly target?: string } {
  const { behaviors, origins } = distribution;
  const [usual] = behaviors;
  const primary = origins.find(({ id }) => id === usual?.origin);
  if (usual === undefined || primary === undefined) {
    return { verdict: unknown('which origin its default behavior uses is not known') };
  }
  const same = behaviors.filter(({ origin }) => origin === primary.id);
  const using = same.filter((behavior) => isReadOnly(behavior) === true);
  const others = behaviors.filter((behavior) => !using.includes(behavior));
  if (using.length === 0) {
    return { verdict: manual('its default behavior takes writes, and origin groups answer reads only') };
  }
  const second =
    secondOrigin === undefined
      ? replicaAsOrigin(view, distribution, primary.value, facts)
      : namedOrigin(distribution, primary.value, secondOrigin, facts);
  if (second === undefined) {
    const because =
      'it has one origin: name the second one in remediations.cloudfront-origin-failover.secondOrigin when it exists';
    return { verdict: manual(because, ['secondOrigin']) };
  }
  if (typeof second === 'string') {
    return {
      verdict: manual(`it has one origin; ${second}`, secondOrigin === undefined ? ['secondOrigin'] : []),
    };
  }
  return {
    target: second.name,
    verdict: fixable('it has one origin', {
      edits: failoverEdits(distribution, primary.value, second.origin, using, statusCodes),
      companions: second.companions,
      risk: 'review',
      riskBecause:
        'users are served from the second origin when the first one fails, so it has to hold the same content',
      cost: { monthlyUsd: null, formula: costFormula(facts) },
      prerequisites: second.prerequisites,
      notes: [
        ...others.map((behavior) => `${behavior.name} ${whyNot(behavior)}`),
        ...errorPageNotes(view, statusCodes),
        ...second.notes,
        ...edgeNotes(using),
        ...(primary.value.OriginCustomHeaders === undefined
          ? []
          : ['the second origin is sent the headers the first one is']),
        'the stack operation waits for minutes until the distribution is deployed everywhere',
      ],
    }),
  };
}

/** What answers where the first origin does not. */
interface Second extends Pick<Replica, 'companions' | 'prerequisites' | 'notes'> {
  /** For reading. */
  readonly name: string;
  readonly origin: ValueMap;
}

function namedOrigin(
  distribution: Distribution,
  primary: ValueMap,
  secondOrigin: SecondOrigin,
  facts: Facts,
): Second | string {
  const origin = secondOriginLike(distribution, primary, secondOrigin);
  if (typeof origin === 'string') return origin;
  return {
    name: secondOrigin.domainName,
    origin,
    companions: [],
    prerequisites: accessPrerequisites(primary, origin),
    notes: regionNotes(secondOrigin.domainName, facts),
  };
}

function replicaAsOrigin(
  view: ResourceView,
  { origins, groups }: Distribution,
  primary: ValueMap,
  facts: Facts,
): Second | string | undefined {
  const replica = replicaOf(view, primary, facts);
  if (replica === undefined || typeof replica === 'string') return replica;
  const { logicalId, domainName } = replica;
  const existing = origins.find(({ value }) => isBucketOf(value.DomainName, replica.bucket, view, facts));
  if (existing !== undefined) {
    return { ...replica, name: logicalId, origin: existing.value, companions: [] };
  }
  const Id = freeName(
    'failover',
    [...origins, ...groups].map(({ id }) => id),
  );
  return { ...replica, name: logicalId, origin: { ...primary, Id, DomainName: domainName } };
}

function whyNot(behavior: Behavior): string {
  const isWriting = isReadOnly(behavior) === false;
  return isWriting
    ? 'takes writes, which origin groups do not answer, and keeps its origin'
    : 'uses another origin, which has no second one';
}

function namesOf(behaviors: readonly Behavior[]): string {
  const [first, ...others] = behaviors.map(({ name }) => name);
  return others.length === 0 ? (first ?? '') : `${first} and ${others.length} more`;
}

/** A single-page application shows its own page for what is missing. */
function errorPageNotes(view: ResourceView, statusCodes: readonly number[]): readonly string[] {
  const responses = view.expression('DistributionConfig', 'CustomErrorResponses');
  if (responses === undefined) return [];
  const pages = (isList(responses) ? responses : []).flatMap((response) =>
    isMap(response) && response.ResponsePagePath !== undefined ? [Number(response.ErrorCode)] : [],
  );
  const both = statusCodes.filter((code) => (code === 403 || code === 404) && pages.includes(code));
  return [
    'its own pages for errors hide a second origin that refuses access',
    ...(both.length === 0
      ? []
      : [
          `every missing page (${both.join(', ')}) is asked for at both origins before its own page is shown`,
        ]),
  ];
}

function regionNotes(domainName: string, { settings: { region } }: Facts): readonly string[] {
  const second = bucketOf(domainName)?.region;
  if (second === undefined || (region !== undefined && second !== region)) return [];
  return region === undefined
    ? ['a second bucket in the same Region protects from the loss of the bucket only, not of the Region']
    : [`the second bucket is in ${second} as well, so it protects from the loss of the bucket only`];
}

/** @source https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html */
function edgeNotes(behaviors: readonly Behavior[]): readonly string[] {
  const hasTriggers = behaviors.some(({ value }) => /"origin-re(quest|sponse)"/.test(JSON.stringify(value)));
  return hasTriggers
    ? ['functions at the edge that are triggered at the origin run once for each origin']
    : [];
}

function costFormula(facts: Facts): string {
  return `GB of the second copy x ${usd('s3-storage-gb-month', facts, 3)} USD + GB copied x ${usd('inter-region-gb', facts, 3)} USD + objects copied x ${usd('s3-1000-put-requests', facts, 3)} USD per 1,000; requests that are tried twice are paid for twice`;
}

interface SecondOrigin {
  readonly domainName: string;
  readonly originAccessControlId?: string | undefined;
}

const configuration = ['Properties', 'DistributionConfig'];

/** Behaviors use a group instead of the origin it asks first. */
function retarget(behaviors: readonly Behavior[], groupId: Value): readonly PropertyEdit[] {
  return behaviors.map(({ path }) => ({
    path: [...configuration, ...path, 'TargetOriginId'],
    value: groupId,
  }));
}

/** A second origin, a group of both, and the behaviors that can use it. */
function failoverEdits(
  { origins, groups }: Distribution,
  primary: ValueMap,
  second: ValueMap,
  using: readonly Behavior[],
  statusCodes: readonly number[],
): readonly PropertyEdit[] {
  const isThere = origins.some(({ value }) => value === second);
  const taken = [...origins, ...groups].map(({ id }) => id);
  const groupId = freeName('failover-group', taken);
  const group = {
    Id: groupId,
    FailoverCriteria: { StatusCodes: { Quantity: statusCodes.length, Items: [...statusCodes] } },
    Members: { Quantity: 2, Items: [{ OriginId: primary.Id ?? '' }, { OriginId: second.Id ?? '' }] },
  };
  return [
    ...(isThere
      ? []
      : [{ path: [...configuration, 'Origins'], value: [...origins.map(({ value }) => value), second] }]),
    { path: [...configuration, 'OriginGroups'], value: { Quantity: 1, Items: [group] } },
    ...retarget(using, groupId),
  ];
}

/** The second origin: one the distribution has already, else one that is reached as the first one is; or why not. */
function secondOriginLike(
  { origins, groups }: Distribution,
  primary: ValueMap,
  { domainName, originAccessControlId }: SecondOrigin,
): ValueMap | string {
  if (primary.DomainName === domainName) return `${domainName} is its first origin already`;
  const existing = origins.find(({ value }) => value.DomainName === domainName);
  if (existing !== undefined) return existing.value;
  if (primary.VpcOriginConfig !== undefined) {
    return 'its first origin is in a VPC, and the way to a second one there cannot be taken from it';
  }
  const taken = [...origins, ...groups].map(({ id }) => id);
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
function bucketOf(domainName: string): { readonly bucket: string; readonly region?: string } | undefined {
  if (!isBucketName(domainName)) return undefined;
  const [, bucket = '', region] = /^(.+)\.s3[.-](?:([a-z]+-[a-z0-9-]+)\.)?amazonaws/.exec(domainName) ?? [];
  return region === undefined ? { bucket } : { bucket, region };
}

function freeName(wanted: string, taken: readonly string[]): string {
  let name = wanted;
  for (let number = 2; taken.includes(name); number++) name = `${wanted}-${number}`;
  return name;
}

/** What has to be so in the other bucket, which no template of this stack can see to. */
function accessPrerequisites(primary: ValueMap, second: ValueMap): readonly Prerequisite[] {
  const domainName = String(second.DomainName);
  const found = bucketOf(domainName);
  if (found === undefined) {
    return [
      {
        what: `${domainName} answers the distribution as the first origin does, and with the same content`,
        check: `manual: curl -I ${shellWord(`https://${domainName}/`)} and compare`,
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
