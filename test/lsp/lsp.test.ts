import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import type { CodeAction, Diagnostic, Hover, PublishDiagnosticsParams } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { remediations } from '../../remediations/index.js';
import type { PlanDocument } from '../../src/plan/document.js';
import { parseCases, type RemediationCase } from '../../src/testing/cases.js';
import { projectFolder, runInProcess } from '../cli/run-in-process.js';

/** The built program, and an editor that is nothing but messages. */
const program = join(projectFolder, 'dist', 'main.js');

let folder = '';
let server: ChildProcess;
let editor: MessageConnection;
/** All that was published, in order. */
let published: PublishDiagnosticsParams[] = [];
let heard: () => void = () => {};
/** `begin` and `end` of plans, and what a test adds. */
let happened: string[] = [];
let whenBegun: () => void = () => {};
/** What the server has asked to be told of. */
let registered: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idp-fix-lsp-'));
  cpSync(join(projectFolder, 'examples', 'document-pipeline'), folder, { recursive: true });
});
afterEach(async () => {
  await editor.sendRequest('shutdown');
  const ended = new Promise((resolve) => server.once('exit', resolve));
  await editor.sendNotification('exit');
  expect(await ended).toBe(0);
  editor.dispose();
  rmSync(folder, { recursive: true });
});

const at = (name: string) => join(folder, name);
const uriOf = (name: string) => pathToFileURL(at(name)).href;
const textOf = (name: string) => readFileSync(at(name), 'utf8');

async function started(...flags: readonly string[]) {
  happened = [];
  registered = [];
  published = [];
  server = spawn(process.execPath, [program, 'lsp', '--stdio', ...flags], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (server.stdout === null || server.stdin === null) throw new Error('the server has no streams');
  editor = createMessageConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  editor.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
    published.push(params);
    heard();
  });
  editor.onRequest('window/workDoneProgress/create', () => null);
  editor.onRequest('client/registerCapability', ({ registrations }) => {
    registered.push(...registrations.map(({ method }: { method: string }) => method));
    return null;
  });
  editor.onNotification('$/progress', ({ value: { kind } }: { value: { kind: string } }) => {
    happened.push(kind);
    if (kind === 'begin') whenBegun();
  });
  editor.listen();
  const workspaceFolders = [{ uri: pathToFileURL(folder).href, name: 'app' }];
  const answer = await editor.sendRequest<object>('initialize', {
    processId: null,
    rootUri: null,
    capabilities: {
      window: { workDoneProgress: true },
      workspace: { workspaceFolders: true, didChangeWatchedFiles: { dynamicRegistration: true } },
    },
    workspaceFolders,
  });
  await editor.sendNotification('initialized', {});
  return answer;
}

const opened = (name: string, text = textOf(name)) =>
  editor.sendNotification('textDocument/didOpen', {
    textDocument: { uri: uriOf(name), languageId: 'yaml', version: 1, text },
  });

/** The diagnostics of a file once they are as wanted. */
async function diagnostics(name: string, wanted: (list: readonly Diagnostic[]) => boolean = () => true) {
  for (;;) {
    const last = published.findLast(({ uri }) => uri === uriOf(name));
    if (last !== undefined && wanted(last.diagnostics)) return last.diagnostics;
    await new Promise<void>((resolve) => {
      heard = resolve;
    });
  }
}

async function actionsAt(name: string, line: number): Promise<readonly CodeAction[]> {
  const place = { line, character: 0 };
  return editor.sendRequest('textDocument/codeAction', {
    textDocument: { uri: uriOf(name) },
    range: { start: place, end: place },
    context: { diagnostics: [] },
  });
}

/** Does what an editor does with a chosen action, to files. */
async function apply(action: CodeAction | undefined): Promise<readonly string[]> {
  const { edit } = await editor.sendRequest<CodeAction>('codeAction/resolve', action);
  return (edit?.documentChanges ?? []).map((change) => {
    if (!('edits' in change)) throw new Error('no edit of text');
    const path = new URL(change.textDocument.uri).pathname;
    const document = TextDocument.create('', '', 0, readFileSync(path, 'utf8'));
    const edits = change.edits.map((each) => ({
      range: each.range,
      newText: 'newText' in each ? each.newText : '',
    }));
    writeFileSync(path, TextDocument.applyEdits(document, edits));
    return path;
  });
}

it('marks the lines of findings, in nested templates too, and says at each what it is', async () => {
  expect(await started()).toMatchObject({
    serverInfo: { name: 'idp-fix' },
    capabilities: { hoverProvider: true },
  });
  await opened('template.yaml');
  const found = await diagnostics('template.yaml');
  const { stdout } = { stdout: execFileAllowing(1, [at('template.yaml'), '--format', 'json']) };
  const plan = JSON.parse(stdout);
  for (const stack of plan.stacks) {
    const open = stack.findings.filter(({ verdict }: { verdict: string }) =>
      ['fixable', 'manual', 'unknown'].includes(verdict),
    );
    const marked = await diagnostics(stack.template);
    expect(marked.map(({ code, range }) => `${code} ${range.start.line + 1}`).sort()).toEqual(
      open
        .map(({ remediation, line }: { remediation: string; line: number }) => `${remediation} ${line}`)
        .sort(),
    );
  }
  const [first] = found;
  if (first === undefined) throw new Error('the example has no finding');
  const hover = await editor.sendRequest<Hover>('textDocument/hover', {
    textDocument: { uri: uriOf('template.yaml') },
    position: first.range.start,
  });
  expect(hover.contents).toMatchObject({
    kind: 'plaintext',
    value: expect.stringContaining('Why it applies here'),
  });
});

it('shows no credential of a template', async () => {
  const text = `Parameters:
  Hidden: {Type: String, NoEcho: true, Default: canary-default}
Resources:
  Database: {Type: AWS::RDS::DBInstance, Properties: {Engine: mysql, MasterUserPassword: canary-master}}
  Build:
    Type: AWS::CodeBuild::Project
    Properties: {Environment: {EnvironmentVariables: [{Name: API_TOKEN, Value: canary-token}]}}
`;
  writeFileSync(at('secret.yaml'), text);
  await started();
  await opened('secret.yaml');
  const found = await diagnostics('secret.yaml', (list) => list.length > 0);
  const shown: unknown[] = [found];
  for (const { range } of found) {
    const place = { textDocument: { uri: uriOf('secret.yaml') }, position: range.start };
    shown.push(await editor.sendRequest('textDocument/hover', place));
    shown.push(await actionsAt('secret.yaml', range.start.line));
  }
  expect(JSON.stringify(shown)).toContain('secrets-in-configuration');
  expect(JSON.stringify(shown)).not.toContain('canary');
});

it('has edits that are byte for byte those of --apply for that finding', async () => {
  await started();
  await opened('template.yaml');
  const found = await diagnostics('template.yaml');
  const plan = JSON.parse(execFileAllowing(1, [at('template.yaml'), '--format', 'json']));
  const ids = [...new Set(found.map(({ code }) => String(code)))];
  let compared = 0;
  for (const id of ids) {
    const mark = found.find(({ code }) => code === id);
    const offered = await actionsAt('template.yaml', mark?.range.start.line ?? 0);
    const one = offered.find(
      ({ title }) => title.startsWith(`idp-fix: ${id} for `) && !title.includes('for all'),
    );
    if (one === undefined) continue;
    const before = new Map(
      plan.stacks.map(({ template }: { template: string }) => [template, textOf(template)]),
    );
    const title = one.title.match(/ for (the template|\S+)( \(needs approval\))?$/);
    const others = plan.stacks.flatMap(
      (stack: {
        template: string;
        findings: { remediation: string; logicalId: string; verdict: string }[];
      }) =>
        stack.findings
          .filter(({ remediation, verdict }) => remediation === id && verdict === 'fixable')
          .filter(
            ({ logicalId }) =>
              stack.template !== 'template.yaml' || (logicalId || 'the template') !== title?.[1],
          )
          .map(({ logicalId }) => ({
            remediation: id,
            template: stack.template,
            logicalId,
          })),
    );
    const policy = join(tmpdir(), `idp-fix-lsp-${process.pid}.policy.yaml`);
    writeFileSync(policy, JSON.stringify({ extends: 'production', postponed: others }));
    const changed = await apply(one);
    const edited = new Map([...before.keys()].map((name) => [name, textOf(String(name))]));
    for (const [name, text] of before) writeFileSync(at(String(name)), String(text));
    execFileAllowing(1, [
      at('template.yaml'),
      '--apply',
      '--only',
      id,
      '--policy',
      policy,
      '--quiet',
      ...(title?.[2] ? ['--include', 'review'] : []),
    ]);
    rmSync(policy);
    for (const name of before.keys())
      expect({ id, name, text: textOf(String(name)) }).toEqual({ id, name, text: edited.get(name) });
    expect(changed.length).toBeGreaterThan(0);
    execFileSync(process.execPath, [program, 'undo', at('template.yaml'), '--quiet']);
    compared += 1;
  }
  expect(compared).toBeGreaterThan(4);
});

/** The smallest case of a remediation that has a patch, in a folder of its own, with the flags that write it. */
async function caseOf(
  id: string,
): Promise<{ root: string; files: readonly string[]; flags: string[] } | undefined> {
  const text = readFileSync(join(projectFolder, 'remediations', id, 'cases.md'), 'utf8');
  const size = ({ templates }: RemediationCase) => JSON.stringify(templates).length;
  const { cases } = parseCases(text);
  const patched = cases.filter(({ diff }) => diff !== '').sort((left, right) => size(left) - size(right));
  for (const { templates, policy } of patched) {
    rmSync(at(id), { recursive: true, force: true });
    for (const [name, content] of Object.entries(templates)) {
      mkdirSync(dirname(at(join(id, name))), { recursive: true });
      writeFileSync(at(join(id, name)), content);
    }
    writeFileSync(at(join(id, 'idp-fix.policy.yaml')), policy === '' ? '{}\n' : policy);
    const names = Object.keys(templates);
    const root = join(id, names[0] ?? '');
    const { data } = await runInProcess([at(root), '--only', id, '--format', 'json']);
    const { stacks } = JSON.parse(data) as PlanDocument;
    // The editor writes what is asked for; a policy that takes everything in is another question.
    const [stack] = stacks;
    const own = stack?.findings.filter(({ verdict }) => verdict === 'fixable') ?? [];
    const all = stacks.flatMap(({ findings }) => findings).filter(({ verdict }) => verdict === 'fixable');
    const risks = new Set(stacks.flatMap(({ patches }) => patches.map(({ risk }) => risk)));
    if (own.length !== 1 || all.length !== 1 || risks.has('blocked') || risks.size !== 1) continue;
    const flags = risks.has('review') ? ['--include', 'review'] : [];
    return { root, files: names.map((name) => join(id, name)), flags };
  }
  return undefined;
}

it('has edits that are byte for byte those of --apply for every remediation', async () => {
  const found = new Map<string, NonNullable<Awaited<ReturnType<typeof caseOf>>>>();
  for (const { id } of remediations) {
    const example = await caseOf(id);
    if (example !== undefined) found.set(id, example);
  }
  // Of the others, each case has more than one finding at once.
  expect(remediations.map(({ id }) => id).filter((id) => !found.has(id))).toEqual([]);
  await started();
  for (const [id, { root, files, flags }] of found) {
    await opened(root);
    const marks = await diagnostics(root, (list) => list.some(({ code }) => code === id));
    const lines = marks.filter(({ code }) => code === id).map(({ range }) => range.start.line);
    const offered = (await Promise.all(lines.map((line) => actionsAt(root, line)))).flat();
    const before = files.map(textOf);
    const chosen = offered.find(({ title }) => title.startsWith(`idp-fix: ${id} for `));
    expect({ id, offered: chosen?.kind }).toEqual({ id, offered: 'quickfix' });
    await apply(chosen);
    const edited = files.map(textOf);
    for (const [index, name] of files.entries()) writeFileSync(at(name), before[index] ?? '');
    await runInProcess([at(root), '--only', id, '--apply', '--quiet', ...flags]);
    expect({ id, texts: files.map(textOf) }).toEqual({ id, texts: edited });
    expect(edited).not.toEqual(before);
  }
});

it('brings companions along in other templates: the parent that nests what is open, by the same edits as --apply', async () => {
  writeFileSync(at('child.yaml'), 'Resources:\n  Logs:\n    Type: AWS::Logs::LogGroup\n');
  writeFileSync(
    at('parent.yaml'),
    `Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: '2012-10-17'
        Statement:
          - {Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::\${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: child.yaml}
`,
  );
  await started();
  await opened('child.yaml');
  await diagnostics('child.yaml');
  const names = ['parent.yaml', 'child.yaml'];
  const before = names.map(textOf);
  const id = 'log-group-encryption';
  const action = (await actionsAt('child.yaml', 1)).find(({ title }) => title.includes(id));
  const changed = await apply(action);
  expect([...changed].sort()).toEqual([at('child.yaml'), at('parent.yaml')]);
  const edited = names.map(textOf);
  for (const [index, name] of names.entries()) writeFileSync(at(name), before[index] ?? '');
  const consent = action?.title.includes('approval') ? ['--include', 'review'] : [];
  execFileAllowing(1, [at('parent.yaml'), '--apply', '--only', id, '--quiet', ...consent]);
  expect(names.map(textOf)).toEqual(edited);
});

it('judges what is typed, not what is saved, once the typing pauses; what is stale is dropped', async () => {
  writeFileSync(
    at('one.yaml'),
    'Resources:\n  Logs:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      RetentionInDays: 30\n',
  );
  await started();
  await opened('one.yaml');
  const retention = (list: readonly Diagnostic[]) => list.some(({ code }) => code === 'log-retention');
  await diagnostics('one.yaml', retention);
  const [action] = (await actionsAt('one.yaml', 1)).filter(({ title }) => title.includes('log-retention'));
  let version = 1;
  for (const [index, key] of [...'365'].entries()) {
    version += 1;
    const change = (text: string, from: number, to: number) => ({
      range: { start: { line: 4, character: from }, end: { line: 4, character: to } },
      text,
    });
    await editor.sendNotification('textDocument/didChange', {
      textDocument: { uri: uriOf('one.yaml'), version },
      contentChanges: index === 0 ? [change(key, 23, 25)] : [change(key, 23 + index, 23 + index)],
    });
  }
  await expect(editor.sendRequest('codeAction/resolve', action)).rejects.toThrow('changed since');
  expect(await actionsAt('one.yaml', 1)).toEqual([]);
  await diagnostics('one.yaml', (list) => !retention(list));
  expect(textOf('one.yaml')).toContain('RetentionInDays: 30');
});

it('answers while it plans, with nothing that is stale', async () => {
  const functions = Array.from(
    { length: 200 },
    (_, index) =>
      `  Fn${index}: {Type: AWS::Lambda::Function, Properties: {Role: r, Handler: h, Runtime: python3.12, Code: {S3Bucket: b, S3Key: k}}}\n`,
  );
  writeFileSync(at('many.yaml'), `Resources:\n${functions.join('')}`);
  await started();
  await opened('many.yaml');
  await diagnostics('many.yaml', (list) => list.length > 200);
  happened = [];
  const begun = new Promise<void>((resolve) => {
    whenBegun = resolve;
  });
  const typed = { range: { start: { line: 0, character: 10 }, end: { line: 0, character: 10 } }, text: ' ' };
  await editor.sendNotification('textDocument/didChange', {
    textDocument: { uri: uriOf('many.yaml'), version: 2 },
    contentChanges: [typed],
  });
  await begun;
  expect(await actionsAt('many.yaml', 3)).toEqual([]);
  const place = { textDocument: { uri: uriOf('many.yaml') }, position: { line: 3, character: 3 } };
  expect(await editor.sendRequest<Hover>('textDocument/hover', place)).toBeNull();
  happened.push('answered');
  published = [];
  await diagnostics('many.yaml');
  expect(happened).toEqual(['begin', 'answered', 'end']);
  expect(await editor.sendRequest<Hover>('textDocument/hover', place)).not.toBeNull();
});

it('says where a template cannot be read, and takes it back when it can', async () => {
  await started();
  await opened('template.yaml', 'Resources:\n  Logs: [\n');
  const [problem] = await diagnostics('template.yaml', (list) => list.some(({ severity }) => severity === 1));
  expect(problem?.range.start.line).toBeGreaterThan(0);
  await editor.sendNotification('textDocument/didChange', {
    textDocument: { uri: uriOf('template.yaml'), version: 2 },
    contentChanges: [{ text: 'Resources:\n  Logs: {Type: AWS::SNS::Topic}\n' }],
  });
  await diagnostics('template.yaml', (list) => list.every(({ severity }) => severity !== 1));
});

const changedTo = (name: string, version: number, text: string) =>
  editor.sendNotification('textDocument/didChange', {
    textDocument: { uri: uriOf(name), version },
    contentChanges: [{ text }],
  });
const closed = (name: string) =>
  editor.sendNotification('textDocument/didClose', { textDocument: { uri: uriOf(name) } });
const filesChanged = (...changes: readonly (readonly [string, 'created' | 'changed' | 'deleted'])[]) =>
  editor.sendNotification('workspace/didChangeWatchedFiles', {
    changes: changes.map(([name, type]) => ({
      uri: uriOf(name),
      type: { created: 1, changed: 2, deleted: 3 }[type],
    })),
  });
const codes = (list: readonly Diagnostic[]) =>
  list.map(({ code, range }) => `${code ?? 'problem'} ${range.start.line}`).sort();
const kept30 =
  'Resources:\n  Logs:\n    Type: AWS::Logs::LogGroup\n    Properties: {LogGroupName: app, RetentionInDays: 30}\n';
const has = (code: string | undefined) => (list: readonly Diagnostic[]) =>
  list.some((each) => each.code === code);
const nesting = (child: string) =>
  `Resources:\n  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ${child}}}\n`;

it('keeps the last findings beside the problem while the text is broken, at the lines where they are now', async () => {
  writeFileSync(at('one.yaml'), kept30);
  await started();
  await opened('one.yaml');
  const good = codes(await diagnostics('one.yaml', has('log-retention')));
  expect(good).toContain('log-retention 1');
  await changedTo('one.yaml', 2, `Description: "a\n${kept30}`);
  const broken = await diagnostics('one.yaml', has(undefined));
  const below = good.filter((each) => !each.endsWith(' 0')).map((each) => each.replace(' 1', ' 2'));
  expect(codes(broken)).toEqual(expect.arrayContaining(below));
  expect(await actionsAt('one.yaml', 2)).toEqual([]);
  await changedTo('one.yaml', 3, `Description: "a"\n${kept30}`);
  const mended = await diagnostics('one.yaml', (list) => !has(undefined)(list));
  expect(codes(mended)).toContain('log-retention 2');
});

it('plans a child that is only in the editor from its parent, also while the parent is broken', async () => {
  writeFileSync(at('parent.yaml'), nesting('fresh.yaml'));
  await started();
  await opened('parent.yaml');
  await diagnostics('parent.yaml');
  await opened('fresh.yaml', kept30);
  await diagnostics('fresh.yaml', has('log-retention'));
  // Broken: the child stays a child, and what was found in it stays.
  await changedTo('parent.yaml', 2, nesting('fresh.yaml').replace('{Type', '[{Type'));
  await diagnostics('parent.yaml', has(undefined));
  published = [];
  await changedTo('fresh.yaml', 2, `# typed\n${kept30}`);
  await diagnostics('parent.yaml', has(undefined));
  expect(published.filter(({ uri }) => uri === uriOf('fresh.yaml'))).toEqual([]);
  await changedTo('parent.yaml', 3, nesting('fresh.yaml'));
  const found = await diagnostics('fresh.yaml', (list) => codes(list).includes('log-retention 2'));
  // By one plan: the cost alert is the root's.
  expect(found.map(({ code }) => code)).not.toContain('cost-alerts');
  // Never saved, so nothing is left of it.
  await closed('fresh.yaml');
  await diagnostics('fresh.yaml', (list) => list.length === 0);
});

it('follows files that others write, delete and rename, and documents that are closed unsaved', async () => {
  writeFileSync(at('parent.yaml'), nesting('child.yaml'));
  writeFileSync(at('child.yaml'), kept30);
  await started();
  await opened('parent.yaml');
  await diagnostics('child.yaml', has('log-retention'));
  expect(registered).toEqual(expect.arrayContaining(['workspace/didChangeWatchedFiles']));
  const [open] = (await diagnostics('child.yaml')).filter(({ code }) => code === 'log-retention');
  expect(open?.range.start.line).toBe(1);
  writeFileSync(at('child.yaml'), kept30.replace('30', '365'));
  await filesChanged(['child.yaml', 'changed']);
  await diagnostics('child.yaml', (list) => !has('log-retention')(list));
  // Opened, edited, closed without saving: what is on disk counts.
  await opened('child.yaml', kept30);
  await diagnostics('child.yaml', has('log-retention'));
  await closed('child.yaml');
  await diagnostics('child.yaml', (list) => !has('log-retention')(list));
  writeFileSync(at('child.yaml'), kept30);
  await filesChanged(['child.yaml', 'changed']);
  await diagnostics('child.yaml', has('log-retention'));
  // Renamed: nothing is left at the old name.
  rmSync(at('child.yaml'));
  writeFileSync(at('renamed.yaml'), kept30);
  await filesChanged(['child.yaml', 'deleted'], ['renamed.yaml', 'created']);
  await diagnostics('child.yaml', (list) => list.length === 0);
  await changedTo('parent.yaml', 2, nesting('renamed.yaml'));
  await diagnostics('renamed.yaml', has('log-retention'));
  await closed('parent.yaml');
  rmSync(at('parent.yaml'));
  await filesChanged(['parent.yaml', 'deleted']);
  await diagnostics('renamed.yaml', (list) => list.length === 0);
});

it.each([
  [
    'CRLF and characters of two units before the edit',
    'crlf.yaml',
    `Resources:\r\n  # 😀\r\n  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: "😀é😀", RetentionInDays: 30}} # 😀\r\n`,
  ],
  [
    'one line of JSON',
    'line.json',
    JSON.stringify({
      Description: 'x'.repeat(1000),
      Metadata: { filler: Array.from({ length: 2000 }, (_, index) => `😀 ${index}`.repeat(5)) },
      Resources: {
        Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: 'a', RetentionInDays: 30 } },
      },
    }),
  ],
])('counts in units of UTF-16: %s', async (_, name, text) => {
  writeFileSync(at(name), text);
  await started();
  await opened(name);
  const marks = await diagnostics(name, has('log-retention'));
  const line = marks.find(({ code }) => code === 'log-retention')?.range.start.line ?? 0;
  const action = (await actionsAt(name, line)).find(({ title }) => title.includes('log-retention for Logs'));
  await apply(action);
  const edited = readFileSync(at(name));
  expect(edited.toString()).toBe(text.replace('30}', '365}'));
  writeFileSync(at(name), text);
  execFileAllowing(1, [at(name), '--apply', '--only', 'log-retention', '--quiet']);
  expect(readFileSync(at(name)).equals(edited)).toBe(true);
});

it('plans each folder of a workspace by itself, as they come and go, and goes on after a canceled request', async () => {
  mkdirSync(at('second'));
  for (const [where, days] of [
    ['', '30'],
    ['second/', '365'],
  ] as const) {
    writeFileSync(
      at(`${where}parent.yaml`),
      `Parameters: {Days: {Type: Number, Default: ${days}}}\nResources:
  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child.yaml, Parameters: {Days: !Ref Days}}}\n`,
    );
    writeFileSync(
      at(`${where}child.yaml`),
      `Parameters: {Days: {Type: Number}}\n${kept30.replace('30', '!Ref Days')}`,
    );
  }
  await started();
  const added = [{ uri: pathToFileURL(at('second')).href, name: 'second' }];
  await editor.sendNotification('workspace/didChangeWorkspaceFolders', { event: { added, removed: [] } });
  await opened('child.yaml');
  await opened('second/child.yaml');
  await diagnostics('child.yaml', has('log-retention'));
  const second = await diagnostics('second/child.yaml');
  expect(second.map(({ code }) => code)).not.toContain('log-retention');
  expect(published.map(({ uri }) => uri)).toContain(uriOf('second/parent.yaml'));
  const source = new CancellationTokenSource();
  const place = { textDocument: { uri: uriOf('child.yaml') }, position: { line: 2, character: 3 } };
  const asked = editor.sendRequest<Hover | null>('textDocument/hover', place, source.token);
  source.cancel();
  // Its answer may be on the way before the server hears of it, so either will do.
  await asked.catch(() => null);
  expect(await editor.sendRequest<Hover | null>('textDocument/hover', place)).not.toBeNull();
});

function execFileAllowing(highest: number, words: readonly string[]): string {
  try {
    return execFileSync(process.execPath, [program, ...words], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: string };
    if (status > highest) throw error;
    return stdout;
  }
}
