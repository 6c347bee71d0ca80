import {
  type Facts,
  isList,
  isMap,
  type Need,
  type ResourceView,
  type Stack,
  type Value,
} from '../../src/remediation.js';
import { itemsAt, refersTo, resourceAt, textAt } from '../kit/values.js';

/** Who reads what a project builds, as far as pipelines of the templates say. */
export interface ArtifactReaders {
  /** What lets the roles of the templates read it. */
  needs(key: Value | undefined): readonly Need[];
  /** Those of them that may not use the key yet, by their logical ids. */
  lockedOut(key: Value): readonly string[];
  /** Those whose role is not of the project's template. */
  readonly unseen: readonly string[];
  /** The key the pipeline keeps all of its artifacts under. */
  readonly storeKey: Value | undefined;
}

export const noReaders: ArtifactReaders = {
  needs: () => [],
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
export function artifactReaders(project: ResourceView, facts: Facts): ArtifactReaders {
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
    needs: (key) =>
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
    .map((action) => readerOf(action, pipeline, facts));
}

function readerOf({ path, body }: Action, pipeline: ResourceView, facts: Facts): Reader {
  const name = textAt(pipeline, ...path, 'Name');
  const said = `${name === undefined ? 'an action' : `action ${name}`} of ${pipeline.logicalId}`;
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
