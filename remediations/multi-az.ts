import {
  compliant,
  type Facts,
  fixable,
  manual,
  notApplicable,
  numberOf,
  type Outcome,
  type ResourceView,
  resourceRemediation,
  scalarText,
  unknown,
  z,
} from '../src/remediation.js';
import { type AvailabilityRule, byHand, rules, type Setting } from './availability/table.js';

const target = z.strictObject({
  instances: z
    .enum(['fix', 'report'])
    .describe(
      'whether second instances, which cost as much as the first, are planned (with consent) or only reported',
    ),
});

const collection = 'AWS::OpenSearchServerless::Collection';

export const multiAz = resourceRemediation({
  id: 'multi-az',
  title: 'What keeps state or serves users outlives the loss of a zone',
  why: 'an Availability Zone fails as a whole now and then, and takes along what runs in it alone',
  guideRisk: 'medium',
  tryFirst: 'fail over once (reboot with failover, stop what runs in one zone) and measure how long it takes',
  checklist: 'availability',
  sources: [
    'https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/use-fault-isolation-to-protect-your-workload.html',
  ],
  equivalents: {
    checkov: ['CKV_AWS_157'],
    config: ['rds-multi-az-support', 'elasticache-repl-grp-auto-failover-enabled'],
    securityHub: ['RDS.5', 'ElastiCache.3'],
    kics: ['2b1d4935-9acf-48a7-8466-10d18bf51a69'],
  },
  appliesTo: [...Object.keys(rules), ...Object.keys(byHand), collection],
  target,
  judge(view, { instances }, facts) {
    if (view.type === collection) return { verdict: judgeCollection(view) };
    const rule = rules[view.type];
    if (rule === undefined) return judgeByHand(view, facts);
    const aurora = view.type === 'AWS::RDS::DBInstance' && auroraMember(view);
    if (aurora) return { verdict: notApplicable('it is a member of a cluster, which is judged itself') };
    const short = rule.settings.filter((setting) => !isMet(view, setting));
    if (short.length === 0) return { verdict: compliant('it is spread over zones') };
    const open = short.some(({ path }) => view.read(...path).some(({ outcome }) => isOpen(outcome)));
    if (open) return { verdict: unknown(`what its ${short[0]?.path.join('.')} comes to is not known`) };
    const because = `it runs in one zone: ${short.map(({ path }) => path.join('.')).join(' and ')}`;
    const obstacle = obstacleFor(view);
    if (obstacle !== undefined) return { verdict: manual(`${because}; ${obstacle}`) };
    if (instances === 'report') return { verdict: manual(`${because}; ${rule.because}`) };
    return { target: short[0]?.value ?? null, verdict: spread(because, rule, short) };
  },
});

function spread(because: string, rule: AvailabilityRule, short: readonly Setting[]) {
  return fixable(because, {
    wants: short.map((setting) => ({
      path: ['Properties', ...setting.path],
      value: setting.value,
      accepts: (outcome: Outcome) => isEnough(outcome, setting),
    })),
    risk: 'review',
    riskBecause: rule.because,
    update: rule.update,
    cost: {
      monthlyUsd: null,
      formula: 'price of the second instance x 730 hours, and transfer between zones',
    },
    prerequisites: [
      {
        what: 'its subnets lie in two zones at least',
        check: 'aws ec2 describe-subnets --subnet-ids IDS --query Subnets[].AvailabilityZone',
      },
    ],
  });
}

function isMet(view: ResourceView, setting: Setting): boolean {
  return view.read(...setting.path).every(({ outcome }) => isEnough(outcome, setting));
}

function isEnough(outcome: Outcome, { value, atLeast }: Setting): boolean {
  return atLeast === undefined ? scalarText(outcome) === String(value) : (numberOf(outcome) ?? 0) >= atLeast;
}

function isOpen(outcome: Outcome): boolean {
  return outcome.kind === 'unknown' || outcome.kind === 'resource';
}

function auroraMember(view: ResourceView): boolean {
  return view.read('DBClusterIdentifier').some(({ outcome }) => outcome.kind !== 'absent');
}

/** What makes the property useless or refused. */
function obstacleFor(view: ResourceView): string | undefined {
  const has = (property: string) => view.expression(property) !== undefined;
  if (view.type === 'AWS::RDS::DBInstance' && has('AvailabilityZone')) {
    return 'its AvailabilityZone is fixed, and both together are refused';
  }
  if (view.type === 'AWS::ElastiCache::ReplicationGroup') {
    const counts = ['NumCacheClusters', 'ReplicasPerNodeGroup'].flatMap((property) =>
      view.read(property).map(({ outcome }) => [property, numberOf(outcome) ?? 0] as const),
    );
    const hasReplica = counts.some(([property, count]) => count >= (property === 'NumCacheClusters' ? 2 : 1));
    if (!hasReplica) return 'it has no replica to fail over to';
  }
  if (view.type === 'AWS::OpenSearchService::Domain') {
    const even = view
      .read('ClusterConfig', 'InstanceCount')
      .map(({ outcome }) => numberOf(outcome) ?? 0)
      .every((nodes) => nodes >= 2 && nodes % 2 === 0);
    if (!even) return 'zones need an even number of data nodes, two at least';
  }
  return undefined;
}

function judgeByHand(view: ResourceView, facts: Facts) {
  const because = byHand[view.type] ?? 'it is spread by hand';
  if (!view.type.endsWith('::DBCluster')) return { verdict: manual(because) };
  const members = facts
    .resources(view.type.replace(/DBCluster$/, 'DBInstance'))
    .filter((member) =>
      member
        .read('DBClusterIdentifier')
        .some(
          ({ outcome }) =>
            outcome.kind === 'resource' &&
            outcome.stack === view.stack &&
            outcome.logicalId === view.logicalId,
        ),
    );
  if (members.length >= 2) return { verdict: compliant(`it has ${members.length} instances`) };
  return { verdict: manual(because) };
}

/** Standby replicas are there unless somebody says no, and are fixed when the collection is made. */
function judgeCollection(view: ResourceView) {
  const isOff = view
    .read('StandbyReplicas')
    .some(({ outcome }) => outcome.kind === 'value' && outcome.value === 'DISABLED');
  return isOff
    ? manual('its standby replicas are off, which is fixed when it is made; a new collection takes its place')
    : compliant('it has standby replicas in other zones');
}
