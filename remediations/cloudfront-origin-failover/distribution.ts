import { isList, isMap, type ResourceView, type Value, type ValueMap } from '../../src/remediation.js';

export interface Behaviour {
  /** From the distribution's configuration. */
  readonly path: readonly string[];
  /** For reading. */
  readonly name: string;
  readonly value: ValueMap;
}

export interface OriginGroup {
  readonly id: string;
  /** Ids of its origins, the first one asked first. */
  readonly members: readonly string[];
  /** Why CloudFront would refuse it, or why it never fails over. */
  readonly defect: string | undefined;
}

/** A distribution's parts as far as they are written out. */
export interface Distribution {
  readonly origins: readonly ValueMap[];
  /** The default behaviour first. */
  readonly behaviours: readonly Behaviour[];
  readonly groups: readonly OriginGroup[];
}

/** `undefined` where origins, behaviours or groups stand behind a function. */
export function readDistribution(view: ResourceView): Distribution | undefined {
  const origins = view.expression('DistributionConfig', 'Origins');
  const usual = view.expression('DistributionConfig', 'DefaultCacheBehavior');
  const others = view.expression('DistributionConfig', 'CacheBehaviors') ?? [];
  const groups = view.expression('DistributionConfig', 'OriginGroups', 'Items') ?? [];
  if (!isList(origins) || !isMap(usual) || !isList(others) || !isList(groups)) return undefined;
  if (!groups.every((group) => isMap(group) && typeof group.Id === 'string')) return undefined;
  const listed = others.flatMap((value, index): readonly Behaviour[] =>
    isMap(value) ? [{ path: ['CacheBehaviors', String(index)], name: nameOf(value, index), value }] : [],
  );
  const known = origins.filter((origin): origin is ValueMap => isMap(origin));
  return {
    origins: known,
    behaviours: [{ path: ['DefaultCacheBehavior'], name: 'its default behaviour', value: usual }, ...listed],
    groups: groups.flatMap((group) => (isMap(group) ? [readGroup(group, known)] : [])),
  };
}

function nameOf({ PathPattern: pattern }: ValueMap, index: number): string {
  return `its behaviour ${typeof pattern === 'string' ? pattern : index + 1}`;
}

function readGroup(group: ValueMap, origins: readonly ValueMap[]): OriginGroup {
  const members = listAt(group, 'Members', 'Items').flatMap((member) =>
    isMap(member) && typeof member.OriginId === 'string' ? [member.OriginId] : [],
  );
  const codes = listAt(group, 'FailoverCriteria', 'StatusCodes', 'Items');
  return {
    id: typeof group.Id === 'string' ? group.Id : 'without an Id',
    members,
    defect: defectOf(group, members, codes, origins),
  };
}

/** @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-cloudfront-distribution-origingroup.html */
function defectOf(
  group: ValueMap,
  members: readonly string[],
  codes: readonly Value[],
  origins: readonly ValueMap[],
): string | undefined {
  const [first, second] = members;
  if (members.length !== 2 || first === second) return 'has to have two different origins';
  const stranger = members.find((id) => origins.every((origin) => origin.Id !== id));
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
export function isReadOnly({ value }: Behaviour): boolean | undefined {
  const methods = value.AllowedMethods ?? ['GET', 'HEAD'];
  if (!isList(methods) || !methods.every((method) => typeof method === 'string')) return undefined;
  return methods.every((method) => ['GET', 'HEAD', 'OPTIONS'].includes(String(method)));
}
