import { type Context, constructorOf, type Known, noContext, operationName, texts } from './aws-clients.js';
import type {
  Call,
  CodeFact,
  CodePlace,
  CodeText,
  Expression,
  InvocationFact,
  Module,
  Scope,
} from './program.js';
import { reachableScopes, visit } from './reach.js';
import { type FindModule, type Values, valuesIn } from './values.js';

/** Modules of a program, and where it starts. */
export interface Program {
  readonly modules: readonly Module[];
  readonly find: FindModule;
  readonly entry: Module;
  /** Name of the handler in its module; `undefined` when everything may be called. */
  readonly handler: string | undefined;
}

interface Search {
  readonly values: Values;
  readonly scopes: readonly Scope[];
  /** Calls by the last name of what is called. */
  readonly callsByName: ReadonlyMap<string, readonly PlacedCall[]>;
  readonly facts: Map<string, CodeFact>;
}

interface PlacedCall {
  readonly call: Call;
  readonly scope: Scope;
}

interface Situation {
  readonly context: Context;
  readonly via: CodePlace | undefined;
}

/** Everything the code of a program says that matters here, in the order of files and lines. */
export function findFacts(program: Program): readonly CodeFact[] {
  const search = startSearch(program);
  lookThrough(search, (each, scope) => {
    if (each.kind === 'call') lookAtCall(each, scope, search);
    if (mayReadVariable(each)) lookAtVariable(each, scope, search);
  });
  return found(search);
}

/** The invocations among the facts. Only calls of something that has a name of an invocation are followed. */
export function findInvocations(program: Program): readonly InvocationFact[] {
  const search = startSearch(program);
  const isNamed = hasOtherNames(search.scopes) ? () => true : isNamedInvocation;
  lookThrough(search, (each, scope) => {
    if (each.kind === 'call' && isNamed(each.callee)) lookAtCall(each, scope, search);
  });
  return found(search).filter((fact) => fact.kind === 'invocation');
}

function startSearch({ modules, entry, handler, find }: Program): Search {
  const scopes = reachableScopes(modules, { module: entry, handler });
  return { values: valuesIn(find), scopes, callsByName: callsByName(scopes), facts: new Map() };
}

function lookThrough({ scopes }: Search, each: (expression: Expression, scope: Scope) => void): void {
  for (const scope of scopes)
    for (const expression of scope.expressions) visit(expression, (inside) => each(inside, scope));
}

function found({ facts }: Search): readonly CodeFact[] {
  return [...facts.values()].sort((left, right) => byPlace(left, right) || byKind(left, right));
}

function isNamedInvocation(callee: Expression): boolean {
  return (callee.kind === 'name' || callee.kind === 'member') && /invoke/i.test(callee.name);
}

/** Something that invokes is given another name: it is mentioned, and not called there. */
function hasOtherNames(scopes: readonly Scope[]): boolean {
  const called = new Set<Expression>();
  let isOther = false;
  for (const scope of scopes) {
    for (const [name, values] of scope.bindings)
      isOther ||= values.some(
        (value) => value.kind === 'import' && /invoke/i.test(value.name ?? '') && !/invoke/i.test(name),
      );
    for (const expression of scope.expressions) {
      visit(expression, (each) => {
        if (each.kind === 'call') called.add(each.callee);
        isOther ||= isNamedInvocation(each) && !called.has(each);
      });
    }
  }
  return isOther;
}

function byPlace({ place: left }: CodeFact, { place: right }: CodeFact): number {
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.line - right.line;
}

/** Facts of one line in the order of their kinds, so that the order of the search does not show. */
function byKind(left: CodeFact, right: CodeFact): number {
  return left.kind < right.kind ? -1 : left.kind > right.kind ? 1 : 0;
}

function callsByName(scopes: readonly Scope[]): ReadonlyMap<string, readonly PlacedCall[]> {
  const found = new Map<string, PlacedCall[]>();
  for (const scope of scopes) {
    for (const expression of scope.expressions) {
      visit(expression, (written) => {
        if (written.kind !== 'call') return;
        for (const call of [written, ...callsHandedOn(written)]) {
          const { callee } = call;
          const name = callee.kind === 'name' || callee.kind === 'member' ? callee.name : '';
          const list = found.get(name);
          if (list === undefined) found.set(name, [{ call, scope }]);
          else list.push({ call, scope });
        }
      });
    }
  }
  return found;
}

/** `submit(function, argument)`, `Thread(target=function, args=[argument])`, `items.map(function)`: others call it. */
function callsHandedOn(call: Call): readonly Call[] {
  return call.arguments.flatMap(({ value, name }, index): readonly Call[] => {
    if (value.kind !== 'name' && value.kind !== 'member') return [];
    const list = call.arguments.find((each) => each.name === 'args')?.value;
    const behind =
      name === undefined
        ? call.arguments.slice(index + 1).filter((each) => each.name === undefined)
        : (list?.kind === 'list' ? list.items : []).map((item) => ({ value: item }));
    return [{ kind: 'call', callee: value, arguments: behind, line: call.line, isNew: false }];
  });
}

function add(fact: CodeFact, { facts }: Search): void {
  const key = JSON.stringify(fact);
  if (!facts.has(key)) facts.set(key, fact);
}

function placeAt(line: number, { module }: Scope): CodePlace {
  return { file: module.path, line };
}

function mayReadVariable(expression: Expression): expression is Extract<Expression, { line: number }> {
  switch (expression.kind) {
    case 'member':
      return isEnvironmentName(expression.object);
    case 'index':
      return isEnvironmentName(expression.object);
    case 'call': {
      const { callee } = expression;
      if (callee.kind === 'name') return /getenv|env/i.test(callee.name);
      return (
        callee.kind === 'member' &&
        (callee.name === 'getenv' || (callee.name === 'get' && isEnvironmentName(callee.object)))
      );
    }
    default:
      return false;
  }
}

function isEnvironmentName(expression: Expression): boolean {
  return (expression.kind === 'member' || expression.kind === 'name') && /env/i.test(expression.name);
}

function lookAtVariable(
  expression: Extract<Expression, { line: number }>,
  scope: Scope,
  search: Search,
): void {
  for (const { context } of situationsOf([expression], scope, search)) {
    for (const value of search.values.valuesOf(expression, scope, context)) {
      if (value.kind === 'variable')
        add({ kind: 'variable', name: value.name, place: placeAt(expression.line, scope) }, search);
    }
  }
}

function lookAtCall(call: Call, scope: Scope, search: Search): void {
  const { values } = search;
  for (const { context, via } of situationsOf([call.callee], scope, search)) {
    for (const value of values.valuesOf(call.callee, scope, context)) {
      const at = { call, scope, context, via, search };
      if (value.kind === 'method') lookAtOperation(value.service, value.operation, at);
      if (value.kind !== 'external') continue;
      for (const made of values.madeBy(value, call, scope, context))
        if (made?.kind === 'operation') lookAtOperation(made.service, made.operation, at);
      lookAtRequest(value, at);
    }
  }
}

interface CallSite extends Situation, PlacedCall {
  readonly search: Search;
}

function lookAtOperation(service: string, operation: string, at: CallSite): void {
  const { call, scope, search } = at;
  const place = placeAt(call.line, scope);
  if (service === 'lambda' && invocations.has(operation)) lookAtInvocation(operation, at);
  if (operation === 'GetPaginator') {
    for (const method of texts(parameterValues(['0'], at)))
      add({ kind: 'operation', service, operation: operationName(service, method), place }, search);
    return;
  }
  // `resource.Table(name)` calls nothing yet.
  if (call.callee.kind === 'member' && /^[A-Z]/.test(call.callee.name) && scope.module.language === 'python')
    return;
  add({ kind: 'operation', service, operation, place }, search);
  const store = service === 'secretsmanager' ? 'secretsmanager' : 'ssm';
  if (readsSecret(service, operation, at)) {
    const names = parameterValues(['SecretId', 'Name', 'Names', 'Path', '0'], at);
    for (const name of codeTexts(names)) add({ kind: 'secret', store, name, place }, search);
  }
  if (service === 'logs') lookAtName('log-group', ['logGroupName', 'logGroupIdentifier'], at);
  if (service === 'lambda' && !invocations.has(operation)) lookAtName('function', ['FunctionName'], at);
}

function lookAtName(of: 'log-group' | 'function', names: readonly string[], at: CallSite): void {
  const { call, scope, search } = at;
  for (const name of codeTexts(parameterValues(names, at))) {
    if (name.kind !== 'unknown') add({ kind: 'name', of, name, place: placeAt(call.line, scope) }, search);
  }
}

/** Parameters of Systems Manager are secrets when they are asked for decrypted. */
function readsSecret(service: string, operation: string, at: CallSite): boolean {
  if (service === 'secretsmanager') return /^(?:Batch)?GetSecretValue$/.test(operation);
  if (service !== 'ssm' || !operation.startsWith('GetParameter')) return false;
  return texts(parameterValues(['WithDecryption', 'decrypt'], at)).includes('true');
}

const invocations: ReadonlySet<string> = new Set(['Invoke', 'InvokeAsync', 'InvokeWithResponseStream']);

function lookAtInvocation(operation: string, { call, scope, search }: CallSite): void {
  const relevant = call.arguments.map(({ value }) => value);
  for (const { context, via } of situationsOf(relevant, scope, search)) {
    const at = { call, scope, context, via, search };
    const targets = parameterValues(['FunctionName'], at);
    const types =
      operation === 'InvokeAsync'
        ? [{ kind: 'text', text: 'Event' } as const]
        : withDefault(parameterValues(['InvocationType'], at), at);
    for (const target of codeTexts(targets)) {
      for (const type of codeTexts(types))
        add({ kind: 'invocation', target, type, place: placeAt(call.line, scope), via }, search);
    }
  }
}

/** What is not given is the default, unless what is given is not all known. */
function withDefault(found: readonly Known[], at: CallSite): readonly Known[] {
  const isAlways = found.length > 0 && !isLaterOnly('InvocationType', at);
  return isAlways ? found : [...found, { kind: 'text', text: 'RequestResponse' }];
}

function isLaterOnly(name: string, at: CallSite): boolean {
  const records = recordsOf(at);
  const entries = records.flatMap(({ entries }) => entries.filter(({ key }) => key === name));
  return entries.length > 0 && entries.every(({ isLater }) => isLater === true);
}

/** Records the parameters of an operation are given in: an object, or what stands behind `**`. */
function recordsOf({
  call,
  scope,
  context,
  search,
}: CallSite): readonly Extract<Known, { kind: 'record' }>[] {
  const given = call.arguments.filter(
    ({ spread, name }) => spread === 'record' || (name === undefined && spread === undefined),
  );
  return given.flatMap(({ value }) =>
    search.values.valuesOf(value, scope, context).filter((each) => each.kind === 'record'),
  );
}

/** The values of the first of the parameters that is given; `0` is the first argument itself. */
function parameterValues(names: readonly string[], at: CallSite): readonly Known[] {
  const { call, scope, context, search } = at;
  for (const name of names) {
    const named = call.arguments.find((each) => each.name === name);
    if (named !== undefined) return search.values.valuesOf(named.value, scope, context);
    const first = call.arguments[0];
    if (name === '0') return first === undefined ? [] : search.values.valuesOf(first.value, scope, context);
    const found = recordsOf(at).flatMap((record) => search.values.entryValues(record, name));
    if (found.length > 0) return found;
  }
  const isOpen = call.arguments
    .filter(({ name }) => name === undefined)
    .some(({ value }) =>
      search.values
        .valuesOf(value, scope, context)
        .some(({ kind }) => kind === 'unknown' || kind === 'parameter'),
    );
  return isOpen ? [{ kind: 'unknown' }] : [];
}

/** Packages that call addresses, and global functions that do. */
export const requesters =
  /^(?:requests|httpx|aiohttp|urllib|urllib3|http|https|node:https?|node:fetch|node-fetch|axios|got|undici|superagent|ky|cross-fetch)(?:\.|$)/;

function lookAtRequest({ module }: Extract<Known, { kind: 'external' }>, at: CallSite): void {
  if (!requesters.test(module)) return;
  const { call, scope, context, search } = at;
  for (const { value } of call.arguments.slice(0, 2)) {
    for (const found of search.values.valuesOf(value, scope, context)) {
      for (const address of addressesIn(found, at)) {
        const host = hostOf(address);
        if (host !== undefined) add({ kind: 'host', host, place: placeAt(call.line, scope) }, search);
      }
    }
  }
}

function addressesIn(value: Known, { search }: CallSite): readonly string[] {
  if (value.kind === 'text') return [value.text];
  if (value.kind === 'join') return value.parts[0]?.kind === 'text' ? [value.parts[0].text] : [];
  if (value.kind !== 'record') return [];
  const hosts = ['hostname', 'host', 'url', 'baseURL'].flatMap((name) =>
    texts(search.values.entryValues(value, name)),
  );
  return hosts.map((host) => (host.includes('://') ? host : `https://${host}`));
}

/** The host of an address, unless it is one of AWS or of the machine itself. */
function hostOf(address: string): string | undefined {
  const [, host] =
    /^(?:https?|wss?):\/\/(?:[^/@]*@)?([A-Za-z0-9.-]+\.(?:[A-Za-z]{2,}|\d+))(?=[:/?#]|$)/.exec(address) ?? [];
  if (
    host === undefined ||
    /^127\.|^169\.254\.|(?:^|\.)(?:amazonaws\.com(?:\.cn)?|api\.aws|aws\.dev)$/i.test(host)
  )
    return undefined;
  return host.toLowerCase();
}

/**
 * The situations in which expressions of a scope are evaluated: one for each call of the functions around whose
 * arguments they depend on, and one without any where they depend on none.
 */
function situationsOf(
  expressions: readonly Expression[],
  scope: Scope,
  search: Search,
): readonly Situation[] {
  const asked = neededScopes(expressions, scope, noContext, search);
  let situations: readonly Situation[] = [{ context: noContext, via: undefined }];
  for (const callee of asked) {
    const calls = situationsOfCalls(callee, search, deepestCalls, new Set());
    if (calls.length > 0)
      situations = situations
        .flatMap((each) => calls.map((call) => combined(each, call)))
        .slice(0, mostSituations);
  }
  return situations;
}

const deepestCalls = 5;
const mostSituations = 64;

function combined(left: Situation, right: Situation): Situation {
  return { context: new Map([...left.context, ...right.context]), via: right.via ?? left.via };
}

/** The functions whose parameters decide what expressions come to. */
function neededScopes(
  expressions: readonly Expression[],
  scope: Scope,
  context: Context,
  search: Search,
): ReadonlySet<Scope> {
  const needed = new Set<Scope>();
  const collect = (values: readonly Known[], depth: number): void => {
    for (const value of values) {
      if (value.kind === 'parameter') needed.add(value.scope);
      if (value.kind === 'join') collect(value.parts, depth);
      if (value.kind !== 'record' || depth > 2) continue;
      for (const { key, value: entry } of value.entries) {
        if (key === undefined || interesting.has(key))
          collect(search.values.valuesOf(entry, value.scope, value.context), depth + 1);
      }
    }
  };
  for (const expression of expressions) collect(search.values.valuesOf(expression, scope, context), 0);
  return needed;
}

/** Entries of records that are looked at. */
const interesting: ReadonlySet<string> = new Set([
  'FunctionName',
  'InvocationType',
  'SecretId',
  'Name',
  'logGroupName',
]);

function situationsOfCalls(
  callee: Scope,
  search: Search,
  depth: number,
  on: ReadonlySet<Scope>,
): readonly Situation[] {
  if (depth === 0 || on.has(callee)) return [];
  return callsOf(callee, search)
    .flatMap(({ call, scope }): readonly Situation[] => {
      const own = { scope: callee, context: noContext };
      const given = call.arguments.map(({ value }) => value);
      const outer = [...neededScopes(given, scope, noContext, search)].flatMap((each) =>
        situationsOfCalls(each, search, depth - 1, new Set([...on, callee])),
      );
      const around = outer.length > 0 ? outer : [{ context: noContext, via: undefined }];
      return around.map(({ context, via }) => ({
        context: new Map([...context, ...search.values.boundContext(own, call, scope, context)]),
        via: via ?? placeAt(call.line, scope),
      }));
    })
    .slice(0, mostSituations);
}

/** The calls of a function, method or, for a constructor, class. */
function callsOf(callee: Scope, search: Search): readonly PlacedCall[] {
  const owner = callee.parent?.kind === 'class' ? callee.parent : undefined;
  const isConstructor = owner !== undefined && constructorOf(owner) === callee;
  const name = isConstructor ? owner.name : nameOf(callee);
  const isCalled = (value: Known): boolean => {
    if (isConstructor) return value.kind === 'class' && value.scope === owner;
    return value.kind === 'function' && value.scope === callee;
  };
  return (search.callsByName.get(name) ?? []).filter(({ call, scope }) =>
    search.values.valuesOf(call.callee, scope).some(isCalled),
  );
}

/** The name a function is bound to, where it has none of its own. */
function nameOf(callee: Scope): string {
  const { name, parent } = callee;
  if (name !== '' || parent === undefined) return name;
  const isBound = (value: Expression) => value.kind === 'function' && value.scope === callee;
  return [...parent.bindings].find(([, values]) => values.some(isBound))?.[0] ?? '';
}

function codeTexts(values: readonly Known[]): readonly CodeText[] {
  return values.length === 0 ? [{ kind: 'unknown' }] : values.map(codeText);
}

function codeText(value: Known): CodeText {
  switch (value.kind) {
    case 'text':
      return { kind: 'text', text: value.text };
    case 'variable':
      return { kind: 'variable', name: value.name };
    case 'itself':
      return { kind: 'itself' };
    case 'join':
      return { kind: 'join', parts: value.parts.map(codeText) };
    default:
      return { kind: 'unknown' };
  }
}
