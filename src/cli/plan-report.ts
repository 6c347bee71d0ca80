import type { PlannedRoot } from '../plan-roots.js';
import type { Terminal } from '../ports.js';
import type { Remediation } from '../remediation.js';
import type { Report, ReportOptions } from '../report/report.js';
import { shellWord } from '../report/shell-word.js';
import type { Format, PlanRequest } from './request.js';

/** Each form is loaded when it is asked for, so that a plan pays for no other. */
export const reports: Readonly<Record<Format, () => Promise<Report>>> = {
  text: async () => (await import('../report/text.js')).textReports,
  json: async () => {
    const { jsonReport } = await import('../report/json.js');
    return (plans) => jsonReport(plans.map(({ document }) => document));
  },
  markdown: async () => (await import('../report/markdown/markdown.js')).markdownReport,
  html: async () => (await import('../report/html/report.js')).htmlReport,
  diff: async () => (await import('../report/diff.js')).diffReports,
  sarif: async () => (await import('../report/sarif/sarif.js')).sarifReport,
  junit: async () => (await import('../report/junit.js')).junitReport,
  github: async () => (await import('../report/github.js')).githubReport,
  gitlab: async () => (await import('../report/gitlab.js')).gitlabReport,
  parameters: async () => (await import('../report/parameters.js')).parametersReport,
  'sam-parameters': async () => (await import('../report/parameters.js')).samParametersReport,
  patch: async () => {
    const { patchReport } = await import('../report/patch.js');
    return (plans) => patchReport(plans.map(({ document }) => document));
  },
};

/** The plans in the form that was asked for: `text`, or `diff` when the question is what would be written. */
export async function planReport(
  roots: readonly PlannedRoot[],
  request: PlanRequest,
  remediations: readonly Remediation[],
  terminal: Pick<Terminal, 'columns' | 'colour'>,
): Promise<string> {
  const report = await reports[request.format ?? (request.dryRun ? 'diff' : 'text')]();
  const plans = roots.map(({ rootPath, includeReview, result }) => ({
    document: result.document,
    files: result.files,
    root: rootPath,
    includeReview,
  }));
  return report(plans, reportOptions(request, remediations, terminal));
}

function reportOptions(
  request: PlanRequest,
  remediations: readonly Remediation[],
  { columns, colour }: Pick<Terminal, 'columns' | 'colour'>,
): ReportOptions {
  const written = request.apply && !request.dryRun;
  return {
    remediations,
    columns,
    colour: colour && !request.plain,
    verbose: request.verbose,
    outcome: written ? { written } : { written, command: applyCommand(request) },
  };
}

/** The same command with `--apply`, ready to be copied. */
export function applyCommand(request: PlanRequest): string {
  const flags: readonly (readonly [string, string | undefined])[] = [
    ...request.only.map((id) => ['--only', id] as const),
    ...request.skip.map((id) => ['--skip', id] as const),
    ['--include', request.includeReview ? 'review' : undefined],
    ['--policy', request.policy],
    ...request.parameters.map((parameter) => ['--parameters', parameter] as const),
    ['--suppressions', request.suppressions],
    ['--out', request.out],
  ];
  const given = flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, shellWord(value)]));
  const outside = request.allowOutside ? ['--allow-outside'] : [];
  return ['idp-fix', '--apply', ...given, ...outside, ...request.templates.map(shellWord)].join(' ');
}
