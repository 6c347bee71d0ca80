import { structuredPatch } from 'diff';
import { entryIn, lineOf } from '../../document/locate.js';
import { readDocument } from '../../document/read.js';
import type { Document, Span } from '../../document/syntax.js';
import { isEqual, isList, type Path, parsePointer } from '../../document/value.js';
import { IdpFixError } from '../../errors.js';
import type { Operation } from '../../patch/json-patch.js';
import { applyEdits, editText } from '../../patch/verify.js';
import { valueAt } from '../../plan/change.js';
import type { Patch, PlanStack } from '../../plan/document.js';
import { keyOf } from '../../plan/finding.js';
import type { PatchedFile } from '../../plan/written.js';
import { maskDocument } from '../mask.js';
import { type Claimants, claimantsOf, spanOfEntry } from '../origins.js';
import type { ReportedPlan } from '../report.js';

/** A template before and after some of its patches. */
export interface TemplateDiff {
  readonly template: string;
  /** The one patch that needs approval; `null`: what `--apply` writes. */
  readonly patch: string | null;
  /** Credentials in them are masked. */
  readonly before: Document;
  readonly after: Document;
  readonly hunks: readonly Hunk[];
}

export interface Hunk {
  /** Unique in the plan. */
  readonly anchor: string;
  readonly oldStart: number;
  readonly newStart: number;
  /** With ` `, `+` or `-` in front. */
  readonly lines: readonly string[];
  /** Keys of the findings each line is for, in the order of the plan; none for lines that stay. */
  readonly owners: readonly (readonly string[])[];
}

/** What a plan writes, and would write with approval, with the findings each change is for. */
export interface Edits {
  readonly diffs: readonly TemplateDiff[];
  /** By key of the finding. */
  readonly hunksOf: ReadonlyMap<string, readonly Place[]>;
}

interface Place {
  readonly template: string;
  readonly anchor: string;
  /** One-based, of the first line that is for the finding. */
  readonly line: number;
}

/** @param prefix of anchors, where a page has several plans */
export function editsOf(plan: ReportedPlan, prefix: string): Edits {
  const claimants = claimantsOf(plan);
  const diffs = plan.document.stacks.flatMap((stack, index) => {
    const file = plan.files.find(({ path }) => path === stack.template);
    return file === undefined
      ? []
      : diffsOf(file, stack, { plan, claimants, prefix: `${prefix}hunk-${index + 1}-` });
  });
  const hunksOf = new Map<string, Place[]>();
  for (const { template, hunks } of diffs) {
    for (const { anchor, newStart, lines, owners } of hunks) {
      const seen = new Set<string>();
      let line = newStart;
      for (const [index, text] of lines.entries()) {
        for (const key of owners[index] ?? []) {
          if (seen.has(key)) continue;
          seen.add(key);
          const places = hunksOf.get(key) ?? [];
          places.push({ template, anchor, line });
          hunksOf.set(key, places);
        }
        if (!text.startsWith('-') && !text.startsWith('\\')) line++;
      }
    }
  }
  return { diffs, hunksOf };
}

interface Context {
  readonly plan: ReportedPlan;
  readonly claimants: Claimants;
  readonly prefix: string;
}

function diffsOf(file: PatchedFile, stack: PlanStack, context: Context): readonly TemplateDiff[] {
  const { plan, prefix } = context;
  const isWritten = ({ risk }: Patch) => risk === 'safe' || (risk === 'review' && plan.includeReview);
  const written = readDocument({ ...file.document.source, text: file.text });
  const diffs: TemplateDiff[] = [];
  if (file.changed) {
    const patches = stack.patches.filter(isWritten);
    diffs.push(
      diffOf({ before: file.document, after: written, patches, file, stack, prefix }, null, context),
    );
  }
  let before = written;
  for (const [index, patch] of stack.patches.entries()) {
    if (patch.risk !== 'review' || isWritten(patch) || patch.operations.length === 0) continue;
    const after = patchedWith(before, patch.operations);
    if (after === undefined) continue;
    const own = { before, after, patches: [patch], file, stack, prefix: `${prefix}${index + 1}-` };
    diffs.push(diffOf(own, patch.id, context));
    before = after;
  }
  return diffs;
}

/** `undefined` where the patch needs another one that is not written either. */
function patchedWith(document: Document, operations: readonly Operation[]): Document | undefined {
  try {
    const { source } = document;
    return readDocument({ ...source, text: applyEdits(source.text, editText(document, operations)) });
  } catch (error) {
    if (error instanceof IdpFixError) return undefined;
    throw error;
  }
}

interface Step {
  readonly before: Document;
  readonly after: Document;
  /** What leads from one to the other. */
  readonly patches: readonly Patch[];
  readonly file: PatchedFile;
  readonly stack: PlanStack;
  readonly prefix: string;
}

function diffOf(step: Step, patch: string | null, context: Context): TemplateDiff {
  const { stack, prefix } = step;
  const before = masked(step.before);
  const after = masked(step.after);
  const claims = claimsOf(step, context);
  const { hunks } = structuredPatch('', '', before.source.text, after.source.text, undefined, undefined, {
    context: 3,
  });
  return {
    template: stack.template,
    patch,
    before,
    after,
    hunks: hunks.map(({ oldStart, newStart, lines }, index) => {
      let old = oldStart;
      let now = newStart;
      const owners = lines.map((line) => {
        if (line.startsWith('-')) return claims.before.get(old++) ?? [];
        if (line.startsWith('+')) return claims.after.get(now++) ?? [];
        if (line.startsWith(' ')) {
          old++;
          now++;
        }
        return [];
      });
      return { anchor: `${prefix}${index + 1}`, oldStart, newStart, lines, owners };
    }),
  };
}

/** Same length, so that the spans of the document hold. */
function masked(document: Document): Document {
  return { ...document, source: { ...document.source, text: maskDocument(document) } };
}

/** Which findings have asked for which lines, by one-based number. */
interface Claims {
  readonly before: ReadonlyMap<number, readonly string[]>;
  readonly after: ReadonlyMap<number, readonly string[]>;
}

function claimsOf({ before, after, patches, file, stack }: Step, { claimants }: Context): Claims {
  const old = new Map<number, string[]>();
  const now = new Map<number, string[]>();
  const ids = new Set(patches.map(({ id }) => id));
  for (const origin of file.origins) {
    if (!ids.has(origin.patch)) continue;
    const { operation } = origin;
    const keys = claimants(origin);
    if (operation.op === 'add' || operation.op === 'replace')
      claim(now, after, spanOfEntry(after, placeIn(after, operation)), keys);
    if (operation.op === 'remove' || operation.op === 'replace')
      claim(old, before, spanOfEntry(before, parsePointer(operation.path)), keys);
  }
  for (const { remediation, fixes, removedComments } of patches) {
    for (const { line } of removedComments) {
      const logicalId = resourceAt(before, line);
      if (logicalId !== undefined && fixes.includes(logicalId))
        add(old, line, [keyOf(remediation, stack.template, logicalId)]);
    }
  }
  return { before: old, after: now };
}

function claim(lines: Map<number, string[]>, { source }: Document, span: Span, keys: readonly string[]) {
  const last = lineOf(source, Math.max(span.start, span.end - 1));
  for (let line = lineOf(source, span.start); line <= last; line++) add(lines, line, keys);
}

function add(lines: Map<number, string[]>, line: number, keys: readonly string[]): void {
  const known = lines.get(line);
  if (known === undefined) lines.set(line, [...keys]);
  else for (const key of keys) if (!known.includes(key)) known.push(key);
}

/** Where an operation has put its value, once all of them are done. */
function placeIn({ value }: Document, operation: Extract<Operation, { value: unknown }>): Path {
  const path = parsePointer(operation.path);
  if (path.at(-1) !== '-') return path;
  const parent = path.slice(0, -1);
  const list = valueAt(value, parent);
  if (!isList(list)) return parent;
  const at = list.findLastIndex((item) => isEqual(item, operation.value));
  return [...parent, String(at < 0 ? list.length - 1 : at)];
}

function resourceAt({ root, source }: Document, line: number): string | undefined {
  const resources = root.kind === 'map' ? entryIn(root, 'Resources')?.value : undefined;
  if (resources?.kind !== 'map') return undefined;
  return resources.entries.findLast(({ keySpan }) => lineOf(source, keySpan.start) <= line)?.key;
}
