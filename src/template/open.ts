import { isIntrinsic } from '../document/intrinsics.js';
import { nearestNode, placeOf } from '../document/locate.js';
import type { Document } from '../document/syntax.js';
import { isList, isMap, type Path, type Value, type ValueMap } from '../document/value.js';
import { IdpFixError } from '../errors.js';
import { type Defaults, type Expanded, expandSection, loopTransform } from './loops.js';
import { substitutionParts } from './mentions.js';
import { assetOf } from './metadata.js';
import type { Parameter, Template, TemplateResource } from './template.js';

/** @source https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy.html */
const samTransform = 'AWS::Serverless-2016-10-31';

const opened = new WeakMap<Document, Template>();

/**
 * Sees a document through the sections of CloudFormation. Only `document.value` counts, so that a patched value in
 * the place of the one that was read gives the patched template; the spans are used for error places alone.
 * @throws IdpFixError `template-invalid` when a section or a resource does not have the shape CloudFormation needs.
 */
export function openTemplate(document: Document): Template {
  const known = opened.get(document);
  if (known !== undefined) return known;
  const template = open(document);
  opened.set(document, template);
  return template;
}

function open(document: Document): Template {
  const { value } = document;
  if (!isMap(value)) {
    const hint = 'name a file with AWSTemplateFormatVersion or Resources at its top level';
    throw invalid(document, [], `the file holds ${nameOf(value)}, not a CloudFormation template`, hint);
  }
  const section = (name: string): ValueMap => sectionOf(document, value, name);
  const transforms = transformsOf(document, value.Transform);
  const isSam = transforms.includes(samTransform);
  const parameters = mapEntries(section('Parameters'), (name, body) => parameterOf(document, name, body));
  const defaults: Defaults = (name) => parameters.get(name)?.default;
  const openLoops: { section: string; name: string; because: string }[] = [];
  const expand = (name: string, written: ValueMap): readonly Expanded[] => {
    if (!transforms.includes(loopTransform)) {
      return Object.entries(written).map(([key, body]) => ({ name: key, value: body, origin: undefined }));
    }
    const { entries, open } = expandSection(written, [name], defaults);
    openLoops.push(...open.map((each) => ({ section: name, ...each })));
    return entries;
  };
  const expanded = (name: string) =>
    expand(name, section(name)).map((each) => [each.name, each.value] as const);
  return {
    path: document.source.path,
    document,
    value,
    transforms,
    isSam,
    parameters,
    mappings: section('Mappings'),
    conditions: new Map(expanded('Conditions')),
    globals: isSam ? section('Globals') : {},
    resources: resourcesOf(document, expand('Resources', filledSection(document, value, 'Resources'))),
    outputs: Object.fromEntries(expanded('Outputs')),
    openLoops,
  };
}

function sectionOf(document: Document, template: ValueMap, name: string): ValueMap {
  const section = Object.hasOwn(template, name) ? template[name] : undefined;
  if (section === undefined || section === null) return {};
  if (isMap(section)) return section;
  throw invalid(
    document,
    [name],
    `${name} is ${nameOf(section)}, and CloudFormation takes a map there`,
    `write ${name} as a map of names`,
  );
}

function transformsOf(document: Document, transform: Value | undefined): readonly string[] {
  if (transform === undefined || transform === null) return [];
  return (isList(transform) ? transform : [transform]).map((item) => {
    const name = isMap(item) ? item.Name : item;
    if (typeof name === 'string') return name;
    const hint = `write Transform as a name, such as ${samTransform}, or as a list of names`;
    throw invalid(document, ['Transform'], `Transform is ${nameOf(item)}, which names no transform`, hint);
  });
}

function filledSection(document: Document, template: ValueMap, name: string): ValueMap {
  const section = sectionOf(document, template, name);
  if (Object.keys(section).length > 0) return section;
  const what = Object.hasOwn(template, name) ? `the ${name} section is empty` : `there is no ${name} section`;
  const hint = 'name a CloudFormation or SAM template that has resources';
  throw invalid(document, [name], `${what}, and CloudFormation needs at least one resource`, hint);
}

function resourcesOf(
  document: Document,
  entries: readonly Expanded[],
): ReadonlyMap<string, TemplateResource> {
  return new Map(
    entries
      .filter(({ name, value }) => !isMacroCall(name, value))
      .map(({ name, value, origin }) => [
        name,
        { ...resourceOf(document, name, value), ...(origin !== undefined && { origin }) },
      ]),
  );
}

/**
 * Takes the place of resources or of a resource: `Fn::ForEach::…` and `Fn::Transform`. What it comes to only
 * CloudFormation knows.
 */
export function isMacroCall(logicalId: string, body: Value | undefined): boolean {
  return logicalId.startsWith('Fn::') || (isMap(body) && 'Fn::Transform' in body && !('Type' in body));
}

function resourceOf(document: Document, logicalId: string, body: Value): TemplateResource {
  const path = ['Resources', logicalId];
  if (!isMap(body)) {
    const hint = 'give it a Type and Properties';
    throw invalid(
      document,
      path,
      `resource ${logicalId} is ${nameOf(body)}, and CloudFormation takes a map there`,
      hint,
    );
  }
  const { Type: type, Condition: condition, DependsOn: dependsOn } = body;
  if (typeof type !== 'string' || type === '') {
    const hint = 'add its Type, such as AWS::Lambda::Function';
    throw invalid(document, path, `resource ${logicalId} has no Type, so it cannot be told what it is`, hint);
  }
  // Tables by type would find what every object inherits under this name.
  if (type in Object.prototype)
    throw invalid(
      document,
      path,
      `resource ${logicalId} has the Type ${type}, and there is no such type`,
      'correct its Type',
    );
  if (condition !== undefined && typeof condition !== 'string') {
    const what = `Condition of ${logicalId} is ${nameOf(condition)}, and CloudFormation takes the name of a condition there`;
    throw invalid(document, [...path, 'Condition'], what, 'name a condition of the Conditions section');
  }
  const named =
    dependsOn === undefined || dependsOn === null ? [] : isList(dependsOn) ? dependsOn : [dependsOn];
  return {
    logicalId,
    type,
    condition,
    dependsOn: named.filter((id) => typeof id === 'string'),
    properties: partOf(document, body, [...path, 'Properties']),
    metadata: partOf(document, body, [...path, 'Metadata']),
    body,
  };
}

/** A map of the resource; empty when absent or an intrinsic. */
function partOf(document: Document, body: ValueMap, path: Path): ValueMap {
  const [, logicalId, name = ''] = path;
  const part = body[name];
  if (part === undefined || part === null || isIntrinsic(part)) return {};
  if (isMap(part)) return part;
  const what = `${name} of ${logicalId} is ${nameOf(part)}, and CloudFormation takes a map there`;
  throw invalid(document, path, what, `write ${name} as a map`);
}

function parameterOf(document: Document, name: string, body: Value): Parameter {
  const path = ['Parameters', name];
  const type = isMap(body) ? body.Type : undefined;
  if (!isMap(body) || typeof type !== 'string') {
    const what = isMap(body) ? 'has no Type' : `is ${nameOf(body)}, and CloudFormation takes a map there`;
    throw invalid(document, path, `parameter ${name} ${what}`, 'give it a Type, such as String');
  }
  const { Default: usual, AllowedValues: allowed } = body;
  if (isMap(usual) || isList(usual)) {
    const what = `Default of parameter ${name} is ${nameOf(usual)}, and CloudFormation takes one text there`;
    const hint = isList(usual) ? 'write the list as one text with commas' : 'write the value itself';
    throw invalid(document, [...path, 'Default'], what, hint);
  }
  const pattern = body.AllowedPattern;
  return {
    name,
    type,
    default: usual ?? undefined,
    allowedValues: isList(allowed) ? allowed : undefined,
    allowedPattern: typeof pattern === 'string' ? pattern : undefined,
    minValue: numberOf(body.MinValue),
    maxValue: numberOf(body.MaxValue),
    minLength: numberOf(body.MinLength),
    maxLength: numberOf(body.MaxLength),
    noEcho: body.NoEcho === true || body.NoEcho === 'true',
  };
}

/** Limits may be written as strings. */
function numberOf(value: Value | undefined): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
    ? Number(value)
    : undefined;
}

function mapEntries<T>(section: ValueMap, make: (name: string, body: Value) => T): ReadonlyMap<string, T> {
  return new Map(Object.entries(section).map(([name, body]) => [name, make(name, body)]));
}

function nameOf(value: Value): string {
  if (value === null) return 'nothing';
  if (isList(value)) return 'a list';
  if (isMap(value)) return 'a map';
  return `the ${typeof value} ${JSON.stringify(value)}`.slice(0, 60);
}

function invalid(document: Document, path: Path, message: string, hint: string): IdpFixError {
  const node = nearestNode(document, path);
  return new IdpFixError('template-invalid', message, {
    place: placeOf(document.source, node.span.start),
    hint,
  });
}

export interface ChildLocation {
  readonly logicalId: string;
  /** Relative to the folder of the root template, with `/`; `undefined` when it is no file at hand. */
  readonly location: string | undefined;
  /** Why there is no location. */
  readonly because?: string;
  /** Where the template is if it is not at `location`: the same file with another extension. */
  readonly alternatives?: readonly string[];
  /**
   * The end of a URL, folders and file: `${Url}/nested/child.yaml` ends with `nested`, `child.yaml`. A file that lies so
   * beside the templates is what will have been uploaded.
   */
  readonly urlEnd?: readonly string[];
}

type Found = Omit<ChildLocation, 'logicalId'>;

const locationProperty: Readonly<Record<string, string>> = {
  'AWS::CloudFormation::Stack': 'TemplateURL',
  'AWS::Serverless::Application': 'Location',
};

const known = new WeakMap<Template, readonly ChildLocation[]>();

/** The nested stacks of a template and the files they come from, in the order of the text. */
export function childLocations(template: Template): readonly ChildLocation[] {
  const found = known.get(template);
  if (found !== undefined) return found;
  const children: ChildLocation[] = [];
  for (const { logicalId, type, properties, body } of template.resources.values()) {
    const property = Object.hasOwn(locationProperty, type) ? locationProperty[type] : undefined;
    if (property === undefined) continue;
    const asset = assetOf(body, property);
    children.push({ logicalId, ...locate(template, property, asset ?? properties[property]) });
  }
  known.set(template, children);
  return children;
}

function locate(parent: Template, property: string, written: Value | undefined): Found {
  if (written === undefined) return { location: undefined, because: `it has no ${property}` };
  if (typeof written !== 'string') {
    if (isMap(written) && 'ApplicationId' in written) {
      return {
        location: undefined,
        because: `its ${property} is an application of the repository, not a file`,
      };
    }
    const because = `its ${property} is an expression, not a file`;
    return { location: undefined, because, ...withEnd(literalEnd(written, parent)) };
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(written)) {
    const because = `its ${property} ${written} is not a local file`;
    return { location: undefined, because, ...withEnd(written) };
  }
  const folder = parent.path.slice(0, parent.path.lastIndexOf('/') + 1);
  const path = normalize(written.startsWith('/') ? written : folder + written);
  return sourceOf(path, property);
}

/** The names a template made by hand has; a build names its product after none of them. */
const sourceNames = ['template.yaml', 'template.yml', 'template.json'];

/**
 * The source of a path that a build writes: `x/.aws-sam/packaged.yaml` is made of `x/template.yaml`, and so is
 * `x/.aws-sam/build/template.yaml`. `x/.aws-sam/build/Child/template.yaml` does not say what it is made of.
 */
function sourceOf(path: string, property: string): Found {
  const [, folder = '', file = ''] = /^((?:.*\/)?)\.aws-sam\/(.+)$/.exec(path) ?? [];
  if (file === '') return { location: path };
  if (file.replace(/^build\//, '').includes('/')) {
    return {
      location: undefined,
      because: `its ${property} ${path} was built from a template it does not name`,
    };
  }
  const [location, ...alternatives] = sourceNames.map((name) => folder + name);
  return { location, alternatives };
}

/** `.` and `..` folded; a leading `..` stays, so that the loader can tell what is outside. */
function normalize(path: string): string {
  const tokens: string[] = [];
  for (const token of path.replaceAll('\\', '/').split('/')) {
    if (token === '.' || (token === '' && tokens.length > 0)) continue;
    if (token === '..' && tokens.length > 0 && tokens.at(-1) !== '..' && tokens.at(-1) !== '') tokens.pop();
    else tokens.push(token);
  }
  return tokens.join('/');
}

/** The folders and the file a URL ends with, without the bucket or host. */
function withEnd(end: string): Pick<ChildLocation, 'urlEnd'> {
  const [path = ''] = end.replace(/^.*?:\/\/[^/]*/, '').split(/[?#]/, 1);
  // What is left of a host whose bucket is not known starts with a dot.
  const names = path
    .split('/')
    .filter(
      (name, index) => name !== '' && !/^\.{1,2}$/.test(name) && !(index === 0 && name.startsWith('.')),
    );
  return /^[^.].*\.[A-Za-z]+$/.test(names.at(-1) ?? '') ? { urlEnd: names } : {};
}

/** What an expression is sure to end with: all behind the last value that is not known. */
function literalEnd(value: Value | undefined, template: Template): string {
  return partsOf(value, template).reduce<string>((end, part) => (part === undefined ? '' : end + part), '');
}

/** Text, and `undefined` for each value that is only known when the stack is deployed. */
function partsOf(value: Value | undefined, template: Template): readonly (string | undefined)[] {
  if (typeof value === 'string') return [value];
  if (!isMap(value)) return [undefined];
  const { Ref: name, 'Fn::Sub': substitution, 'Fn::Join': join } = value;
  if (typeof name === 'string') {
    const usual = template.parameters.get(name)?.default;
    return [typeof usual === 'string' ? usual : undefined];
  }
  if (substitution !== undefined) {
    const [text, variables] = isList(substitution) ? substitution : [substitution];
    if (typeof text !== 'string') return [undefined];
    return substitutionParts(text).flatMap((part) => {
      if ('text' in part) return [part.text];
      const own = isMap(variables) && Object.hasOwn(variables, part.name) ? variables[part.name] : undefined;
      return partsOf(own ?? { Ref: part.name }, template);
    });
  }
  if (isList(join) && typeof join[0] === 'string' && isList(join[1])) {
    const [separator, items] = join;
    return items.flatMap((item, index) => [...(index === 0 ? [] : [separator]), ...partsOf(item, template)]);
  }
  return [undefined];
}
