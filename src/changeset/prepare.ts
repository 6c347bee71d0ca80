import { basename, dirname, join } from 'node:path';
import { readDocument } from '../document/read.js';
import { decodeSource, sha256Of, withByteOrderMark } from '../document/source.js';
import { isMap, parsePointer, type Value } from '../document/value.js';
import { IdpFixError } from '../errors.js';
import { loadTree } from '../load/load.js';
import { buildPlan, type PlanOptions, type PlanResult } from '../plan/build.js';
import { loadPolicy } from '../policy/load.js';
import type { FileStore } from '../ports.js';
import type { Product } from '../product.js';
import { openTemplate } from '../template/open.js';
import { type JoinOptions, joinStackTree, locationsIn } from '../template/stack-tree.js';
import type { StackTree, TemplateResource } from '../template/template.js';
import { type AskedFor, askedFor } from './asked-for.js';
import { type Deployment, locateIn, openValues, planningValues, secretValues } from './deployed.js';
import type { StackContext } from './session.js';
import type { SubmittedTemplate } from './submission.js';

interface PrepareRequest {
  /** The local root template; the deployed templates are patched when absent. */
  readonly template: string | undefined;
  readonly policy: string | undefined;
  readonly allowOutside: boolean;
  /** Keys of tags that are taken from the stack. */
  readonly removedTags: readonly string[];
  readonly withoutCode: boolean;
  /** Set on the command line. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Set in `samconfig.toml`; counts for local templates only. */
  readonly configured: ReadonlyMap<string, string>;
  readonly plan: Omit<PlanOptions, 'version' | 'today'>;
}

export interface CreateRequest extends PrepareRequest {
  readonly context: StackContext;
  /** Instead of the name made from the plan. */
  readonly name: string | undefined;
  /** What could not be checked counts as failed. */
  readonly strict: boolean;
  /** Stateful resources that may be replaced or removed. */
  readonly allowed: readonly string[];
  readonly adoptLogGroups: boolean;
}

/** What would be submitted, and why. */
export interface Prepared {
  readonly source: 'local' | 'deployed' | 'parameters';
  /** Of the root template; where records are kept. */
  readonly folder: string;
  /** As read. */
  readonly tree: StackTree;
  /** As submitted, before the places of nested templates are filled in. */
  readonly submitted: StackTree;
  readonly templates: ReadonlyMap<string, SubmittedTemplate>;
  readonly result: PlanResult;
  /** The templates have the patches that need approval, too. */
  readonly includesReview: boolean;
  readonly asked: ReadonlyMap<string, AskedFor>;
  /** Parameter values the user and the plan set. */
  readonly values: ReadonlyMap<string, string>;
  readonly secrets: readonly string[];
  /** Parameters that a person, not the plan, gives another value than the stack has. */
  readonly given: ReadonlySet<string>;
  readonly removedTags: readonly string[];
  /** Resources that exist already are taken over. */
  readonly imports: boolean;
  /** The tree that templates of these texts make. */
  join(templates: ReadonlyMap<string, SubmittedTemplate>): StackTree;
}

/**
 * Plans against a stack as it is deployed. Reads files, sends nothing.
 * @throws IdpFixError as reading and planning do
 */
export async function prepare(
  request: PrepareRequest,
  deployment: Deployment,
  files: FileStore,
  product: Product,
  today: string,
): Promise<Prepared> {
  const { template } = request;
  const folder = template === undefined ? '.' : dirname(template);
  const policy = await loadPolicy(files, product, { named: request.policy, folder });
  const deployed = openValues(deployment.stack, deployment.tree.root.template);
  const given = new Map([...(template === undefined ? [] : request.configured), ...request.parameters]);
  const known = new Map([...planningValues(deployment.stack, deployment.tree.root.template), ...given]);
  const join: JoinOptions =
    template === undefined
      ? { parameters: known, locate: locateIn(deployment) }
      : { parameters: known, locations: policy.nested };
  const tree =
    template === undefined
      ? joinStackTree(deployment.tree.root.template.path, templatesOf(deployment.tree), join)
      : (
          await loadTree(files, template, {
            ...join,
            allowOutside: request.allowOutside,
            code: !request.withoutCode,
          })
        ).tree;
  refuseUnknown(request.parameters, tree);

  const includeReview = request.plan.includeReview === true || policy.include.includes('review');
  const options = { ...request.plan, includeReview, version: product.version, today };
  const result = buildPlan(tree, policy, product.remediations, options);
  const root = tree.root.template;
  const templates = new Map(
    result.files.map(({ path, text, document, changed }) => [
      path,
      { path, text: withByteOrderMark(text, document.source), isChanged: changed || template !== undefined },
    ]),
  );
  // A patch may bring in a parameter and give it a value: what keeps the value that it shared with another until now.
  const { parameters } = parse(root.path, templates.get(root.path)?.text ?? '');
  const planned = Object.entries(result.document.stacks[0]?.parameterValues ?? {});
  const values = new Map([...given, ...planned].filter(([name]) => parameters.has(name)));
  const joined = (of: ReadonlyMap<string, SubmittedTemplate>) =>
    joinStackTree(root.path, new Map([...of].map(([path, { text }]) => [path, parse(path, text)])), {
      ...join,
      // A nested template found by the end of its URL is where it was found.
      ...(template !== undefined && { locate: locationsIn(tree), readOnly: tree.readOnly }),
      parameters: new Map([...known, ...values]),
    });
  return {
    source:
      template !== undefined ? 'local' : needsTemplates(result, includeReview) ? 'deployed' : 'parameters',
    folder,
    tree,
    submitted: joined(templates),
    templates,
    result,
    includesReview: includeReview,
    asked: askedFor(result.document, tree, includeReview),
    values,
    secrets: secretValues(root, values),
    given: new Set(
      [...given]
        .filter(([name, value]) => deployed.get(name) !== value && !planned.some(([each]) => each === name))
        .map(([name]) => name),
    ),
    removedTags: request.removedTags,
    imports: false,
    join: joined,
  };
}

/** The files a local plan was made from: path of the template to path of the file. */
export function localFiles(template: string | undefined, tree: StackTree): ReadonlyMap<string, string> {
  if (template === undefined) return new Map();
  const folder = dirname(template);
  return new Map(
    tree.stacks.map(({ template: { path } }) => [
      path,
      path === basename(template) ? template : join(folder, path),
    ]),
  );
}

export function hashOfText(text: string): string {
  return sha256Of(new TextEncoder().encode(text));
}

/** A default counts for nothing where the stack is given the value itself. */
function needsTemplates({ document, files }: PlanResult, includeReview: boolean): boolean {
  if (files.every(({ changed }) => !changed)) return false;
  const given = document.stacks[0]?.parameterValues ?? {};
  return document.stacks.some(({ parent, patches }) =>
    patches
      .filter(({ risk }) => risk === 'safe' || includeReview)
      .flatMap(({ operations }) => operations)
      .filter(({ op }) => op !== 'test')
      .some(({ path }) => {
        const [section, name = '', field] = parsePointer(path);
        const isGiven =
          parent === null && section === 'Parameters' && field === 'Default' && Object.hasOwn(given, name);
        return !isGiven;
      }),
  );
}

function templatesOf({ stacks }: StackTree) {
  return new Map(stacks.map(({ template }) => [template.path, template]));
}

function parse(path: string, text: string) {
  return openTemplate(readDocument(decodeSource(path, new TextEncoder().encode(text))));
}

function refuseUnknown(given: ReadonlyMap<string, string>, { root }: StackTree): void {
  const unknown = [...given.keys()].filter((name) => !root.template.parameters.has(name));
  if (unknown.length === 0) return;
  throw new IdpFixError('parameters-invalid', `the root template has no parameter ${unknown.join(' or ')}`, {
    hint: `there are ${[...root.template.parameters.keys()].join(', ')}`,
  });
}

/** @throws IdpFixError `not-packaged` for local templates that name local files */
export function refuseUnpackaged(tree: StackTree): void {
  const found = localArtifacts(tree);
  if (found.length === 0) return;
  const more = found.length > 3 ? ` and ${found.length - 3} more` : '';
  throw new IdpFixError(
    'not-packaged',
    `CloudFormation cannot read local files: ${found.slice(0, 3).join(', ')}${more}`,
    {
      hint: 'name what sam package or aws cloudformation package writes; or name no template, and the deployed ones are patched',
    },
  );
}

/**
 * Properties that name a file until a build has packaged it.
 * @source https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html
 */
const artifacts: Readonly<Record<string, readonly string[]>> = {
  'AWS::Serverless::Function': ['CodeUri'],
  'AWS::Serverless::LayerVersion': ['ContentUri'],
  'AWS::Serverless::Api': ['DefinitionUri'],
  'AWS::Serverless::HttpApi': ['DefinitionUri'],
  'AWS::Serverless::StateMachine': ['DefinitionUri'],
  'AWS::Serverless::GraphQLApi': ['SchemaUri', 'CodeUri'],
  'AWS::Lambda::Function': ['Code'],
  'AWS::Lambda::LayerVersion': ['Content'],
  'AWS::ApiGateway::RestApi': ['BodyS3Location'],
  'AWS::AppSync::GraphQLSchema': ['DefinitionS3Location'],
  'AWS::AppSync::Resolver': [
    'CodeS3Location',
    'RequestMappingTemplateS3Location',
    'ResponseMappingTemplateS3Location',
  ],
  'AWS::AppSync::FunctionConfiguration': [
    'CodeS3Location',
    'RequestMappingTemplateS3Location',
    'ResponseMappingTemplateS3Location',
  ],
  'AWS::StepFunctions::StateMachine': ['DefinitionS3Location'],
  'AWS::ElasticBeanstalk::ApplicationVersion': ['SourceBundle'],
};

/** What a template names on this machine, which CloudFormation cannot read: `template.yaml Fn.CodeUri ./src`. */
export function localArtifacts({ stacks, missing }: StackTree): readonly string[] {
  const files = stacks.flatMap(({ template }) =>
    [...template.resources.values()].flatMap((resource) =>
      (artifacts[resource.type] ?? [])
        .filter((property) => isLocal(located(resource, property, template.globals.Function)))
        .map((property) => `${template.path} ${resource.logicalId}.${property}`),
    ),
  );
  const templates = missing.flatMap(({ stack, logicalId }) => {
    const properties = stack.template.resources.get(logicalId)?.properties ?? {};
    return isLocal(properties.TemplateURL ?? properties.Location)
      ? [`${stack.template.path} ${logicalId}.TemplateURL`]
      : [];
  });
  return [...files, ...templates];
}

function located({ type, properties }: TemplateResource, property: string, globals: Value | undefined) {
  const written = properties[property];
  if (written !== undefined || type !== 'AWS::Serverless::Function' || 'InlineCode' in properties)
    return written;
  return isMap(globals) ? globals[property] : undefined;
}

function isLocal(value: Value | undefined): boolean {
  return typeof value === 'string' && !/^(?:s3|https?):\/\//.test(value);
}
