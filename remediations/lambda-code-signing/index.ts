import {
  type Companion,
  compliant,
  type Facts,
  fixable,
  isList,
  manual,
  notApplicable,
  type Outcome,
  type Prerequisite,
  type ResourceView,
  resourceRemediation,
  type Stack,
  shellWord,
  type Value,
  z,
} from '../../src/remediation.js';
import { type HandedDown, handDown } from '../kit/companions.js';
import { functionTypes, isNothing, outcomesAt } from '../kit/values.js';

const configurationType = 'AWS::Lambda::CodeSigningConfig';

interface SigningTarget {
  readonly signingProfileVersionArns: readonly string[];
  readonly untrustedCode: 'Warn' | 'Enforce';
}

/** The configuration in a template's terms: made in the root, handed down to nested templates. */
function configurationFor(stack: Stack, target: SigningTarget, facts: Facts): HandedDown | undefined {
  const { root } = facts.tree;
  const there = facts
    .resources(configurationType)
    .filter((view) => view.stack === root && facts.isAlwaysWith([view], { stack: root, logicalId: null }));
  const [existing, ...others] = there;
  const isOnly = existing !== undefined && others.length === 0;
  const inRoot = isOnly
    ? { value: { Ref: existing.logicalId }, companions: [] }
    : newConfiguration(root, target, facts);
  if (inRoot === undefined) return undefined;
  const definition = { Type: 'String', Description: 'ARN of the code signing configuration of functions' };
  return handDown(stack, 'CodeSigningConfigArn', definition, () => inRoot);
}

/** Whoever deploys may go from one level to the other without another edit. */
function newConfiguration(root: Stack, target: SigningTarget, facts: Facts): HandedDown | undefined {
  const profiles = trustedProfiles(root, target, facts);
  if (profiles.length === 0) return undefined;
  const logicalId = facts.freeId(root, 'CodeSigningConfig');
  const level = 'CodeSigningUntrustedCode';
  const parameter: Companion = {
    kind: 'parameter',
    name: level,
    definition: {
      Type: 'String',
      Description: 'What happens to unsigned or untrusted code',
      AllowedValues: ['Warn', 'Enforce'],
      Default: target.untrustedCode,
    },
    in: root,
  };
  const body = {
    Type: configurationType,
    Properties: {
      AllowedPublishers: { SigningProfileVersionArns: [...profiles] },
      CodeSigningPolicies: { UntrustedArtifactOnDeployment: { Ref: level } },
    },
  };
  return {
    value: { Ref: logicalId },
    companions: [parameter, { kind: 'resource', logicalId, body, in: root }],
  };
}

/** The policy's, else a profile the root has: it signs for the deployments after the one that makes it. */
function trustedProfiles(
  root: Stack,
  { signingProfileVersionArns }: SigningTarget,
  facts: Facts,
): readonly Value[] {
  if (signingProfileVersionArns.length > 0) return signingProfileVersionArns;
  return facts
    .resources('AWS::Signer::SigningProfile')
    .filter((view) => view.stack === root)
    .map(({ logicalId }) => ({ 'Fn::GetAtt': [logicalId, 'ProfileVersionArn'] }));
}

/** The level a configuration of the templates has in some deployment. */
function levelsOf(configuration: ResourceView): readonly string[] {
  return configuration
    .read('CodeSigningPolicies', 'UntrustedArtifactOnDeployment')
    .map(({ outcome }) => (outcome.kind === 'value' ? String(outcome.value) : 'Warn'));
}

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

type Target = z.infer<typeof target>;

/**
 * Regions whose registry has neither signing profiles nor code signing configurations, as of October 2026.
 * @source https://docs.aws.amazon.com/general/latest/gr/signer.html
 */
const regionsWithout: readonly string[] = [
  'ap-east-2',
  'ap-northeast-3',
  'ap-south-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-6',
  'ap-southeast-7',
  'ca-west-1',
  'cn-north-1',
  'cn-northwest-1',
  'eu-central-2',
  'eu-south-2',
  'il-central-1',
  'me-central-1',
  'mx-central-1',
];

export const lambdaCodeSigning = resourceRemediation({
  id: 'lambda-code-signing',
  title: 'Lambda code signing is enforced',
  why: 'anyone who can write to the bucket of packages decides what runs, unnoticed',
  guideRisk: 'medium',
  isSecurity: true,
  tryFirst: 'deploy one signed and one unsigned package, and see that only the unsigned one is reported',
  checklist: 'function-code-and-network',
  sources: [
    'https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html',
    'https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/authoring-codesigning.html',
  ],
  equivalents: { checkov: ['CKV_AWS_272'] },
  ruleScopes: { CKV_AWS_272: { types: functionTypes } },
  appliesTo: [...functionTypes, configurationType],
  target,
  questions: [
    {
      path: ['signingProfileVersionArns'],
      ask: 'Which versions of signing profiles count?',
      example: 'arn:aws:signer:eu-west-1:111122223333:/signing-profiles/Release/abcdefghij',
    },
  ],
  judge(view, policy, facts) {
    if (view.type === configurationType) return judgeConfiguration(view, policy);
    const exempt = exemption(view, facts);
    if (exempt !== undefined) return { verdict: notApplicable(exempt) };
    const current = view.expression('CodeSigningConfigArn') ?? null;
    const outcomes = outcomesAt(view, 'CodeSigningConfigArn');
    if (outcomes.every(isConfigured)) return { current, verdict: compliant(describe(outcomes, facts)) };
    const foreign = policy.untrustedCode === 'Enforce' ? foreignLayers(view) : [];
    if (foreign.length > 0) {
      const because = `nothing checks who signed its code, and its layers ${foreign.join(', ')} come from outside: a configuration that enforces would have to trust who signed them`;
      return { current, verdict: manual(because) };
    }
    const configuration = configurationFor(view.stack, policy, facts);
    if (configuration === undefined) {
      const because =
        'its code is not signed: make a signing profile outside this stack (aws signer put-signing-profile --platform-id AWSLambda-SHA384-ECDSA --profile-name NAME), then set remediations.lambda-code-signing.signingProfileVersionArns';
      return { current, verdict: manual(because, ['signingProfileVersionArns']) };
    }
    return { current, target: configuration.value, verdict: sign(view, configuration, policy, facts) };
  },
});

function sign(view: ResourceView, { value, companions }: HandedDown, policy: Target, facts: Facts) {
  const isEnforced = policy.untrustedCode === 'Enforce';
  return fixable('nothing checks who signed its code', {
    edits: [{ path: ['Properties', 'CodeSigningConfigArn'], value, isSatisfiedBy: isConfigured }],
    companions,
    ...(isEnforced && { risk: 'review' as const, riskBecause: delayed }),
    cost: { monthlyUsd: 0, formula: 'signing and checking are free' },
    prerequisites: [
      ...policy.signingProfileVersionArns.map((arn) => ({
        what: `the signing profile ${nameOf(arn)} is active`,
        check: `aws signer get-signing-profile --profile-name ${shellWord(nameOf(arn))} --query status`,
      })),
      signedPackages(view.stack, policy.signingProfileVersionArns, facts),
      {
        what: 'the deploying role may make code signing configurations and give them to functions',
        check:
          'aws iam simulate-principal-policy --policy-source-arn ROLE --action-names lambda:CreateCodeSigningConfig lambda:PutFunctionCodeSigningConfig',
      },
    ],
    notes: [
      'what runs already is not checked, only what is deployed from then on',
      ...(isEnforced
        ? []
        : [
            'Warn only counts untrusted code (metric SignatureValidationErrors) and lets it run; Enforce refuses it',
          ]),
      ...(view.expression('Layers') === undefined
        ? []
        : ['layers of a signed function have to be signed, too']),
    ],
  });
}

const delayed = 'the deployment succeeds, and the next one of code without a trusted signature is refused';

/** A configuration that only warns is less than one that refuses. */
function judgeConfiguration(view: ResourceView, { untrustedCode }: Target) {
  const path = ['CodeSigningPolicies', 'UntrustedArtifactOnDeployment'] as const;
  const current = view.expression(...path) ?? null;
  const isEnough = levelsOf(view).every((level) => level === 'Enforce' || level === untrustedCode);
  if (isEnough) {
    const because = levelsOf(view).includes('Warn')
      ? 'it counts untrusted code, as the policy wants; it refuses none'
      : 'it refuses untrusted code';
    return { current, verdict: compliant(because) };
  }
  return {
    current,
    target: untrustedCode,
    verdict: fixable('it only counts untrusted code, and the policy wants it refused', {
      edits: [{ path: ['Properties', ...path], value: untrustedCode }],
      risk: 'review',
      riskBecause: delayed,
      cost: { monthlyUsd: 0, formula: 'signing and checking are free' },
      prerequisites: [
        {
          what: 'every package that is deployed is signed by a profile it trusts',
          check:
            'aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name SignatureValidationErrors --statistics Sum --period 86400 --start-time START --end-time END',
        },
      ],
    }),
  };
}

function exemption(view: ResourceView, facts: Facts): string | undefined {
  const { packageType, isEdge } = facts.functionKind(view);
  const { region } = facts.settings;
  if (packageType === 'image') return 'it is a container image, which code signing does not cover';
  if (packageType === 'inline') return 'its code is inline in the template, where it cannot be signed';
  if (isEdge) return 'it runs at the edge, where code signing is not supported';
  return region !== undefined && regionsWithout.includes(region)
    ? `${region} has no code signing`
    : undefined;
}

/** What a parameter without a known value comes to is for the deploying role to say. */
function isConfigured(outcome: Outcome): boolean {
  return outcome.kind === 'value' ? !isNothing(outcome) : outcome.kind !== 'absent';
}

function describe(outcomes: readonly Outcome[], facts: Facts): string {
  const levels = outcomes.flatMap((outcome) => {
    const found = outcome.kind === 'resource' ? facts.resource(outcome.stack, outcome.logicalId) : undefined;
    return found?.type === configurationType ? levelsOf(found) : [];
  });
  if (levels.length === 0) return 'the deployment gives it a configuration';
  return levels.includes('Warn')
    ? 'its configuration counts untrusted code; it refuses none'
    : 'its configuration refuses untrusted code';
}

function foreignLayers(view: ResourceView): readonly string[] {
  const layers = view.expression('Layers');
  if (!isList(layers)) return [];
  return layers.flatMap((layer, index) => {
    const isOwn = view.read('Layers', String(index)).every(({ outcome }) => outcome.kind === 'resource');
    const text = JSON.stringify(layer);
    return isOwn ? [] : [/:layer:([^"]+)/.exec(text)?.[1] ?? text];
  });
}

function nameOf(arn: string): string {
  return /signing-profiles\/([^/]+)/.exec(arn)?.[1] ?? arn;
}

/** Profiles by name, or a word to put one in. */
function profileOf(arns: readonly string[]): string {
  const names = arns.flatMap((arn) => /signing-profiles\/([^/]+)/.exec(arn)?.[1] ?? []);
  return new Set(names).size === 1 ? (names[0] ?? 'PROFILE') : 'PROFILE';
}

/** The command that makes the packages of a template, as it has to be from now on. */
function signedPackages(stack: Stack, arns: readonly string[], facts: Facts): Prerequisite {
  const { path, isSam } = stack.template;
  const profile = profileOf(arns);
  const signed = facts
    .resources(...functionTypes, 'AWS::Serverless::LayerVersion', 'AWS::Lambda::LayerVersion')
    .filter((view) => view.stack === stack)
    .filter((view) => view.type.endsWith('LayerVersion') || facts.functionKind(view).packageType === 'zip')
    .map(({ logicalId }) => `${logicalId}=${profile}`);
  const what = `packages of ${path} are signed when they are made, in a bucket with versioning`;
  const check = isSam
    ? `manual: sam package --template-file ${path} --s3-bucket BUCKET --signing-profiles ${signed.join(' ')}`
    : `manual: aws signer start-signing-job --profile-name ${profile} --source s3={bucketName=BUCKET,key=KEY,version=VERSION} --destination s3={bucketName=BUCKET} for each package of ${path}, and its signed object in Code`;
  return { what, check };
}
