import {
  type Facts,
  isList,
  isMap,
  type Need,
  type ResourceView,
  type Stack,
  scalarText,
  type Value,
} from '../../src/remediation.js';

/** Who reads what a project builds, as far as pipelines of the templates say. */
export interface ArtifactReaders {
  /** What lets the roles of the templates read it. */
  needs(key: Value | undefined): readonly Need[];
  /** Those whose role is not of the project's template. */
  readonly unseen: readonly string[];
  /** The key the pipeline keeps all of its artifacts under. */
  readonly storeKey: Value | undefined;
}

export const noReaders: ArtifactReaders = { needs: () => [], unseen: [], storeKey: undefined };

/** @source https://docs.aws.amazon.com/codepipeline/latest/userguide/S3-artifact-encryption.html */
const readActions = ['kms:Decrypt', 'kms:DescribeKey'];

/**
 * The pipelines a project builds for: the actions that take in what it made, with roles of their own or the pipeline's.
 * @source https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html
 */
export function artifactReaders(project: ResourceView, facts: Facts): ArtifactReaders {
  const pipelines = facts.usersOf(project).filter(({ type }) => type === 'AWS::CodePipeline::Pipeline');
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
    needs: (key) =>
      key === undefined
        ? []
        : [...roles.values()].map(({ logicalId }) => ({
            kind: 'permission',
            logicalId,
            actions: readActions,
            resource: key,
          })),
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
    .map((action) => readerOf(action, pipeline, facts));
}

function readerOf({ path, body }: Action, pipeline: ResourceView, facts: Facts): Reader {
  const [built] = pipeline.read(...path, 'Configuration', 'ProjectName').map(({ outcome }) => outcome);
  // A build action reads with the role of its project; the pipeline starts it.
  if (isProvider(body, 'CodeBuild')) {
    const other = built?.kind === 'resource' ? facts.resource(built.stack, built.logicalId) : undefined;
    return other ?? `the project of action ${scalarOf(body.Name)} of ${pipeline.logicalId}`;
  }
  if (body.RoleArn === undefined) return pipeline;
  const [role] = pipeline.read(...path, 'RoleArn').map(({ outcome }) => outcome);
  const own = role?.kind === 'resource' ? facts.resource(role.stack, role.logicalId) : undefined;
  return own?.type === 'AWS::IAM::Role'
    ? own
    : `the role of action ${scalarOf(body.Name)} of ${pipeline.logicalId}`;
}

function isProvider({ ActionTypeId: type }: Action['body'], provider: string): boolean {
  return isMap(type) && type.Provider === provider;
}

function isOf({ path, body }: Action, pipeline: ResourceView, { stack, logicalId }: ResourceView): boolean {
  if (!isProvider(body, 'CodeBuild')) return false;
  return pipeline
    .read(...path, 'Configuration', 'ProjectName')
    .some(
      ({ outcome }) =>
        outcome.kind === 'resource' && outcome.stack === stack && outcome.logicalId === logicalId,
    );
}

/** `undefined` where they are not written out. */
function actionsOf(pipeline: ResourceView): readonly Action[] | undefined {
  const stages = pipeline.expression('Stages');
  if (!isList(stages)) return undefined;
  const found: Action[] = [];
  for (const [stage, body] of stages.entries()) {
    const actions = isMap(body) ? body.Actions : undefined;
    if (!isList(actions)) return undefined;
    for (const [index, action] of actions.entries()) {
      if (!isMap(action)) return undefined;
      found.push({ path: ['Stages', String(stage), 'Actions', String(index)], body: action });
    }
  }
  return found;
}

function artifactsOf(listed: Value | undefined): readonly string[] {
  return (isList(listed) ? listed : []).flatMap((each) =>
    isMap(each) && typeof each.Name === 'string' ? [each.Name] : [],
  );
}

function scalarOf(value: Value | undefined): string {
  return scalarText({ kind: 'value', value: value ?? '' }) ?? '';
}
