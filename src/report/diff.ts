import { withByteOrderMark } from '../document/source.js';
import { unifiedDiff } from '../patch/diff.js';
import { pathFromWorkingFolder } from '../plan/paths.js';
import type { PatchedFile } from '../plan/written.js';
import type { Report } from './report.js';

/**
 * One root gives a diff for the folder of its root template. Several have no folder in common but the one idp-fix was
 * started in, so theirs is for that.
 */
export const diffReports: Report = (plans) => {
  const [first, ...others] = plans;
  if (first === undefined) return '';
  if (others.length === 0) return diffReport(first.files);
  return plans
    .map(({ files, root }) => diffReport(files, (path) => pathFromWorkingFolder(root, path)))
    .join('');
};

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
