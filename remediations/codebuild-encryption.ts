import {
  compliant,
  fixable,
  manual,
  notApplicable,
  type ResourceView,
  resourceRemediation,
  unknown,
  z,
} from '../src/remediation.js';
import { isOwnKey } from './encryption/outcomes.js';

const target = z.strictObject({
  projectsWithoutOutput: z
    .enum(['encrypt', 'exempt'])
    .describe(
      'projects that write no artefacts, cache or logs to a bucket, where the key has nothing to encrypt',
    ),
});

const keyActions = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncrypt*',
  'kms:GenerateDataKey*',
  'kms:DescribeKey',
];

export const codebuildEncryption = resourceRemediation({
  id: 'codebuild-encryption',
  title: 'Build projects encrypt what they write with a customer-managed key',
  why: 'artefacts hold the code that will run, and the key AWS manages can be neither audited nor revoked',
  guideRisk: 'medium',
  tryFirst: 'run every project once: a role without the key fails in UPLOAD_ARTIFACTS, not in the stack',
  checklist: 'customer-managed-keys',
  sources: ['https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-kms.html'],
  equivalents: {
    cfnNag: ['W32'],
    guard: ['CODEBUILD_ENCRYPTION_KEY_RULE'],
    kics: ['d7467bb6-3ed1-4c82-8095-5e7a818d0aad'],
  },
  appliesTo: ['AWS::CodeBuild::Project'],
  target,
  judge(view, { projectsWithoutOutput }, facts) {
    const current = view.expression('EncryptionKey') ?? null;
    if (projectsWithoutOutput === 'exempt' && !writesOutput(view)) {
      return { current, verdict: notApplicable('it writes no artefacts, cache or logs to a bucket') };
    }
    const answer = facts.isCustomerManagedKey(view.expression('EncryptionKey'), view.stack);
    if (answer === 'yes') return { current, verdict: compliant('its key is a customer-managed one') };
    if (answer === 'unknown')
      return { current, verdict: unknown('what its EncryptionKey comes to is not known') };
    const key = facts.encryptionKey(view.stack);
    if ('because' in key) return { current, verdict: manual(key.because) };
    const price = facts.settings.prices['kms-10000-requests'] ?? 0;
    return {
      current,
      target: key.arn,
      verdict: fixable('what it writes is encrypted with the key AWS manages for Amazon S3', {
        wants: [{ path: ['Properties', 'EncryptionKey'], value: key.arn, accepts: isOwnKey }],
        needs: [
          ...key.needs,
          { kind: 'permission', logicalId: view.logicalId, actions: keyActions, resource: key.arn },
        ],
        cost: { monthlyUsd: null, formula: `key requests of builds x ${price.toFixed(2)} USD per 10,000` },
        leaves: [
          'the key covers artefacts, cache and logs in buckets; logs in CloudWatch have the key of their log group, and plain variables have none',
        ],
      }),
    };
  },
});

function writesOutput(view: ResourceView): boolean {
  const is = (expected: string, ...path: readonly string[]) =>
    view.read(...path).every(({ outcome }) => outcome.kind === 'value' && outcome.value === expected);
  const isAbsent = (...path: readonly string[]) =>
    view.read(...path).every(({ outcome }) => outcome.kind === 'absent');
  const hasArtifacts = !is('NO_ARTIFACTS', 'Artifacts', 'Type') || !isAbsent('SecondaryArtifacts');
  const hasCache = !isAbsent('Cache') && !is('NO_CACHE', 'Cache', 'Type');
  return hasArtifacts || hasCache || is('ENABLED', 'LogsConfig', 'S3Logs', 'Status');
}
