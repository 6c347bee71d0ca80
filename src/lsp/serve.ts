import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  createConnection,
  type Diagnostic,
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
  const { console: log } = connection;
  const start = () => ports.editorWorkers.start<LspTask, LspAnswer>(request);
  let worker = start();
  let last: Promise<unknown> = ports.live.pause(0);
  let folders: readonly string[] = [];
  let showsProgress = false;

  connection.onInitialize(({ workspaceFolders, rootUri, capabilities }) => {
    folders = (workspaceFolders?.map(({ uri }) => uri) ?? (rootUri ? [rootUri] : [])).flatMap(pathOf);
    showsProgress = capabilities.window?.workDoneProgress === true;
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
  await worker.end();
  return 0;

  /** One task after the other. What ends the thread is a defect; the next task has a new one. */
  function ask(task: LspTask): Promise<LspAnswer> {
    const answered = last.then(() => worker.ask(task));
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
    const progress = showsProgress ? await connection.window.createWorkDoneProgress() : undefined;
    progress?.begin('idp-fix: planning');
    const answer = await ask({ kind: 'plan', path, folders, open: openTexts(documents) });
    progress?.done();
    if (mine !== newest.get(path)) return;
    if (answer.kind === 'failed') {
      send([[answer.file, [answer.problem]]]);
      shown.set(answer.root, new Set([...(shown.get(answer.root) ?? []), answer.file]));
    }
    if (answer.kind !== 'planned') return;
    const found = { ...answer, versions };
    if (isStale(found)) return;
    planned.set(answer.root, found);
    const diagnostics = diagnosticsOf(found);
    const gone = [...(shown.get(answer.root) ?? [])].filter((each) => !diagnostics.has(each));
    send([...diagnostics, ...gone.map((each) => [each, []] as const)]);
    shown.set(answer.root, new Set(diagnostics.keys()));
  }

  /** Whether a template has changed in the editor since it was planned. */
  function isStale({ templates, versions }: Planned): boolean {
    const now = openVersions(documents);
    return templates.some((path) => now.get(path) !== versions.get(path));
  }

  function send(diagnostics: readonly (readonly [path: string, list: readonly Diagnostic[]])[]): void {
    for (const [path, list] of diagnostics) {
      void connection.sendDiagnostics({ uri: uriOf(path, documents), diagnostics: [...list] });
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
  async function hover({ textDocument: { uri }, position }: HoverParams): Promise<Hover | null> {
    const pages: string[] = [];
    for (const [{ root }, { fingerprint }] of findingsAt(uri, { start: position, end: position })) {
      const answer = await ask({ kind: 'page', root, fingerprint });
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
  async function resolved(action: CodeAction): Promise<CodeAction> {
    const stale = new ResponseError(LSPErrorCodes.ContentModified, 'the template has changed since');
    const data = action.data as ActionData;
    const from = planned.get(data.root);
    if (from === undefined || isStale(from)) throw stale;
    const answer = await ask({ kind: 'edits', ...data });
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

function isTemplate(document: TextDocument): boolean {
  return /^\s*["']?Resources["']?\s*:/m.test(document.getText());
}

function isPolicy({ uri }: TextDocument): boolean {
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
