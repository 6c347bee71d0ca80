import {
  compliant,
  type Facts,
  fixable,
  isList,
  isMap,
  manual,
  matchesWildcard,
  notApplicable,
  type Prerequisite,
  type ResourceView,
  resourceRemediation,
  shellWord,
  z,
} from '../../src/remediation.js';
import { functionTypes, nextVersion, outcomesAt, usd } from '../kit/values.js';
import {
  describeRoutes,
  isEmpty,
  isPrivateHost,
  type Network,
  networkFor,
  privateResource,
  type Reached,
  type Route,
  routesOf,
  waysOut,
} from './network.js';

const target = z.strictObject({
  scope: z
    .enum(['private-resources', 'all'])
    .describe('functions that belong into the network: those that reach private resources, or all'),
  functions: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'functions that reach private resources the templates do not show, by logical id; * and ? match any text and character',
    ),
  subnetIds: z
    .array(z.string().regex(/^subnet-/, 'a subnet is named by its id, subnet-…'))
    .max(16)
    .default([])
    .describe('private subnets, in two zones at least'),
  securityGroupIds: z
    .array(z.string().regex(/^sg-/, 'a security group is named by its id, sg-…'))
    .max(5)
    .default([])
    .describe(
      'security groups of the functions; they let out what the functions call, port 443 of AWS included',
    ),
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
  title: 'Functions that need private resources are in the VPC',
  why: 'a database that functions outside the network can reach is open to everyone else as well',
  guideRisk: 'low',
  isSecurity: true,
  tryFirst: 'call every function once: a service without an endpoint or a way out shows as a timeout',
  checklist: 'function-code-and-network',
  sources: [
    'https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html',
    'https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html',
  ],
  equivalents: {
    checkov: ['CKV_AWS_117'],
    cfnNag: ['W89'],
    cdkNag: ['LambdaInsideVPC'],
    guard: ['LAMBDA_INSIDE_VPC'],
    config: ['lambda-inside-vpc', 'lambda-vpc-multi-az-check'],
    securityHub: ['Lambda.3', 'Lambda.5'],
    prowler: ['awslambda_function_inside_vpc', 'awslambda_function_vpc_multi_az'],
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
      ask: 'Which services have an endpoint in that network, or nat for all?',
      example: 's3, dynamodb, bedrock',
    },
  ],
  judge(view, policy, facts) {
    const { isEdge, hasCapacityProvider } = facts.functionKind(view);
    if (isEdge) return { verdict: notApplicable('it runs at the edge, outside every network') };
    if (hasCapacityProvider) {
      return { verdict: notApplicable('its network is that of the instances it runs on') };
    }
    const current = view.expression('VpcConfig') ?? null;
    const inside = isInside(view, policy);
    if (inside === 'always') {
      const problem = singleZone(view, facts);
      const verdict = problem === undefined ? compliant('it runs inside the network') : manual(problem);
      return { current, verdict };
    }
    const reached = privateResource(view, facts);
    const because = reasonFor(view, policy, reached);
    if (because === undefined) return { current, verdict: notApplicable(onlyPublic(view, facts)) };
    if (inside !== 'never') return { current, verdict: manual(`${because}; ${inside}`) };
    const optional = optionalNetwork(view, policy, facts);
    if (optional !== undefined) return { current, verdict: manual(`${because}; ${optional}`) };
    const network = networkFor(view, policy, reached?.resource !== undefined, facts);
    if (network === undefined) {
      const open = 'set subnetIds (two zones at least) and securityGroupIds of remediations.lambda-vpc';
      return { current, verdict: manual(`${because}: ${open}`, ['subnetIds', 'securityGroupIds']) };
    }
    const needed = neededRoutes(view, facts);
    const missing = cutOff(needed, view, policy, network, facts);
    if (missing !== undefined) {
      return { current, verdict: manual(`${because}; ${missing}`, ['reachable']) };
    }
    return {
      current,
      target: network.description,
      verdict: moveInside({ view, because, network, needed, reached }, policy, facts),
    };
  },
});

const ownNetwork = 'the template has a network of its own, by parameters';

/**
 * Whether both lists are named in every deployment, or what that depends on. A list without a value is the template's own
 * network, which the deploying role fills in by parameters: neither outside nor inside.
 */
function isInside(
  view: ResourceView,
  { subnetIds, securityGroupIds }: Pick<Target, 'subnetIds' | 'securityGroupIds'>,
): 'always' | 'never' | string {
  const lists = [
    { name: 'SubnetIds', chosen: subnetIds },
    { name: 'SecurityGroupIds', chosen: securityGroupIds },
  ].map((list) => ({ ...list, branches: view.read('VpcConfig', list.name) }));
  const branches = lists.flatMap((list) => list.branches);
  const outside = branches.filter(({ outcome }) => outcome.kind === 'absent');
  const empty = lists.flatMap(({ name, branches: own, chosen }) => {
    if (!own.some(({ outcome }) => isEmpty(outcome))) return [];
    // In a list written out, each item is a parameter of its own.
    const items = [...own, ...view.read('VpcConfig', name, '0')];
    return [{ parameters: items.flatMap(({ parameters }) => parameters), chosen }];
  });
  if (outside.length + empty.length === 0) return 'always';
  const [subnets] = lists;
  const choice = view.expression('VpcConfig');
  if (subnets?.branches.every(({ outcome }) => outcome.kind === 'absent')) {
    const [condition] = isMap(choice) && isList(choice['Fn::If']) ? choice['Fn::If'] : [];
    return typeof condition === 'string'
      ? `${ownNetwork}: deploy it with what makes ${condition} so`
      : 'never';
  }
  const names = (found: readonly string[]) => [...new Set(found)].sort().join(', ');
  const conditions = names(
    outside.flatMap(({ assuming }) => Object.keys(assuming).map((key) => key.slice(key.indexOf('#') + 1))),
  );
  const values = names(
    empty.flatMap(({ parameters, chosen }) => {
      const name = parameters.at(-1)?.name;
      return name === undefined ? [] : [chosen.length === 0 ? name : `${name}=${chosen.join(',')}`];
    }),
  );
  if (values !== '') {
    const so = conditions === '' ? '' : ` and what makes ${conditions} so`;
    return `${ownNetwork}: deploy it with ${values}${so}`;
  }
  if (conditions === '') return 'its VpcConfig names subnets, but no security groups everywhere';
  return `whether it runs there depends on ${conditions}; deploy it with parameters that make it so`;
}

/** A second network beside the one the template has for its functions is never made. */
function optionalNetwork(view: ResourceView, policy: Target, facts: Facts): string | undefined {
  for (const other of facts.resources(...functionTypes)) {
    if (other.stack !== view.stack || other.logicalId === view.logicalId) continue;
    const inside = isInside(other, policy);
    if (inside.startsWith(ownNetwork)) return `give it the VpcConfig of ${other.logicalId}: ${inside}`;
  }
  return undefined;
}

function reasonFor(
  view: ResourceView,
  { scope, functions }: Target,
  reached: Reached | undefined,
): string | undefined {
  if (reached !== undefined) return `it reaches ${reached.description}, but runs outside the network`;
  if (functions.some((pattern) => matchesWildcard(pattern, view.logicalId))) {
    return 'the policy says it reaches private resources, but it runs outside the network';
  }
  return scope === 'all' ? 'the policy wants every function inside the network' : undefined;
}

function onlyPublic(view: ResourceView, facts: Facts): string {
  const { services, unknown } = facts.callsOf(view);
  const names = routesOf(services).map(({ service }) => (service === '*' ? 'anything' : service));
  const known =
    names.length === 0
      ? 'it reaches no private resource of the templates'
      : `it reaches no private resource of the templates, only public endpoints of AWS (${names.join(', ')})`;
  return unknown.length === 0 ? known : `${known}, as far as its permissions are at hand`;
}

function neededRoutes(view: ResourceView, facts: Facts): readonly Route[] {
  const { services, hosts } = facts.callsOf(view);
  const routes = [
    ...routesOf(services),
    ...hosts
      .filter(({ host }) => !isPrivateHost(host))
      .map(({ host, places }): Route => ({ service: host, kind: 'nat', endpoints: [], places })),
  ];
  const triggers = facts.functionClass(view.stack, view.logicalId)?.triggers ?? [];
  const answers = triggers.some(({ source }) => source === 'custom-resource');
  if (!answers || routes.some(({ service }) => service === 's3')) return routes;
  // The answer to CloudFormation is put at a pre-signed address of Amazon S3.
  return [...routes, { service: 's3', kind: 'gateway', endpoints: ['s3'] }];
}

/** What the function calls and could not reach any more, or what of it is not known. */
function cutOff(
  needed: readonly Route[],
  view: ResourceView,
  { reachable }: Target,
  { isOwn }: Network,
  facts: Facts,
): string | undefined {
  const made: ReadonlySet<string> = isOwn ? waysOut(view, facts) : new Set();
  if (reachable.includes('nat') || made.has('nat')) return undefined;
  const { unknown } = facts.callsOf(view);
  const isMade = ({ endpoints }: Route) => endpoints.length > 0 && endpoints.every((name) => made.has(name));
  const missing = needed.filter((route) => !reachable.includes(route.service) && !isMade(route));
  const saySo = 'once that is there, say so in remediations.lambda-vpc.reachable';
  if (missing.length > 0) {
    const price = facts.settings.prices['interface-endpoint-hour'] ?? 0;
    return `from inside it could not reach ${describeRoutes(missing, price)}; ${saySo}`;
  }
  if (unknown.length === 0) return undefined;
  return `what it calls is not known (${unknown.join(', ')}), so the network needs a NAT gateway; ${saySo}`;
}

interface Move {
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
function moveInside(move: Move, chosen: Chosen, facts: Facts) {
  const { view, because, network } = move;
  // SAM attaches it to the role it makes, whatever that may do already.
  const hasOwnRole = view.type === 'AWS::Lambda::Function' || view.expression('Role') !== undefined;
  const isAllowed = interfaceActions.every((action) => facts.allows(view, action, '*') === 'yes');
  const name = 'service-role/AWSLambdaVPCAccessExecutionRole';
  return fixable(because, {
    edits: [
      {
        path: ['Properties', 'VpcConfig'],
        value: network.value,
        isSatisfiedBy: (outcome) =>
          outcome.kind === 'value' && isMap(outcome.value) && Object.keys(outcome.value).length > 0,
      },
    ],
    companions: [
      ...network.companions,
      ...(hasOwnRole && isAllowed
        ? []
        : [
            {
              kind: 'managed-policy',
              logicalId: view.logicalId,
              name,
              needs: interfaceActions,
            } as const,
          ]),
    ],
    risk: 'review',
    riskBecause:
      'a function in the network reaches nothing outside it but through endpoints and NAT gateways',
    cost: { monthlyUsd: 0, formula: costFormula(chosen, facts) },
    prerequisites: prerequisites(move, chosen),
    notes: [
      'its calls come from addresses of the network then (those of NAT gateways), which rules that go by address have to admit',
      ...(facts.callsOf(view).isCodeWhole
        ? []
        : ['addresses outside AWS that its code calls cannot all be seen, and need a NAT gateway']),
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
              'manual: an inbound rule of its security group for its port, from the security groups of the functions',
          },
        ];
  const deployer = {
    what: 'the deploying role may call ec2:DescribeSecurityGroups, ec2:DescribeSubnets and ec2:DescribeVpcs',
    check:
      'aws iam simulate-principal-policy --policy-source-arn ROLE --action-names ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs',
  };
  return [...(network.isOwn ? [] : placeOf(chosen)), ...letsIn, wayOut(needed, chosen), deployer];
}

function placeOf({ subnetIds, securityGroupIds }: Chosen): readonly Prerequisite[] {
  return [
    {
      what: `the subnets ${subnetIds.join(', ')} are private, in two zones, and have addresses left`,
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

/** Why the subnets a function names lie in one zone, as far as the templates show it. */
function singleZone(view: ResourceView, facts: Facts): string | undefined {
  const lists = outcomesAt(view, 'VpcConfig', 'SubnetIds');
  const isOne = lists.some(
    (outcome) => outcome.kind === 'value' && isList(outcome.value) && outcome.value.length === 1,
  );
  if (isOne) return 'it runs in one subnet, so in one zone';
  const written = view.expression('VpcConfig', 'SubnetIds');
  if (!isList(written) || written.length < 2) return undefined;
  const zones = written.map((_, index) => zoneOf(view, String(index), facts));
  const isSame = zones.every((zone) => zone !== undefined && zone === zones[0]);
  return isSame ? `its ${zones.length} subnets are in the same zone` : undefined;
}

/** The zone of a subnet of the templates, as written; `undefined` for another subnet, or one that leaves it to EC2. */
function zoneOf(view: ResourceView, index: string, facts: Facts): string | undefined {
  const [branch] = view.read('VpcConfig', 'SubnetIds', index);
  if (branch?.outcome.kind !== 'resource') return undefined;
  const { stack, logicalId } = branch.outcome;
  const zone = facts.resource(stack, logicalId)?.expression('AvailabilityZone');
  return zone === undefined ? undefined : JSON.stringify([stack.template.path, zone]);
}
