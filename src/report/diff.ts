import { withByteOrderMark } from '../document/source.js';
import { unifiedDiff } from '../patch/diff.js';
import { pathInDiff } from '../plan/paths.js';
import type { PatchedFile } from '../plan/written.js';
import type { Report } from './report.js';

/** For `git apply` in the folder idp-fix was started in. */
export const diffReports: Report = (plans) =>
  plans.map(({ files, root }) => diffReport(files, (path) => pathInDiff(root, path))).join('');

/**
 * What `--apply` would change, as `git apply` takes it.
 * @param pathIn how the diff calls a template; by default from the folder of the root template
 */
export function diffReport(
  templates: readonly PatchedFile[],
  pathIn: (template: string) => string = (template) => template,
): string {
  return templates
    .filter(({ changed }) => changed)
    .map(({ path, text, document: { source } }) =>
      unifiedDiff(pathIn(path), withByteOrderMark(source.text, source), withByteOrderMark(text, source)),
    )
    .join('');
}
