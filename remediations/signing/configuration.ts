import type { Facts, Need, Stack } from '../../src/remediation.js';
import { type HandedDown, handDown } from '../nesting/hand-down.js';

export interface SigningTarget {
  readonly signingProfileVersionArns: readonly string[];
  readonly untrustedCode: 'Warn' | 'Enforce';
}

/** The configuration in a template's terms: made in the root, handed down to nested templates. */
export function configurationFor(stack: Stack, target: SigningTarget, facts: Facts): HandedDown {
  const definition = { Type: 'String', Description: 'ARN of the code signing configuration of functions' };
  return handDown(stack, 'CodeSigningConfigArn', definition, (root) => inRoot(root, target, facts));
}

function inRoot(root: Stack, target: SigningTarget, facts: Facts): HandedDown {
  const type = 'AWS::Lambda::CodeSigningConfig';
  const existing = facts.resources(type).find((view) => view.stack === root);
  if (existing !== undefined) return { value: { Ref: existing.logicalId }, needs: [] };
  const logicalId = facts.freeId(root, 'CodeSigningConfig');
  const body = {
    Type: type,
    Properties: {
      AllowedPublishers: { SigningProfileVersionArns: [...target.signingProfileVersionArns] },
      CodeSigningPolicies: { UntrustedArtifactOnDeployment: target.untrustedCode },
    },
  };
  const need: Need = { kind: 'resource', logicalId, body, in: root };
  return { value: { Ref: logicalId }, needs: [need] };
}
