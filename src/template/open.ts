import { isIntrinsic } from '../document/intrinsics.js';
import { nearestNode, placeOf } from '../document/locate.js';
import type { Path } from '../document/pointer.js';
import type { Document } from '../document/syntax.js';
import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import { IdpFixError } from '../errors.js';
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
  return {
    path: document.source.path,
    document,
    value,
    transforms,
    isSam,
    parameters: mapEntries(section('Parameters'), (name, body) => parameterOf(document, name, body)),
    mappings: section('Mappings'),
    conditions: new Map(Object.entries(section('Conditions'))),
    globals: isSam ? section('Globals') : {},
    resources: resourcesOf(document, value),
    outputs: section('Outputs'),
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

function resourcesOf(document: Document, template: ValueMap): ReadonlyMap<string, TemplateResource> {
  const section = sectionOf(document, template, 'Resources');
  if (Object.keys(section).length === 0) {
    const what = Object.hasOwn(template, 'Resources')
      ? 'the Resources section is empty'
      : 'there is no Resources section';
    const hint = 'name a CloudFormation or SAM template that has resources';
    throw invalid(document, ['Resources'], `${what}, and CloudFormation needs at least one resource`, hint);
  }
  const written = Object.entries(section).filter(([logicalId, body]) => !isMacroCall(logicalId, body));
  return mapEntries(Object.fromEntries(written), (logicalId, body) => resourceOf(document, logicalId, body));
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
    throw invalid(document, path, `resource ${logicalId} has no Type, so nobody can tell what it is`, hint);
  }
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
