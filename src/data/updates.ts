import type { Path } from '../document/pointer.js';
import { furtherStatefulTypes, interruptions, serverlessTypes } from './overlay.js';
import replacements from './replacements.json' with { type: 'json' };
import extractedStateful from './stateful-types.json' with { type: 'json' };
import tagForms from './tag-forms.json' with { type: 'json' };

/** What CloudFormation does to a resource when a property changes. */
export type Update = 'none' | 'some-interruption' | 'may-replace' | 'replace';

export function isReplacement(update: Update): boolean {
  return update === 'replace' || update === 'may-replace';
}

interface Replacements {
  readonly replace?: readonly string[];
  readonly mayReplace?: readonly string[];
}

const byType: Readonly<Record<string, Replacements>> = replacements;

/**
 * What CloudFormation does to a resource when a property changes; `undefined` where the tables do not know the type.
 * @param path from the properties: `['VpcConfig', 'SubnetIds']`; positions in lists and branches of intrinsic
 * functions may stand in it
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
 */
export function updateOf(type: string, path: Path): Update | undefined {
  const [property, ...rest] = path;
  const serverless = serverlessTypes[type];
  if (serverless !== undefined && property !== undefined) {
    const name = Object.hasOwn(serverless.properties, property) ? serverless.properties[property] : property;
    return name === null || name === undefined ? 'none' : updateOf(serverless.becomes, [name, ...rest]);
  }
  if (interruptions[type]?.includes(property ?? '')) return 'some-interruption';
  const { replace = [], mayReplace = [] } = Object.hasOwn(byType, type) ? (byType[type] ?? {}) : {};
  const names = path.filter((token) => !/^(\d+|-|Fn::.*)$/.test(token)).join('.');
  const touches = (changed: string) => names === changed || names.startsWith(`${changed}.`);
  if (replace.some(touches)) return 'replace';
  if (mayReplace.some(touches)) return 'may-replace';
  return isKnown(type) ? 'none' : undefined;
}

/**
 * Whether no change to a property, whatever is in it, can replace the resource.
 * @param property a path with dots from the properties, which may end above what the tables name
 */
export function isAlwaysInPlace(type: string, property: string): boolean {
  const update = updateOf(type, property.split('.'));
  const name = serverlessTypes[type]?.becomes ?? type;
  const { replace = [], mayReplace = [] } = Object.hasOwn(byType, name) ? (byType[name] ?? {}) : {};
  const isAbove = [...replace, ...mayReplace].some((deeper) => deeper.startsWith(`${property}.`));
  return !isAbove && (update === 'none' || update === 'some-interruption');
}

function isKnown(type: string): boolean {
  return Object.hasOwn(byType, type) || Object.hasOwn(tagForms, type) || isStateful(type);
}

const statefulTypes: ReadonlySet<string> = new Set([
  ...Object.keys(extractedStateful),
  ...furtherStatefulTypes,
]);

/** Whether a resource of the type holds what nobody can make again: to replace or to remove it loses that. */
export function isStateful(type: string): boolean {
  return statefulTypes.has(serverlessTypes[type]?.becomes ?? type);
}
