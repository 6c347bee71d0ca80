import { isMap, type Value, type ValueMap } from './value.js';

/**
 * Functions with a short tag in YAML, without their `Fn::`.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 */
const functions = [
  ...[
    'And',
    'Base64',
    'Cidr',
    'Contains',
    'EachMemberEquals',
    'EachMemberIn',
    'Equals',
    'FindInMap',
    'GetAtt',
    'GetAZs',
  ],
  ...[
    'If',
    'ImportValue',
    'Join',
    'Length',
    'Not',
    'Or',
    'RefAll',
    'Select',
    'Split',
    'Sub',
    'ToJsonString',
    'Transform',
  ],
  ...['ValueOf', 'ValueOfAll'],
] as const;

const tags: ReadonlyMap<string, string> = new Map([
  ['Ref', '!Ref'],
  ['Condition', '!Condition'],
  ...functions.map((name) => [`Fn::${name}`, `!${name}`] as const),
]);

/**
 * `!Sub` ↦ `Fn::Sub`. A tag CloudFormation does not know, such as `!Rain::S3`, becomes a function nobody knows, so
 * that whatever depends on it counts as unknown. Undefined for YAML's own tags (`!!str`), which are no functions.
 */
export function longName(tag: string): string | undefined {
  if (tag === '!Ref' || tag === '!Condition') return tag.slice(1);
  return /^![^!<]/.test(tag) ? `Fn::${tag.slice(1)}` : undefined;
}

/** `Fn::Sub` ↦ `!Sub`; undefined for what has no short form, such as `Fn::ForEach::Name`. */
export function shortTag(name: string): string | undefined {
  return tags.get(name);
}

/**
 * The argument of a function as every stage expects it: `A.B` of `Fn::GetAtt` as `["A", "B"]`, cut at the first dot
 * because a logical id has none.
 */
export function unpackArgument(name: string, argument: Value): Value {
  if (name !== 'Fn::GetAtt' || typeof argument !== 'string') return argument;
  const dot = argument.indexOf('.');
  return dot < 0 ? argument : Object.freeze([argument.slice(0, dot), argument.slice(dot + 1)]);
}

/** The function a value calls: `Ref`, or `Fn::…`. */
export function intrinsicName(value: Value | undefined): string | undefined {
  if (!isMap(value)) return undefined;
  const [name, ...others] = Object.keys(value);
  if (name === undefined || others.length > 0) return undefined;
  return name === 'Ref' || name.startsWith('Fn::') ? name : undefined;
}

export function isIntrinsic(value: Value | undefined): value is ValueMap {
  return intrinsicName(value) !== undefined;
}
