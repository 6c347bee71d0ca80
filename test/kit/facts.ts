import { gatherFacts } from '../../src/plan/facts.js';
import type { Facts, ResourceView, Value } from '../../src/remediation.js';
import { testPolicy } from '../plan/stub-plan.js';
import { treeOf } from '../template/trees.js';

const policies = new Map<string, ReturnType<typeof testPolicy>>();

/** What a remediation asks, of templates by path, the root first; or of one. */
export async function factsOf(
  templates: string | Readonly<Record<string, string>>,
  policyText = '{}',
): Promise<Facts> {
  const policy = policies.get(policyText) ?? testPolicy(policyText);
  policies.set(policyText, policy);
  const texts = typeof templates === 'string' ? { 'template.yaml': templates } : templates;
  return gatherFacts(treeOf(texts), await policy);
}

/** A resource of the root, or of a template by its path. */
export function viewOf(facts: Facts, logicalId: string, path = facts.tree.root.template.path): ResourceView {
  const stack = facts.tree.stacks.find(({ template }) => template.path === path);
  const view = stack && facts.resource(stack, logicalId);
  if (view === undefined) throw new Error(`${path} has no ${logicalId}`);
  return view;
}

/** One resource `It` under conditions `IsOne` and `IsTwo` that may each hold, and what its properties say. */
export async function resourceWith(
  properties: string,
  type = 'AWS::SNS::Topic',
  more = '',
): Promise<{ readonly facts: Facts; readonly it: ResourceView }> {
  const facts = await factsOf(`
Transform: AWS::Serverless-2016-10-31
Parameters:
  Choice: {Type: String}
  Given: {Type: String}
Conditions:
  IsOne: !Equals [!Ref Choice, one]
  IsTwo: !Equals [!Ref Choice, two]
Resources:
  It: {Type: ${type}, Properties: ${properties}}
${more}`);
  return { facts, it: viewOf(facts, 'It') };
}

export const getArn = (logicalId: string): Value => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
