import {
  type Companion,
  compliant,
  type Facts,
  fixable,
  isList,
  isMap,
  notApplicable,
  type PropertyEdit,
  type ResourceView,
  resourceRemediation,
  type Stack,
  type Value,
  z,
} from '../../src/remediation.js';
import { encryptWith, keyLetsAccountIn } from '../kit/encrypt-with.js';
import { alwaysSays, itemsAt, refersTo, resourceAt, rulesAbout, says, textAt, usd } from '../kit/values.js';

const target = z.strictObject({
  projectsWithoutOutput: z
    .enum(['encrypt', 'exempt'])
    .describe(
      'projects that write no artifacts, cache or logs to a bucket, where the key has nothing to encrypt',
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

const projectType = 'AWS::CodeBuild::Project';
const reportGroup = 'AWS::CodeBuild::ReportGroup';

export const codebuildEncryption = resourceRemediation({
  id: 'codebuild-encryption',
  title: 'Build projects encrypt what they write with a customer-managed key',
  why: 'artifacts hold the code that will run, and the key AWS manages can be neither audited nor revoked',
  guideRisk: 'medium',
  isSecurity: true,
  tryFirst: 'run every project once: a role without the key fails in UPLOAD_ARTIFACTS, not in the stack',
  checklist: 'customer-managed-keys',
  sources: ['https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-kms.html'],
  equivalents: {
    checkov: ['CKV_AWS_147', 'CKV_AWS_78'],
    cfnNag: ['W32'],
    cdkNag: ['AwsSolutions-CB4'],
    guard: ['CODEBUILD_ENCRYPTION_KEY_RULE'],
    config: ['codebuild-project-artifact-encryption', 'codebuild-project-s3-logs-encrypted'],
    securityHub: ['CodeBuild.3'],
    kics: ['d7467bb6-3ed1-4c82-8095-5e7a818d0aad'],
    prowler: ['codebuild_project_s3_logs_encrypted', 'codebuild_report_group_export_encrypted'],
  },
  ruleScopes: {
    ...rulesAbout(
      { types: [projectType], properties: ['EncryptionKey'] },
      ...['W32', 'AwsSolutions-CB4', 'CODEBUILD_ENCRYPTION_KEY_RULE'],
    ),
    CKV_AWS_147: { types: [projectType] },
    CKV_AWS_78: { types: [projectType], properties: ['Artifacts'] },
  },
  appliesTo: [projectType, reportGroup],
  target,
  judge(view, { projectsWithoutOutput }, facts) {
    const isReport = view.type === reportGroup;
    if (isReport && !says('S3', view, 'ExportConfig', 'ExportConfigType')) {
      return { verdict: notApplicable('it exports no reports to a bucket') };
    }
    const path = isReport ? ['ExportConfig', 'S3Destination', 'EncryptionKey'] : ['EncryptionKey'];
    const current = view.expression(...path) ?? null;
    if (!isReport && projectsWithoutOutput === 'exempt' && !writesOutput(view)) {
      return { current, verdict: notApplicable('it writes no artifacts, cache or logs to a bucket') };
    }
    const disabled = (
      isReport ? [['ExportConfig', 'S3Destination', 'EncryptionDisabled']] : switches(view)
    ).filter((each) => says('true', view, ...each));
    const on = disabled.map((each): PropertyEdit => ({ path: ['Properties', ...each], value: false }));
    const off = `it switches encryption off (${disabled.map((each) => each.join('.')).join(', ')})`;
    const readers = isReport ? noReaders : artifactReaders(view, facts);
    const outputs = outputsOf(view);
    const others = (key: Value | undefined) => readersOfBuckets(view, outputs, key, facts);
    const isKept = facts.keyState(view, path).kind === 'own';
    if (isKept && disabled.length === 0) {
      return { current, ...(isReport ? inOrder : judgeUsers(view, readers, facts)) };
    }
    if (isKept) {
      const key = keyArn(view, facts);
      return {
        current,
        verdict: fixable(`${off}, though it has a key`, {
          edits: on,
          companions: [...mayUse(view, key), ...readers.companions(key), ...others(key)],
          ...readersUnseen,
          cost: costOf(facts),
        }),
      };
    }
    const without =
      disabled.length > 0 ? off : 'what it writes is encrypted with the key AWS manages for Amazon S3';
    const preferred = isReport ? undefined : readers.storeKey;
    return encryptWith({ view, path, without, preferred }, facts, (key) => ({
      edits: on,
      companions: [...mayUse(view, key.arn), ...readers.companions(key.arn), ...others(key.arn)],
      ...((disabled.length > 0 || outputs.length > 0) && readersUnseen),
      ...(readers.unseen.length > 0 && {
        risk: 'review',
        riskBecause: `${readers.unseen.join(' and ')} read what it builds, and need kms:Decrypt on the key from then on`,
      }),
      cost: costOf(facts),
      prerequisites: [keyLetsAccountIn(key)],
      notes: notesOf(view, isReport),
    }));
  },
});

const readersUnseen = {
  risk: 'review',
  riskBecause: 'readers of what it writes need permission to use the key from then on',
} as const;

/** What is written to a bucket for others to read, from the properties to what names the bucket; a cache is the build's own. */
function outputsOf(view: ResourceView): readonly (readonly string[])[] {
  if (view.type === reportGroup) return [['ExportConfig', 'S3Destination', 'Bucket']];
  const artifacts = [['Artifacts'], ...itemsAt(view, 'SecondaryArtifacts')];
  return [
    ...artifacts.filter((each) => says('S3', view, ...each, 'Type')).map((each) => [...each, 'Location']),
    ...(says('ENABLED', view, 'LogsConfig', 'S3Logs', 'Status')
      ? [['LogsConfig', 'S3Logs', 'Location']]
      : []),
  ];
}

/** The roles of the template that may read the objects of those buckets already. */
function readersOfBuckets(
  view: ResourceView,
  outputs: readonly (readonly string[])[],
  key: Value | undefined,
  facts: Facts,
): readonly Companion[] {
  const buckets = outputs.flatMap((output) => resourceAt(facts, view, ...output) ?? []);
  const own = buckets.filter(({ stack, type }) => stack === view.stack && type === 'AWS::S3::Bucket');
  if (key === undefined || own.length === 0) return [];
  const writer = resourceAt(facts, view, 'ServiceRole');
  return facts
    .resources('AWS::IAM::Role', 'AWS::Serverless::Function')
    .filter(
      (role) =>
        role.stack === view.stack &&
        role.logicalId !== writer?.logicalId &&
        role.expression('Role') === undefined &&
        own.some(
          ({ logicalId }) =>
            facts.allows(role, 's3:GetObject', { 'Fn::Sub': `\${${logicalId}.Arn}/*` }) === 'yes',
        ),
    )
    .map(({ logicalId }) => ({ kind: 'permission', logicalId, actions: readActions, resource: key }));
}

/** Reports are exported with the role of the project that makes them. */
function mayUse(view: ResourceView, key: Value | undefined): readonly Companion[] {
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
  const companions = [
    ...(refused.length > 0 ? mayUse(view, key) : []),
    ...(lockedOut.length > 0 ? readers.companions(key) : []),
  ];
  const because = `its key is a customer-managed one, which ${faults.join(' and ')}`;
  return { target: key, verdict: fixable(because, { edits: [], companions, cost: costOf(facts) }) };
}

function costOf(facts: Facts) {
  return {
    monthlyUsd: null,
    formula: `key requests of builds x ${usd('kms-10000-requests', facts)} USD per 10,000`,
  };
}

function notesOf(view: ResourceView, isReport: boolean): readonly string[] {
  if (isReport) return ['reports that are exported already keep the key they were written with'];
  const readsBucket = says('S3', view, 'Source', 'Type') || says('CODEPIPELINE', view, 'Source', 'Type');
  return [
    'the key covers artifacts, cache and logs in buckets; logs in CloudWatch have the key of their log group, and plain variables have none',
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

/** Who reads what a project builds, as far as pipelines of the templates say. */
interface ArtifactReaders {
  /** What lets the roles of the templates read it. */
  companions(key: Value | undefined): readonly Companion[];
  /** Those of them that may not use the key yet, by their logical ids. */
  lockedOut(key: Value): readonly string[];
  /** Those whose role is not of the project's template. */
  readonly unseen: readonly string[];
  /** The key the pipeline keeps all of its artifacts under. */
  readonly storeKey: Value | undefined;
}

const noReaders: ArtifactReaders = {
  companions: () => [],
  lockedOut: () => [],
  unseen: [],
  storeKey: undefined,
};

/** @source https://docs.aws.amazon.com/codepipeline/latest/userguide/S3-artifact-encryption.html */
const readActions = ['kms:Decrypt', 'kms:DescribeKey'];

/**
 * The pipelines a project builds for: the actions that take in what it made, with roles of their own or the pipeline's.
 * @source https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html
 */
function artifactReaders(project: ResourceView, facts: Facts): ArtifactReaders {
  const pipelines = facts.usersOf(project, 'AWS::CodePipeline::Pipeline');
  const roles = new Map<string, { readonly stack: Stack; readonly logicalId: string }>();
  const unseen: string[] = [];
  for (const pipeline of pipelines) {
    for (const reader of readersIn(pipeline, project, facts)) {
      if (typeof reader === 'string' || reader.stack !== project.stack) {
        unseen.push(
          typeof reader === 'string' ? reader : `${reader.logicalId} in ${reader.stack.template.path}`,
        );
      } else roles.set(reader.logicalId, reader);
    }
  }
  return {
    companions: (key) =>
      key === undefined
        ? []
        : [...roles.values()].map(({ logicalId }) => ({
            kind: 'permission',
            logicalId,
            actions: readActions,
            resource: key,
          })),
    lockedOut: (key) =>
      [...roles.values()].flatMap(({ stack, logicalId }) => {
        const view = facts.resource(stack, logicalId);
        return view !== undefined && facts.allows(view, 'kms:Decrypt', key) === 'no' ? [logicalId] : [];
      }),
    unseen: [...new Set(unseen)],
    storeKey: pipelines.map((pipeline) => storeKeyOf(pipeline, project)).find((key) => key !== undefined),
  };
}

/** The key of the pipeline's store, where it is named and the project can name it too. */
function storeKeyOf(pipeline: ResourceView, { stack }: ResourceView): Value | undefined {
  return pipeline.stack === stack ? pipeline.expression('ArtifactStore', 'EncryptionKey', 'Id') : undefined;
}

interface Action {
  readonly path: readonly string[];
  readonly body: Readonly<Record<string, Value>>;
}

/** Something whose role reads the artifacts, or words for it where its role is not of the templates. */
type Reader = string | { readonly stack: Stack; readonly logicalId: string };

function readersIn(pipeline: ResourceView, project: ResourceView, facts: Facts): readonly Reader[] {
  const actions = actionsOf(pipeline);
  if (actions === undefined) return [`actions of ${pipeline.logicalId}`];
  const made = new Set(
    actions
      .filter((action) => isOf(action, pipeline, project))
      .flatMap(({ body }) => artifactsOf(body.OutputArtifacts)),
  );
  return actions
    .filter(({ body }) => artifactsOf(body.InputArtifacts).some((name) => made.has(name)))
    .flatMap((action) => [readerOf(action, pipeline, facts), ...agentsOf(action, pipeline)]);
}

/**
 * The agent of CodeDeploy fetches what is deployed with the role of the instance it is on.
 * @source https://docs.aws.amazon.com/codedeploy/latest/userguide/getting-started-create-iam-instance-profile.html
 */
function agentsOf({ path, body }: Action, pipeline: ResourceView): readonly Reader[] {
  if (!isProvider(body, 'CodeDeploy')) return [];
  return [`the instances that ${wordsFor({ path, body }, pipeline)} deploys to`];
}

function wordsFor({ path }: Action, pipeline: ResourceView): string {
  const name = textAt(pipeline, ...path, 'Name');
  return `${name === undefined ? 'an action' : `action ${name}`} of ${pipeline.logicalId}`;
}

function readerOf({ path, body }: Action, pipeline: ResourceView, facts: Facts): Reader {
  const said = wordsFor({ path, body }, pipeline);
  // A build action reads with the role of its project; the pipeline starts it.
  if (isProvider(body, 'CodeBuild')) {
    return resourceAt(facts, pipeline, ...path, 'Configuration', 'ProjectName') ?? `the project of ${said}`;
  }
  if (body.RoleArn === undefined) return pipeline;
  const role = resourceAt(facts, pipeline, ...path, 'RoleArn');
  return role?.type === 'AWS::IAM::Role' ? role : `the role of ${said}`;
}

function isProvider({ ActionTypeId: type }: Action['body'], provider: string): boolean {
  return isMap(type) && type.Provider === provider;
}

function isOf({ path, body }: Action, pipeline: ResourceView, project: ResourceView): boolean {
  return (
    isProvider(body, 'CodeBuild') && refersTo(project, pipeline, ...path, 'Configuration', 'ProjectName')
  );
}

/** `undefined` where they are not written out. */
function actionsOf(pipeline: ResourceView): readonly Action[] | undefined {
  const actions = itemsAt(pipeline, 'Stages').flatMap((stage) => itemsAt(pipeline, ...stage, 'Actions'));
  const found = actions.map((path) => ({ path, body: pipeline.expression(...path) }));
  const isWritten = ({ body }: { readonly body: Value | undefined }) =>
    isMap(body) && isMap(body.ActionTypeId);
  return found.length > 0 && found.every(isWritten) ? (found as readonly Action[]) : undefined;
}

function artifactsOf(listed: Value | undefined): readonly string[] {
  return (isList(listed) ? listed : []).flatMap((each) =>
    isMap(each) && typeof each.Name === 'string' ? [each.Name] : [],
  );
}
