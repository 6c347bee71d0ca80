import type { Expression, Module, Parameter, Scope } from './program.js';

/** A scope while its body is read. */
export interface OpenScope extends Scope {
  readonly bindings: Map<string, Expression[]>;
  readonly parameters: Parameter[];
  readonly expressions: Expression[];
  readonly returns: Expression[];
  readonly bases: Expression[];
}

export interface OpenModule extends Module {
  readonly scope: OpenScope;
  readonly exports: Map<string, Expression[]> | undefined;
  readonly imports: string[];
  readonly broken: number[];
}

export function openModule(
  path: string,
  language: Module['language'],
  text: string,
  isTooDeep = false,
): OpenModule {
  const module: { -readonly [Key in keyof OpenModule]: OpenModule[Key] } = {
    path,
    language,
    text,
    exports: language === 'javascript' ? new Map() : undefined,
    imports: [],
    broken: [],
    isTooDeep,
    scope: undefined as never,
  };
  module.scope = openScope('module', '', module, undefined);
  return module;
}

export function openScope(
  kind: Scope['kind'],
  name: string,
  module: Module,
  parent: OpenScope | undefined,
  isDecorated = false,
): OpenScope {
  return {
    kind,
    name,
    module,
    parent,
    parameters: [],
    bindings: new Map(),
    expressions: [],
    returns: [],
    isDecorated,
    bases: [],
  };
}

export function addTo(map: Map<string, Expression[]>, name: string, value: Expression): void {
  const list = map.get(name);
  if (list === undefined) map.set(name, [value]);
  else list.push(value);
}

/** Reads into what is deeper than this are given up: no program that people write is. */
export const deepestNesting = 250;

/** The class a method belongs to, through functions inside it. */
export function classAround(scope: OpenScope): OpenScope | undefined {
  let around: Scope | undefined = scope;
  while (around !== undefined && around.kind !== 'class') around = around.parent;
  return around as OpenScope | undefined;
}

/** What a method assigns to an attribute, to be understood where the method's own names are not known. */
export function inWordsOf(scope: OpenScope, value: Expression): Expression {
  const holder = openScope('function', '', scope.module, scope);
  holder.returns.push(value);
  return { kind: 'call', callee: { kind: 'function', scope: holder }, arguments: [], line: 0, isNew: false };
}
