import type { Path } from '../document/pointer.js';
import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import type { Stack, Template } from './template.js';

/**
 * What a template says about itself to whoever changes it, by AWS's convention.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-metadata.html
 */
export const contextKey = 'com.aws.cloudformation.Context';

/** How much a change needs, least first. */
const levels = ['free-to-tune', 'review-required', 'change-with-constraints', 'must-never-change'] as const;
export type MutabilityLevel = (typeof levels)[number];

/** What is said of one place, with the texts a person has to know. */
export interface Mutability {
  readonly level: MutabilityLevel;
  /** What is marked: `RetentionInDays of AuditLogs`. */
  readonly place: string;
  readonly must: readonly string[];
  readonly why: string | undefined;
}

export interface MetadataContext {
  /** As written; `undefined` where nothing is said. */
  readonly mutable: Value | undefined;
  readonly mutability: ValueMap;
  readonly must: readonly string[];
  readonly why: string | undefined;
}

const nothing: MetadataContext = { mutable: undefined, mutability: {}, must: [], why: undefined };

const contexts = new WeakMap<Template, Map<string | undefined, MetadataContext>>();

/** Of a resource, or of the template where no resource is named. */
export function contextOf(template: Template, logicalId?: string): MetadataContext {
  const known = contexts.get(template) ?? new Map<string | undefined, MetadataContext>();
  contexts.set(template, known);
  const context = known.get(logicalId) ?? readContext(template, logicalId);
  known.set(logicalId, context);
  return context;
}

function readContext(template: Template, logicalId: string | undefined): MetadataContext {
  const metadata =
    logicalId === undefined ? template.value.Metadata : template.resources.get(logicalId)?.metadata;
  const context = isMap(metadata) ? metadata[contextKey] : undefined;
  if (!isMap(context)) return nothing;
  const { must, why, mutable, mutability } = context;
  const said = must === undefined ? [] : isList(must) ? must : [must];
  return {
    mutable,
    mutability: isMap(mutability) ? mutability : {},
    must: said.map(textOf),
    why: why === undefined ? undefined : textOf(why),
  };
}

function textOf(value: Value): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * What a template says about changing a place in it. A resource counts before its template, a property before its
 * resource; a nested template can be changed as far as what its parents refer it with. What is not among AWS's four
 * levels is taken for `review-required`.
 * @param path from the root of the template
 */
export function mutabilityAt(stack: Stack, path: Path): Mutability | undefined {
  return strictest([ownMutability(stack.template, path), mutabilityAbove(stack)]);
}

const above = new WeakMap<Stack, { readonly said: Mutability | undefined }>();

/** What the parents say about the template as a whole; worked out once, however many ways lead down to it. */
function mutabilityAbove(stack: Stack): Mutability | undefined {
  const said = above.get(stack) ?? {
    said: strictest(
      stack.parents.map(({ stack: parent, logicalId }) =>
        mutabilityAt(parent, ['Resources', logicalId, 'Properties', referrerOf(parent.template, logicalId)]),
      ),
    ),
  };
  above.set(stack, said);
  return said.said;
}

function referrerOf({ resources }: Template, logicalId: string): string {
  return resources.get(logicalId)?.type === 'AWS::Serverless::Application' ? 'Location' : 'TemplateURL';
}

function ownMutability(template: Template, [section, name = '', ...rest]: Path): Mutability | undefined {
  const whole = contextOf(template);
  const isResource = section === 'Resources' && template.resources.has(name);
  const resource = isResource ? contextOf(template, name) : nothing;
  if (whole === nothing && resource === nothing) return undefined;
  const inside = rest[0] === 'Properties' ? rest.slice(1) : rest;
  const must = [...whole.must, ...resource.must];
  const why = resource.why ?? whole.why;
  const marked = (level: Value, place: string): Mutability => ({ level: levelOf(level), place, must, why });
  const keyed = (context: MetadataContext) =>
    strictest(
      Object.entries(context.mutability)
        .filter(([key]) => overlaps(key.split(/[./]/), inside))
        .map(([key, level]) => marked(level, `${key} of ${name}`)),
    );
  return (
    keyed(resource) ??
    (resource.mutable === undefined ? undefined : marked(resource.mutable, name)) ??
    (isResource ? keyed(whole) : undefined) ??
    (whole.mutable === undefined ? undefined : marked(whole.mutable, `the template ${template.path}`))
  );
}

/** A key names a property, or one inside it; a change above it is one of it, too. */
function overlaps(key: Path, path: Path): boolean {
  if (path.length === 0) return false;
  return key.slice(0, path.length).every((token, index) => token === path[index]);
}

function levelOf(value: Value): MutabilityLevel {
  return levels.find((level) => level === value) ?? 'review-required';
}

/** The one that asks for most, the first of several. */
export function strictest(all: readonly (Mutability | undefined)[]): Mutability | undefined {
  let found: Mutability | undefined;
  for (const each of all) {
    const isStricter =
      each !== undefined && (found === undefined || levels.indexOf(each.level) > levels.indexOf(found.level));
    if (isStricter) found = each;
  }
  return found;
}

/** `AuditLogs is marked must-never-change (must: keep seven years; why: audit)`. */
export function sayMutability({ level, place, must, why }: Mutability): string {
  const texts = [...must.map((text) => `must: ${text}`), ...(why === undefined ? [] : [`why: ${why}`])];
  return `${place} is marked ${level}${texts.length === 0 ? '' : ` (${texts.join('; ')})`}`;
}
