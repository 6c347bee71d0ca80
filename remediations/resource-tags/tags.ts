import {
  isList,
  isMap,
  type PropertyEdit,
  type ResourceView,
  scalarText,
  type TagForm,
  type Value,
} from '../../src/remediation.js';

/** What the policy wants of a tag. */
export interface TagRule {
  readonly value: string;
  /** Values that are right as well; any when absent. */
  readonly allowed?: readonly string[] | undefined;
}

/** A tag a resource has, and where its value stands. */
interface FoundTag {
  readonly key: string;
  readonly path: readonly string[];
  /** It is there in some deployments only. */
  readonly isConditional: boolean;
}

/** The tags a resource has, by key; `undefined` where they are behind a function. */
export type Tags = ReadonlyMap<string, FoundTag>;

export function readTags(view: ResourceView, form: TagForm): Tags | undefined {
  const written = view.expression(form.property);
  if (written === undefined || written === null) return new Map();
  if (form.form === 'map') return isPlainMap(written) ? tagsOfMap(written, form.property) : undefined;
  if (!isList(written)) return undefined;
  if (form.form !== 'specifications') return tagsOfList(written, [form.property]);
  const index = written.findIndex((item) => isMap(item) && item.ResourceType === specifiedType(view.type));
  if (index < 0) return new Map();
  const specification = written[index];
  const tags = isMap(specification) ? (specification.Tags ?? []) : [];
  return isList(tags) ? tagsOfList(tags, [form.property, String(index), 'Tags']) : undefined;
}

function isPlainMap(value: Value): value is Readonly<Record<string, Value>> {
  return isMap(value) && !Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'));
}

function tagsOfMap(map: Readonly<Record<string, Value>>, property: string): Tags {
  return new Map(
    Object.keys(map).map((key) => [key, { key, path: [property, key], isConditional: false }] as const),
  );
}

function tagsOfList(list: readonly Value[], path: readonly string[]): Tags | undefined {
  const found = new Map<string, FoundTag>();
  for (const [index, item] of list.entries()) {
    const keys = keysOf(item);
    if (keys === undefined) return undefined;
    const isConditional = new Set(keys).size > 1;
    for (const key of keys) {
      if (key !== null) found.set(key, { key, path: [...path, String(index), 'Value'], isConditional });
    }
  }
  return found;
}

/** The keys an item of a list of tags can have, `null` for none; `undefined` where that is not written out. */
function keysOf(item: Value): readonly (string | null)[] | undefined {
  if (!isMap(item)) return undefined;
  if (item.Ref === 'AWS::NoValue') return [null];
  const choice = item['Fn::If'];
  if (isList(choice)) {
    const sides = choice.slice(1).map(keysOf);
    return sides.every((side) => side !== undefined) ? sides.flat() : undefined;
  }
  return typeof item.Key === 'string' ? [item.Key] : undefined;
}

/** What stands in the way of the tags the policy wants, one sentence each. */
export function tagProblems(
  view: ResourceView,
  tags: Tags,
  rules: Readonly<Record<string, TagRule>>,
): readonly string[] {
  return Object.entries(rules).flatMap(([key, { value, allowed }]) => {
    const found = tags.get(key);
    if (found?.isConditional === true) return [`its tag ${key} depends on a condition`];
    if (found === undefined) {
      const other = [...tags.keys()].find((each) => each.toLowerCase() === key.toLowerCase());
      return other === undefined ? [] : [`its tag ${other} differs from ${key} in case only`];
    }
    if (allowed === undefined) return [];
    const right = [value, ...allowed];
    const wrong = view
      .read(...found.path)
      .flatMap(({ outcome }) => scalarText(outcome) ?? [])
      .filter((each) => !right.includes(each));
    return wrong.length === 0
      ? []
      : [`its tag ${key} is ${[...new Set(wrong)].join(' or ')}, and allowed is ${right.join(' or ')}`];
  });
}

/** Tags are put behind those that are there, in the notation of the type. */
export function tagEdits(
  view: ResourceView,
  { property, form }: TagForm,
  missing: Readonly<Record<string, string>>,
): readonly PropertyEdit[] {
  const entries = Object.entries(missing);
  if (form === 'map') return entries.map(([key, value]) => ({ path: ['Properties', property, key], value }));
  const own = view.stack.template.resources.get(view.logicalId)?.properties[property];
  const listed = isList(own) ? own : [];
  const added = entries.map(([key, value]) => ({
    Key: key,
    Value: value,
    ...(form === 'propagated-list' && { PropagateAtLaunch: true }),
  }));
  if (form !== 'specifications') return [{ path: ['Properties', property], value: [...listed, ...added] }];
  const type = specifiedType(view.type);
  const index = listed.findIndex((item) => isMap(item) && item.ResourceType === type);
  const specification = listed[index];
  const tags = isMap(specification) && isList(specification.Tags) ? specification.Tags : [];
  if (index >= 0)
    return [{ path: ['Properties', property, String(index), 'Tags'], value: [...tags, ...added] }];
  return [{ path: ['Properties', property], value: [...listed, { ResourceType: type, Tags: added }] }];
}

/** `AWS::EC2::LaunchTemplate` is `launch-template` in a tag specification. */
function specifiedType(type: string): string {
  const name = type.slice(type.lastIndexOf(':') + 1).replace(/^EC2/, '');
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}
