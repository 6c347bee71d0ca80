import {
  compliant,
  type Facts,
  fixable,
  isList,
  isMap,
  manual,
  notApplicable,
  type Outcome,
  type ResourceView,
  resourceRemediation,
  unknown,
  type Value,
  type ValueMap,
  z,
} from '../../src/remediation.js';
import { outcomesAt } from '../kit/values.js';

const target = z
  .strictObject({
    audience: z
      .enum(['undecided', 'global', 'allow-list', 'deny-list'])
      .describe('who may be served: everyone, only the countries listed, or all but the countries listed'),
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
  why: 'content under a license or an export rule reaches countries it must not, and attacks come from anywhere',
  guideRisk: 'low',
  isSecurity: true,
  tryFirst:
    'open the site from an allowed and from another country, and from where staff, probes and pipelines run',
  checklist: 'distributions',
  sources: ['https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/georestrictions.html'],
  equivalents: {
    checkov: ['CKV_AWS_374'],
    cdkNag: ['AwsSolutions-CFR1'],
    prowler: ['cloudfront_distributions_geo_restrictions_enabled'],
  },
  appliesTo: ['AWS::CloudFront::Distribution'],
  target,
  questions: [
    {
      path: ['audience'],
      ask: 'Who may the distributions serve?',
      choices: {
        global: 'everyone, wherever they are',
        'allow-list': 'only some countries',
        'deny-list': 'all but some countries',
      },
    },
    {
      path: ['countries'],
      ask: 'Which countries?',
      example: 'DE, FR, US',
      follows: ({ audience }) => audience === 'allow-list' || audience === 'deny-list',
    },
  ],
  judge(view, target, facts) {
    const current = view.expression('DistributionConfig', 'Restrictions') ?? null;
    if (target.audience === 'undecided') {
      const because =
        'which countries it may serve is a decision: set remediations.cloudfront-geo-restriction.audience to global, allow-list or deny-list';
      return { current, verdict: manual(because, ['audience']) };
    }
    if (target.audience === 'global') {
      return { current, verdict: notApplicable('the policy declares a global audience') };
    }
    const wanted = restriction(target.audience, target.countries);
    const isRight = (outcome: Outcome) =>
      outcome.kind === 'value' && isSameRestriction(outcome.value, wanted);
    const outcomes = outcomesAt(view, 'DistributionConfig', 'Restrictions');
    if (outcomes.some(({ kind }) => kind === 'unknown')) {
      return { current, verdict: unknown('the value of its Restrictions is not known') };
    }
    const said = `${target.audience === 'allow-list' ? 'only' : 'all but'} ${target.countries.join(', ')}`;
    if (outcomes.every(isRight)) return { current, target: wanted, verdict: compliant(`it serves ${said}`) };
    return {
      current,
      target: wanted,
      verdict: fixable(`it serves other countries than ${said}`, {
        edits: [
          {
            path: ['Properties', 'DistributionConfig', 'Restrictions'],
            value: wanted,
            isSatisfiedBy: isRight,
          },
        ],
        cost: { monthlyUsd: 0, formula: 'no cost' },
        notes: notesOf(view, facts),
      }),
    };
  },
});

function notesOf(view: ResourceView, facts: Facts): readonly string[] {
  const notes = ['staff, monitoring and build jobs in other countries are turned away with status 403'];
  if (
    facts.resources('AWS::AppSync::GraphQLApi', 'AWS::ApiGateway::RestApi', 'AWS::ApiGatewayV2::Api').length >
    0
  ) {
    notes.push(
      'interfaces that are not behind the distribution stay reachable from everywhere; AWS WAF can match countries there',
    );
  }
  if (view.expression('DistributionConfig', 'CustomErrorResponses') !== undefined) {
    notes.push('the distribution has pages of its own for errors, which may hide the 403');
  }
  return notes;
}

function restriction(audience: 'allow-list' | 'deny-list', countries: readonly string[]): ValueMap {
  return {
    GeoRestriction: {
      RestrictionType: audience === 'allow-list' ? 'whitelist' : 'blacklist',
      Locations: [...countries],
    },
  };
}

/** The order of the countries means nothing. */
function isSameRestriction(left: Value, right: Value): boolean {
  const [one, other] = [partsOf(left), partsOf(right)];
  return one !== undefined && one === other;
}

function partsOf(value: Value): string | undefined {
  const geo = isMap(value) ? value.GeoRestriction : undefined;
  if (!isMap(geo) || !isList(geo.Locations)) return undefined;
  return JSON.stringify([geo.RestrictionType ?? null, [...new Set(geo.Locations.map(String))].sort()]);
}
