import {
  compliant,
  type Facts,
  manual,
  matchesWildcard,
  notApplicable,
  type ResourceView,
  resourceRemediation,
  z,
} from '../../src/remediation.js';
import { functionTypes } from '../kit/functions.js';
import { describeRoutes, type Route, routesOf, waysOut } from './endpoints.js';
import { moveInside } from './move-inside.js';
import { type Network, networkFor } from './network.js';
import { privateResource, type Reached } from './private-resources.js';
import { singleZone } from './zones.js';

const target = z.strictObject({
  scope: z
    .enum(['private-resources', 'all'])
    .describe('functions that belong into the network: those that reach private resources, or all'),
  functions: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'functions that reach private resources the templates do not show, by logical id; * and ? stand for any text and character',
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
  title: 'Functions that use private resources run inside the network',
  why: 'a database that functions outside the network can reach is open to everybody else as well',
  guideRisk: 'low',
  tryFirst: 'call every function once: a service without an endpoint or a way out shows as a timeout',
  sources: [
    'https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html',
    'https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html',
  ],
  equivalents: {
    checkov: ['CKV_AWS_117'],
    cfnNag: ['W89'],
    guard: ['LAMBDA_INSIDE_VPC'],
    config: ['lambda-inside-vpc', 'lambda-vpc-multi-az-check'],
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
    const inside = isInside(view);
    if (inside === 'always') {
      const problem = singleZone(view, facts);
      const verdict = problem === undefined ? compliant('it runs inside the network') : manual(problem);
      return { current, verdict };
    }
    const reached = privateResource(view, facts);
    const because = reasonFor(view, policy, reached);
    if (because === undefined) return { current, verdict: notApplicable(onlyPublic(view, facts)) };
    if (inside !== 'never') return { current, verdict: manual(`${because}; ${inside}`) };
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

/** Whether both lists are named in every deployment, or where not. */
function isInside(view: ResourceView): 'always' | 'never' | string {
  const missing = ['SubnetIds', 'SecurityGroupIds'].map((list) =>
    view
      .read('VpcConfig', list)
      .filter(
        ({ outcome }) =>
          outcome.kind === 'absent' || (outcome.kind === 'value' && String(outcome.value) === ''),
      ),
  );
  const [subnets = [], groups = []] = missing;
  if (subnets.length === 0 && groups.length === 0) return 'always';
  const all = view.read('VpcConfig', 'SubnetIds').length;
  if (subnets.length === all) return 'never';
  if (subnets.length === 0) return 'its VpcConfig names subnets, but no security groups everywhere';
  const conditions = subnets.flatMap(({ assuming }) => Object.keys(assuming));
  const names = [...new Set(conditions.map((name) => name.slice(name.indexOf('#') + 1)))].sort();
  return names.length === 0
    ? 'its VpcConfig depends on a condition'
    : `whether it runs there depends on ${names.join(', ')}; deploy it with parameters that make it so`;
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
  const routes = routesOf(facts.callsOf(view).services);
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
  const made: ReadonlySet<string> = isOwn ? waysOut(facts) : new Set();
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
