import { isList, isMap, type Value } from '../document/value.js';
import { substitutionParts } from './mentions.js';
import type { Template } from './template.js';

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
  for (const { logicalId, type, properties } of template.resources.values()) {
    const property = Object.hasOwn(locationProperty, type) ? locationProperty[type] : undefined;
    if (property !== undefined)
      children.push({ logicalId, ...locate(template, property, properties[property]) });
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
  const path = normalise(written.startsWith('/') ? written : folder + written);
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
function normalise(path: string): string {
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
