import { columnOf, entryIn, lineOf, nodeAt } from '../document/locate.js';
import type { Path } from '../document/pointer.js';
import type { Comment, Document, Node, Source, Span } from '../document/syntax.js';
import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import type { Stack } from './template.js';

export type SuppressingTool = 'checkov' | 'cfn_nag' | 'cdk_nag' | 'guard' | 'idp-fix';

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
    | { readonly kind: 'metadata'; readonly path: Path; readonly item: Value };
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
