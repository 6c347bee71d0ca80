import { compliant, fixable, manual, resourceRemediation, unknown, z } from '../src/remediation.js';
import { failoverWants, isReadOnly, readDistribution } from './cloudfront/failover.js';

const target = z.strictObject({
  secondOrigin: z
    .strictObject({
      domainName: z
        .string()
        .min(1)
        .describe('where the second origin is, for a bucket its regional domain name'),
    })
    .optional()
    .describe('origin that answers when the first one cannot; reached as the first one is'),
  statusCodes: z
    .array(z.union([400, 403, 404, 416, 500, 502, 503, 504].map((code) => z.literal(code))))
    .min(1)
    .describe('answers of the first origin that count as a failure, beside no answer at all'),
});

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
  judge(view, { secondOrigin, statusCodes }) {
    const distribution = readDistribution(view);
    if (distribution === undefined)
      return { verdict: unknown('its origins or behaviours are not written out') };
    const { behaviours, groupIds, origins } = distribution;
    const [usual] = behaviours;
    const used = usual?.value.TargetOriginId;
    const current = used ?? null;
    if (typeof used === 'string' && groupIds.includes(used)) {
      return { current, verdict: compliant(`its default behaviour uses the origin group ${used}`) };
    }
    if (groupIds.length > 0) {
      return {
        current,
        verdict: manual(
          `it has the origin group ${groupIds.join(', ')}, which its default behaviour does not use`,
        ),
      };
    }
    const primary = origins.find((origin) => origin.Id === used);
    if (usual === undefined || primary === undefined) {
      return { current, verdict: unknown('which origin its default behaviour uses is not known') };
    }
    if (isReadOnly(usual.value) !== true) {
      return {
        current,
        verdict: manual('its default behaviour takes writes, and origin groups answer reads only'),
      };
    }
    if (secondOrigin === undefined) {
      const because =
        'it has one origin: name the second one in remediations.cloudfront-origin-failover.secondOrigin when it exists';
      return { current, verdict: manual(because, ['secondOrigin']) };
    }
    return {
      current,
      target: secondOrigin.domainName,
      verdict: fixable('it has one origin', {
        wants: failoverWants(distribution, primary, secondOrigin, statusCodes),
        risk: 'review',
        riskBecause:
          'users are served from the second origin when the first one fails, so it has to hold the same content',
        cost: { monthlyUsd: null, formula: 'storage of the second copy + requests that are tried twice' },
        prerequisites: [
          {
            what: `${secondOrigin.domainName} lets the distribution in as the first origin does, and holds the same content`,
            check:
              'by hand: its bucket policy names the same access identity or distribution; replication is on',
          },
        ],
        leaves: [
          ...(view.expression('DistributionConfig', 'CustomErrorResponses') === undefined
            ? []
            : ['its own pages for errors hide a second origin that refuses access']),
          'a second bucket in the same Region protects from its loss only, not from that of the Region',
        ],
      }),
    };
  },
});
