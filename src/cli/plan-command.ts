import { writeAll } from '../deliver/write-template.js';
import { withByteOrderMark } from '../document/source.js';
import { IdpFixError } from '../errors.js';
import { shellWord, terminalLine } from '../escape.js';
import type { PlanDocument } from '../plan/document.js';
import { applyRoots, type PlannedRoot, type PlannedRoots, planRoots } from '../plan-roots.js';
import type { Ports, Terminal } from '../ports.js';
import type { Product } from '../product.js';
import { jsonErrors } from '../report/json.js';
import { paint } from '../report/paint.js';
import { reportOn } from '../report/reports.js';
import { findRemediation } from './common-options.js';
import { parameterWords, readParameters, secretParameters } from './parameters.js';
import type { PlanRequest } from './request.js';
import { showError } from './show-error.js';

/** `idp-fix [TEMPLATE…]`, with or without `--apply`. @returns the exit code */
export async function planCommand(request: PlanRequest, ports: Ports, product: Product): Promise<number> {
  await refuseSlip(request, ports);
  await refuseMissingCheckout(request, ports);
  const planned = await plans(request, ports, product);
  tellAbout(planned, request, ports);
  if (planned.roots.length === 0) {
    if (request.format === 'json') ports.output.data(jsonErrors(planned.failures));
    return exitCodeOf(planned, request);
  }
  if (request.writeBaseline !== undefined) {
    const { writeBaseline } = await import('./baseline.js');
    await writeBaseline(planned, request.writeBaseline, request, ports);
    return 0;
  }
  const writes = request.apply && !request.dryRun;
  const isFilter = writes && planned.failures.length === 0 && planned.roots.some(({ isInput }) => isInput);
  if (isFilter) ports.output.data(filtered(planned.roots));
  else if (writes) await deliver(planned, request, ports);
  if (!isFilter || request.output !== undefined) await report(planned, request, ports);
  return exitCodeOf(planned, request);
}

/** @throws IdpFixError `usage` for a command that is misspelt, rather than that there is no such template. */
async function refuseSlip({ slip }: PlanRequest, { files }: Ports): Promise<void> {
  if (slip === undefined || (await files.kindOf(slip.word)) !== 'missing') return;
  throw new IdpFixError('usage', `there is no command and no template ${slip.word}`, {
    hint: `did you mean idp-fix ${slip.command}?`,
  });
}

/** Without it no policy would be found, and the preset would count in silence. */
async function refuseMissingCheckout({ trusted }: PlanRequest, { files }: Ports): Promise<void> {
  if (trusted === undefined || (await files.kindOf(trusted)) === 'directory') return;
  throw new IdpFixError('usage', `--trusted names no folder: ${trusted}`, {
    hint: 'name a checkout of the target branch, as git worktree add makes one',
  });
}

async function plans(request: PlanRequest, ports: Ports, product: Product): Promise<PlannedRoots> {
  let planned = await planRoots(await rootsRequest(request, ports, product), ports, product);
  if (request.baseline !== undefined) {
    const { withBaseline } = await import('./baseline.js');
    planned = await withBaseline(planned, request.baseline, request, ports, product);
  }
  if (request.findings.length > 0) {
    const { withFindingsOf } = await import('./foreign-findings.js');
    planned = await withFindingsOf(planned, request, ports, product);
  }
  return planned;
}

export async function rootsRequest(request: PlanRequest, ports: Ports, product: Product) {
  for (const id of [...request.only, ...request.skip]) findRemediation(id, product.remediations);
  return {
    templates: request.templates,
    policy: request.policy,
    trusted: request.trusted,
    transformed: request.transformed,
    parameters: await readParameters(ports.files, request.parameters),
    allowOutside: request.allowOutside,
    withoutCode: request.withoutCode,
    ...(!request.quiet && { progress: (text: string) => ports.output.progress(text) }),
    plan: {
      ...(request.only.length > 0 && { only: request.only }),
      skip: request.skip,
      includeReview: request.includeReview,
      ...(request.suppressions !== undefined && { suppressions: request.suppressions }),
    },
  };
}

function tellAbout({ failures, passedOver }: PlannedRoots, request: PlanRequest, { output }: Ports): void {
  const brush = paint(output.noteTerminal.color && !request.plain);
  for (const failure of failures) output.note(showError(failure, brush));
  if (passedOver.length > 0 && !request.quiet) {
    const shown = request.verbose ? passedOver : passedOver.slice(0, 3);
    const more = passedOver.length > shown.length ? ` and ${passedOver.length - shown.length} more` : '';
    output.note(
      `passed over, made by a build or a package manager: ${terminalLine(shown.join(', '))}${more}\n`,
    );
  }
}

/** `-` with `--apply` works as a filter: the patched text is the data. */
function filtered(roots: readonly PlannedRoot[]): string {
  const [root, ...others] = roots;
  const [template] = root?.result.files ?? [];
  if (template === undefined || others.length > 0) {
    throw new IdpFixError('usage', '- with --apply takes no other template', {
      hint: 'run idp-fix once for each',
    });
  }
  return withByteOrderMark(template.text, template.document.source);
}

/** Writes what was planned, and says so. */
export async function deliver(
  planned: Parameters<typeof applyRoots>[0],
  { out, quiet, allowOutside }: PlanRequest,
  { files, output }: Ports,
): Promise<void> {
  const { paths: written, folders, notes } = await applyRoots(planned, files, out);
  for (const note of notes) output.note(`${terminalLine(note)}\n`);
  if (quiet) return;
  const command = allowOutside ? 'idp-fix undo --allow-outside' : 'idp-fix undo';
  const undo = folders.map((folder) => (folder === '.' ? command : `${command} ${shellWord(folder)}`));
  const lines = [
    ...written.map((path) => `wrote ${terminalLine(path)}`),
    ...undo.map((line) => `${line} reverts it`),
  ];
  output.note(lines.map((line) => `${line}\n`).join(''));
}

async function report(planned: PlannedRoots, request: PlanRequest, ports: Ports): Promise<void> {
  const { dataTerminal } = ports.output;
  const terminal =
    request.output === undefined ? dataTerminal : { isTerminal: false, columns: 80, color: false };
  const text = await planReport(planned, request, terminal);
  if (request.output === undefined) {
    ports.output.data(text);
    return;
  }
  await writeAll(ports.files, [{ path: request.output, bytes: new TextEncoder().encode(text) }]);
  if (!request.quiet) ports.output.note(`wrote ${terminalLine(request.output)}\n`);
}

/** 0 when everything was looked at and no open findings, or all that was asked is done; 1 when findings remain. */
function exitCodeOf({ roots, failures }: PlannedRoots, { apply, dryRun }: PlanRequest): number {
  if (failures.length > 0) return Math.max(...failures.map(({ exitCode }) => exitCode));
  if (apply && !dryRun) return 0;
  return roots.some(({ result }) => counts(result.document)) ? 1 : 0;
}

/** What a baseline knows does not; what was not looked at does, unless the policy accepts it. */
function counts({ summary: { verdicts }, baseline, coverage }: PlanDocument): boolean {
  if (coverage.notEvaluated.some(({ accepted }) => accepted === undefined)) return true;
  return verdicts.fixable + verdicts.manual + verdicts.unknown > (baseline?.known ?? 0);
}

/** The plans in the form that was asked for: `text`, or `diff` when the question is what would be written. */
export function planReport(
  planned: PlannedRoots,
  request: PlanRequest,
  { columns, color, isTerminal }: Terminal,
): Promise<string> {
  const written = request.apply && !request.dryRun;
  return reportOn(planned, request.format ?? (request.dryRun ? 'diff' : 'text'), {
    columns,
    color: color && !request.plain,
    isScreen: isTerminal,
    verbose: request.verbose,
    onlyOpen: request.onlyOpen,
    isCompact: !(request.pretty ?? isTerminal),
    ...(request.title !== undefined && { title: request.title }),
    ...(request.sourceUrl !== undefined && { sourceUrl: request.sourceUrl }),
    outcome: written
      ? { written }
      : { written, command: applyCommand(request, secretParameters(planned.roots)) },
  });
}

/** The same command with `--apply`, ready to be copied. @param secret parameters whose values are not shown */
export function applyCommand(request: PlanRequest, secret: ReadonlySet<string>): string {
  const flags: readonly (readonly [string, string | undefined])[] = [
    ...request.only.map((id) => ['--only', id] as const),
    ...request.skip.map((id) => ['--skip', id] as const),
    ['--include', request.includeReview ? 'review' : undefined],
    ['--policy', request.policy],
    ['--suppressions', request.suppressions],
    ...request.plugins.map((plugin) => ['--plugin', plugin] as const),
    ['--out', request.out],
  ];
  const given = flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, shellWord(value)]));
  const outside = [
    ...(request.allowOutside ? ['--allow-outside'] : []),
    ...(request.withoutCode ? ['--no-code'] : []),
  ];
  const parameters = parameterWords(request.parameters, secret);
  return [
    'idp-fix',
    '--apply',
    ...given,
    ...parameters,
    ...outside,
    ...request.templates.map(shellWord),
  ].join(' ');
}
