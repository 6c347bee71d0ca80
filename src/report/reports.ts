import type { PlannedRoots } from '../plan-roots.js';
import type { Report, ReportOptions } from './report.js';

/** Each form is loaded when it is asked for, so that a plan pays for no other. */
const reports = {
  text: async () => (await import('./text.js')).textReports,
  json: async () => (await import('./json.js')).jsonReport,
  diff: async () => (await import('./diff.js')).diffReports,
  patch: async () => {
    const { patchReport } = await import('./diff.js');
    return (plans) => patchReport(plans.map(({ document }) => document));
  },
  stat: async () => (await import('./stat.js')).statReport,
  html: async () => (await import('./html/report.js')).htmlReport,
  markdown: async () => (await import('./markdown/markdown.js')).markdownReport,
  sarif: async () => (await import('./sarif/sarif.js')).sarifReport,
  junit: async () => (await import('./junit.js')).junitReport,
  github: async () => (await import('./annotations.js')).githubReport,
  gitlab: async () => (await import('./annotations.js')).gitlabReport,
  oscal: async () => (await import('./oscal.js')).oscalReport,
  'oscal-poam': async () => (await import('./oscal.js')).oscalPoamReport,
  'cdk-mixin': async () => (await import('./cdk-mixin.js')).cdkMixinReport,
  'cdk-mixin-python': async () => (await import('./cdk-mixin.js')).cdkMixinPythonReport,
  parameters: async () => (await import('./parameters.js')).parametersReport,
  'sam-parameters': async () => (await import('./parameters.js')).samParametersReport,
} satisfies Readonly<Record<string, () => Promise<Report>>>;

export type Format = keyof typeof reports;
export const formats = Object.keys(reports) as readonly Format[];

/** The plans in one of the forms, in the order the roots were named. */
export async function reportOn(
  { roots, remediations, today }: PlannedRoots,
  format: Format,
  options: Omit<ReportOptions, 'remediations' | 'today'>,
): Promise<string> {
  const report: Report = await reports[format]();
  const plans = roots.map(({ rootPath, includeReview, result }) => ({
    document: result.document,
    files: result.files,
    root: rootPath,
    includeReview,
  }));
  return report(plans, { ...options, remediations, today });
}
