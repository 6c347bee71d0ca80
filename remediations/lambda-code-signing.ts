import {
  compliant,
  type Facts,
  fixable,
  manual,
  notApplicable,
  type ResourceView,
  resourceRemediation,
  unknown,
  z,
} from '../src/remediation.js';
import { functionTypes } from './lambda/functions.js';
import { configurationFor } from './signing/configuration.js';

const target = z.strictObject({
  signingProfileVersionArns: z
    .array(z.string().regex(/^arn:aws[a-z-]*:signer:/, 'a signing profile version is named by its ARN'))
    .max(20)
    .default([])
    .describe('versions of signing profiles whose signatures count, by ARN; none yet when empty'),
  untrustedCode: z
    .enum(['Warn', 'Enforce'])
    .describe(
      'what happens to code without such a signature: a metric counts it, or its deployment is refused',
    ),
});

/** @source https://docs.aws.amazon.com/general/latest/gr/signer.html */
const regionsWithout = /^cn-/;

export const lambdaCodeSigning = resourceRemediation({
  id: 'lambda-code-signing',
  title: 'Functions run only code that somebody trusted has signed',
  why: 'whoever can write to the bucket of packages decides what runs, and nobody would notice',
  guideRisk: 'medium',
  tryFirst: 'deploy one signed and one unsigned package, and see that only the unsigned one is reported',
  sources: ['https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html'],
  equivalents: { checkov: ['CKV_AWS_272'] },
  appliesTo: functionTypes,
  target,
  questions: [
    {
      path: ['signingProfileVersionArns'],
      ask: 'Which versions of signing profiles count?',
      example: 'arn:aws:signer:eu-west-1:111122223333:/signing-profiles/Release/abcdefghij',
    },
  ],
  judge(view, policy, facts) {
    const exempt = exemption(view, facts);
    if (exempt !== undefined) return { verdict: notApplicable(exempt) };
    const current = view.expression('CodeSigningConfigArn') ?? null;
    const outcomes = view.read('CodeSigningConfigArn').map(({ outcome }) => outcome);
    if (current !== null && outcomes.every(({ kind }) => kind === 'resource' || kind === 'value')) {
      return { current, verdict: existing(outcomes[0], policy.untrustedCode, facts) };
    }
    if (outcomes.some(({ kind }) => kind === 'unknown')) {
      const isParameter = view.read('CodeSigningConfigArn').some(({ parameters }) => parameters.length > 0);
      return {
        current,
        verdict: isParameter
          ? compliant('whoever deploys gives it a configuration')
          : unknown('what its CodeSigningConfigArn comes to is not known'),
      };
    }
    if (policy.signingProfileVersionArns.length === 0) {
      const because =
        'its code is not signed: make a signing profile outside this stack, then set remediations.lambda-code-signing.signingProfileVersionArns';
      return { current, verdict: manual(because, ['signingProfileVersionArns']) };
    }
    const { region } = facts.settings;
    if (region !== undefined && regionsWithout.test(region)) {
      return { current, verdict: notApplicable(`${region} has no code signing`) };
    }
    const { value: arn, needs } = configurationFor(view.stack, policy, facts);
    return {
      current,
      target: arn,
      verdict: fixable('nothing checks who made its code', {
        wants: [{ path: ['Properties', 'CodeSigningConfigArn'], value: arn }],
        needs,
        ...(policy.untrustedCode === 'Enforce' && {
          risk: 'review',
          riskBecause: 'the next deployment of code without a signature is refused',
        }),
        cost: { monthlyUsd: 0, formula: 'signing and checking are free' },
        prerequisites: [
          {
            what: 'packages are signed when they are made, for every template that is packaged',
            check: `by hand: sam package --signing-profiles ${view.logicalId}=PROFILE, into a bucket with versioning`,
          },
        ],
        leaves: ['layers of a signed function have to be signed, too'],
      }),
    };
  },
});

function exemption(view: ResourceView, facts: Facts): string | undefined {
  const { packageType, isEdge } = facts.functionKind(view);
  if (packageType === 'image') return 'it is a container image, which code signing does not cover';
  if (packageType === 'inline') return 'its code stands in the template, where it cannot carry a signature';
  return isEdge ? 'it runs at the edge, where code signing is not supported' : undefined;
}

type Found = ReturnType<ResourceView['read']>[number]['outcome'] | undefined;

/** A configuration that only warns is less than one that refuses. */
function existing(outcome: Found, wanted: 'Warn' | 'Enforce', facts: Facts) {
  if (outcome?.kind !== 'resource') return compliant('it has a code signing configuration');
  const configuration = facts.resource(outcome.stack, outcome.logicalId);
  const levels = configuration
    ?.read('CodeSigningPolicies', 'UntrustedArtifactOnDeployment')
    .map(({ outcome: level }) => (level.kind === 'value' ? String(level.value) : 'Warn'));
  if (wanted === 'Enforce' && levels?.includes('Warn')) {
    return manual(
      `${outcome.logicalId} only warns; set its UntrustedArtifactOnDeployment to Enforce when every package is signed`,
    );
  }
  return compliant(`${outcome.logicalId} says whose code it runs`);
}
