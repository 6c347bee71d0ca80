import type { ResourceView } from '../../src/remediation.js';

/** The types of functions, of CloudFormation and of SAM. */
export const functionTypes = ['AWS::Lambda::Function', 'AWS::Serverless::Function'] as const;

/** Whether the `FunctionName` of a version, alias, mapping or configuration is this function in every branch. */
export function isOfFunction(resource: ResourceView, { stack, logicalId }: ResourceView): boolean {
  return resource
    .read('FunctionName')
    .every(
      ({ outcome }) =>
        outcome.kind === 'resource' && outcome.stack === stack && outcome.logicalId === logicalId,
    );
}

/** Callers of versions and aliases meet a new setting of the code's environment only with the next version. */
export const nextVersion =
  'who calls a published version or an alias meets the change with the next version that is published';
