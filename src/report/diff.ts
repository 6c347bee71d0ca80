import { withByteOrderMark } from '../document/source.js';
import { jsonText } from '../escape.js';
import { unifiedDiff } from '../patch/diff.js';
import { pathInDiff } from '../paths.js';
import type { PlanDocument } from '../plan/document.js';
import type { PatchedFile } from '../plan/written.js';
import { maskDocument, maskSecrets } from './mask.js';
import { paint, paintDiff } from './paint.js';
import type { ReportedPlan, ReportOptions } from './report.js';

/** For `git apply` in the folder idp-fix was started in; on a screen in colors, without the credentials of the templates. */
export const diffReports = (
  plans: readonly Pick<ReportedPlan, 'files' | 'root'>[],
  { isScreen = false, color }: Pick<ReportOptions, 'isScreen' | 'color'>,
): string => {
  const diffOf = (all: readonly ReportedPlan['files'][]) =>
    all
      .map((files, index) => diffReport(files, (path) => pathInDiff(plans[index]?.root ?? '', path)))
      .join('');
  const asRead = plans.map(({ files }) => files);
  const diff = diffOf(asRead);
  if (!isScreen) return diff;
  const shown = diffOf(asRead.map((files) => files.map(withoutSecrets)));
  return paintDiff(shown === diff ? diff : `${maskedNote}\n${shown}`, paint(color));
};

/** `git apply` passes over what is before the first file. */
const maskedNote =
  'credentials are masked on a screen; --output FILE writes the diff that git apply takes, with them';

function withoutSecrets(file: PatchedFile): PatchedFile {
  if (!file.changed) return file;
  const { document, text } = file;
  return {
    ...file,
    text: maskSecrets(text),
    document: { ...document, source: { ...document.source, text: maskDocument(document) } },
  };
}

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

/**
 * The RFC 6902 documents alone, for other tools: `{format, version, templates: [{template, sha256, patches: [{id,
 * remediation, title, risk, requires, operations, inverse}]}]}`. Operations stand on the value tree with intrinsics
 * in their long form; the patches of one template apply in their order.
 */
export function patchReport(documents: readonly PlanDocument[]): string {
  const templates = documents
    .flatMap(({ stacks }) => stacks)
    .filter(({ patches }) => patches.length > 0)
    .map(({ template, sha256, patches }) => ({
      template,
      sha256,
      patches: patches.map(({ id, remediation, title, risk, requires, operations, inverse }) => ({
        id,
        remediation,
        title,
        risk,
        requires,
        operations,
        inverse,
      })),
    }));
  return `${jsonText({ format: 'idp-fix/patch', version: 1, templates })}\n`;
}
