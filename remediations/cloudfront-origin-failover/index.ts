import {
  compliant,
  type Facts,
  fixable,
  isList,
  isMap,
  manual,
  type ResourceView,
  resourceRemediation,
  unknown,
  type Verdict,
  z,
} from '../../src/remediation.js';
import { usd } from '../kit/values.js';
import { type Behaviour, type Distribution, isReadOnly, readDistribution } from './distribution.js';
import { accessPrerequisites, bucketOf, failoverWants, retarget, secondOriginLike } from './failover.js';

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
    .describe('origin that answers when that of the default behaviour cannot'),
  statusCodes: z
    .array(z.union([400, 403, 404, 416, 500, 502, 503, 504].map((code) => z.literal(code))))
    .min(1)
    .describe('answers of the first origin that count as a failure, beside no answer at all'),
});
type Target = z.infer<typeof target>;

export const cloudfrontOriginFailover = resourceRemediation({
  id: 'cloudfront-origin-failover',
  title: 'Distributions answer from a second origin when the first one fails',
  why: 'without a second origin the site is down when its bucket, or the Region the bucket is in, is',
  guideRisk: 'medium',
  tryFirst:
    'take the first origin away (deny it in its bucket policy) and see that pages, the missing ones too, come from the second',
  sources: [
    'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html',
  ],
  equivalents: {
    checkov: ['CKV_AWS_310'],
    guard: ['CLOUDFRONT_ORIGIN_FAILOVER_ENABLED'],
    config: ['cloudfront-origin-failover-enabled'],
    securityHub: ['CloudFront.4'],
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
    const distribution = readDistribution(view);
    if (distribution === undefined)
      return { verdict: unknown('its origins or behaviours are not written out') };
    const current = distribution.behaviours[0]?.value.TargetOriginId ?? null;
    const broken = distribution.groups.find(({ defect }) => defect !== undefined);
    if (broken !== undefined) {
      return { current, verdict: manual(`its origin group ${broken.id} ${broken.defect}`) };
    }
    if (distribution.groups.length > 0) return { current, verdict: judgeGroups(distribution) };
    return { current, ...withoutGroup(view, distribution, policy, facts) };
  },
});

/** Every behaviour that can use a group does; a group beside the behaviours satisfies scanners and nobody else. */
function judgeGroups({ behaviours, groups }: Distribution): Verdict {
  const idle = groups.map(({ id, members: [first] }) => ({
    id,
    behaviours: behaviours.filter(
      (behaviour) => behaviour.value.TargetOriginId === first && isReadOnly(behaviour) === true,
    ),
  }));
  const waiting = idle.flatMap((group) => group.behaviours);
  if (waiting.length > 0) {
    return fixable(`${namesOf(waiting)} could use an origin group, and uses one origin`, {
      wants: idle.flatMap((group) => retarget(group.behaviours, group.id)),
      risk: 'review',
      riskBecause: 'users are served from the second origin when the first one fails',
      cost: { monthlyUsd: 0, formula: 'requests that are tried twice are paid for twice at the origins' },
      prerequisites: [
        {
          what: 'the second origin of the group lets the distribution in, and holds the same content',
          check:
            'by hand: its bucket policy names the same access identity or distribution; replication is on',
        },
      ],
      leaves: edgeNotes(waiting),
    });
  }
  const using = behaviours.filter(({ value }) => groups.some(({ id }) => id === value.TargetOriginId));
  if (using.length === 0) {
    const because = `nothing uses its origin group ${groups.map(({ id }) => id).join(', ')}, and no behaviour of the group's first origin only reads`;
    return manual(because);
  }
  const [usual] = behaviours;
  if (usual !== undefined && !using.includes(usual) && isReadOnly(usual) !== false) {
    return manual(`${usual.name} uses one origin, which is the first of no origin group`);
  }
  return compliant(
    `${namesOf(using)} uses the origin group ${[...new Set(using.map(({ value }) => value.TargetOriginId))].join(', ')}`,
  );
}

function withoutGroup(
  view: ResourceView,
  distribution: Distribution,
  { secondOrigin, statusCodes }: Target,
  facts: Facts,
): { readonly verdict: Verdict; readonly target?: string } {
  const { behaviours, origins } = distribution;
  const [usual] = behaviours;
  const primary = origins.find((origin) => origin.Id === usual?.value.TargetOriginId);
  if (usual === undefined || primary === undefined) {
    return { verdict: unknown('which origin its default behaviour uses is not known') };
  }
  const same = behaviours.filter(({ value }) => value.TargetOriginId === primary.Id);
  const using = same.filter((behaviour) => isReadOnly(behaviour) === true);
  const others = behaviours.filter((behaviour) => !using.includes(behaviour));
  if (using.length === 0) {
    return { verdict: manual('its default behaviour takes writes, and origin groups answer reads only') };
  }
  if (secondOrigin === undefined) {
    const because =
      'it has one origin: name the second one in remediations.cloudfront-origin-failover.secondOrigin when it exists';
    return { verdict: manual(because, ['secondOrigin']) };
  }
  const second = secondOriginLike(distribution, primary, secondOrigin);
  if (typeof second === 'string') return { verdict: manual(`it has one origin; ${second}`) };
  return {
    target: secondOrigin.domainName,
    verdict: fixable('it has one origin', {
      wants: failoverWants(distribution, primary, second, using, statusCodes),
      risk: 'review',
      riskBecause:
        'users are served from the second origin when the first one fails, so it has to hold the same content',
      cost: { monthlyUsd: null, formula: costFormula(facts) },
      prerequisites: accessPrerequisites(primary, second),
      leaves: [
        ...others.map((behaviour) => `${behaviour.name} ${whyNot(behaviour)}`),
        ...errorPageNotes(view, statusCodes),
        ...regionNotes(secondOrigin.domainName, facts),
        ...edgeNotes(using),
        ...(primary.OriginCustomHeaders === undefined
          ? []
          : ['the second origin is sent the headers the first one is']),
        'the stack operation waits for minutes until the distribution is deployed everywhere',
      ],
    }),
  };
}

function whyNot(behaviour: Behaviour): string {
  const isWriting = isReadOnly(behaviour) === false;
  return isWriting
    ? 'takes writes, which origin groups do not answer, and keeps its origin'
    : 'uses another origin, which has no second one';
}

function namesOf(behaviours: readonly Behaviour[]): string {
  const [first, ...others] = behaviours.map(({ name }) => name);
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
function edgeNotes(behaviours: readonly Behaviour[]): readonly string[] {
  const hasTriggers = behaviours.some(({ value }) => /"origin-re(quest|sponse)"/.test(JSON.stringify(value)));
  return hasTriggers
    ? ['functions at the edge that are triggered at the origin run once for each origin']
    : [];
}

function costFormula(facts: Facts): string {
  return `GB of the second copy x ${usd('s3-storage-gb-month', facts, 3)} USD + GB copied x ${usd('inter-region-gb', facts, 3)} USD + objects copied x ${usd('s3-1000-put-requests', facts, 3)} USD per 1,000; requests that are tried twice are paid for twice`;
}
