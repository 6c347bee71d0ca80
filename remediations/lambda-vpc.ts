import {
  compliant,
  fixable,
  isList,
  manual,
  type Need,
  notApplicable,
  type ResourceView,
  resourceRemediation,
  type Stack,
  unknown,
  z,
} from '../src/remediation.js';
import { functionTypes } from './lambda/functions.js';
import { handDown } from './nesting/hand-down.js';
import { privateResource } from './vpc/private-resources.js';

const target = z.strictObject({
  scope: z
    .enum(['private-resources', 'all'])
    .describe(
      'functions that belong into the network: those that reach private resources of the templates, or all',
    ),
  subnetIds: z
    .array(z.string().regex(/^subnet-/))
    .default([])
    .describe('private subnets, in two zones at least'),
  securityGroupIds: z
    .array(z.string().regex(/^sg-/))
    .default([])
    .describe('security groups of the functions'),
  reachable: z
    .array(z.string())
    .default([])
    .describe(
      'services with an endpoint in the network, by their names in IAM (s3, dynamodb, bedrock); nat for all of them',
    ),
});
type Target = z.infer<typeof target>;

export const lambdaVpc = resourceRemediation({
  id: 'lambda-vpc',
  title: 'Functions that use private resources run inside the network',
  why: 'a database that functions outside the network can reach is open to everybody else as well',
  guideRisk: 'low',
  tryFirst: 'call every function once: a service without an endpoint or a way out shows as a timeout',
  sources: ['https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html'],
  equivalents: {
    checkov: ['CKV_AWS_117'],
    cfnNag: ['W89'],
    guard: ['LAMBDA_INSIDE_VPC'],
    config: ['lambda-inside-vpc'],
    securityHub: ['Lambda.3', 'Lambda.5'],
  },
  appliesTo: functionTypes,
  target,
  questions: [
    {
      path: ['subnetIds'],
      ask: 'Which private subnets, in two zones at least?',
      example: 'subnet-0123456789abcdef0, subnet-0fedcba9876543210',
    },
    {
      path: ['securityGroupIds'],
      ask: 'Which security groups do the functions get?',
      example: 'sg-0123456789abcdef0',
      follows: ({ subnetIds }) => subnetIds !== undefined,
    },
    {
      path: ['reachable'],
      ask: 'Which services have an endpoint in that network?',
      example: 's3, dynamodb, bedrock; nat for all',
    },
  ],
  judge(view, policy, facts) {
    if (facts.functionKind(view).isEdge)
      return { verdict: notApplicable('it runs at the edge, outside every network') };
    const current = view.expression('VpcConfig') ?? null;
    const subnets = view.read('VpcConfig', 'SubnetIds').map(({ outcome }) => outcome);
    if (subnets.every(({ kind }) => kind !== 'absent')) {
      const isOne = subnets.some(
        (outcome) => outcome.kind === 'value' && isList(outcome.value) && outcome.value.length === 1,
      );
      return {
        current,
        verdict: isOne
          ? manual('it runs in one subnet, so in one zone')
          : compliant('it runs inside the network'),
      };
    }
    const reason = privateResource(view, facts);
    if (reason === undefined && policy.scope === 'private-resources') {
      return { current, verdict: notApplicable('it reaches no private resource of the templates') };
    }
    const because =
      reason === undefined
        ? 'the policy wants every function inside the network'
        : `it reaches ${reason}, but runs outside the network`;
    if (current !== null)
      return { current, verdict: unknown(`${because}; its VpcConfig depends on a condition`) };
    if (policy.subnetIds.length < 2 || policy.securityGroupIds.length === 0) {
      return {
        current,
        verdict: manual(
          `${because}: set subnetIds (two zones at least) and securityGroupIds of remediations.lambda-vpc`,
          ['subnetIds', 'securityGroupIds'],
        ),
      };
    }
    const cutOff = policy.reachable.includes('nat')
      ? []
      : facts
          .servicesCalled(view)
          .filter((service) => !policy.reachable.includes(service) && !local.has(service));
    if (cutOff.length > 0) {
      return {
        current,
        verdict: manual(
          `${because}; from inside it could not reach ${cutOff.join(', ')}: add endpoints or a NAT gateway, then say so in remediations.lambda-vpc.reachable`,
          ['reachable'],
        ),
      };
    }
    return { current, target: policy.subnetIds.join(', '), verdict: moveInside(view, because, policy) };
  },
});

/** Granted, but not called by the function itself over the network. */
const local = new Set(['ec2', 'iam', 'logs']);

function moveInside(view: ResourceView, because: string, { subnetIds, securityGroupIds }: Target) {
  const subnets = listParameter(view.stack, 'FunctionSubnetIds', 'Private subnets of functions', subnetIds);
  const groups = listParameter(
    view.stack,
    'FunctionSecurityGroupIds',
    'Security groups of functions',
    securityGroupIds,
  );
  const needs: Need[] = [...subnets.needs, ...groups.needs];
  // SAM lets the role it makes use network interfaces.
  if (view.type === 'AWS::Lambda::Function' || view.expression('Role') !== undefined) {
    const name = 'service-role/AWSLambdaVPCAccessExecutionRole';
    needs.push({ kind: 'managed-policy', logicalId: view.logicalId, name });
  }
  return fixable(because, {
    wants: [
      {
        path: ['Properties', 'VpcConfig'],
        value: { SubnetIds: subnets.value, SecurityGroupIds: groups.value },
        accepts: (outcome) => outcome.kind === 'value',
      },
    ],
    needs,
    risk: 'review',
    riskBecause:
      'a function in the network reaches nothing outside it but through endpoints and NAT gateways',
    cost: { monthlyUsd: null, formula: 'endpoints x zones x 730 hours, and data through NAT gateways' },
    prerequisites: [
      {
        what: `the subnets ${subnetIds.join(', ')} lie in two zones, and have addresses left`,
        check: `aws ec2 describe-subnets --subnet-ids ${subnetIds.join(' ')} --query Subnets[].[AvailabilityZone,AvailableIpAddressCount]`,
      },
    ],
  });
}

/** A list is handed to nested templates as one text. */
function listParameter(stack: Stack, name: string, description: string, values: readonly string[]) {
  const definition = { Type: 'CommaDelimitedList', Description: description };
  const isRoot = stack.parents.length === 0;
  if (isRoot) return rootList(stack, name, description, values);
  return handDown(stack, name, definition, (root) => {
    const { needs } = rootList(root, name, description, values);
    return { value: { 'Fn::Join': [',', { Ref: name }] }, needs };
  });
}

function rootList(root: Stack, name: string, description: string, values: readonly string[]) {
  const definition = { Type: 'CommaDelimitedList', Description: description, Default: values.join(',') };
  const need: Need = { kind: 'parameter', name, definition, in: root };
  return { value: { Ref: name }, needs: [need] };
}
