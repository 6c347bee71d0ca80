import type { Module, RecordEntry, Scope } from './program.js';

/** What an expression can come to, as far as it matters. */
export type Known =
  | { readonly kind: 'text'; readonly text: string }
  /** An environment variable. */
  | { readonly kind: 'variable'; readonly name: string }
  /** Texts and variables one after the other. */
  | { readonly kind: 'join'; readonly parts: readonly Known[] }
  /** Name or ARN of the function that runs. */
  | { readonly kind: 'itself' }
  /** Something out of a package: names from the package to it, `()` for a call on the way. */
  | { readonly kind: 'external'; readonly module: string; readonly path: readonly string[] }
  /** An AWS client, or a resource made with one. */
  | { readonly kind: 'client'; readonly service: string }
  | { readonly kind: 'method'; readonly service: string; readonly operation: string; readonly name: string }
  | { readonly kind: 'module'; readonly module: Module }
  | { readonly kind: 'function' | 'class' | 'instance'; readonly scope: Scope; readonly context: Context }
  | {
      readonly kind: 'record';
      readonly entries: readonly RecordEntry[];
      readonly scope: Scope;
      readonly context: Context;
    }
  /** What a caller hands in, where none is known. */
  | { readonly kind: 'parameter'; readonly name: string; readonly scope: Scope }
  | { readonly kind: 'unknown' };

/** The arguments of the calls that led here, by function and parameter. */
export type Context = ReadonlyMap<Scope, ReadonlyMap<string, () => readonly Known[]>>;

export const noContext: Context = new Map();

const unknownValue: Known = { kind: 'unknown' };
export const unknown: readonly Known[] = [unknownValue];

/** More values than these tell nothing. */
export const mostValues = 12;

/** What every program of Node.js has without importing it. */
export const globals = /^(?:fetch|process)$/;

export const environmentMethods: ReadonlySet<string> = new Set([
  'get',
  'items',
  'keys',
  'values',
  'copy',
  'setdefault',
  'pop',
  'update',
]);

/** What Lambda tells a function about itself. */
export const ownNames: ReadonlySet<string> = new Set([
  'function_name',
  'functionName',
  'invoked_function_arn',
  'invokedFunctionArn',
]);

/** Methods that leave a name what it is, as far as it matters here. */
export const keepsText: ReadonlySet<string> = new Set([
  'strip',
  'trim',
  'toString',
  'rstrip',
  'lstrip',
  'encode',
  'decode',
]);

export function isOpen(kind: Known['kind']): boolean {
  return kind === 'unknown' || kind === 'parameter';
}

/** The module of Python. */
export function isOs(module: string): boolean {
  return /^os$/.test(module);
}

export function isEnvironment({ module, path }: Extract<Known, { kind: 'external' }>): boolean {
  const [only, ...more] = path;
  if (more.length > 0) return false;
  return isOs(module) ? only === 'environ' : /^(?:node:)?process$/.test(module) && only === 'env';
}

/** `InvocationType.Event` of the third SDK. */
export function isEnumeration({ module, path }: Extract<Known, { kind: 'external' }>): boolean {
  return module.startsWith('@aws-sdk/client-') && path.at(-1) === 'InvocationType';
}

export function externalMember(object: Extract<Known, { kind: 'external' }>, name: string): Known {
  return name === 'default' ? object : { ...object, path: [...object.path, name] };
}

export function classOf(scope: Scope): Scope | undefined {
  let around: Scope | undefined = scope;
  while (around !== undefined && around.kind !== 'class') around = around.parent;
  return around;
}

export function constructorOf(scope: Scope): Scope | undefined {
  for (const name of ['__init__', 'constructor']) {
    const [found] = scope.bindings.get(name) ?? [];
    if (found?.kind === 'function') return found.scope;
  }
  return undefined;
}

/** `self` is handed in by the language. */
export function isReceiver(callee: Scope, name: string, index: number): boolean {
  return index === 0 && callee.parent?.kind === 'class' && (name === 'self' || name === 'cls');
}

export function texts(values: readonly Known[]): readonly string[] {
  return values.flatMap((value) => (value.kind === 'text' ? [value.text] : []));
}

/** What can be a part of a text. */
export function isText({ kind }: Known): boolean {
  return kind === 'text' || kind === 'variable' || kind === 'itself' || kind === 'parameter';
}

export function joined(parts: readonly (readonly Known[])[]): readonly Known[] {
  let found: readonly (readonly Known[])[] = [[]];
  for (const choices of parts) {
    found = found.flatMap((start) => choices.map((choice) => [...start, choice])).slice(0, mostValues);
  }
  return found.map((each): Known => {
    const flat = each.flatMap((part) =>
      part.kind === 'join' ? part.parts : [isText(part) ? part : unknownValue],
    );
    if (flat.every((part) => part.kind === 'text')) return { kind: 'text', text: texts(flat).join('') };
    return { kind: 'join', parts: flat };
  });
}

export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

export function unique(values: readonly Known[]): readonly Known[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const key = keyOf(value);
    if (key === undefined) return true;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Of the values that are compared by what they say. */
export function keyOf(value: Known): string | undefined {
  switch (value.kind) {
    case 'text':
    case 'variable':
    case 'itself':
    case 'external':
    case 'client':
    case 'method':
    case 'unknown':
      return JSON.stringify(value);
    case 'join': {
      const parts = value.parts.map(keyOf);
      return parts.includes(undefined) ? undefined : parts.join('+');
    }
    default:
      return undefined;
  }
}
