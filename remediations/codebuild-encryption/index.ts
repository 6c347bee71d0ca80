import {
  compliant,
  type Facts,
  fixable,
  type Need,
  notApplicable,
  type ResourceView,
  resourceRemediation,
  type Value,
  type Want,
  z,
} from '../../src/remediation.js';
import { encryptWith } from '../kit/encrypt-with.js';
import { keyLetsAccountIn } from '../kit/key-prerequisites.js';
import { alwaysSays, itemsAt, says, usd } from '../kit/values.js';
import { type ArtifactReaders, artifactReaders, noReaders } from './readers.js';

const target = z.strictObject({
  projectsWithoutOutput: z
    .enum(['encrypt', 'exempt'])
    .describe(
      'projects that write no artefacts, cache or logs to a bucket, where the key has nothing to encrypt',
    ),
});

/** @source https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-kms.html */
const keyActions = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncrypt*',
  'kms:GenerateDataKey*',
  'kms:DescribeKey',
];

const reportGroup = 'AWS::CodeBuild::ReportGroup';

export const codebuildEncryption = resourceRemediation({
  id: 'codebuild-encryption',
  title: 'Build projects encrypt what they write with a customer-managed key',
  why: 'artefacts hold the code that will run, and the key AWS manages can be neither audited nor revoked',
  guideRisk: 'medium',
  tryFirst: 'run every project once: a role without the key fails in UPLOAD_ARTIFACTS, not in the stack',
  checklist: 'customer-managed-keys',
  sources: ['https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-kms.html'],
  equivalents: {
    checkov: ['CKV_AWS_147', 'CKV_AWS_78'],
    cfnNag: ['W32'],
    guard: ['CODEBUILD_ENCRYPTION_KEY_RULE'],
    config: ['codebuild-project-artifact-encryption', 'codebuild-project-s3-logs-encrypted'],
    securityHub: ['CodeBuild.3'],
    kics: ['d7467bb6-3ed1-4c82-8095-5e7a818d0aad'],
  },
  appliesTo: ['AWS::CodeBuild::Project', reportGroup],
  target,
  judge(view, { projectsWithoutOutput }, facts) {
    const isReport = view.type === reportGroup;
    if (isReport && !says('S3', view, 'ExportConfig', 'ExportConfigType')) {
      return { verdict: notApplicable('it exports no reports to a bucket') };
    }
    const path = isReport ? ['ExportConfig', 'S3Destination', 'EncryptionKey'] : ['EncryptionKey'];
    const current = view.expression(...path) ?? null;
    if (!isReport && projectsWithoutOutput === 'exempt' && !writesOutput(view)) {
      return { current, verdict: notApplicable('it writes no artefacts, cache or logs to a bucket') };
    }
    const disabled = (
      isReport ? [['ExportConfig', 'S3Destination', 'EncryptionDisabled']] : switches(view)
    ).filter((each) => says('true', view, ...each));
    const on = disabled.map((each): Want => ({ path: ['Properties', ...each], value: false }));
    const off = `it switches encryption off (${disabled.map((each) => each.join('.')).join(', ')})`;
    const readers = isReport ? noReaders : artifactReaders(view, facts);
    const isKept = facts.keyState(view, path).kind === 'own';
    if (isKept && disabled.length === 0) {
      return { current, ...(isReport ? inOrder : judgeUsers(view, readers, facts)) };
    }
    if (isKept) {
      const key = keyArn(view, facts);
      return {
        current,
        verdict: fixable(`${off}, though it has a key`, {
          wants: on,
          needs: [...mayUse(view, key), ...readers.needs(key)],
          ...readersUnseen,
          cost: costOf(facts),
        }),
      };
    }
    const without =
      disabled.length > 0 ? off : 'what it writes is encrypted with the key AWS manages for Amazon S3';
    const preferred = isReport ? undefined : readers.storeKey;
    return encryptWith({ view, path, without, preferred }, facts, (key) => ({
      wants: on,
      needs: [...mayUse(view, key.arn), ...readers.needs(key.arn)],
      ...(disabled.length > 0 && readersUnseen),
      ...(readers.unseen.length > 0 && {
        risk: 'review',
        riskBecause: `${readers.unseen.join(' and ')} read what it builds, and need kms:Decrypt on the key from then on`,
      }),
      cost: costOf(facts),
      prerequisites: [keyLetsAccountIn(key)],
      leaves: leavesOf(view, isReport),
    }));
  },
});

const readersUnseen = {
  risk: 'review',
  riskBecause: 'whoever reads what it writes needs the right to use the key from then on',
} as const;

/** Reports are exported with the role of the project that makes them. */
function mayUse(view: ResourceView, key: Value | undefined): readonly Need[] {
  if (view.type === reportGroup || key === undefined) return [];
  return [{ kind: 'permission', logicalId: view.logicalId, actions: keyActions, resource: key }];
}

/** The key it names, where a policy can name it too: an alias is no resource of a statement about keys. */
function keyArn(view: ResourceView, facts: Facts): Value | undefined {
  return facts.keyNamed(view.stack, view.expression('EncryptionKey'))?.arn;
}

const inOrder = { verdict: compliant('its key is a customer-managed one') };

/**
 * A build whose role may not use the key fails when it uploads, a pipeline whose role may not when it fetches: both long
 * after the stack has been updated.
 */
function judgeUsers(view: ResourceView, readers: ArtifactReaders, facts: Facts) {
  const key = keyArn(view, facts);
  if (key === undefined || !writesOutput(view)) return inOrder;
  const refused = keyActions.filter((action) => facts.allows(view, action.replace('*', ''), key) === 'no');
  const lockedOut = readers.lockedOut(key);
  const faults = [
    ...(refused.length > 0 ? [`its role may not use (${refused.join(', ')})`] : []),
    ...(lockedOut.length > 0 ? [`${lockedOut.join(' and ')} may not use to read what it builds`] : []),
  ];
  if (faults.length === 0) return inOrder;
  const needs = [
    ...(refused.length > 0 ? mayUse(view, key) : []),
    ...(lockedOut.length > 0 ? readers.needs(key) : []),
  ];
  const because = `its key is a customer-managed one, which ${faults.join(' and ')}`;
  return { target: key, verdict: fixable(because, { wants: [], needs, cost: costOf(facts) }) };
}

function costOf(facts: Facts) {
  return {
    monthlyUsd: null,
    formula: `key requests of builds x ${usd('kms-10000-requests', facts)} USD per 10,000`,
  };
}

function leavesOf(view: ResourceView, isReport: boolean): readonly string[] {
  if (isReport) return ['reports that are exported already keep the key they were written with'];
  const readsBucket = says('S3', view, 'Source', 'Type') || says('CODEPIPELINE', view, 'Source', 'Type');
  return [
    'the key covers artefacts, cache and logs in buckets; logs in CloudWatch have the key of their log group, and plain variables have none',
    ...(readsBucket ? ['a source in a bucket under another key needs kms:Decrypt on that key'] : []),
  ];
}

/** Where encryption can be switched off. */
function switches(view: ResourceView): readonly (readonly string[])[] {
  return [
    ['Artifacts', 'EncryptionDisabled'],
    ['LogsConfig', 'S3Logs', 'EncryptionDisabled'],
    ...itemsAt(view, 'SecondaryArtifacts').map((item) => [...item, 'EncryptionDisabled']),
  ];
}

function writesOutput(view: ResourceView): boolean {
  const isNowhere = alwaysSays('NO_ARTIFACTS', view, 'Artifacts', 'Type');
  const hasMore = view.expression('SecondaryArtifacts') !== undefined;
  // A local cache stays on the build host.
  const hasCache = says('S3', view, 'Cache', 'Type');
  return !isNowhere || hasMore || hasCache || says('ENABLED', view, 'LogsConfig', 'S3Logs', 'Status');
}
