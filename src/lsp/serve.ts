import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type CancellationToken,
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  createConnection,
  type Diagnostic,
  DidChangeWatchedFilesNotification,
  FileChangeType,
  type FileEvent,
  type Hover,
  type HoverParams,
  LSPErrorCodes,
  ProposedFeatures,
  type Range,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { LspRequest } from '../cli/request.js';
import type { Product } from '../product.js';
import type { RunPorts } from '../wire.js';
import type { LspAnswer, LspFinding, LspTask } from './planning.js';

/** A person who types is not interrupted by a plan before they have paused this long. */
const pauseMilliseconds = 300;

/** One root template as it was last planned. */
interface Planned {
  readonly root: string;
  readonly templates: readonly string[];
  readonly findings: readonly LspFinding[];
  /** Versions of the open documents it was planned from, by path. */
  readonly versions: ReadonlyMap<string, number>;
  /** And their texts. */
  readonly texts: ReadonlyMap<string, string>;
}

/** What a code action needs to be worked out when it is chosen. */
type ActionData = Omit<LspTask & { kind: 'edits' }, 'kind'>;

/**
 * `idp-fix lsp`: diagnostics, explanations and fixes for an editor, until it leaves. Plans are made in a thread of their
 * own, so that an editor is answered while one goes on.
 * @returns the exit code
 */
export async function serveLsp(request: LspRequest, ports: RunPorts, product: Product): Promise<number> {
  const wire = ports.wire();
  const connection = createConnection(
    ProposedFeatures.all,
    new StreamMessageReader(wire.input),
    new StreamMessageWriter(wire.output),
  );
  const documents = new TextDocuments(TextDocument);
  const planned = new Map<string, Planned>();
  const shown = new Map<string, ReadonlySet<string>>();
  const newest = new Map<string, number>();
  /** The file that cannot be read, by the root that it belongs to. */
  const broken = new Map<string, string>();
  const { console: log } = connection;
  const start = () => ports.editorWorkers.start<LspTask, LspAnswer>(request);
  let worker = start();
  let last: Promise<unknown> = ports.live.pause(0);
  let folders: readonly string[] = [];
  let showsProgress = false;
  let watchesFiles = false;
  let changesFolders = false;

  connection.onInitialize(({ workspaceFolders, rootUri, capabilities }) => {
    folders = (workspaceFolders?.map(({ uri }) => uri) ?? (rootUri ? [rootUri] : [])).flatMap(pathOf);
    showsProgress = capabilities.window?.workDoneProgress === true;
    watchesFiles = capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
    changesFolders = capabilities.workspace?.workspaceFolders === true;
    return {
      serverInfo: { name: 'idp-fix', version: product.version },
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Incremental,
        hoverProvider: true,
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix], resolveProvider: true },
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
    };
  });
  connection.onInitialized(() => {
    if (watchesFiles)
      void connection.client.register(DidChangeWatchedFilesNotification.type, {
        watchers: [{ globPattern: '**/*.{yaml,yml,json,template}' }],
      });
    if (changesFolders)
      connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        const left = new Set(removed.flatMap(({ uri }) => pathOf(uri)));
        folders = [...folders.filter((each) => !left.has(each)), ...added.flatMap(({ uri }) => pathOf(uri))];
        for (const document of documents.all()) refreshFor(document);
      });
  });
  documents.onDidChangeContent(({ document }) => refreshFor(document));
  // What was not saved is gone: the file counts again.
  documents.onDidClose(({ document }) => refreshFor(document));
  connection.onDidChangeWatchedFiles(({ changes }) => changes.forEach(fileChanged));
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
  await worker.end();
  return 0;

  function refreshFor(document: TextDocument): void {
    const [path] = pathOf(document.uri);
    const isConcerned = isTemplate(document) || (path !== undefined && rootsOf(path).length > 0);
    if (isPolicy(document)) for (const root of planned.keys()) void refresh(root);
    else if (path !== undefined && isConcerned) void refresh(path);
  }

  /** Roots whose last plan has the file. */
  function rootsOf(path: string): readonly string[] {
    return [...planned.values()].filter(({ templates }) => templates.includes(path)).map(({ root }) => root);
  }

  /** By another program, or by the editor where it renames and deletes. */
  function fileChanged({ uri, type }: FileEvent): void {
    const [path] = pathOf(uri);
    if (path === undefined || documents.get(uri) !== undefined) return;
    // What is new may be what a template that nests it has missed.
    const concerned =
      type === FileChangeType.Created || isPolicy({ uri }) ? [...planned.keys()] : rootsOf(path);
    if (type === FileChangeType.Deleted && planned.has(path)) forget(path);
    for (const root of concerned) if (planned.has(root)) void refresh(root);
  }

  /** A root that is no more: what it nests is planned by itself where it is open. */
  function forget(root: string): void {
    newest.set(root, (newest.get(root) ?? 0) + 1);
    planned.delete(root);
    broken.delete(root);
    const files = [...(shown.get(root) ?? [])];
    shown.delete(root);
    send(files.map((path) => [path, []] as const));
    refreshOpen(files);
  }

  function refreshOpen(paths: readonly string[]): void {
    for (const document of documents.all())
      if (pathOf(document.uri).some((path) => paths.includes(path))) refreshFor(document);
  }

  /** One task after the other. What ends the thread is a defect; the next task has a new one. */
  function ask(task: LspTask, token?: CancellationToken): Promise<LspAnswer> {
    const answered = last.then(() =>
      token?.isCancellationRequested === true ? { kind: 'gone' as const } : worker.ask(task),
    );
    last = answered.catch(async (error: unknown) => {
      log.error(`this is a defect in idp-fix: ${error}`);
      await worker.end();
      worker = start();
    });
    return answered.catch(() => ({ kind: 'gone' }));
  }

  /** Plans what a document belongs to, once its person pauses; what has become stale meanwhile is dropped. */
  async function refresh(path: string): Promise<void> {
    const mine = (newest.get(path) ?? 0) + 1;
    newest.set(path, mine);
    await ports.live.pause(pauseMilliseconds);
    await last;
    if (mine !== newest.get(path)) return;
    const versions = openVersions(documents);
    const open = openTexts(documents);
    const progress = showsProgress ? await connection.window.createWorkDoneProgress() : undefined;
    progress?.begin('idp-fix: planning');
    const answer = await ask({ kind: 'plan', path, folders, open });
    progress?.done();
    if (mine !== newest.get(path)) return;
    if (answer.kind === 'missing') {
      forget(path);
      for (const root of rootsOf(path)) void refresh(root);
    }
    if (answer.kind === 'failed') showProblem(answer);
    if (answer.kind !== 'planned') return;
    const found = { ...answer, versions, texts: new Map(open) };
    if (isStale(found)) return;
    planned.set(answer.root, found);
    broken.delete(answer.root);
    const diagnostics = diagnosticsOf(found);
    // A template that was planned by itself before it was nested, or while what nests it could not be read.
    for (const other of rootsIn(found)) {
      planned.delete(other);
      shown.delete(other);
    }
    const gone = [...(shown.get(answer.root) ?? [])].filter((each) => !diagnostics.has(each));
    send([...diagnostics, ...gone.map((each) => [each, []] as const)]);
    shown.set(answer.root, new Set(diagnostics.keys()));
    refreshOpen(gone);
  }

  function rootsIn({ root, templates }: Planned): readonly string[] {
    return [...planned.keys()].filter((other) => other !== root && templates.includes(other));
  }

  /** Beside the last findings, which most likely come back with the next key. */
  function showProblem({ root, file, problem }: LspAnswer & { kind: 'failed' }): void {
    const before = broken.get(root);
    const lists: (readonly [string, readonly Diagnostic[]])[] = [[file, [problem, ...lastOf(root, file)]]];
    if (before !== undefined && before !== file) lists.push([before, lastOf(root, before)]);
    send(lists);
    broken.set(root, file);
    shown.set(root, new Set([...(shown.get(root) ?? []), file]));
  }

  /** The last findings in a file, at the lines where they are now. */
  function lastOf(root: string, file: string): readonly Diagnostic[] {
    const found = planned.get(root);
    const before = found?.texts.get(file);
    const now = openTexts(documents).find(([path]) => path === file)?.[1];
    const own = found?.findings.filter(({ path }) => path === file).map(({ diagnostic }) => diagnostic) ?? [];
    return before === undefined || now === undefined ? own : movedTo(own, before, now);
  }

  /** Whether a template has changed in the editor since it was planned. */
  function isStale({ templates, versions }: Planned): boolean {
    const now = openVersions(documents);
    return templates.some((path) => now.get(path) !== versions.get(path));
  }

  function send(diagnostics: readonly (readonly [path: string, list: readonly Diagnostic[]])[]): void {
    for (const [path, list] of diagnostics) {
      const uri = uriOf(path, documents);
      const version = documents.get(uri)?.version;
      void connection.sendDiagnostics({
        ...{ uri, diagnostics: [...list] },
        ...(version !== undefined && { version }),
      });
    }
  }

  /** Findings at a place of a document, with what they were found in; none while it has changed since. */
  function findingsAt(uri: string, { start, end }: Range): readonly (readonly [Planned, LspFinding])[] {
    const [path] = pathOf(uri);
    const document = documents.get(uri);
    if (path === undefined || document === undefined) return [];
    return [...planned.values()]
      .filter(({ versions }) => versions.get(path) === document.version)
      .flatMap((each) =>
        each.findings
          .filter(
            ({ path: own, lines: [first, final] }) =>
              own === path && first <= end.line && start.line <= final,
          )
          .map((finding) => [each, finding] as const),
      );
  }

  /** Plain text, so that nothing in a template is taken for markup. */
  async function hover(
    { textDocument: { uri }, position }: HoverParams,
    token: CancellationToken,
  ): Promise<Hover | null> {
    const pages: string[] = [];
    for (const [{ root }, { fingerprint }] of findingsAt(uri, { start: position, end: position })) {
      const answer = await ask({ kind: 'page', root, fingerprint }, token);
      if (answer.kind === 'page') pages.push(answer.text);
    }
    return pages.length === 0 ? null : { contents: { kind: 'plaintext', value: pages.join('\n\n') } };
  }

  function actionsAt({ textDocument: { uri }, range }: CodeActionParams): CodeAction[] {
    return findingsAt(uri, range)
      .filter(([, { status }]) => status === 'written' || status === 'review')
      .flatMap(([{ root, findings }, { fingerprint, remediation, logicalId, status }]) => {
        const consent = status === 'review' ? ' (needs approval)' : '';
        const action = (title: string, all: boolean): CodeAction => ({
          title: `idp-fix: ${title}${consent}`,
          kind: CodeActionKind.QuickFix,
          data: { root, fingerprint, all } satisfies ActionData,
        });
        const others = findings.filter((each) => each.remediation === remediation && each.status === status);
        return [
          action(`${remediation} for ${logicalId || 'the template'}`, false),
          ...(others.length > 1 ? [action(`${remediation} for all ${others.length}`, true)] : []),
        ];
      });
  }

  /** The edits of a fix, for the versions of the documents they were made for. */
  async function resolved(action: CodeAction, token: CancellationToken): Promise<CodeAction> {
    const stale = new ResponseError(LSPErrorCodes.ContentModified, 'the template has changed since');
    const data = action.data as ActionData;
    const from = planned.get(data.root);
    if (from === undefined || isStale(from)) throw stale;
    const answer = await ask({ kind: 'edits', ...data }, token);
    if (answer.kind === 'refused') throw new ResponseError(LSPErrorCodes.RequestFailed, answer.because);
    if (answer.kind !== 'edits' || isStale(from)) throw stale;
    const documentChanges = answer.files.map(({ path, edits }) => {
      const uri = uriOf(path, documents);
      return { textDocument: { uri, version: documents.get(uri)?.version ?? null }, edits: [...edits] };
    });
    return { ...action, edit: { documentChanges } };
  }
}

function openVersions(documents: TextDocuments<TextDocument>): ReadonlyMap<string, number> {
  return new Map(
    documents.all().flatMap(({ uri, version }) => pathOf(uri).map((path) => [path, version] as const)),
  );
}

function openTexts(documents: TextDocuments<TextDocument>): readonly (readonly [string, string])[] {
  return documents
    .all()
    .flatMap((document) => pathOf(document.uri).map((path) => [path, document.getText()] as const));
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

/** In JSON on one line, too. */
function isTemplate(document: TextDocument): boolean {
  return /(?:^|[{,])\s*["']?Resources["']?\s*:/m.test(document.getText());
}

function isPolicy({ uri }: { readonly uri: string }): boolean {
  return /\.policy\.ya?ml$/.test(uri);
}

/** Of every template of the tree, by path; one without findings has an empty list. */
function diagnosticsOf({ templates, findings }: Planned): ReadonlyMap<string, readonly Diagnostic[]> {
  return new Map(
    templates.map((template) => [
      template,
      findings.filter(({ path }) => path === template).map(({ diagnostic }) => diagnostic),
    ]),
  );
}

/** Diagnostics above what has changed stay, those below move with it, and those in it stay in it. */
function movedTo(list: readonly Diagnostic[], before: string, now: string): readonly Diagnostic[] {
  const [old, lines] = [before.split('\n'), now.split('\n')];
  const fewest = Math.min(old.length, lines.length);
  let top = 0;
  while (top < fewest && old[top] === lines[top]) top += 1;
  let bottom = 0;
  while (bottom < fewest - top && old.at(-1 - bottom) === lines.at(-1 - bottom)) bottom += 1;
  const lineNow = (line: number) => {
    if (line < top) return line;
    if (line >= old.length - bottom) return line + lines.length - old.length;
    return Math.min(line, Math.max(top, lines.length - bottom - 1));
  };
  return list.map((each) => {
    const { start, end } = each.range;
    const range = {
      start: { ...start, line: lineNow(start.line) },
      end: { ...end, line: lineNow(end.line) },
    };
    return { ...each, range };
  });
}
