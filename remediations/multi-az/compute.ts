import {
  compliant,
  type Facts,
  isList,
  isMap,
  manual,
  notApplicable,
  type ResourceView,
  unknown,
  type Want,
} from '../../src/remediation.js';
import { isGiven, textAt } from '../kit/values.js';
import { atLeast, type Judge, openAt, spread, zonesOf } from './spread.js';

const oneZone = 'its subnets lie in one zone; add one in another';

/** @source https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html */
export const scalingGroup: Judge = (view, facts) => {
  const listed = isGiven(view, 'VPCZoneIdentifier') ? 'VPCZoneIdentifier' : 'AvailabilityZones';
  if (zonesOf(view, [listed], facts) === 'one') return manual(oneZone);
  const open = openAt(view, 'MinSize') ?? openAt(view, 'MaxSize');
  if (open !== undefined) return unknown(open);
  const smallest = atLeast(view, ['MinSize'], 2, '2');
  if (smallest.length === 0) return compliant('two instances or more run in its zones');
  // The desired capacity has to lie between the two.
  const wants = [...smallest, ...atLeast(view, ['MaxSize'], 2, '2')];
  const desired = isGiven(view, 'DesiredCapacity') ? atLeast(view, ['DesiredCapacity'], 2, '2') : [];
  return spread('a single instance runs: MinSize', {
    wants: [...wants, ...desired],
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
  const scaled = scalerOf(view, facts);
  if (!isGiven(view, 'DesiredCount') && scaled !== undefined) {
    return notApplicable(`how many tasks run is for ${scaled.logicalId} to say, which is judged itself`);
  }
  const open = openAt(view, 'DesiredCount');
  if (open !== undefined) return unknown(open);
  const wants = atLeast(view, ['DesiredCount'], 2);
  if (wants.length === 0) return compliant('two tasks or more run in its zones');
  return spread('a single task runs: DesiredCount', {
    wants,
    consent: 'a second task runs all the time',
    second: '1 more task',
    leaves: ['tasks that keep state of their own have to agree on it once there are two'],
  });
};

function scalerOf(view: ResourceView, facts: Facts): ResourceView | undefined {
  const [scaler] = facts.usersOf(view, 'AWS::ApplicationAutoScaling::ScalableTarget');
  return scaler;
}

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
    wants: [...smallest, ...atLeast(view, ['MaxCapacity'], 2)],
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
  const wants: Want[] = [];
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
    wants.push(...short);
    if (short.length > 0)
      sizes.push(textAt(view, 'ProductionVariants', String(index), 'InstanceType') ?? 'instance');
  }
  if (wants.length === 0) return compliant('every variant has two instances or more, or none of its own');
  const because = 'a variant runs on a single instance: InitialInstanceCount';
  if (view.expression('EndpointConfigName') !== undefined) {
    return manual(
      `${because}; the number is fixed when the configuration is made, and a new one cannot have its name (EndpointConfigName)`,
    );
  }
  return spread(because, {
    wants,
    consent: 'a second instance runs all the time, and the endpoint moves over to a new configuration',
    second: sizes.map((size) => `1 more ${size}`).join(' and '),
    leaves: [
      'two instances lie in different zones where the endpoint is in no network, or its subnets lie in two',
    ],
  });
};

/** @source https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html */
export const lambdaFunction: Judge = (view, facts) => {
  if (!isGiven(view, 'VpcConfig', 'SubnetIds'))
    return notApplicable('outside a network of its own it spans the zones');
  const zones = zonesOf(view, ['VpcConfig', 'SubnetIds'], facts);
  if (zones === 'unknown') return unknown('how many subnets it has is not known');
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
      ? unknown('how many subnets it has is not known')
      : compliant('it takes subnets in two zones or more only');
  }
  return zones === 'several'
    ? compliant(`its ${listed} lie in several zones`)
    : manual(`${oneZone}; it stays in place`);
};
