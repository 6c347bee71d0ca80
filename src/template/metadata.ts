import { columnOf, entryIn, lineOf, nodeAt } from '../document/locate.js';
import type { Comment, Document, Node, Source, Span } from '../document/syntax.js';
import { isList, isMap, type Path, type Value, type ValueMap } from '../document/value.js';
import type { Acknowledged, Acknowledgement, Stack, Template } from './template.js';

/**
 * What `cdk synth`, and cdk-nag with it, writes into the metadata of resources.
 * @source https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cx_api-readme.html
 */

function metadataOf(body: Value | undefined, key: string): string | undefined {
  const metadata = isMap(body) ? body.Metadata : undefined;
  const value = isMap(metadata) ? metadata[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** `Stack/Bucket/Resource`: the construct that the resource was made by. */
export function pathOfConstruct(body: Value | undefined): string | undefined {
  return metadataOf(body, 'aws:cdk:path');
}

/** Whether `cdk synth` has made a template: its resources name their constructs. */
export function isSynthesized(template: Value): boolean {
  const resources = isMap(template) ? template.Resources : undefined;
  return isMap(resources) && Object.values(resources).some((body) => pathOfConstruct(body) !== undefined);
}

/** The file, beside the template, that a property of the resource is an asset of. */
export function assetOf(body: Value | undefined, property: string): string | undefined {
  return metadataOf(body, 'aws:asset:property') === property ? metadataOf(body, 'aws:asset:path') : undefined;
}

/** Packs whose rules have the same name in each of them; those of AWS Solutions are numbered. */
const namedPacks = /^(?:HIPAA\.Security|NIST\.800\.53\.R[45]|PCI\.DSS\.321|Serverless)-/;

/**
 * The rule that an id of cdk-nag means: without the name of a pack, and without the one finding that it is narrowed to.
 * @source https://github.com/cdklabs/cdk-nag/blob/main/RULES.md
 */
export function ruleOfCdkNag(id: string): string {
  return id.replace(namedPacks, '').replace(/\[.*\]$/, '');
}

type SuppressingTool = 'checkov' | 'cfn_nag' | 'cdk_nag' | 'cdk' | 'guard' | 'idp-fix';

/** A finding, of idp-fix or of another tool, that the template says to pass over. */
export interface FoundSuppression {
  readonly tool: SuppressingTool;
  /** `CKV_AWS_116`, `W89`, `LAMBDA_DLQ_CHECK`, the id of a remediation. */
  readonly id: string;
  readonly reason: string | undefined;
  /** One-based; `undefined` where the resource does not stand in the text as read. */
  readonly line: number | undefined;
  readonly place: /** The whole comment; suppressions that share it have the same span. */
    | { readonly kind: 'comment'; readonly span: Span }
    /** `path` leads from the resource's body to the list the item is in. */
    | { readonly kind: 'metadata'; readonly path: Path; readonly item: Value }
    /** Outside the template: in what the CDK writes beside it. */
    | { readonly kind: 'beside' };
}

/**
 * What a resource's comments and metadata suppress, in the order of the text, comments first.
 * @source https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html
 */
export function suppressionsOf(stack: Stack, logicalId: string): readonly FoundSuppression[] {
  const { document, resources } = stack.template;
  const resource = resources.get(logicalId);
  if (resource === undefined) return [];
  const skips = skipsIn(document, logicalId);
  if (Object.keys(resource.metadata).length === 0) return skips;
  return [
    ...skips,
    ...metadataLists.flatMap((list) => metadataSuppressions(document, logicalId, resource.metadata, list)),
  ];
}

/** Checkov has had three owners. One comment may hold several marks. */
const skipMark = /\b(checkov|bridgecrew|cortex|idp-fix):skip=/;

/** Each id of a comma-separated list counts; what follows the colon is free text. */
const skipped = /^\s*([A-Za-z]\w*[_-][\w-]*(?:\s*,\s*[A-Za-z]\w*[_-][\w-]*)*)\s*(?::(.*))?/;

function commentSuppressions(document: Document, { span }: Comment): readonly FoundSuppression[] {
  const [, ...marked] = document.source.text.slice(span.start, span.end).split(skipMark);
  const line = marked.length > 0 ? lineOf(document.source, span.start) : undefined;
  return marked.flatMap((owner, index) => {
    if (index % 2 === 1) return [];
    const [, ids, reason = ''] = skipped.exec(marked[index + 1] ?? '') ?? [];
    return (ids?.split(',') ?? []).map((id) => ({
      tool: owner === 'idp-fix' ? ('idp-fix' as const) : ('checkov' as const),
      id: id.trim(),
      reason: withoutQuotes(reason) || undefined,
      line,
      place: { kind: 'comment' as const, span },
    }));
  });
}

/** People quote reasons although quotes are not part of the comment's grammar, and not always in pairs. */
function withoutQuotes(reason: string): string {
  return reason.replace(/^[\s"']+|[\s"'#]+$/g, '');
}

/** By what was read: however a template is patched, its comments are those of the text. */
const known = new WeakMap<Node, ReadonlyMap<string, readonly FoundSuppression[]>>();

function skipsIn(document: Document, logicalId: string): readonly FoundSuppression[] {
  const skips = known.get(document.root) ?? skipsByResource(document);
  known.set(document.root, skips);
  return skips.get(logicalId) ?? [];
}

function skipsByResource(document: Document): ReadonlyMap<string, readonly FoundSuppression[]> {
  const found = [...commentsByResource(document)].map(
    ([logicalId, comments]) =>
      [logicalId, comments.flatMap((comment) => commentSuppressions(document, comment))] as const,
  );
  return new Map(found);
}

/** Comments from a resource's key to its last line, and those below that are indented like its content. */
function commentsByResource({ root, source, comments }: Document): ReadonlyMap<string, readonly Comment[]> {
  const resources = root.kind === 'map' ? entryIn(root, 'Resources')?.value : undefined;
  const found = new Map<string, readonly Comment[]>();
  if (resources?.kind !== 'map') return found;
  let next = 0;
  for (const { key, keySpan, value } of resources.entries) {
    while (startOf(comments[next]) < keySpan.start) next++;
    const first = next;
    const column = columnOf(source, keySpan.start);
    const lastLine = lineOf(source, value.span.end);
    const isOwn = ({ span, ownLine }: Comment): boolean =>
      lineOf(source, span.start) <= lastLine ||
      (ownLine && columnOf(source, span.start) > column && isBelow(source, value.span.end, span.start));
    for (let comment = comments[next]; comment !== undefined && isOwn(comment); comment = comments[next])
      next++;
    found.set(key, comments.slice(first, next));
  }
  return found;
}

function startOf(comment: Comment | undefined): number {
  return comment?.span.start ?? Number.POSITIVE_INFINITY;
}

/** Nothing but blanks and comments stands between a resource's end and a comment below it. */
function isBelow({ text }: Source, end: number, start: number): boolean {
  return text
    .slice(end, start)
    .split('\n')
    .every((line) => /^\s*(?:#|$)/.test(line));
}

interface MetadataList {
  readonly tool: SuppressingTool;
  readonly at: readonly [string, string];
  readonly reason: string;
}

const metadataLists: readonly MetadataList[] = [
  { tool: 'checkov', at: ['checkov', 'skip'], reason: 'comment' },
  { tool: 'checkov', at: ['bridgecrew', 'skip'], reason: 'comment' },
  { tool: 'cfn_nag', at: ['cfn_nag', 'rules_to_suppress'], reason: 'reason' },
  { tool: 'cdk_nag', at: ['cdk_nag', 'rules_to_suppress'], reason: 'reason' },
  { tool: 'guard', at: ['guard', 'SuppressedRules'], reason: 'reason' },
  { tool: 'idp-fix', at: ['idp-fix', 'skip'], reason: 'reason' },
];

function metadataSuppressions(
  document: Document,
  logicalId: string,
  metadata: ValueMap,
  { tool, at, reason }: MetadataList,
): readonly FoundSuppression[] {
  const [group, key] = at;
  const { [group]: holder } = metadata;
  const list = isMap(holder) ? holder[key] : undefined;
  if (!isList(list)) return [];
  const path = ['Metadata', ...at];
  return list.flatMap((item, index) => {
    const id = isMap(item) ? item.id : item;
    if (typeof id !== 'string') return [];
    const node = nodeAt(document, ['Resources', logicalId, ...path, String(index)]);
    const said = isMap(item) ? reasonIn(item, reason) : undefined;
    return {
      tool,
      id,
      reason: said,
      line: node && lineOf(document.source, node.span.start),
      place: { kind: 'metadata' as const, path, item },
    };
  });
}

/** cdk-nag encodes a reason that is not ASCII. */
function reasonIn(item: ValueMap, key: string): string | undefined {
  const said = item[key];
  if (typeof said !== 'string') return undefined;
  return item.is_reason_encoded === true ? Buffer.from(said, 'base64').toString('utf8') : said;
}

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

interface MetadataContext {
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
    logicalId === undefined ? template.value.Metadata : template.resources.get(logicalId)?.body.Metadata;
  if (!isMap(metadata)) return nothing;
  if (isChosen(metadata)) return saysContext(metadata) ? { ...nothing, mutable: metadata } : nothing;
  const { [contextKey]: context } = metadata;
  if (context === undefined) return nothing;
  // Whoever has written it meant something: what cannot be read is no level, and asks for approval.
  if (!isMap(context) || isChosen(context)) return { ...nothing, mutable: context };
  const { must, why, mutable, mutability = {} } = context;
  const said = must === undefined ? [] : isList(must) ? must : [must];
  const isReadable = isMap(mutability) && !isChosen(mutability);
  return {
    mutable: isReadable || mutable === 'must-never-change' ? mutable : mutability,
    mutability: isReadable ? mutability : {},
    must: said.map(textOf),
    why: why === undefined ? undefined : textOf(why),
  };
}

/** An intrinsic function stands where the map should: what it comes to is another thing in another deployment. */
function isChosen(map: ValueMap): boolean {
  return Object.keys(map).some((key) => key === 'Ref' || key.startsWith('Fn::'));
}

function saysContext(value: Value): boolean {
  return JSON.stringify(value).includes(JSON.stringify(contextKey));
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
  const keyed = (context: MetadataContext, ways: readonly Path[]) =>
    strictest(
      Object.entries(context.mutability)
        .filter(([key]) => ways.some((way) => overlaps(tokensOf(key), way)))
        .map(([key, level]) => marked(level, isResource ? `${key} of ${name}` : key)),
    );
  return (
    keyed(resource, [inside, rest]) ??
    (resource.mutable === undefined ? undefined : marked(resource.mutable, name)) ??
    keyed(whole, [
      ...(isResource ? [inside, rest] : []),
      [name, ...inside],
      [section ?? '', name, ...rest],
    ]) ??
    (whole.mutable === undefined ? undefined : marked(whole.mutable, `the template ${template.path}`))
  );
}

/** A key as people write it: `A.B`, `A/B`, `A[0].B`, `A[*].B`. */
function tokensOf(key: string): Path {
  return key.split(/[./[\]]+/).filter((token) => token !== '');
}

/**
 * A key names a property, or one inside it; a change above it is one of it, too. Compared without regard to case: no two
 * properties of a type differ by it only, and a key in other letters was meant for one.
 */
function overlaps(key: Path, path: Path): boolean {
  if (path.length === 0 || key.length === 0) return false;
  return key
    .slice(0, path.length)
    .every((token, index) => token === '*' || token.toLowerCase() === path[index]?.toLowerCase());
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

/**
 * What an app has acknowledged (`Validations.acknowledge`), by the templates and resources it holds for: those of the
 * construct it was said of, and of all below it. What was said of the app or of a stage is in no file of a stack.
 * @param metadata of a stack and of those it nests: entries by the path of their construct, with a slash before it
 * @source https://github.com/aws/aws-cdk-cli/blob/main/packages/%40aws-cdk/cloud-assembly-schema/lib/cloud-assembly/metadata-schema.ts
 */
export function acknowledgedIn(metadata: Value, template: string): Acknowledged {
  const entries = new Map(
    Object.entries(isMap(metadata) ? metadata : {}).map(([path, said]) => [path, isList(said) ? said : []]),
  );
  const found = new Map<string, Map<string, readonly Acknowledgement[]>>();
  for (const [path, own] of entries) {
    const isStack = dataOf(own, 'aws:cdk:templateFile').length > 0;
    const logicalId = isStack ? '' : dataOf(own, 'aws:cdk:logicalId').find((id) => typeof id === 'string');
    if (logicalId === undefined) continue;
    const around = withThoseAbove(path).map((each) => entries.get(each) ?? []);
    const said = around.flatMap((each) =>
      dataOf(each, 'aws:cdk:acknowledged-rules').flatMap(acknowledgements),
    );
    if (said.length === 0) continue;
    const [file] = around.flatMap((each) => dataOf(each, 'aws:cdk:templateFile'));
    const key = typeof file === 'string' ? file : template;
    found.set(key, (found.get(key) ?? new Map()).set(logicalId, said));
  }
  return found;
}

/** `/a/b` and `/a`: the construct, and what it is in. */
function withThoseAbove(path: string): readonly string[] {
  const names = path.split('/').slice(1);
  return names.map((_, index) => `/${names.slice(0, names.length - index).join('/')}`);
}

function dataOf(entries: readonly Value[], type: string): readonly Value[] {
  return entries.flatMap((entry) =>
    isMap(entry) && entry.type === type && entry.data !== undefined ? [entry.data] : [],
  );
}

function acknowledgements(rules: Value): readonly Acknowledgement[] {
  return Object.entries(isMap(rules) ? rules : {}).map(([id, reason]) => ({
    id,
    reason: typeof reason === 'string' ? reason : '',
  }));
}
