import {
  type Facts,
  fixable,
  isMap,
  type Prerequisite,
  type ResourceView,
  shellWord,
} from '../../src/remediation.js';
import { nextVersion } from '../kit/functions.js';
import { usd } from '../kit/values.js';
import type { Route } from './endpoints.js';
import type { Network } from './network.js';
import type { Reached } from './private-resources.js';

export interface Move {
  readonly view: ResourceView;
  readonly because: string;
  readonly network: Network;
  /** Services the function calls from there. */
  readonly needed: readonly Route[];
  readonly reached: Reached | undefined;
}

interface Chosen {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly reachable: readonly string[];
}

/** @source https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html (permissions of the execution role) */
const interfaceActions = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DeleteNetworkInterface',
];

/** The fix: the network, what the role needs for it, and what has to be so around it. */
export function moveInside(move: Move, chosen: Chosen, facts: Facts) {
  const { view, because, network } = move;
  // SAM attaches it to the role it makes, whatever that may do already.
  const hasOwnRole = view.type === 'AWS::Lambda::Function' || view.expression('Role') !== undefined;
  const isAllowed = interfaceActions.every((action) => facts.allows(view, action, '*') === 'yes');
  const name = 'service-role/AWSLambdaVPCAccessExecutionRole';
  return fixable(because, {
    wants: [
      {
        path: ['Properties', 'VpcConfig'],
        value: network.value,
        accepts: (outcome) =>
          outcome.kind === 'value' && isMap(outcome.value) && Object.keys(outcome.value).length > 0,
      },
    ],
    needs: [
      ...network.needs,
      ...(hasOwnRole && isAllowed
        ? []
        : [{ kind: 'managed-policy', logicalId: view.logicalId, name } as const]),
    ],
    risk: 'review',
    riskBecause:
      'a function in the network reaches nothing outside it but through endpoints and NAT gateways',
    cost: { monthlyUsd: 0, formula: costFormula(chosen, facts) },
    prerequisites: prerequisites(move, chosen),
    leaves: [
      'its calls come from addresses of the network then (those of NAT gateways), which rules that go by address have to admit',
      'addresses outside AWS that its code calls cannot be seen in a template, and need a NAT gateway',
      'while its network interfaces are made it stays in the state Pending for minutes; after weeks without a call it loses them, and the next call fails once',
      ...(facts.functionKind(view).isVersioned ? [nextVersion] : []),
    ],
  });
}

function costFormula({ reachable }: Chosen, facts: Facts): string {
  const perGb = (name: string) => `${usd(name, facts, 3)} USD per GB`;
  const way = reachable.includes('nat')
    ? `NAT gateways (${perGb('nat-gateway-gb')})`
    : `interface endpoints (${perGb('interface-endpoint-gb')})`;
  return `the attachment is free, gateways and endpoints are there already; plus data through ${way}`;
}

function prerequisites({ network, needed, reached }: Move, chosen: Chosen): readonly Prerequisite[] {
  const letsIn =
    reached === undefined
      ? []
      : [
          {
            what: `${reached.description} lets the security groups of the functions in`,
            check:
              'by hand: an inbound rule of its security group for its port, from the security groups of the functions',
          },
        ];
  const deployer = {
    what: 'whoever deploys may call ec2:DescribeSecurityGroups, ec2:DescribeSubnets and ec2:DescribeVpcs',
    check:
      'aws iam simulate-principal-policy --policy-source-arn ROLE --action-names ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs',
  };
  return [...(network.isOwn ? [] : placeOf(chosen)), ...letsIn, wayOut(needed, chosen), deployer];
}

function placeOf({ subnetIds, securityGroupIds }: Chosen): readonly Prerequisite[] {
  return [
    {
      what: `the subnets ${subnetIds.join(', ')} are private, lie in two zones, and have addresses left`,
      check: `aws ec2 describe-subnets --subnet-ids ${subnetIds.map(shellWord).join(' ')} --query Subnets[].[AvailabilityZone,AvailableIpAddressCount]`,
    },
    {
      what: `the security groups ${securityGroupIds.join(', ')} belong to the same network and let port 443 out`,
      check: `aws ec2 describe-security-groups --group-ids ${securityGroupIds.map(shellWord).join(' ')} --query SecurityGroups[].[VpcId,IpPermissionsEgress]`,
    },
  ];
}

/** A public subnet is no way out: functions get no public address. */
function wayOut(needed: readonly Route[], { reachable }: Chosen): Prerequisite {
  if (reachable.includes('nat')) {
    return {
      what: 'the route tables of the subnets lead to a NAT gateway',
      check:
        'aws ec2 describe-route-tables --filters Name=association.subnet-id,Values=SUBNET --query RouteTables[].Routes',
    };
  }
  const endpoints = [...new Set(needed.flatMap((route) => route.endpoints))].sort();
  return {
    what: `the network has endpoints for ${endpoints.join(', ') || 'nothing, since nothing is called'}, with private DNS, and their policies let the functions through`,
    check:
      'aws ec2 describe-vpc-endpoints --filters Name=vpc-id,Values=VPC --query VpcEndpoints[].[ServiceName,PrivateDnsEnabled]',
  };
}
