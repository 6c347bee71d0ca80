import { notApplicable, resourceRemediation, z } from '../src/remediation.js';

const target = z
  .strictObject({
    audience: z
      .enum(['undecided', 'global', 'allow-list', 'deny-list'])
      .describe('who may be served: everybody, only the countries listed, or all but the countries listed'),
    countries: z
      .array(z.string().regex(/^[A-Z]{2}$/, 'a country is two capital letters of ISO 3166-1, as in US'))
      .default([])
      .describe('countries of the list, two capital letters each (ISO 3166-1 alpha-2)'),
  })
  .refine(
    ({ audience, countries }) => !audience.endsWith('-list') || countries.length > 0,
    'an allow-list or deny-list needs at least one country',
  );

export const cloudfrontGeoRestriction = resourceRemediation({
  id: 'cloudfront-geo-restriction',
  title: 'Distributions serve only the countries the policy allows',
  why: 'content under a licence or an export rule reaches countries it must not, and attacks come from anywhere',
  guideRisk: 'low',
  sources: ['https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/georestrictions.html'],
  equivalents: { checkov: ['CKV_AWS_374'] },
  appliesTo: ['AWS::CloudFront::Distribution'],
  target,
  judge: () => ({ verdict: notApplicable('') }),
});
