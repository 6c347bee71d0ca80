import type { ResourceView } from '../../src/remediation.js';
import { isResource, outcomesAt } from './values.js';

/** The types of functions, of CloudFormation and of SAM. */
export const functionTypes = ['AWS::Lambda::Function', 'AWS::Serverless::Function'] as const;

/** Whether the `FunctionName` of a version, alias, mapping or configuration is this function in every branch. */
export function isOfFunction(resource: ResourceView, view: ResourceView): boolean {
  return outcomesAt(resource, 'FunctionName').every((outcome) => isResource(outcome, view));
}

/** Callers of versions and aliases meet a new setting of the code's environment only with the next version. */
export const nextVersion =
  'who calls a published version or an alias meets the change with the next version that is published';
