import type { Module } from '../code/program.js';
import { folderOf, join, type Roots } from '../code/reading.js';
import type { ResourceView } from '../contract/facts.js';
import { lineOf, nearestNode } from '../document/locate.js';
import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import { resolve } from '../expressions/resolve.js';
import type { Stack } from '../template/template.js';
import { viewResource } from './view.js';

/** Where the code of a function lies, in paths from the folder of the root template. */
export type CodeSource =
  | {
      readonly kind: 'folder';
      readonly roots: Roots;
      /** Files the handler can be in, best first; without any, every file of the folder may be called. */
      readonly entries: readonly string[];
      readonly handler: string | undefined;
    }
  | {
      readonly kind: 'inline';
      readonly language: Module['language'];
      readonly text: string;
      /** The template, and the line of it at which the code begins. */
      readonly file: string;
      readonly line: number;
      readonly handler: string | undefined;
    }
  /** There is none beside the template. */
  | { readonly kind: 'elsewhere'; readonly because: string };

/** @param view a function, of SAM or plain */
export function codeSourceOf(view: ResourceView): CodeSource {
  const inline = inlineCode(view);
  const handler = textAt(view, 'Handler');
  if (inline !== undefined) return inlineSource(view, inline, handler);
  const base = folderOf(view.stack.template.path);
  const asset = assetOf(view);
  const written = asset ?? localPath(view, view.type === 'AWS::Lambda::Function' ? 'Code' : 'CodeUri');
  if (written === undefined) return { kind: 'elsewhere', because: elsewhere(view) };
  if (isRemote(written)) return { kind: 'elsewhere', because: `its code is ${written}` };
  if (/\.(?:zip|jar|war)$/i.test(written))
    return { kind: 'elsewhere', because: `its code ${written} is packed` };
  const own = written.startsWith('/') ? written : join(base, written);
  const language = languageOfRuntime(textAt(view, 'Runtime'));
  if (language === undefined && textAt(view, 'Runtime') !== undefined)
    return { kind: 'elsewhere', because: `code for ${textAt(view, 'Runtime')} is not read` };
  const roots: Roots = { own, layers: layersOf(view) };
  const { files, name } = entriesOf(view, own, handler, language);
  return { kind: 'folder', roots, entries: files, handler: name };
}

function elsewhere(view: ResourceView): string {
  const isImage = view.expression('ImageUri') ?? view.expression('Code', 'ImageUri');
  return isImage === undefined ? 'its code is not beside the template' : 'its code is in a container image';
}

function isRemote(path: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(path);
}

function textAt(view: ResourceView, ...path: readonly string[]): string | undefined {
  const values = view
    .read(...path)
    .map(({ outcome }) => (outcome.kind === 'value' ? outcome.value : undefined));
  const [first] = values;
  return typeof first === 'string' && values.every((value) => value === first) ? first : undefined;
}

/** A path as it is written before a template is packaged; an object in a bucket is none. */
function localPath(view: ResourceView, property: string): string | undefined {
  const written = view.expression(property);
  return typeof written === 'string' && written !== '' ? written : textAt(view, property);
}

/**
 * Where builds of CDK and SAM note what they have packed.
 * @source https://docs.aws.amazon.com/cdk/v2/guide/assets.html#assets-cfn
 */
function assetOf({ stack, logicalId }: ResourceView): string | undefined {
  const { metadata } = stack.template.resources.get(logicalId) ?? {};
  if (metadata === undefined) return undefined;
  const { 'aws:asset:path': asset, DockerContext: context } = metadata;
  if (typeof asset === 'string') return asset;
  return typeof context === 'string' ? context : undefined;
}

/** The folders of the layers that are made in the tree. */
function layersOf(view: ResourceView): readonly string[] {
  const layers = view.expression('Layers');
  return (isList(layers) ? layers : []).flatMap((layer) => layerFolders(layer, view.stack));
}

function layerFolders(layer: Value, stack: Stack): readonly string[] {
  return resolve(layer, stack).flatMap(({ outcome }) => {
    if (outcome.kind !== 'resource') return [];
    const view = viewResource(outcome.stack, outcome.logicalId);
    const written =
      assetOf(view) ?? localPath(view, view.type === 'AWS::Lambda::LayerVersion' ? 'Content' : 'ContentUri');
    if (written === undefined || isRemote(written)) return [];
    return [join(folderOf(outcome.stack.template.path), written)];
  });
}

/** @source https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html */
function languageOfRuntime(runtime: string | undefined): Module['language'] | undefined {
  if (runtime?.startsWith('python') === true) return 'python';
  return runtime?.startsWith('nodejs') === true ? 'javascript' : undefined;
}

function entriesOf(
  view: ResourceView,
  own: string,
  handler: string | undefined,
  language: Module['language'] | undefined,
): { readonly files: readonly string[]; readonly name: string | undefined } {
  if (handler === undefined || language === undefined) return { files: [], name: undefined };
  const end = handler.lastIndexOf('.');
  const [path, name] = end < 0 ? [handler, undefined] : [handler.slice(0, end), handler.slice(end + 1)];
  if (language === 'python') {
    const file = join(own, path.replaceAll('.', '/'));
    return { files: [`${file}.py`, `${file}/__init__.py`], name };
  }
  const paths = [...entryPoints(view), path];
  const bases = paths.map((each) => join(own, each.replace(/\.[cm]?[jt]sx?$/, '')));
  return {
    files: bases.flatMap((base) =>
      ['.ts', '.js', '.mts', '.mjs', '.cts', '.cjs', '.tsx'].map((ending) => base + ending),
    ),
    name,
  };
}

/** What SAM has esbuild make the handler of. */
function entryPoints({ stack, logicalId }: ResourceView): readonly string[] {
  const build = stack.template.resources.get(logicalId)?.metadata.BuildProperties;
  const points = isMap(build) ? build.EntryPoints : undefined;
  return isList(points) ? points.filter((point) => typeof point === 'string') : [];
}

interface Inline {
  readonly text: string;
  readonly path: readonly string[];
}

function inlineCode({ stack, logicalId, type }: ResourceView): Inline | undefined {
  const properties = stack.template.resources.get(logicalId)?.properties ?? {};
  const isPlain = type === 'AWS::Lambda::Function';
  const code = isPlain && isMap(properties.Code) ? properties.Code.ZipFile : properties.InlineCode;
  const path = ['Resources', logicalId, 'Properties', ...(isPlain ? ['Code', 'ZipFile'] : ['InlineCode'])];
  return inlineText(code, path);
}

/** Code in which values are substituted is read as it is written: `${Name}` stands for some text. */
function inlineText(code: Value | undefined, path: readonly string[]): Inline | undefined {
  if (typeof code === 'string') return { text: code, path };
  if (!isMap(code)) return undefined;
  const { 'Fn::Sub': substituted, 'Fn::Join': joined } = code;
  if (typeof substituted === 'string') return { text: substituted, path: [...path, 'Fn::Sub'] };
  if (isList(substituted) && typeof substituted[0] === 'string')
    return { text: substituted[0], path: [...path, 'Fn::Sub', '0'] };
  const [separator, items] = isList(joined) ? joined : [];
  if (typeof separator !== 'string' || !isList(items)) return undefined;
  return { text: items.map((item) => (typeof item === 'string' ? item : '""')).join(separator), path };
}

function inlineSource(
  { stack, ...view }: ResourceView,
  { text, path }: Inline,
  handler: string | undefined,
): CodeSource {
  const language = languageOfRuntime(textAt({ stack, ...view }, 'Runtime'));
  if (language === undefined)
    return { kind: 'elsewhere', because: 'the language of its inline code is not known' };
  const { document } = stack.template;
  const node = nearestNode(document, path);
  const start = lineOf(document.source, node.span.start);
  const { text: whole } = document.source;
  const end = whole.indexOf('\n', node.span.start);
  // The text of a block begins below the line that opens it.
  const isBlock = /[|>][-+0-9]*\s*(?:#.*)?$/.test(whole.slice(node.span.start, end < 0 ? undefined : end));
  return {
    kind: 'inline',
    language,
    text,
    file: stack.template.path,
    line: isBlock ? start + 1 : start,
    handler: handler?.slice(handler.lastIndexOf('.') + 1),
  };
}

/** The file a state machine or an API is defined in, where its template names one. */
export function definitionPathOf({ stack, type, properties }: ResourceView): string | undefined {
  const written = definitionProperties[type]?.map((name) => properties[name]).find(isLocalFile);
  const path = typeof written === 'string' ? written : includedFile(properties);
  return path === undefined ? undefined : join(folderOf(stack.template.path), path);
}

const definitionProperties: Readonly<Record<string, readonly string[]>> = {
  'AWS::Serverless::StateMachine': ['DefinitionUri'],
  'AWS::StepFunctions::StateMachine': ['DefinitionS3Location'],
  'AWS::Serverless::Api': ['DefinitionUri'],
  'AWS::Serverless::HttpApi': ['DefinitionUri'],
  'AWS::ApiGateway::RestApi': ['BodyS3Location'],
  'AWS::ApiGatewayV2::Api': ['BodyS3Location'],
};

function isLocalFile(value: Value | undefined): boolean {
  return typeof value === 'string' && /\.(?:json|ya?ml)$/i.test(value) && !isRemote(value);
}

/** `Fn::Transform: {Name: AWS::Include, Parameters: {Location: api.yaml}}`. */
function includedFile({ DefinitionBody: definition, Body: body }: ValueMap): string | undefined {
  const transform = [definition, body].find((each) => isMap(each) && 'Fn::Transform' in each);
  const call = isMap(transform) ? transform['Fn::Transform'] : undefined;
  const parameters = isMap(call) && call.Name === 'AWS::Include' ? call.Parameters : undefined;
  const location = isMap(parameters) ? parameters.Location : undefined;
  return isLocalFile(location) && typeof location === 'string' ? location : undefined;
}
