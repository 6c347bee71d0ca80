import type { Severity } from '../contract/remediation.js';
import { columnOf, entryIn, lineOf, nodeAt } from '../document/locate.js';
import type { Document, Span } from '../document/syntax.js';
import { pathFromWorkingFolder } from '../paths.js';
import type { Finding, Patch } from '../plan/document.js';
import type { PatchedFile } from '../plan/written.js';
import { statusOf } from './group.js';
import { type FindingStatus, openStatuses, type ReportedPlan, type ReportOptions } from './report.js';
import { say } from './words.js';

/** Where something stands, for a reader of the files. */
export interface Place {
  readonly plan: ReportedPlan;
  readonly file: PatchedFile;
  /** From the folder idp-fix was started in. */
  readonly path: string;
  /** The text of the file as the reader of the report finds it. */
  readonly source: RegionText;
  /** In that text. */
  readonly span: Span;
  /** One-based. */
  readonly line: number;
}

/** A finding as a program other than idp-fix lists it: where it stands in which file, how bad it is, what becomes of it. */
export interface ReportedFinding extends Place {
  readonly finding: Finding;
  readonly remediation: ReportOptions['remediations'][number];
  /** Of the finding; of its remediation where nothing falls short. */
  readonly severity: Severity;
  readonly status: FindingStatus;
  readonly fixedBy: Patch | undefined;
}

/** A resource that could not be looked at, such as a nested stack whose template is not at hand. */
export interface Unchecked extends Place {
  readonly logicalId: string;
  /** A sentence. */
  readonly message: string;
}

/** Statuses that leave something to do. */
const open: ReadonlySet<FindingStatus> = new Set(openStatuses);

/** A finding that is left to deal with; what `--apply` has just written is none. */
export function isOpen({ status }: ReportedFinding, { outcome }: Pick<ReportOptions, 'outcome'>): boolean {
  return open.has(status) && !(outcome.written && status === 'written');
}

/** Every finding of every plan, in the order of the plans, their templates and their findings. */
export function reportedFindings(
  plans: readonly ReportedPlan[],
  { remediations, outcome }: Pick<ReportOptions, 'remediations' | 'outcome'>,
): readonly ReportedFinding[] {
  const remediationById = new Map(remediations.map((remediation) => [remediation.id, remediation]));
  return plans.flatMap((plan) => {
    const patches = new Map(
      plan.document.stacks.flatMap((stack) => stack.patches.map((patch) => [patch.id, patch] as const)),
    );
    return plan.document.stacks.flatMap(({ template, findings }) =>
      findings.flatMap((finding) => {
        const remediation = remediationById.get(finding.remediation);
        if (remediation === undefined) return [];
        const fixedBy = patches.get(finding.patch ?? '');
        return {
          ...placeOf(plan, template, finding.logicalId, outcome),
          finding,
          remediation,
          severity: finding.severity ?? remediation.guideRisk,
          status: statusOf({ ...finding, fixedBy }, plan.includeReview),
          fixedBy,
        };
      }),
    );
  });
}

/** What no remediation has seen, so that a report without findings does not pass for a clean one. */
export function uncheckedResources(
  plans: readonly ReportedPlan[],
  { outcome }: Pick<ReportOptions, 'outcome'>,
): readonly Unchecked[] {
  return plans.flatMap((plan) =>
    plan.document.coverage.notEvaluated.map(({ template, logicalId, because }) => ({
      ...placeOf(plan, template, logicalId, outcome),
      logicalId,
      message: `${logicalId} was not checked: ${because}.`,
    })),
  );
}

function placeOf(
  plan: ReportedPlan,
  template: string,
  logicalId: string,
  { written }: ReportOptions['outcome'],
): Place {
  const file = plan.files.find(({ path }) => path === template);
  if (file === undefined) throw new Error(`the plan has no text of ${template}`);
  const asRead = spanOfResource(file.document, logicalId);
  const source = written ? { ...file.document.source, text: file.text } : file.document.source;
  const span = written && logicalId !== '' ? spanAfterEdits(file, asRead) : asRead;
  const path = pathFromWorkingFolder(plan.root, template);
  return { plan, file, path, source, span, line: lineOf(source, span.start) };
}

/** One sentence or two for a reader who sees this finding alone. */
export function sentence({ finding, status, fixedBy }: ReportedFinding): string {
  const { logicalId, because, current, target } = finding;
  const what = `${logicalId === '' ? 'The whole template' : logicalId}: ${because}.`;
  if (fixedBy === undefined) return status === 'unknown' ? `${what} This could not be decided.` : what;
  const change = `${say(current)} → ${say(target)}`;
  if (status === 'review') return `${what} Patch ${fixedBy.id} fixes it with --include review (${change}).`;
  if (status === 'blocked')
    return `${what} Patch ${fixedBy.id} is never written, because it may destroy data.`;
  return `${what} Patch ${fixedBy.id} fixes it (${change}).`;
}

/** A span of text in every way a reader may count; ends exclusive. Columns and characters are UTF-16 code units. */
export interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly charOffset: number;
  readonly charLength: number;
}

/** A text, and whether the file has a byte order mark before it. */
interface RegionText {
  readonly text: string;
  readonly hasByteOrderMark: boolean;
}

/** Lines and columns count from one, offsets from zero; a byte order mark counts for none of them. */
export function regionOf(source: RegionText, { start, end }: Span): Region {
  return {
    startLine: lineOf(source, start),
    startColumn: columnOf(source, start) + 1,
    endLine: lineOf(source, end),
    endColumn: columnOf(source, end) + 1,
    charOffset: start,
    charLength: end - start,
  };
}

/** The same in bytes of the file, which do count its byte order mark. */
export function byteRegionOf({ text, hasByteOrderMark }: RegionText, { start, end }: Span) {
  const mark = hasByteOrderMark ? 3 : 0;
  return {
    byteOffset: mark + Buffer.byteLength(text.slice(0, start)),
    byteLength: Buffer.byteLength(text.slice(start, end)),
  };
}

/** What names a resource in its template: its key. For a finding about the whole template, its first line. */
function spanOfResource(document: Document, logicalId: string): Span {
  const resources = nodeAt(document, ['Resources']);
  const entry = resources?.kind === 'map' ? entryIn(resources, logicalId) : undefined;
  if (entry !== undefined) return entry.keySpan;
  const [first = ''] = document.source.text.split(/\r?\n/, 1);
  return { start: 0, end: first.length };
}

/** Where something that no edit touches stands in the text as written. */
function spanAfterEdits({ edits }: Pick<PatchedFile, 'edits'>, { start, end }: Span): Span {
  const moved = edits
    .filter((edit) => edit.start < start || (edit.start === start && edit.end === start))
    .reduce((sum, edit) => sum + edit.text.length - (edit.end - edit.start), 0);
  return { start: start + moved, end: end + moved };
}
