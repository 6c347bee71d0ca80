import { unifiedDiff } from '../patch/diff.js';
import type { PatchedFile } from '../plan/build.js';
import { withByteOrderMark } from '../template/encode.js';

/** What `--apply` would change, as `git apply` takes it in the folder of the root template. */
export function diffReport(templates: readonly PatchedFile[]): string {
  return templates
    .filter(({ changed }) => changed)
    .map(({ path, text, document: { source } }) =>
      unifiedDiff(path, withByteOrderMark(source.text, source), withByteOrderMark(text, source)),
    )
    .join('');
}
