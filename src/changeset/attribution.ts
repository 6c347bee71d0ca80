import type { RawChange } from '../aws-ports.js';
import { isIntrinsic } from '../document/intrinsics.js';
import {
  isEqual,
  isList,
  isMap,
  type Path,
  parsePointer,
  type Value,
  type ValueMap,
} from '../document/value.js';
import type { Edit } from './asked-for.js';
import type { Difference, TemplateSides } from './property-changes.js';

/** Who asked for a change, and where a part of it was asked for by no patch, why it is there all the same. */
export interface Attribution {
  readonly remediations: readonly string[];
  readonly surprise: string | null;
}

export interface AttributedChange {
  readonly whole: Attribution;
  /** In the order of the differences. */
  readonly properties: readonly Attribution[];
}

const byLocalTemplate = 'the local template differs from the deployed one here';
const unexplained = 'no patch asks for it: drift, a transform, or a macro';
const nothingToSay: Attribution = { remediations: [], surprise: null };

/**
 * Puts each difference beside what asked for it, path by path: that a patch touches a resource explains nothing else in
 * it. What follows from an explained change is explained by the same remediations, however far.
 */
export function attribute(
  changes: readonly { readonly change: RawChange; readonly differences: readonly Difference[] }[],
  sides: TemplateSides | undefined,
): readonly AttributedChange[] {
  const askers = new Map<string, ReadonlySet<string>>();
  for (;;) {
    const attributed = changes.map((each) => attributeOne(each.change, each.differences, sides, askers));
    let grew = false;
    for (const [index, { whole, properties }] of attributed.entries()) {
      const id = changes[index]?.change.logicalId ?? '';
      const known = askers.get(id) ?? new Set();
      const all = new Set([...known, ...[whole, ...properties].flatMap(({ remediations }) => remediations)]);
      grew ||= all.size > known.size;
      askers.set(id, all);
    }
    if (!grew) return attributed;
  }
}

type Askers = ReadonlyMap<string, ReadonlySet<string>>;

function attributeOne(
  change: RawChange,
  differences: readonly Difference[],
  sides: TemplateSides | undefined,
  askers: Askers,
): AttributedChange {
  if (comesOrGoes.has(change.action) || differences.length === 0) {
    const whole = ofWhole(change, sides);
    return { whole, properties: differences.map(() => whole) };
  }
  const properties = differences.map((difference) => ofProperty(change, difference, sides, askers));
  return { whole: nothingToSay, properties };
}

const comesOrGoes: ReadonlySet<string> = new Set(['Add', 'Import', 'Remove']);

/** A resource that comes or goes, or of which nothing is told but that it changes. */
function ofWhole(change: RawChange, sides: TemplateSides | undefined): Attribution {
  const { logicalId, action } = change;
  const edits = editsOf(sides, logicalId);
  const remediations = namesOf(edits);
  const before = resourceIn(sides?.before, logicalId);
  const local = resourceIn(sides?.local, logicalId);
  if (action === 'Remove') {
    if (edits.some(({ op, path }) => op === 'remove' && path.length === 0))
      return { remediations, surprise: null };
    return fromSam(change, sides) ?? { remediations: [], surprise: 'no patch removes it' };
  }
  if (!comesOrGoes.has(action)) {
    if (isNestedStack(change)) return { remediations, surprise: null };
    if (!isEqual(before, local)) return { remediations, surprise: byLocalTemplate };
  } else if (sides?.isNew && local !== undefined) {
    return { remediations, surprise: null };
  } else if (before === undefined && local !== undefined) {
    return { remediations, surprise: 'the local template adds it' };
  }
  if (edits.length > 0) return { remediations, surprise: null };
  return fromSam(change, sides) ?? { remediations: [], surprise: surpriseOf(change, change.details, sides) };
}

function ofProperty(
  change: RawChange,
  { path: pointer, details }: Difference,
  sides: TemplateSides | undefined,
  askers: Askers,
): Attribution {
  const path = pathOf(pointer);
  const edits = editsOf(sides, change.logicalId);
  const writing = edits.filter((edit) => isExact(edit) && isPrefix(edit.path, path));
  if (writing.length > 0) return { remediations: namesOf(writing), surprise: null };
  const before = resourceIn(sides?.before, change.logicalId);
  const local = resourceIn(sides?.local, change.logicalId);
  const near = edits.filter((edit) => isPrefix(placeOf(edit), path) || isPrefix(path, placeOf(edit)));
  // Where a nested template lies says nothing; what is in it is listed for itself.
  const isLocation = isNestedStack(change) && /^(?:TemplateURL|Location)$/.test(path[1] ?? '');
  if (!isLocation && before !== undefined && !isSameAt(before, local, path))
    return { remediations: namesOf(near), surprise: byLocalTemplate };
  const found = [...namesOf(near), ...details.flatMap((detail) => behind(change, detail, sides, askers))];
  if (found.length > 0) return { remediations: sorted(found), surprise: null };
  if (isByTags(path) && (sides?.tags.length ?? 0) > 0) return nothingToSay;
  const bySam = fromSam(change, sides);
  if (bySam !== undefined) return bySam;
  // CloudFormation lists every nested stack as modified when it cannot tell; what happens in it is listed below.
  if (isNestedStack(change)) return nothingToSay;
  return { remediations: [], surprise: surpriseOf(change, details, sides) };
}

/** Who asked for the parameter or the resource that a detail follows from. */
function behind(
  { logicalId }: RawChange,
  { source, cause = '' }: RawChange['details'][number],
  sides: TemplateSides | undefined,
  askers: Askers,
): readonly string[] {
  if (source === 'ParameterReference') return [...(sides?.asked.parameters.get(cause) ?? [])];
  if (source !== 'ResourceReference' && source !== 'ResourceAttribute') return [];
  const [causing = ''] = cause.split('.');
  return causing === logicalId ? [] : [...(askers.get(causing) ?? [])];
}

/**
 * What the SAM transform makes of a resource has other properties than the resource, and some of it is named after it.
 * Only where a template is as it was deployed does everything in it come from the patches.
 */
function fromSam({ logicalId, type }: RawChange, sides: TemplateSides | undefined): Attribution | undefined {
  if (sides === undefined || !sides.isSam) return undefined;
  const sources = Object.keys(resourcesIn(sides.local)).filter((id) => isServerless(sides.local, id));
  const declared = resourceIn(sides.local, logicalId) ?? resourceIn(sides.before, logicalId);
  const source =
    declared === undefined
      ? sources
          .filter((id) => isGenerated(type) && logicalId.startsWith(id))
          .sort((left, right) => right.length - left.length)[0]
      : sources.find((id) => id === logicalId);
  if (source === undefined) return undefined;
  const remediations = namesOf(editsOf(sides, source));
  const isAsDeployed =
    isEqual(resourceIn(sides.before, source), resourceIn(sides.local, source)) &&
    isEqual(sides.before.Globals, sides.local.Globals);
  if (sides.isNew) return { remediations, surprise: null };
  if (!isAsDeployed) return { remediations, surprise: byLocalTemplate };
  return remediations.length === 0 ? undefined : { remediations, surprise: null };
}

function isGenerated(type: string): boolean {
  return /^AWS::(?:IAM::|Lambda::|ApiGateway|Events::|Scheduler::|SQS::|SNS::|StepFunctions::|CodeDeploy::|Logs::)/.test(
    type,
  );
}

function surpriseOf(
  change: RawChange,
  details: RawChange['details'],
  sides: TemplateSides | undefined,
): string | null {
  if (isNestedStack(change)) return null;
  const given = details.flatMap(({ source, cause = '' }) =>
    source === 'ParameterReference' && sides?.given.has(cause) ? [cause] : [],
  );
  if (given.length > 0) return `the value given for ${[...new Set(given)].join(', ')} changes it`;
  const isDynamic = details.length > 0 && details.every(({ source }) => source === 'Automatic');
  return isDynamic ? 'CloudFormation changes it on its own account' : unexplained;
}

function isNestedStack({ type, action, replacement }: RawChange): boolean {
  return type === 'AWS::CloudFormation::Stack' && action === 'Modify' && replacement !== 'True';
}

/** Of a resource; of a function also those of `Globals`, as if they were its own. */
function editsOf(sides: TemplateSides | undefined, logicalId: string): readonly Edit[] {
  if (sides === undefined) return [];
  const own = sides.asked.resources.get(logicalId) ?? [];
  const { Type: type } = asMap(resourceIn(sides.local, logicalId));
  return type === 'AWS::Serverless::Function' ? [...own, ...sides.asked.functions] : own;
}

function isServerless(template: ValueMap, logicalId: string): boolean {
  const { Type: type } = asMap(resourceIn(template, logicalId));
  return typeof type === 'string' && type.startsWith('AWS::Serverless::');
}

function isExact(edit: Edit): boolean {
  return placeOf(edit).length === edit.path.length;
}

/** As far as a path of the template is one of the resource: not into an intrinsic, not among the items of a list. */
function placeOf({ op, path }: Edit): Path {
  const stop = path.findIndex((token) => /^(?:Fn::.*|Ref|-)$/.test(token));
  const plain = stop === -1 ? path : path.slice(0, stop);
  const movesItems = op !== 'replace' && stop === -1 && /^\d+$/.test(path.at(-1) ?? '');
  return movesItems ? plain.slice(0, -1) : plain;
}

/** Tags have a kind of their own among the details. */
function pathOf(pointer: string): Path {
  const path = pointer.startsWith('/') ? parsePointer(pointer) : [pointer];
  return path[0] === 'Tags' ? ['Properties', ...path] : path;
}

function isByTags(path: Path): boolean {
  return path[0] === 'Properties' && path[1] === 'Tags';
}

function isPrefix(left: Path, right: Path): boolean {
  return left.length <= right.length && left.every((token, index) => token === right[index]);
}

/** Two values at a place, as far down as both have one. */
function isSameAt(left: Value | undefined, right: Value | undefined, path: Path): boolean {
  const [token, ...rest] = path;
  if (token === undefined || !isContainer(left) || !isContainer(right)) return isEqual(left, right);
  return isSameAt(partOf(left, token), partOf(right, token), rest);
}

function isContainer(value: Value | undefined): value is ValueMap | readonly Value[] {
  return isList(value) || (isMap(value) && !isIntrinsic(value));
}

function partOf(value: ValueMap | readonly Value[], token: string): Value | undefined {
  if (isMap(value)) return Object.hasOwn(value, token) ? value[token] : undefined;
  return value[Number(token)];
}

function resourcesIn(template: ValueMap | undefined): ValueMap {
  return asMap(template?.Resources);
}

function resourceIn(template: ValueMap | undefined, logicalId: string): Value | undefined {
  const resources = resourcesIn(template);
  return Object.hasOwn(resources, logicalId) ? resources[logicalId] : undefined;
}

function asMap(value: Value | undefined): ValueMap {
  return isMap(value) ? value : {};
}

function namesOf(edits: readonly Edit[]): readonly string[] {
  return sorted(edits.map(({ remediation }) => remediation));
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}
