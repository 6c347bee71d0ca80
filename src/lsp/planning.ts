import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { type Diagnostic, DiagnosticSeverity, type TextEdit } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { LspRequest } from '../cli/request.js';
import { entryIn, lineOf, nodeAt } from '../document/locate.js';
import type { Document } from '../document/syntax.js';
import { IdpFixError } from '../errors.js';
import { visible } from '../escape.js';
import { findTemplates } from '../load/find-templates.js';
import { loadTree } from '../load/load.js';
import { isInside } from '../paths.js';
import { buildPlan } from '../plan/build.js';
import type { PatchedFile } from '../plan/written.js';
import { type PlannedRoot, type PlanPorts, planRoots } from '../plan-roots.js';
import { settingsOf } from '../policy/settings.js';
import type { FileStore } from '../ports.js';
import type { Product } from '../product.js';
import { findingPage } from '../report/finding-page.js';
import { paint } from '../report/paint.js';
import { isOpen, type ReportedFinding, reportedFindings, sentence } from '../report/reported.js';

/** What the server asks of the thread that plans; plain data, as are the answers. */
export type LspTask =
  | {
      readonly kind: 'plan';
      /** Of the document that has changed; what nests it is planned. */
      readonly path: string;
      readonly folders: readonly string[];
      /** Texts in the editor, by path: they count, saved or not. */
      readonly open: readonly (readonly [path: string, text: string])[];
    }
  | { readonly kind: 'page'; readonly root: string; readonly fingerprint: string }
  | {
      readonly kind: 'edits';
      readonly root: string;
      readonly fingerprint: string;
      /** All findings of its remediation, not this one alone. */
      readonly all: boolean;
    };

export type LspAnswer =
  | {
      readonly kind: 'planned';
      readonly root: string;
      /** Of the whole tree. */
      readonly templates: readonly string[];
      readonly findings: readonly LspFinding[];
    }
  | { readonly kind: 'failed'; readonly root: string; readonly file: string; readonly problem: Diagnostic }
  /** There is no such file, and no document of that name is open. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'page'; readonly text: string }
  | {
      readonly kind: 'edits';
      readonly files: readonly { readonly path: string; readonly edits: readonly TextEdit[] }[];
    }
  | { readonly kind: 'refused'; readonly because: string }
  /** The plan that a question is about is not the last one of its root. */
  | { readonly kind: 'gone' };

export interface LspFinding {
  readonly path: string;
  readonly fingerprint: string;
  readonly remediation: string;
  readonly logicalId: string;
  readonly status: ReportedFinding['status'];
  /** First and last of the resource, from zero. */
  readonly lines: readonly [first: number, last: number];
  readonly diagnostic: Diagnostic;
}

interface Planned {
  readonly root: PlannedRoot;
  readonly findings: readonly ReportedFinding[];
}

/** Answers tasks, one at a time, and remembers the last plan of each root for the questions about it. */
export function lspPlanner(request: LspRequest, ports: PlanPorts, product: Product) {
  const planned = new Map<string, Planned>();

  return async function answer(task: LspTask): Promise<LspAnswer> {
    switch (task.kind) {
      case 'plan':
        return plan(task);
      case 'page': {
        const [from, finding] = findingOf(task);
        return from === undefined || finding === undefined
          ? { kind: 'gone' }
          : { kind: 'page', text: pageOf(from, finding, product) };
      }
      case 'edits': {
        const [from, finding] = findingOf(task);
        return from === undefined || finding === undefined
          ? { kind: 'gone' }
          : editsOf(from, finding, task.all);
      }
    }
  };

  function findingOf({ root, fingerprint }: { readonly root: string; readonly fingerprint: string }) {
    const from = planned.get(root);
    return [from, from?.findings.find(({ finding }) => finding.fingerprint === fingerprint)] as const;
  }

  async function plan({ path, folders, open }: LspTask & { kind: 'plan' }): Promise<LspAnswer> {
    const files = withOpenDocuments(ports.files, new Map(open));
    let root = path;
    try {
      if ((await files.kindOf(path)) === 'missing') return { kind: 'missing' };
      root = await rootOf(path, folders, files, planned);
      const asked = { ...request, templates: [root], parameters: new Map<string, string>(), plan: {} };
      const { roots, failures } = await planRoots(
        { ...asked, allowOutside: false },
        { ...ports, files },
        product,
      );
      const [failure] = failures;
      if (failure !== undefined) throw failure;
      const [found] = roots;
      if (found === undefined) return { kind: 'planned', root, templates: [], findings: [] };
      const reported = {
        ...{ document: found.result.document, files: found.result.files },
        ...{ root: found.rootPath, includeReview: found.includeReview },
      };
      const options = {
        remediations: product.remediations,
        outcome: { written: false, command: '' },
      } as const;
      const findings = reportedFindings([reported], options).filter((each) => isOpen(each, options));
      planned.set(root, { root: found, findings });
      const templates = found.tree.stacks.map(({ template }) => resolve(found.folder, template.path));
      return { kind: 'planned', root, templates, findings: findings.map(shown) };
    } catch (error) {
      if (!(error instanceof IdpFixError)) throw error;
      const named = error.details.place?.file ?? path;
      const file = isAbsolute(named) ? named : join(dirname(root), named);
      return { kind: 'failed', root, file, problem: problemOf(error) };
    }
  }

  /**
   * The edits of a fix: those of a plan that has this finding alone to fix, so that it is checked like any that is
   * written, and brings its companions along, in other templates too.
   */
  function editsOf({ root, findings }: Planned, chosen: ReportedFinding, all: boolean): LspAnswer {
    const { tree, policy, folder, includeReview } = root;
    const id = chosen.finding.remediation;
    const others = findings
      .filter(({ finding, status }) => finding.remediation === id && ['written', 'review'].includes(status))
      .filter((each) => each !== chosen && (!all || each.status !== chosen.status))
      .map(({ finding, file }) => ({
        ...{ remediation: id, template: file.path, logicalId: finding.logicalId },
      }));
    const options = {
      ...{ version: product.version, today: ports.clock.today(), only: [id] },
      includeReview: includeReview || chosen.status === 'review',
    };
    const left = { ...policy, postponed: [...policy.postponed, ...others] };
    const { files: patched } = buildPlan(tree, left, product.remediations, options);
    const changed = patched.filter((file) => file.changed);
    if (changed.length === 0) {
      const because = 'it cannot be fixed without the others of its remediation: choose all of them';
      return { kind: 'refused', because };
    }
    return {
      kind: 'edits',
      files: changed.map((file) => ({ path: resolve(folder, file.path), edits: textEdits(file) })),
    };
  }
}

function withOpenDocuments(files: FileStore, open: ReadonlyMap<string, string>): FileStore {
  return {
    ...files,
    async kindOf(path) {
      return open.has(resolve(path)) ? 'file' : files.kindOf(path);
    },
    // What was never saved stands where it will.
    async realPath(path) {
      const isUnsaved = open.has(resolve(path)) && (await files.kindOf(path)) === 'missing';
      return isUnsaved ? join(await files.realPath(dirname(path)), basename(path)) : files.realPath(path);
    },
    async read(path, mostBytes) {
      const text = open.get(resolve(path));
      return text === undefined ? files.read(path, mostBytes) : new TextEncoder().encode(text);
    },
  };
}

/** The root template that a document belongs to: whatever nests it, and nests that, in the folders of the editor. */
async function rootOf(
  path: string,
  folders: readonly string[],
  files: FileStore,
  planned: ReadonlyMap<string, Planned>,
): Promise<string> {
  const folder = folders.find((each) => isInside(path, each)) ?? dirname(path);
  const { templates } = await findTemplates(files, folder);
  let root = path;
  for (let parent: string | undefined = path; parent !== undefined; ) {
    root = parent;
    parent = await parentOf(root, templates, files, planned);
    if (parent === path) return path;
  }
  return root;
}

async function parentOf(
  path: string,
  templates: readonly string[],
  files: FileStore,
  planned: ReadonlyMap<string, Planned>,
): Promise<string | undefined> {
  const name = new TextEncoder().encode(basename(path));
  for (const candidate of templates) {
    if (resolve(candidate) === path) continue;
    // Only a template that has the name in it can nest the file.
    if (Buffer.from(await files.read(candidate)).indexOf(name) < 0) continue;
    try {
      if (nests(await loadTree(files, candidate), path)) return candidate;
    } catch (error) {
      if (!(error instanceof IdpFixError)) throw error;
      // A parent that cannot be read while it is written nests what it last did.
      const before = planned.get(candidate)?.root;
      if (before !== undefined && nests(before, path)) return candidate;
    }
  }
  return undefined;
}

function nests({ tree, folder }: Pick<PlannedRoot, 'tree' | 'folder'>, path: string): boolean {
  return tree.stacks.slice(1).some(({ template }) => join(folder, template.path) === path);
}

const severities = {
  critical: DiagnosticSeverity.Error,
  high: DiagnosticSeverity.Warning,
  medium: DiagnosticSeverity.Warning,
  low: DiagnosticSeverity.Information,
} as const;

const lines = new WeakMap<object, readonly string[]>();

function linesIn(source: { readonly text: string }): readonly string[] {
  const known = lines.get(source) ?? source.text.split(/\r?\n/);
  lines.set(source, known);
  return known;
}

function shown(each: ReportedFinding): LspFinding {
  const { finding, file, status, path, source, remediation } = each;
  const line = each.line - 1;
  const text = linesIn(source)[line] ?? '';
  const { sources, helpUri: href = sources[0] } = remediation;
  return {
    ...{ path: resolve(path), fingerprint: finding.fingerprint, remediation: finding.remediation },
    ...{ logicalId: finding.logicalId, status, lines: linesOf(file.document, finding.logicalId) },
    diagnostic: {
      range: { start: { line, character: text.search(/\S|$/) }, end: { line, character: text.length } },
      severity: status === 'unknown' ? DiagnosticSeverity.Hint : severities[each.severity],
      source: 'idp-fix',
      code: finding.remediation,
      ...(href !== undefined && { codeDescription: { href } }),
      message: visible(sentence(each)),
    },
  };
}

/** A resource with all it says; the first line for a finding about the whole template. */
function linesOf(document: Document, logicalId: string): LspFinding['lines'] {
  const resources = nodeAt(document, ['Resources']);
  const entry = resources?.kind === 'map' ? entryIn(resources, logicalId) : undefined;
  if (entry === undefined) return [0, 0];
  const { source } = document;
  return [lineOf(source, entry.keySpan.start) - 1, lineOf(source, entry.value.span.end) - 1];
}

function problemOf({ message, details: { place, hint } }: IdpFixError): Diagnostic {
  const line = (place?.line ?? 1) - 1;
  const character = (place?.column ?? 1) - 1;
  return {
    range: { start: { line, character }, end: { line, character: character + 1 } },
    severity: DiagnosticSeverity.Error,
    source: 'idp-fix',
    message: visible(hint === undefined ? message : `${message}\n${hint}`),
  };
}

/** What `explain --finding` says, as plain text. */
function pageOf({ root }: Planned, finding: ReportedFinding, product: Product): string {
  const template = finding.file.path;
  const stack = root.result.document.stacks.find((each) => each.template === template);
  if (stack === undefined) throw new Error(`${template} is no template of its own plan`);
  const id = finding.finding.remediation;
  const remediation = product.remediations.find((each) => each.id === id);
  if (remediation === undefined) throw new Error(`there is no remediation ${id}`);
  const explained = {
    finding: { ...finding.finding, template, path: finding.path, fixedBy: finding.fixedBy },
    ...{ status: finding.status, stack, remediation },
    edits: root.result.editsOf({ ...finding.finding, template }),
    settings: settingsOf(root.policy, id),
  };
  return findingPage(explained, paint(false), 80).join('\n');
}

/** The edits of `--apply`. */
function textEdits({ document: { source }, edits }: PatchedFile): readonly TextEdit[] {
  const text = TextDocument.create('', 'yaml', 0, source.text);
  return edits.map(({ start, end, text: newText }) => ({
    range: { start: text.positionAt(start), end: text.positionAt(end) },
    newText,
  }));
}
