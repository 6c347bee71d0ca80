import {
  compliant,
  type Facts,
  fixable,
  manual,
  notApplicable,
  type ResourceView,
  resourceRemediation,
  unknown,
  type Want,
  z,
} from '../src/remediation.js';
import { isTrue, stateful } from './recovery/stateful.js';

const target = z.strictObject({
  keepOnDeletion: z
    .enum(['retain', 'ignore'])
    .describe('whether stores of data and keys stay when the stack is deleted or replaces them'),
  pointInTimeRecovery: z.boolean().describe('whether tables can be restored to any moment of the last weeks'),
  versioning: z.boolean().describe('whether buckets keep what is overwritten or deleted'),
  logGroups: z
    .enum(['all', 'audit-security', 'none'])
    .describe('log groups that stay when the stack is deleted: all, those of class audit-security, or none'),
});
type Target = z.infer<typeof target>;

export const disasterRecovery = resourceRemediation({
  id: 'disaster-recovery',
  title: 'Data and the keys to it survive mistakes and the deletion of the stack',
  why: 'a deleted key makes everything encrypted with it unreadable, and a deleted table is gone',
  guideRisk: 'high',
  tryFirst:
    'restore a table, and delete a copy of the stack: what stays behind must not stand in the way of the next one',
  checklist: 'recovery-plan',
  sources: [
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html',
    'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html',
  ],
  equivalents: {
    checkov: ['CKV_AWS_21', 'CKV_AWS_28'],
    cfnNag: ['W78'],
    guard: ['DYNAMODB_PITR_ENABLED', 'S3_BUCKET_VERSIONING_ENABLED'],
    config: ['dynamodb-pitr-enabled', 's3-bucket-versioning-enabled'],
    securityHub: ['DynamoDB.2', 'S3.14'],
    kics: ['0f04217d-488f-4e7a-bec8-f16159686cd6', 'a227ec01-f97a-4084-91a4-47b350c1db54'],
  },
  appliesTo: [...Object.keys(stateful), 'AWS::Logs::LogGroup'],
  target,
  judge(view, policy, facts) {
    const exempt = exemption(view, policy, facts);
    if (exempt !== undefined) return { verdict: notApplicable(exempt) };
    const wants = [...keepWants(view, policy), ...recoveryWants(view, policy)];
    const open = wants.find(({ path }) =>
      view
        .read(...path.slice(1))
        .some(({ outcome }) => path[0] === 'Properties' && outcome.kind === 'unknown'),
    );
    if (open !== undefined)
      return { verdict: unknown(`what its ${open.path.slice(1).join('.')} comes to is not known`) };
    if (wants.length === 0)
      return { verdict: compliant('it can be restored, and stays when the stack goes') };
    const fixed = wants.find(
      ({ path }) => typeof view.body[path[0] ?? ''] === 'string' && path[0] !== 'Properties',
    );
    if (fixed !== undefined && view.body[fixed.path[0] ?? ''] === 'Delete') {
      return {
        verdict: manual(`its ${fixed.path[0]} is Delete: somebody decided that it goes with the stack`),
      };
    }
    const hasName =
      stateful[view.type]?.name !== undefined &&
      view.expression(stateful[view.type]?.name ?? '') !== undefined;
    return {
      target: wants[0]?.value ?? null,
      verdict: fixable(
        `it lacks ${wants.map(({ path }) => path.filter((token) => token !== 'Properties').join('.')).join(', ')}`,
        {
          wants,
          cost: { monthlyUsd: null, formula: 'size of what is kept longer x price of its storage' },
          ...(hasName && {
            leaves: ['it has a name of its own: what is kept stands in the way when the stack is made again'],
          }),
        },
      ),
    };
  },
});

function exemption(
  view: ResourceView,
  { logGroups, keepOnDeletion }: Target,
  facts: Facts,
): string | undefined {
  if (view.type !== 'AWS::Logs::LogGroup') return undefined;
  if (logGroups === 'none' || keepOnDeletion === 'ignore')
    return 'the policy lets log groups go with the stack';
  const { class: kind } = facts.logGroupClass(view.stack, view.logicalId) ?? { class: 'application' };
  return logGroups === 'all' || kind === 'audit-security'
    ? undefined
    : `it is a log group of class ${kind}, which the policy lets go with the stack`;
}

/** `Snapshot` and `RetainExceptOnCreate` keep the data as well. */
function keepWants(view: ResourceView, { keepOnDeletion }: Target): readonly Want[] {
  if (keepOnDeletion === 'ignore') return [];
  const value = stateful[view.type]?.keep ?? 'Retain';
  return ['DeletionPolicy', 'UpdateReplacePolicy']
    .filter((attribute) => {
      const said = view.body[attribute];
      return said === undefined || said === 'Delete';
    })
    .map((attribute) => ({ path: [attribute], value, individual: true }));
}

function recoveryWants(view: ResourceView, { pointInTimeRecovery, versioning }: Target): readonly Want[] {
  if (view.type === 'AWS::DynamoDB::Table' && pointInTimeRecovery) {
    const path = ['PointInTimeRecoverySpecification', 'PointInTimeRecoveryEnabled'];
    return view.read(...path).every(({ outcome }) => isTrue(outcome))
      ? []
      : [{ path: ['Properties', ...path], value: true, accepts: isTrue, individual: true }];
  }
  if (view.type === 'AWS::S3::Bucket' && versioning) {
    const path = ['VersioningConfiguration', 'Status'];
    const isEnabled = view
      .read(...path)
      .every(({ outcome }) => outcome.kind === 'value' && outcome.value === 'Enabled');
    return isEnabled ? [] : [{ path: ['Properties', ...path], value: 'Enabled', individual: true }];
  }
  return [];
}
