import { lineOf, nodeAt } from '../document/locate.js';
import type { PlanDocument } from '../plan/document.js';
import { pathFromWorkingFolder } from '../plan/paths.js';
import type { PatchedFile } from '../plan/written.js';
import { openTemplate } from '../template/open.js';
import type { TemplateResource } from '../template/template.js';
import type { ImportedFinding } from './imported.js';
import { resourceNamed } from './physical-id.js';

/** A template of a plan, as findings of other tools are looked up in it. */
export interface KnownTemplate {
  readonly document: PlanDocument;
  readonly template: string;
  /** From the folder idp-fix was started in. */
  readonly path: string;
  readonly resources: ReadonlyMap<string, TemplateResource>;
  /** First and last line of each resource, one-based. */
  readonly lines: ReadonlyMap<string, readonly [first: number, last: number]>;
}

export type Location =
  | { readonly template: KnownTemplate; readonly logicalId: string | undefined }
  | { readonly missing: string };

export function knownTemplates(
  root: string,
  document: PlanDocument,
  files: readonly PatchedFile[],
): readonly KnownTemplate[] {
  return files.map(({ path, document: { root: tree, source, ...rest } }) => {
    const section = nodeAt({ root: tree, source, ...rest }, ['Resources']);
    const entries = section?.kind === 'map' ? section.entries : [];
    return {
      document,
      template: path,
      path: pathFromWorkingFolder(root, path),
      resources: openTemplate({ root: tree, source, ...rest }).resources,
      lines: new Map(
        entries.map(({ key, keySpan, value }) => [
          key,
          [lineOf(source, keySpan.start), lineOf(source, value.span.end)],
        ]),
      ),
    };
  });
}

/** The template and the resource a finding is about: by logical id, by line, or by the name of what is deployed. */
export function locate(finding: ImportedFinding, templates: readonly KnownTemplate[]): Location {
  const { file, logicalId, physicalId } = finding;
  const inFile = file === undefined ? templates : templatesCalled(file, templates);
  if (inFile.length === 0) return { missing: `${file} is none of these templates` };
  if (logicalId !== undefined) {
    const having = inFile.filter(({ resources }) => resources.has(logicalId));
    if (having.length > 0) return only(having, logicalId);
  }
  if (physicalId !== undefined) return byPhysicalId(physicalId, inFile);
  return byLine(finding, inFile);
}

/** Ways to the same file differ with the folder a tool was started in, so the end that both have in common counts. */
function templatesCalled(file: string, templates: readonly KnownTemplate[]): readonly KnownTemplate[] {
  const wanted = segmentsOf(file);
  const scored = templates.map((template) => {
    const own = segmentsOf(template.path);
    const length = commonEnd(wanted, own);
    return { template, length, isWhole: length === Math.min(wanted.length, own.length) };
  });
  const whole = scored.filter(({ isWhole, length }) => isWhole && length > 0);
  const longest = Math.max(...whole.map(({ length }) => length), 0);
  return whole.filter(({ length }) => length === longest).map(({ template }) => template);
}

function segmentsOf(path: string): readonly string[] {
  return path
    .replaceAll('\\', '/')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.' && segment !== '..');
}

function commonEnd(left: readonly string[], right: readonly string[]): number {
  let length = 0;
  while (length < Math.min(left.length, right.length) && left.at(-1 - length) === right.at(-1 - length))
    length++;
  return length;
}

function only([template, ...others]: readonly KnownTemplate[], logicalId: string): Location {
  if (template === undefined) return { missing: `no template has a resource ${logicalId}` };
  if (others.length === 0) return { template, logicalId };
  const paths = [template, ...others].map(({ path }) => path).join(' and ');
  return { missing: `${logicalId} is in ${paths}, and the finding does not say which is meant` };
}

function byPhysicalId(physicalId: string, templates: readonly KnownTemplate[]): Location {
  const found = templates.flatMap((template) => {
    const logicalId = resourceNamed(physicalId, template.resources);
    return logicalId === undefined ? [] : [{ template, logicalId }];
  });
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  const many = found.map(({ template, logicalId }) => `${template.path} ${logicalId}`).join(' and ');
  return {
    missing:
      first === undefined
        ? `no resource of these templates can be told to be ${physicalId}`
        : `${physicalId} may be ${many}`,
  };
}

function byLine(
  { file = 'it', line, logicalId }: ImportedFinding,
  [template, ...others]: readonly KnownTemplate[],
): Location {
  if (template === undefined || others.length > 0)
    return { missing: `${file} may be more than one of these templates` };
  if (line === undefined) {
    return logicalId === undefined
      ? { template, logicalId: undefined }
      : { missing: `${template.path} has no resource ${logicalId}` };
  }
  const at = [...template.lines].find(([, [first, last]]) => first <= line && line <= last);
  if (at === undefined && logicalId !== undefined)
    return { missing: `${template.path} has no resource ${logicalId}` };
  return { template, logicalId: at?.[0] };
}
