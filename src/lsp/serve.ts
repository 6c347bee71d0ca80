import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  createConnection,
  type Diagnostic,
  DiagnosticSeverity,
  type Hover,
  type HoverParams,
  LSPErrorCodes,
  ProposedFeatures,
  type Range,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
  TextDocumentEdit,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { LspRequest } from '../cli/request.js';
import { entryIn, nodeAt } from '../document/locate.js';
import type { Document, Span } from '../document/syntax.js';
import { IdpFixError } from '../errors.js';
import { findTemplates } from '../load/find-templates.js';
import { loadTree } from '../load/load.js';
import { isInside } from '../paths.js';
import { buildPlan } from '../plan/build.js';
import type { PatchedFile } from '../plan/written.js';
import { type PlannedRoot, planRoots } from '../plan-roots.js';
import { settingsOf } from '../policy/settings.js';
import type { FileStore } from '../ports.js';
import type { Product } from '../product.js';
import { findingPage } from '../report/finding-page.js';
import { paint } from '../report/paint.js';
import { isOpen, type ReportedFinding, reportedFindings, sentence } from '../report/reported.js';
import type { RunPorts } from '../wire.js';

/** A person who types is not interrupted by a plan before they have paused this long. */
const pauseMilliseconds = 300;

/** One root template as it was last planned. */
interface Planned {
  readonly root: PlannedRoot;
  readonly findings: readonly ReportedFinding[];
  /** Versions of the open documents it was planned from, by path. */
  readonly versions: ReadonlyMap<string, number>;
}

/** What a code action needs to be worked out when it is chosen. */
interface ActionData {
  readonly root: string;
  readonly fingerprint: string;
  /** All findings of its remediation, not this one alone. */
  readonly all: boolean;
}

/** `idp-fix lsp`: diagnostics, explanations and fixes for an editor, until it leaves. @returns the exit code */
export async function serveLsp(request: LspRequest, ports: RunPorts, product: Product): Promise<number> {
  const wire = ports.wire();
  const connection = createConnection(
    ProposedFeatures.all,
    new StreamMessageReader(wire.input),
    new StreamMessageWriter(wire.output),
  );
  const documents = new TextDocuments(TextDocument);
  const files = withOpenDocuments(ports.files, documents);
  const planned = new Map<string, Planned>();
  const shown = new Map<string, ReadonlySet<string>>();
  const newest = new Map<string, number>();
  const { console: log } = connection;
  let folders: readonly string[] = [];

  connection.onInitialize(({ workspaceFolders, rootUri }) => {
    folders = (workspaceFolders?.map(({ uri }) => uri) ?? (rootUri ? [rootUri] : [])).flatMap(pathOf);
    return {
      serverInfo: { name: 'idp-fix', version: product.version },
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Incremental,
        hoverProvider: true,
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix], resolveProvider: true },
      },
    };
  });
  documents.onDidChangeContent(({ document }) => {
    const affected = isTemplate(document) ? pathOf(document.uri) : isPolicy(document) ? planned.keys() : [];
    for (const path of affected) void refresh(path);
  });
  connection.onHover(hover);
  connection.onCodeAction(actionsAt);
  connection.onCodeActionResolve(resolved);
  documents.listen(connection);
  const over = new Promise<void>((end) => {
    connection.onExit(end);
    wire.input.once('close', end);
  });
  connection.listen();
  await over;
  return 0;

  /** Plans what a document belongs to, once its person pauses; what has become stale meanwhile is dropped. */
  async function refresh(path: string): Promise<void> {
    const mine = (newest.get(path) ?? 0) + 1;
    newest.set(path, mine);
    await ports.live.pause(pauseMilliseconds);
    if (mine !== newest.get(path)) return;
    let rootPath = path;
    try {
      rootPath = await rootOf(path, folders, files);
      const versions = openVersions(documents);
      const found = await plan(rootPath);
      // Planning takes all of this thread, so what was typed meanwhile is heard now.
      await ports.live.pause(0);
      if (found === undefined || isStale({ ...found, versions })) return;
      planned.set(rootPath, { ...found, versions });
      const diagnostics = diagnosticsOf(found);
      const gone = [...(shown.get(rootPath) ?? [])].filter((each) => !diagnostics.has(each));
      send([...diagnostics, ...gone.map((each) => [each, []] as const)]);
      shown.set(rootPath, new Set(diagnostics.keys()));
    } catch (error) {
      if (mine !== newest.get(path)) return;
      if (!(error instanceof IdpFixError)) {
        log.error(`this is a defect in idp-fix: ${error}`);
        return;
      }
      const named = error.details.place?.file ?? path;
      const file = isAbsolute(named) ? named : join(dirname(rootPath), named);
      send([[file, [failureOf(error)]]]);
      shown.set(rootPath, new Set([...(shown.get(rootPath) ?? []), file]));
    }
  }

  /** Whether a template has changed in the editor since it was planned. */
  function isStale({ root: { tree, folder }, versions }: Planned): boolean {
    const now = openVersions(documents);
    return tree.stacks.some(({ template }) => {
      const path = resolve(folder, template.path);
      return now.get(path) !== versions.get(path);
    });
  }

  async function plan(rootPath: string): Promise<Omit<Planned, 'versions'> | undefined> {
    const world = { ...ports, files };
    const asked = { ...request, templates: [rootPath], parameters: new Map<string, string>(), plan: {} };
    const { roots, failures } = await planRoots({ ...asked, allowOutside: false }, world, product);
    const [failure] = failures;
    if (failure !== undefined) throw failure;
    const [root] = roots;
    if (root === undefined) return undefined;
    const reported = {
      ...{ document: root.result.document, files: root.result.files },
      ...{ root: root.rootPath, includeReview: root.includeReview },
    };
    const options = { remediations: product.remediations, outcome: { written: false, command: '' } } as const;
    const findings = reportedFindings([reported], options).filter((each) => isOpen(each, options));
    return { root, findings };
  }

  function send(diagnostics: readonly (readonly [path: string, list: readonly Diagnostic[]])[]): void {
    for (const [path, list] of diagnostics) {
      void connection.sendDiagnostics({ uri: uriOf(path, documents), diagnostics: [...list] });
    }
  }

  /** Findings at a place of a document, with what they were found in; none while it has changed since. */
  function findingsAt(uri: string, { start, end }: Range): readonly (readonly [Planned, ReportedFinding])[] {
    const [path] = pathOf(uri);
    const document = documents.get(uri);
    if (path === undefined || document === undefined) return [];
    return [...planned.values()].flatMap((each) => {
      if (each.versions.get(path) !== document.version) return [];
      return each.findings
        .filter((finding) => resolve(finding.path) === path)
        .filter(({ file, finding: { logicalId } }) => {
          const extent = extentOf(file.document, logicalId);
          const [first, last] = [
            document.positionAt(extent.start).line,
            document.positionAt(extent.end).line,
          ];
          return first <= end.line && start.line <= last;
        })
        .map((finding) => [each, finding] as const);
    });
  }

  /** What `explain --finding` says, as plain text, so that nothing in a template is taken for markup. */
  function hover({ textDocument: { uri }, position }: HoverParams): Hover | null {
    const pages = findingsAt(uri, { start: position, end: position }).map(([{ root }, finding]) => {
      const template = finding.file.path;
      const stack = root.result.document.stacks.find((each) => each.template === template);
      if (stack === undefined) throw new Error(`${template} is no template of its own plan`);
      const explained = {
        ...{
          finding: { ...finding.finding, template, path: finding.path, fixedBy: finding.fixedBy },
          fate: finding.fate,
          stack,
        },
        ...{ remediation: remediationOf(finding.finding.remediation) },
        edits: root.result.editsOf({ ...finding.finding, template }),
        settings: settingsOf(root.policy, finding.finding.remediation),
      };
      return findingPage(explained, paint(false), 80).join('\n');
    });
    return pages.length === 0 ? null : { contents: { kind: 'plaintext', value: pages.join('\n\n') } };
  }

  function remediationOf(id: string) {
    const found = product.remediations.find((each) => each.id === id);
    if (found === undefined) throw new Error(`there is no remediation ${id}`);
    return found;
  }

  function actionsAt({ textDocument: { uri }, range }: CodeActionParams): CodeAction[] {
    return findingsAt(uri, range)
      .filter(([, { fate }]) => fate === 'written' || fate === 'review')
      .flatMap(([{ root, findings }, { finding, fate, remediation }]) => {
        const consent = fate === 'review' ? ' (needs approval)' : '';
        const action = (title: string, all: boolean): CodeAction => ({
          title: `idp-fix: ${title}${consent}`,
          kind: CodeActionKind.QuickFix,
          data: { root: root.rootPath, fingerprint: finding.fingerprint, all } satisfies ActionData,
        });
        const others = findings.filter(
          (each) => each.finding.remediation === remediation.id && each.fate === fate,
        );
        return [
          action(`${finding.remediation} for ${finding.logicalId || 'the template'}`, false),
          ...(others.length > 1 ? [action(`${finding.remediation} for all ${others.length}`, true)] : []),
        ];
      });
  }

  /**
   * The edits of a fix: those of a plan that has this finding alone to fix, so that it is checked like any that is
   * written, and brings its companions along, in other templates too.
   */
  function resolved(action: CodeAction): CodeAction {
    const { root: rootPath, fingerprint, all } = action.data as ActionData;
    const stale = new ResponseError(LSPErrorCodes.ContentModified, 'the template has changed since');
    const from = planned.get(rootPath);
    const chosen = from?.findings.find(({ finding }) => finding.fingerprint === fingerprint);
    if (from === undefined || chosen === undefined) throw stale;
    if (isStale(from)) throw stale;
    const { tree, policy, folder, includeReview } = from.root;
    const id = chosen.finding.remediation;
    const others = from.findings
      .filter(({ finding, fate }) => finding.remediation === id && ['written', 'review'].includes(fate))
      .filter((each) => each !== chosen && (!all || each.fate !== chosen.fate))
      .map(({ finding, file }) => ({
        ...{ remediation: id, template: file.path, logicalId: finding.logicalId },
      }));
    const options = {
      ...{ version: product.version, today: ports.clock.today(), only: [id] },
      includeReview: includeReview || chosen.fate === 'review',
    };
    const left = { ...policy, postponed: [...policy.postponed, ...others] };
    const { files: patched } = buildPlan(tree, left, product.remediations, options);
    const changed = patched.filter((file) => file.changed);
    if (changed.length === 0) {
      const why = 'it cannot be fixed without the others of its remediation: choose all of them';
      throw new ResponseError(LSPErrorCodes.RequestFailed, why);
    }
    return {
      ...action,
      edit: { documentChanges: changed.map((file) => editOf(file, resolve(folder, file.path), documents)) },
    };
  }
}

/** What is in an editor counts, saved or not. */
function withOpenDocuments(files: FileStore, documents: TextDocuments<TextDocument>): FileStore {
  return {
    ...files,
    async read(path, mostBytes) {
      const open = documents.all().find(({ uri }) => pathOf(uri)[0] === resolve(path));
      return open === undefined ? files.read(path, mostBytes) : new TextEncoder().encode(open.getText());
    },
  };
}

function openVersions(documents: TextDocuments<TextDocument>): ReadonlyMap<string, number> {
  return new Map(
    documents.all().flatMap(({ uri, version }) => pathOf(uri).map((path) => [path, version] as const)),
  );
}

/** None for what is no file, such as a document that was never saved. */
function pathOf(uri: string): readonly string[] {
  return uri.startsWith('file:') ? [fileURLToPath(uri)] : [];
}

/** As the editor spells it, where the document is open. */
function uriOf(path: string, documents: TextDocuments<TextDocument>): string {
  const absolute = resolve(path);
  const open = documents.all().find(({ uri }) => pathOf(uri)[0] === absolute);
  return open?.uri ?? pathToFileURL(absolute).href;
}

/** The root template that a document belongs to: whatever nests it, and nests that, in the folders of the editor. */
async function rootOf(path: string, folders: readonly string[], files: FileStore): Promise<string> {
  const folder = folders.find((each) => isInside(path, each)) ?? dirname(path);
  const { templates } = await findTemplates(files, folder);
  let root = path;
  for (let parent: string | undefined = path; parent !== undefined; ) {
    root = parent;
    parent = await parentOf(root, templates, files);
    if (parent === path) return path;
  }
  return root;
}

async function parentOf(
  path: string,
  templates: readonly string[],
  files: FileStore,
): Promise<string | undefined> {
  const name = new TextEncoder().encode(basename(path));
  for (const candidate of templates) {
    if (resolve(candidate) === path) continue;
    // Only a template that has the name in it can nest the file.
    if (Buffer.from(await files.read(candidate)).indexOf(name) < 0) continue;
    try {
      const { tree, folder } = await loadTree(files, candidate);
      if (tree.stacks.slice(1).some(({ template }) => join(folder, template.path) === path)) return candidate;
    } catch (error) {
      if (!(error instanceof IdpFixError)) throw error;
    }
  }
  return undefined;
}

function isTemplate(document: TextDocument): boolean {
  return /^\s*["']?Resources["']?\s*:/m.test(document.getText());
}

function isPolicy({ uri }: TextDocument): boolean {
  return /\.policy\.ya?ml$/.test(uri);
}

/** A resource with all it says; the first line for a finding about the whole template. */
function extentOf(document: Document, logicalId: string): Span {
  const resources = nodeAt(document, ['Resources']);
  const entry = resources?.kind === 'map' ? entryIn(resources, logicalId) : undefined;
  return entry === undefined
    ? { start: 0, end: 0 }
    : { start: entry.keySpan.start, end: entry.value.span.end };
}

const severities = {
  high: DiagnosticSeverity.Warning,
  medium: DiagnosticSeverity.Warning,
  low: DiagnosticSeverity.Information,
} as const;

/** Of every template of the tree, by path; one without findings has an empty list. */
function diagnosticsOf({
  root,
  findings,
}: Omit<Planned, 'versions'>): ReadonlyMap<string, readonly Diagnostic[]> {
  const byPath = new Map<string, Diagnostic[]>(
    root.tree.stacks.map(({ template }) => [resolve(root.folder, template.path), []]),
  );
  for (const each of findings) {
    const line = each.line - 1;
    const text = each.source.text.split(/\r?\n/)[line] ?? '';
    const [href] = each.remediation.sources;
    byPath.get(resolve(each.path))?.push({
      range: { start: { line, character: text.search(/\S|$/) }, end: { line, character: text.length } },
      severity: each.fate === 'unknown' ? DiagnosticSeverity.Hint : severities[each.risk],
      source: 'idp-fix',
      code: each.finding.remediation,
      ...(href !== undefined && { codeDescription: { href } }),
      message: sentence(each),
    });
  }
  return byPath;
}

function failureOf({ message, details: { place, hint } }: IdpFixError): Diagnostic {
  const line = (place?.line ?? 1) - 1;
  const character = (place?.column ?? 1) - 1;
  return {
    range: { start: { line, character }, end: { line, character: character + 1 } },
    severity: DiagnosticSeverity.Error,
    source: 'idp-fix',
    message: hint === undefined ? message : `${message}\n${hint}`,
  };
}

/** The edits of `--apply`, for the version of the document they were made for. */
function editOf(
  { document: { source }, edits }: PatchedFile,
  path: string,
  documents: TextDocuments<TextDocument>,
): TextDocumentEdit {
  const uri = uriOf(path, documents);
  const text = TextDocument.create(uri, 'yaml', 0, source.text);
  return TextDocumentEdit.create(
    { uri, version: documents.get(uri)?.version ?? null },
    edits.map(({ start, end, text: newText }) => ({
      range: { start: text.positionAt(start), end: text.positionAt(end) },
      newText,
    })),
  );
}
