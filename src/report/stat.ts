import { lineOf } from '../document/locate.js';
import { isList, isMap, parsePointer, type Value } from '../document/value.js';
import { terminalLine } from '../escape.js';
import { unifiedDiff } from '../patch/diff.js';
import { pathFromWorkingFolder } from '../paths.js';
import { valueAt } from '../plan/change.js';
import type { PatchedFile } from '../plan/written.js';
import { spanOfEntry } from './origins.js';
import { paint } from './paint.js';
import type { Report, ReportedPlan } from './report.js';
import { count, hang } from './words.js';

/** What a diff comes to, file by file, and what it changes of permissions and keys, which a security review looks at first. */
export const statReport: Report = (plans, { color, columns }) => {
  const brush = paint(color);
  const files = plans.flatMap((plan) =>
    plan.files.filter(({ changed }) => changed).map((file) => statOf(plan, file)),
  );
  if (files.length === 0) return 'no file changes\n';
  const sum = (of: (file: FileStat) => number) => files.reduce((total, file) => total + of(file), 0);
  const width = Math.max(...files.map(({ path }) => path.length));
  const digits = String(Math.max(...files.map(({ edits }) => edits))).length;
  const lines = files.map(
    ({ path, edits, added, removed }) =>
      ` ${path.padEnd(width)} | ${count(edits, 'edit').padStart(digits + 6)} ${brush.green(`+${added}`)} ${brush.red(`-${removed}`)}`,
  );
  const total = `${count(files.length, 'file')} changed, ${count(
    sum(({ edits }) => edits),
    'edit',
  )}, ${count(
    sum(({ added }) => added),
    'line',
  )} added, ${sum(({ removed }) => removed)} removed`;
  const access = plans.flatMap(accessOf);
  const part = (kind: Access['kind'], title: string) => {
    const own = access.filter((each) => each.kind === kind);
    if (own.length === 0) return [];
    return [
      '',
      brush.bold(`${title} (${own.length})`),
      ...own.flatMap(({ place, logicalId, actions }) => {
        const what = actions.length === 0 ? '' : `: ${actions.join(', ')}`;
        return hang(`${place} ${logicalId}${what}`, 1, 3, columns);
      }),
    ];
  };
  return [
    ...lines,
    ` ${total}`,
    ...part('iam', 'IAM: who may do more, or other things'),
    ...part('kms', 'KMS: keys and their policies'),
    '',
  ].join('\n');
};

interface FileStat {
  /** For a terminal. */
  readonly path: string;
  readonly edits: number;
  /** Lines. */
  readonly added: number;
  readonly removed: number;
}

function statOf(plan: ReportedPlan, { path, document, text, edits }: PatchedFile): FileStat {
  const [, , ...lines] = unifiedDiff('', document.source.text, text).split('\n');
  const starting = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
  return {
    path: terminalLine(pathFromWorkingFolder(plan.root, path)),
    edits: edits.length,
    added: starting('+'),
    removed: starting('-'),
  };
}

/** A resource whose permissions, or whose key policy, a patch that is written changes. */
interface Access {
  readonly kind: 'iam' | 'kms';
  /** For a terminal, as everything in it. */
  readonly place: string;
  readonly logicalId: string;
  /** Actions that what is written names; `deny sqs:*` where it denies them. */
  readonly actions: readonly string[];
}

function accessOf(plan: ReportedPlan): readonly Access[] {
  const written = new Set(
    plan.document.stacks.flatMap(({ patches }) =>
      patches
        .filter(({ risk }) => risk === 'safe' || (risk === 'review' && plan.includeReview))
        .map(({ id }) => id),
    ),
  );
  return plan.files.flatMap((file) => {
    const byResource = new Map<string, { readonly kind: Access['kind']; readonly actions: Set<string> }>();
    for (const { patch, operation } of file.origins) {
      if (!written.has(patch) || operation.op === 'test') continue;
      const [section, logicalId = '', ...path] = parsePointer(operation.path);
      const value = operation.op === 'remove' ? null : operation.value;
      const kind = section === 'Resources' ? kindOf(file, logicalId, path, value) : undefined;
      if (kind === undefined) continue;
      const known = byResource.get(logicalId) ?? { kind, actions: new Set() };
      byResource.set(logicalId, known);
      for (const action of actionsIn(value)) known.actions.add(action);
    }
    return [...byResource].map(([logicalId, { kind, actions }]) => ({
      kind,
      place: terminalLine(placeOf(plan, file, logicalId)),
      logicalId: terminalLine(logicalId),
      actions: [...actions].sort().map(terminalLine),
    }));
  });
}

/** Of a role, a policy, a key; of a function whose role SAM makes of its `Policies`. */
function kindOf(
  { document }: PatchedFile,
  logicalId: string,
  path: readonly string[],
  value: Value,
): Access['kind'] | undefined {
  const known = valueAt(document.value, ['Resources', logicalId, 'Type']);
  const type = known ?? (isMap(value) && path.length === 0 ? value.Type : undefined);
  if (typeof type !== 'string') return undefined;
  if (type.startsWith('AWS::KMS::')) return 'kms';
  const isAccess =
    /^AWS::IAM::/.test(type) ||
    /^AWS::[^:]+::[A-Za-z]*(?:Policy|Permission)$/.test(type) ||
    path[1] === 'Policies';
  return isAccess ? 'iam' : undefined;
}

function placeOf(plan: ReportedPlan, { path, document }: PatchedFile, logicalId: string): string {
  const isNew = valueAt(document.value, ['Resources', logicalId]) === undefined;
  const line = lineOf(document.source, spanOfEntry(document, ['Resources', logicalId]).start);
  return `${pathFromWorkingFolder(plan.root, path)}${isNew ? ' (new)' : `:${line}`}`;
}

function* actionsIn(value: Value): Generator<string> {
  if (isList(value)) for (const item of value) yield* actionsIn(item);
  if (!isMap(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key !== 'Action') yield* actionsIn(inner);
    else
      for (const action of isList(inner) ? inner : [inner])
        if (typeof action === 'string') yield value.Effect === 'Deny' ? `deny ${action}` : action;
  }
}
