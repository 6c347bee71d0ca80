import { manual, resourceRemediation, unknown, z } from '../../src/remediation.js';
import { judges } from './table.js';

const target = z.strictObject({
  instances: z
    .enum(['fix', 'report'])
    .describe(
      'whether second instances, which cost as much as the first, are planned (with consent) or only reported',
    ),
});

export const multiAz = resourceRemediation({
  id: 'multi-az',
  title: 'What keeps state or serves users outlives the loss of a zone',
  why: 'an Availability Zone fails as a whole now and then, and takes along what runs in it alone',
  guideRisk: 'medium',
  tryFirst: 'fail over once (reboot with failover, stop what runs in one zone) and measure how long it takes',
  checklist: 'availability',
  sources: [
    'https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/use-fault-isolation-to-protect-your-workload.html',
    'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html',
  ],
  equivalents: {
    checkov: ['CKV_AWS_157'],
    guard: ['RDS_MULTI_AZ_SUPPORT', 'OPENSEARCH_DATA_NODE_FAULT_TOLERANCE'],
    config: [
      'rds-multi-az-support',
      'opensearch-data-node-fault-tolerance',
      'elbv2-multiple-az',
      'autoscaling-multiple-az',
      'lambda-vpc-multi-az-check',
      'elasticache-repl-grp-auto-failover-enabled',
    ],
    securityHub: [
      ...['RDS.5', 'RDS.15', 'AutoScaling.2', 'ELB.10', 'ELB.13', 'Opensearch.6', 'ES.6', 'ES.7'],
      ...['ElastiCache.3', 'Lambda.5', 'SageMaker.4'],
    ],
  },
  appliesTo: Object.keys(judges),
  target,
  judge(view, { instances }, facts) {
    const verdict = judges[view.type]?.(view, facts) ?? unknown('nobody has said how it is judged');
    if (verdict.verdict !== 'fixable') return { verdict };
    const { because, riskBecause, wants } = verdict;
    if (instances === 'report') return { verdict: manual(`${because}; ${riskBecause}`) };
    return { target: wants[0]?.value ?? 'a second instance', verdict };
  },
});
