/**
 * The public library: what the command line is made of, with the files and the clock of this machine behind it. Nothing
 * here writes to the console or ends the process; what somebody else did wrong is an `IdpFixError`.
 */
import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };
import { remediations } from '../remediations/index.js';
import { nodeFiles } from './adapters/node-files.js';
import { nodeModules, systemClock } from './adapters/process.js';
import { standardInput } from './adapters/terminal.js';
import type { SuppressionHandling } from './cli/request.js';
import type { Remediation } from './contract/remediation.js';
import { undo as undoApply } from './deliver/undo.js';
import { shellWord } from './escape.js';
import { applyRoots, type PlannedRoots, planRoots } from './plan-roots.js';
import { withPlugins } from './plugins.js';
import type { Product } from './product.js';
import { type Format, reportOn } from './report/reports.js';

export { remediations } from '../remediations/index.js';
export type { SuppressionHandling } from './cli/request.js';
export { type ErrorCode, type ErrorPlace, IdpFixError } from './errors.js';
export { applyPatch } from './patch/json-patch.js';
export type * from './plan/document.js';
export type { PatchedFile } from './plan/written.js';
export type { PlannedRoot, PlannedRoots } from './plan-roots.js';
// What a remediation of one's own is written with: see docs/custom-remediations.md.
export * from './remediation.js';
export type { Format } from './report/reports.js';

export interface PlanOptions {
  /** File or preset; the nearest `idp-fix.policy.yaml` upwards of each root template when absent. */
  readonly policy?: string;
  /** Ids; all that the policy switches on when absent. */
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  /** The written files have the patches that need approval, too. */
  readonly includeReview?: boolean;
  /** Instead of what the policy says about skips in the templates. */
  readonly suppressions?: SuppressionHandling;
  /** Values of the deployed root stack's parameters, by name. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Nested templates may lie outside the folder of the root template. */
  readonly allowOutside?: boolean;
  /** Code and definitions beside the templates are read, never run; `false` judges the templates by themselves. */
  readonly code?: boolean;
  /** Remediations beside those of idp-fix. */
  readonly remediations?: readonly Remediation[];
  /** Modules that export `remediations`: paths, or names of packages. Their code is run. */
  readonly plugins?: readonly string[];
  /** `YYYY-MM-DD`, for what expires; today in UTC when absent. */
  readonly today?: string;
}

const files = nodeFiles();
const shipped: Product = {
  version: packageJson.version,
  remediations,
  policiesFolder: fileURLToPath(new URL('../policies/', import.meta.url)),
};

/**
 * Plans root templates with everything they nest. Nothing is written. The same bytes, policy and day give the same plan.
 * @param templates files, folders to search for templates, or `-` for the standard input
 * @returns a plan per root, in the order they were named or found; what kept a root from being planned is in `failures`
 * @throws IdpFixError `policy-invalid`, `parameters-invalid`, `plugin-invalid`, `unknown-remediation`
 */
export async function plan(
  templates: string | readonly string[],
  options: PlanOptions = {},
): Promise<PlannedRoots> {
  const { policy, only, skip = [], includeReview = false, suppressions, today } = options;
  const own = { ...shipped, remediations: [...shipped.remediations, ...(options.remediations ?? [])] };
  const product = await withPlugins(own, options.plugins ?? [], nodeModules(process.cwd()));
  return planRoots(
    {
      templates: typeof templates === 'string' ? [templates] : templates,
      policy,
      parameters: new Map(Object.entries(options.parameters ?? {})),
      allowOutside: options.allowOutside ?? false,
      withoutCode: options.code === false,
      plan: {
        skip,
        includeReview,
        ...(only !== undefined && { only }),
        ...(suppressions !== undefined && { suppressions }),
      },
    },
    {
      files,
      input: standardInput(process.stdin),
      clock: today === undefined ? systemClock : { today: () => today },
    },
    product,
  );
}

/**
 * Writes what was planned, all files or none, with a record for `undo` beside each root template.
 * @param options.out folder that takes the templates instead of their own places; then there is no record
 * @returns the paths written
 * @throws IdpFixError `edit-refused`, `stale` when a template is no longer what was read, `write-failed`
 */
export async function apply(
  planned: PlannedRoots,
  options: { readonly out?: string } = {},
): Promise<readonly string[]> {
  return (await applyRoots(planned, files, options.out)).paths;
}

/**
 * Takes back the last `apply`, all files or none.
 * @param template a root template, or its folder
 * @param options.allowOutside the plan had it, and so templates outside the folder were written
 * @returns the paths restored
 * @throws IdpFixError `file-not-found` when nothing was applied, `stale` when a file has changed since, `write-failed`
 */
export function undo(
  template: string,
  options: { readonly allowOutside?: boolean } = {},
): Promise<readonly string[]> {
  return undoApply(files, template, options);
}

/** A plan as the command line prints it with `--format`, at 80 columns and without color. */
export function report(planned: PlannedRoots, format: Format): Promise<string> {
  const templates = planned.roots.map(({ rootPath }) => shellWord(rootPath)).join(' ');
  return reportOn(planned, format, {
    columns: 80,
    color: false,
    verbose: true,
    outcome: { written: false, command: `idp-fix --apply ${templates}` },
  });
}
