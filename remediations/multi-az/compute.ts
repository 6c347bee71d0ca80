import {
  type Companion,
  compliant,
  type Facts,
  fixable,
  isList,
  isMap,
  manual,
  notApplicable,
  numberOf,
  type PropertyEdit,
  type ResourceView,
  scalarText,
  unknown,
  type Value,
  type Verdict,
} from '../../src/remediation.js';
import { alwaysSays, isGiven, itemsAt, resourceAt, textAt } from '../kit/values.js';

const oneZone = 'its subnets are in one Availability Zone; add one in another';

/** @source https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html */
export const scalingGroup: Judge = (view, facts) => {
  const listed = isGiven(view, 'VPCZoneIdentifier') ? 'VPCZoneIdentifier' : 'AvailabilityZones';
  if (zonesOf(view, [listed], facts) === 'one') return manual(oneZone);
  const open = openAt(view, 'MinSize') ?? openAt(view, 'MaxSize');
  if (open !== undefined) return unknown(open);
  const smallest = atLeast(view, ['MinSize'], 2, '2');
  if (smallest.length === 0) return compliant('two instances or more run in its zones');
  // The desired capacity has to lie between the two.
  const edits = [...smallest, ...atLeast(view, ['MaxSize'], 2, '2')];
  const desired = isGiven(view, 'DesiredCapacity') ? atLeast(view, ['DesiredCapacity'], 2, '2') : [];
  return spread('a single instance runs: MinSize', {
    edits: [...edits, ...desired],
    consent: 'a second instance runs all the time',
    second: '1 more instance',
  });
};

/** @source https://docs.aws.amazon.com/AmazonECS/latest/bestpracticesguide/availability-best-practices.html */
export const containerService: Judge = (view, facts) => {
  if (textAt(view, 'SchedulingStrategy') === 'DAEMON')
    return notApplicable('it runs once on every instance of its cluster');
  const subnets = ['NetworkConfiguration', 'AwsvpcConfiguration', 'Subnets'];
  if (isGiven(view, ...subnets) && zonesOf(view, subnets, facts) === 'one') return manual(oneZone);
  const scalers = facts.usersOf(view, 'AWS::ApplicationAutoScaling::ScalableTarget');
  const [scaler] = scalers;
  if (!isGiven(view, 'DesiredCount') && scaler !== undefined) {
    const said = `the number of tasks is set by ${scaler.logicalId}`;
    return facts.isAlwaysWith(scalers, view)
      ? notApplicable(`${said}, which is checked on its own`)
      : manual(`${said}, which is there in some deployments only; a single task runs in the others`);
  }
  return numbered(view, 'DesiredCount', 2, {
    right: 'two tasks or more run in its zones',
    lacks: 'a single task runs',
    consent: 'a second task runs all the time',
    second: '1 more task',
    notes: ['tasks that keep state of their own have to agree on it once there are two'],
  });
};

/** What is scaled in copies that run in zones; elsewhere the number is a throughput. */
const scaledInCopies = [
  'ecs',
  'sagemaker',
  'rds',
  'neptune',
  'elasticache',
  'ec2',
  'appstream',
  'elasticmapreduce',
];

/** Left alone it would scale back to one what was set to two. */
export const scalableTarget: Judge = (view) => {
  const service = textAt(view, 'ServiceNamespace');
  if (service !== undefined && !scaledInCopies.includes(service)) {
    return notApplicable(`what it scales of ${service} is throughput, and spans zones`);
  }
  const open = openAt(view, 'MinCapacity') ?? openAt(view, 'MaxCapacity');
  if (open !== undefined) return unknown(open);
  const smallest = atLeast(view, ['MinCapacity'], 2);
  if (smallest.length === 0) return compliant('it leaves two copies or more');
  return spread('it scales down to a single copy: MinCapacity', {
    edits: [...smallest, ...atLeast(view, ['MaxCapacity'], 2)],
    consent: 'a second copy of what it scales runs all the time',
    second: '1 more copy',
  });
};

/**
 * Two instances of a variant lie in two zones. A configuration cannot be changed, so a new one takes its place, and the
 * endpoint moves over while the old one answers.
 * @source https://docs.aws.amazon.com/sagemaker/latest/dg/best-practices.html
 */
export const endpointConfig: Judge = (view) => {
  const variants = view.expression('ProductionVariants');
  if (!isList(variants)) return unknown('its variants are put together by an intrinsic function');
  const edits: PropertyEdit[] = [];
  const sizes: string[] = [];
  for (const [index, variant] of variants.entries()) {
    if (
      isMap(variant) &&
      (variant.ServerlessConfig !== undefined || variant.ManagedInstanceScaling !== undefined)
    )
      continue;
    const path = ['ProductionVariants', String(index), 'InitialInstanceCount'];
    const open = openAt(view, ...path);
    if (open !== undefined) return unknown(open);
    const short = atLeast(view, path, 2);
    edits.push(...short);
    if (short.length > 0)
      sizes.push(textAt(view, 'ProductionVariants', String(index), 'InstanceType') ?? 'instance');
  }
  if (edits.length === 0) return compliant('every variant has two instances or more, or none of its own');
  const because = 'a variant runs on a single instance: InitialInstanceCount';
  if (view.expression('EndpointConfigName') !== undefined) {
    return manual(
      `${because}; the number is fixed when the configuration is made, and a new one cannot have its name (EndpointConfigName)`,
    );
  }
  return spread(because, {
    edits,
    consent: 'a second instance runs all the time, and the endpoint moves over to a new configuration',
    second: sizes.map((size) => `1 more ${size}`).join(' and '),
    notes: [
      'two instances are in different zones where the endpoint is in no network, or its subnets are in two',
    ],
  });
};

/** @source https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html */
export const lambdaFunction: Judge = (view, facts) => {
  if (!isGiven(view, 'VpcConfig', 'SubnetIds'))
    return notApplicable('outside a network of its own it spans the zones');
  const zones = zonesOf(view, ['VpcConfig', 'SubnetIds'], facts);
  if (zones === 'unknown') return unknown(openSubnets(view, 'VpcConfig', 'SubnetIds'));
  return zones === 'several' ? compliant('it has subnets in several zones') : manual(oneZone);
};

/** @source https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html */
export const loadBalancer: Judge = (view, facts) => {
  const listed = ['Subnets', 'SubnetMappings', 'AvailabilityZones'].find((property) =>
    isGiven(view, property),
  );
  if (listed === undefined) return unknown('which subnets it has is not known');
  const zones = zonesOf(view, [listed], facts);
  if (zones === 'unknown') {
    const isNetwork = ['network', 'gateway'].includes(textAt(view, 'Type') ?? '');
    return isNetwork || view.type.includes('ElasticLoadBalancing::')
      ? unknown(openSubnets(view, listed))
      : compliant('it takes subnets in two zones or more only');
  }
  return zones === 'several'
    ? compliant(`its ${listed} are in several zones`)
    : manual(`${oneZone}; it stays in place`);
};

/** @source https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html */
export const databaseSubnets: Judge = (view, facts) =>
  zonesOf(view, ['SubnetIds'], facts) === 'one'
    ? manual('its subnets are in one Availability Zone; add one in another')
    : compliant('it takes subnets in two zones or more only');

export const cacheSubnets: Judge = (view, facts) => {
  const zones = zonesOf(view, ['SubnetIds'], facts);
  if (zones === 'unknown') return unknown(openSubnets(view, 'SubnetIds'));
  return zones === 'several'
    ? compliant('it has subnets in several zones')
    : manual('its subnets are in one Availability Zone; add one in another');
};

/**
 * A gateway lies in the zone of its subnet, unless it is a regional one.
 * @source https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html
 */
export const natGateway: Judge = (view, facts) => {
  if (textAt(view, 'AvailabilityMode') === 'regional') return compliant('it spans the zones');
  const own = zoneOf(view, facts);
  const others = facts.resources(view.type).filter((each) => each.stack === view.stack && each !== view);
  // Subnets of which no zone is known are taken to be in different ones.
  const elsewhere = others.filter((each) => own === undefined || zoneOf(each, facts) !== own);
  if (facts.isAlwaysWith(elsewhere, view)) {
    const zones = new Set([view, ...elsewhere].map((each) => zoneOf(each, facts)));
    return zones.has(undefined)
      ? compliant('there is more than one, each in the zone of its subnet')
      : compliant(`there are gateways in ${zones.size} zones`);
  }
  const [other] = elsewhere;
  const state =
    other !== undefined
      ? `${other.logicalId}, in another zone, is there in some deployments only`
      : own === undefined
        ? 'it is the only one, and is in one zone'
        : 'all gateways are in one zone';
  return manual(`${state}: each zone with private subnets needs its own, or a regional one takes its place`);
};

function zoneOf(gateway: ResourceView, facts: Facts): string | undefined {
  const zone = resourceAt(facts, gateway, 'SubnetId')?.expression('AvailabilityZone');
  return zone === undefined ? undefined : JSON.stringify(zone);
}

/** Judges one type of resource. */
export type Judge = (view: ResourceView, facts: Facts) => Verdict;

interface Spread {
  readonly edits?: readonly PropertyEdit[];
  readonly companions?: readonly Companion[];
  /** Why a person has to look, beside the cost. */
  readonly consent: string;
  readonly update?: 'none' | 'some-interruption';
  /** What is paid twice, for the formula: `1 more db.t4g.medium`. */
  readonly second: string;
  readonly notes?: readonly string[];
}

/** A fix that lets something run in a second zone. It costs, so it takes consent. */
export function spread(
  because: string,
  { edits = [], companions = [], consent, update, second, notes = [] }: Spread,
): Verdict {
  return fixable(because, {
    edits,
    companions,
    risk: 'review',
    riskBecause: consent,
    ...(update !== undefined && { update }),
    cost: {
      monthlyUsd: null,
      formula: `${second} x 730 hours x its price, and transfer between zones`,
    },
    prerequisites: [
      {
        what: 'its subnets are in at least two zones',
        check: 'aws ec2 describe-subnets --subnet-ids IDS --query Subnets[].AvailabilityZone',
      },
    ],
    notes,
  });
}

/** A number that has to be reached in every branch; nothing where it is. */
export function atLeast(
  view: ResourceView,
  path: readonly string[],
  number: number,
  value: Value = number,
): readonly PropertyEdit[] {
  const isMet = view.read(...path).every(({ outcome }) => (numberOf(outcome) ?? 0) >= number);
  if (isMet) return [];
  return [
    { path: ['Properties', ...path], value, isSatisfiedBy: (outcome) => (numberOf(outcome) ?? 0) >= number },
  ];
}

interface Numbered extends Omit<Spread, 'edits'> {
  /** What is so where the number is large enough. */
  readonly right: string;
  /** What is wrong where it is not. */
  readonly lacks: string;
}

/** A property that counts members, which are in as many zones as there are of them. */
export function numbered(
  view: ResourceView,
  property: string,
  number: number,
  { right, lacks, ...means }: Numbered,
): Verdict {
  const open = openAt(view, property);
  if (open !== undefined) return unknown(open);
  const edits = atLeast(view, [property], number);
  return edits.length === 0 ? compliant(right) : spread(`${lacks}: ${property}`, { ...means, edits });
}

export function switchedOn(view: ResourceView, path: readonly string[]): readonly PropertyEdit[] {
  if (isOn(view, path)) return [];
  return [
    {
      path: ['Properties', ...path],
      value: true,
      isSatisfiedBy: (outcome) => scalarText(outcome) === 'true',
    },
  ];
}

export function isOn(view: ResourceView, path: readonly string[]): boolean {
  return alwaysSays('true', view, ...path);
}

/** A value that nobody knows here keeps a resource from being judged. */
export function openAt(view: ResourceView, ...path: readonly string[]): string | undefined {
  const open = view
    .read(...path)
    .find(({ outcome }) => outcome.kind === 'unknown' || outcome.kind === 'resource');
  return open === undefined ? undefined : `the value of its ${path.join('.')} is not known`;
}

/**
 * `Fn::GetAZs` gives all zones of a Region in which the account has a default subnet, or all there are.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getavailabilityzones.html
 */
function spansRegion(expression: Value | undefined, path: readonly string[]): boolean {
  const [token, ...rest] = path;
  if (token === undefined) return isMap(expression) && expression['Fn::GetAZs'] !== undefined;
  const inner = isList(expression)
    ? expression[Number(token)]
    : isMap(expression)
      ? expression[token]
      : undefined;
  return spansRegion(inner, rest);
}

/** Which parameters hold the subnets that nobody has named yet. */
function openSubnets(view: ResourceView, ...path: readonly string[]): string {
  const names = new Set(
    view.read(...path).flatMap(({ outcome, parameters }) => {
      const isOpen = outcome.kind === 'unknown' || (outcome.kind === 'value' && String(outcome.value) === '');
      return isOpen ? (parameters.at(-1)?.name ?? []) : [];
    }),
  );
  return names.size === 0
    ? 'how many subnets it has is not known'
    : `how many subnets ${[...names].join(' and ')} lists is not known: give the value with --parameters`;
}

/** In how many zones the subnets of a list lie, as far as the templates say. */
type Zones = 'one' | 'several' | 'unknown';

/** Several subnets are taken to be in several zones, unless the templates say otherwise; services insist on it mostly. */
export function zonesOf(view: ResourceView, path: readonly string[], facts: Facts): Zones {
  const counts = view.read(...path).flatMap((branch) => {
    const { outcome } = branch;
    if (spansRegion(view.properties, branch.path)) return [Number.POSITIVE_INFINITY];
    // A branch without any is another matter: outside a network services span the zones.
    if (outcome.kind === 'absent') return [];
    if (outcome.kind !== 'value') return [undefined];
    // A list parameter without a value gets one with the deployment, or the branch is never taken.
    if (String(outcome.value) === '') return [undefined];
    if (isList(outcome.value)) return [outcome.value.length];
    return [typeof outcome.value === 'string' ? outcome.value.split(',').length : undefined];
  });
  if (counts.some((count) => count === undefined)) return 'unknown';
  if (counts.some((count) => (count ?? 0) < 2)) return 'one';
  const zones = itemsAt(view, ...path).map((item) => {
    const own = path.at(-1) === 'AvailabilityZones' ? view.expression(...item) : undefined;
    const zone = own ?? resourceAt(facts, view, ...item)?.expression('AvailabilityZone');
    return zone === undefined ? undefined : JSON.stringify(zone);
  });
  const isSame = zones.length > 1 && zones.every((zone) => zone !== undefined && zone === zones[0]);
  return isSame ? 'one' : 'several';
}
