import { dirname, relative, sep } from 'node:path';
import {
  type Baseline,
  baselineFindings,
  baselineText,
  compareWithBaseline,
  emptyBaseline,
  isOpen,
  readBaseline,
  upgraded,
} from '../baseline/baseline.js';
import { writeAll } from '../deliver/write-template.js';
import { sha256Of } from '../document/source.js';
import { IdpFixError } from '../errors.js';
import { shellWord, terminalLine } from '../escape.js';
import { trustedFiles } from '../load/find-templates.js';
import type { PlannedRoots } from '../plan-roots.js';
import type { Ports } from '../ports.js';
import type { Product } from '../product.js';
import { count } from '../report/words.js';
import type { PlanRequest } from './request.js';

/** The plans with what a baseline knows marked. @throws IdpFixError `file-not-found`, `baseline-invalid` */
export async function withBaseline(
  planned: PlannedRoots,
  path: string,
  request: PlanRequest,
  { files, output }: Ports,
  { policiesFolder }: Pick<Product, 'policiesFolder'>,
): Promise<PlannedRoots> {
  const trusted = trustedFiles(files, request.trusted, policiesFolder);
  const baseline = readBaseline(path, await trusted.read(path));
  const inRun = new Set(planned.roots.map(({ rootPath }) => keyOf(rootPath, path)));
  for (const { root, findings } of baseline.roots) {
    const isThere = inRun.has(root) || (await files.kindOf(fromBaseline(root, path))) !== 'missing';
    if (isThere || request.quiet) continue;
    output.note(
      `${terminalLine(`${path} has ${count(findings.length, 'finding')} of ${root}`)}, which is no longer there; --write-baseline ${shellWord(path)} takes them out\n`,
    );
  }
  const roots = planned.roots.map((root) => {
    const known = baseline.roots.filter((each) => each.root === keyOf(root.rootPath, path));
    const findings = known.flatMap((each) => each.findings);
    const current = upgraded(findings, baseline.version, root.result.document);
    const document = compareWithBaseline(root.result.document, current, scopeOf(request));
    return { ...root, result: { ...root.result, document } };
  });
  return { ...planned, roots };
}

/**
 * Writes the open findings as what is known from now on. What this run has not looked at stays as the file has it.
 * @throws IdpFixError `edit-refused`, `baseline-invalid`, `write-failed`
 */
export async function writeBaseline(
  planned: PlannedRoots,
  path: string,
  request: PlanRequest,
  { files, output }: Ports,
): Promise<void> {
  if (planned.failures.length > 0) {
    throw new IdpFixError(
      'edit-refused',
      'no baseline has been written, because not all templates could be planned',
      {
        hint: 'name the templates that can be planned, or fix the others first',
      },
    );
  }
  const bytes = (await files.kindOf(path)) === 'missing' ? undefined : await files.read(path);
  const earlier = bytes === undefined ? emptyBaseline : readBaseline(path, bytes);
  const isInScope = scopeOf(request);
  const inRun = new Set(planned.roots.map(({ rootPath }) => keyOf(rootPath, path)));
  const isPart =
    earlier.roots.some(({ root }) => !inRun.has(root)) || request.only.length + request.skip.length > 0;
  if (earlier.version === 1 && isPart) {
    throw new IdpFixError('edit-refused', `${path} is a baseline of an earlier version`, {
      hint: 'write it once for all its root templates, without --only and --skip',
    });
  }
  const roots = new Map<string, Baseline['roots'][number]['findings']>();
  for (const { root, findings } of earlier.roots) {
    if ((await files.kindOf(fromBaseline(root, path))) !== 'missing') roots.set(root, findings);
  }
  for (const { rootPath, result } of planned.roots) {
    const root = keyOf(rootPath, path);
    const kept = (roots.get(root) ?? []).filter(({ remediation }) => !isInScope(remediation));
    roots.set(root, [...kept, ...baselineFindings(result.document)]);
  }
  const text = baselineText({
    ...emptyBaseline,
    roots: [...roots].map(([root, findings]) => ({ root, findings })),
  });
  const expected = bytes === undefined ? null : sha256Of(bytes);
  await writeAll(files, [{ path, bytes: new TextEncoder().encode(text), expected }]);
  if (!request.quiet) output.note(writtenNote(planned, path));
}

function writtenNote({ roots }: PlannedRoots, path: string): string {
  const findings = roots.flatMap(({ result }) => result.document.stacks.flatMap((stack) => stack.findings));
  const written = roots.reduce((sum, { result }) => sum + baselineFindings(result.document).length, 0);
  const expired = findings.filter((finding) => isOpen(finding) && finding.expiredDeviation !== null).length;
  const left =
    expired === 0
      ? ''
      : `left out: ${count(expired, 'finding')} with an exception that has expired; renew it in the policy, or fix them\n`;
  return `wrote ${terminalLine(path)}: ${count(written, 'finding')} known from now on\n${left}`;
}

function scopeOf({ only, skip }: PlanRequest): (remediation: string) => boolean {
  return (id) => (only.length === 0 || only.includes(id)) && !skip.includes(id);
}

/** How a baseline calls a root template: by its path from the baseline's own folder, wherever idp-fix is started. */
function keyOf(rootPath: string, baselinePath: string): string {
  return relative(dirname(baselinePath), rootPath).split(sep).join('/');
}

function fromBaseline(root: string, baselinePath: string): string {
  return `${dirname(baselinePath)}/${root}`;
}
