import { shellWord } from '../escape.js';
import type { PlannedRoots } from '../plan-roots.js';
import type { Terminal } from '../ports.js';
import { reportOn } from '../report/reports.js';
import { parameterWords, secretParameters } from './parameters.js';
import type { PlanRequest } from './request.js';

/** The plans in the form that was asked for: `text`, or `diff` when the question is what would be written. */
export function planReport(
  planned: PlannedRoots,
  request: PlanRequest,
  { columns, colour }: Pick<Terminal, 'columns' | 'colour'>,
): Promise<string> {
  const written = request.apply && !request.dryRun;
  return reportOn(planned, request.format ?? (request.dryRun ? 'diff' : 'text'), {
    columns,
    colour: colour && !request.plain,
    verbose: request.verbose,
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
