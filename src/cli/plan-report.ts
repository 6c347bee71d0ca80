import type { PlannedRoot } from '../plan-roots.js';
import type { Terminal } from '../ports.js';
import type { Remediation } from '../remediation.js';
import { diffReport } from '../report/diff.js';
import { jsonReport } from '../report/json.js';
import { patchReport } from '../report/patch.js';
import { textReport } from '../report/text.js';
import type { PlanRequest } from './request.js';

/** The plans in the form that was asked for: `text`, or `diff` when the question is what would be written. */
export function planReport(
  roots: readonly PlannedRoot[],
  request: PlanRequest,
  remediations: readonly Remediation[],
  terminal: Pick<Terminal, 'columns' | 'colour'>,
): string {
  const shared = textOptions(request, remediations, terminal);
  const documents = roots.map(({ result }) => result.document);
  switch (request.format ?? (request.dryRun ? 'diff' : 'text')) {
    case 'json':
      return jsonReport(documents);
    case 'patch':
      return patchReport(documents);
    case 'diff':
      return roots.map(({ result }) => diffReport(result.files)).join('');
    case 'text':
      return roots
        .map(({ rootPath, includeReview, result }) =>
          textReport(result.document, { root: rootPath, includeReview, ...shared }),
        )
        .join('\n');
  }
}

function textOptions(
  request: PlanRequest,
  remediations: readonly Remediation[],
  { columns, colour }: Pick<Terminal, 'columns' | 'colour'>,
) {
  const written = request.apply && !request.dryRun;
  return {
    remediations,
    columns,
    colour: colour && !request.plain,
    verbose: request.verbose,
    outcome: written ? { written } : { written, command: applyCommand(request) },
  } as const;
}

/** The same command with `--apply`, ready to be copied. */
function applyCommand(request: PlanRequest): string {
  const flags: readonly (readonly [string, string | undefined])[] = [
    ...request.only.map((id) => ['--only', id] as const),
    ...request.skip.map((id) => ['--skip', id] as const),
    ['--include', request.includeReview ? 'review' : undefined],
    ['--policy', request.policy],
    ...request.parameters.map((parameter) => ['--parameters', parameter] as const),
    ['--suppressions', request.suppressions],
    ['--out', request.out],
  ];
  const given = flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, quote(value)]));
  const outside = request.allowOutside ? ['--allow-outside'] : [];
  return ['idp-fix', '--apply', ...given, ...outside, ...request.templates.map(quote)].join(' ');
}

/** For a POSIX shell. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
