import type { Facts, Need, ResourceView, Stack, Value } from '../../src/remediation.js';
import { type HandedDown, handDown } from '../kit/hand-down.js';

export const configurationType = 'AWS::Lambda::CodeSigningConfig';

export interface SigningTarget {
  readonly signingProfileVersionArns: readonly string[];
  readonly untrustedCode: 'Warn' | 'Enforce';
}

/** The configuration in a template's terms: made in the root, handed down to nested templates. */
export function configurationFor(stack: Stack, target: SigningTarget, facts: Facts): HandedDown | undefined {
  const { root } = facts.tree;
  const there = facts.resources(configurationType).filter((view) => view.stack === root);
  const [existing, ...others] = there;
  const isOnly = existing !== undefined && others.length === 0;
  const inRoot = isOnly
    ? { value: { Ref: existing.logicalId }, needs: [] }
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
  const parameter: Need = {
    kind: 'parameter',
    name: level,
    definition: {
      Type: 'String',
      Description: 'What happens to code nobody trusted has signed',
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
  return { value: { Ref: logicalId }, needs: [parameter, { kind: 'resource', logicalId, body, in: root }] };
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
export function levelsOf(configuration: ResourceView): readonly string[] {
  return configuration
    .read('CodeSigningPolicies', 'UntrustedArtifactOnDeployment')
    .map(({ outcome }) => (outcome.kind === 'value' ? String(outcome.value) : 'Warn'));
}
