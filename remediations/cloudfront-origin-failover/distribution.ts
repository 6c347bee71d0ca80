import {
  type Facts,
  isList,
  isMap,
  type ResourceView,
  type Stack,
  type Value,
  type ValueMap,
} from '../../src/remediation.js';

export interface Behavior {
  /** From the distribution's configuration. */
  readonly path: readonly string[];
  /** For reading. */
  readonly name: string;
  /** Name of the origin, or group of origins, that it uses. */
  readonly origin: string;
  readonly value: ValueMap;
}

export interface Origin {
  readonly id: string;
  readonly value: ValueMap;
}

interface OriginGroup {
  readonly id: string;
  /** Its id as the template has it. */
  readonly written: Value;
  /** Ids of its origins, the first one asked first. */
  readonly members: readonly string[];
  /** Why CloudFront would refuse it, or why it never fails over. */
  readonly defect: string | undefined;
}

/** A distribution's parts as far as they are written out. */
export interface Distribution {
  readonly origins: readonly Origin[];
  /** The default behavior first. */
  readonly behaviors: readonly Behavior[];
  readonly groups: readonly OriginGroup[];
}

/** What an id comes to as text: two expressions that mean the same are the same origin. */
function idOf(id: Value | undefined, stack: Stack, facts: Facts): string {
  const [text, ...others] = facts.textsOf(stack, id);
  return text === undefined || others.length > 0 ? JSON.stringify(id ?? null) : text.replace(/@[^}]*}/g, '}');
}

/** `undefined` where origins, behaviors or groups stand behind a function. */
export function readDistribution(view: ResourceView, facts: Facts): Distribution | undefined {
  const nameOfId = (id: Value | undefined) => idOf(id, view.stack, facts);
  const listed = view.expression('DistributionConfig', 'Origins');
  const usual = view.expression('DistributionConfig', 'DefaultCacheBehavior');
  const others = view.expression('DistributionConfig', 'CacheBehaviors') ?? [];
  const groups = view.expression('DistributionConfig', 'OriginGroups', 'Items') ?? [];
  if (!isList(listed) || !isMap(usual) || !isList(others) || !isList(groups)) return undefined;
  if (!groups.every((group) => isMap(group) && group.Id !== undefined)) return undefined;
  const behavior = (value: ValueMap, path: readonly string[], name: string): Behavior => {
    return { path, name, value, origin: nameOfId(value.TargetOriginId) };
  };
  const origins = listed.flatMap((value): Origin[] =>
    isMap(value) ? [{ id: nameOfId(value.Id), value }] : [],
  );
  return {
    origins,
    behaviors: [
      behavior(usual, ['DefaultCacheBehavior'], 'its default behavior'),
      ...others.flatMap((value, index) =>
        isMap(value) ? [behavior(value, ['CacheBehaviors', String(index)], nameOf(value, index))] : [],
      ),
    ],
    groups: groups.flatMap((group) => (isMap(group) ? [readGroup(group, origins, nameOfId)] : [])),
  };
}

function nameOf({ PathPattern: pattern }: ValueMap, index: number): string {
  return `its behavior ${typeof pattern === 'string' ? pattern : index + 1}`;
}

function readGroup(
  group: ValueMap,
  origins: readonly Origin[],
  nameOfId: (id: Value | undefined) => string,
): OriginGroup {
  const members = listAt(group, 'Members', 'Items').flatMap((member) =>
    isMap(member) && member.OriginId !== undefined ? [nameOfId(member.OriginId)] : [],
  );
  const codes = listAt(group, 'FailoverCriteria', 'StatusCodes', 'Items');
  return {
    id: nameOfId(group.Id),
    written: group.Id ?? '',
    members,
    defect: defectOf(group, members, codes, origins),
  };
}

/** @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-cloudfront-distribution-origingroup.html */
function defectOf(
  group: ValueMap,
  members: readonly string[],
  codes: readonly Value[],
  origins: readonly Origin[],
): string | undefined {
  const [first, second] = members;
  if (members.length !== 2 || first === second) return 'has to have two different origins';
  const stranger = members.find((member) => origins.every(({ id }) => id !== member));
  if (stranger !== undefined) return `names the origin ${stranger}, which is not there`;
  if (codes.length === 0) return 'has no status codes that count as a failure';
  const isWrong = (count: Value | undefined, length: number) =>
    count !== undefined && Number(count) !== length;
  const { Members: listed, FailoverCriteria: criteria } = group;
  const statusCodes = isMap(criteria) ? criteria.StatusCodes : undefined;
  if (isMap(listed) && isWrong(listed.Quantity, members.length)) return 'counts its origins wrongly';
  return isMap(statusCodes) && isWrong(statusCodes.Quantity, codes.length)
    ? 'counts its status codes wrongly'
    : undefined;
}

function listAt(value: Value | undefined, ...path: readonly string[]): readonly Value[] {
  const [token, ...rest] = path;
  if (token === undefined) return isList(value) ? value : [];
  return isMap(value) ? listAt(value[token], ...rest) : [];
}

/** Origin groups answer reads only; `undefined` where the methods are not known. */
export function isReadOnly({ value }: Behavior): boolean | undefined {
  const methods = value.AllowedMethods ?? ['GET', 'HEAD'];
  if (!isList(methods) || !methods.every((method) => typeof method === 'string')) return undefined;
  return methods.every((method) => ['GET', 'HEAD', 'OPTIONS'].includes(String(method)));
}
