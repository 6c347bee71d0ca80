import type { Expression, Module, Scope } from './program.js';

/** Calls a visitor for an expression and everything in it, but not for what is in the functions and classes inside. */
export function visit(expression: Expression, each: (expression: Expression) => void): void {
  each(expression);
  for (const part of partsOf(expression)) visit(part, each);
}

export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'member':
      return [expression.object];
    case 'index':
      return [expression.object, expression.index];
    case 'call':
      return [expression.callee, ...expression.arguments.map(({ value }) => value)];
    case 'record':
      return expression.entries.map(({ value }) => value);
    case 'list':
      return expression.items;
    case 'either':
      return expression.options;
    case 'join':
    case 'other':
      return expression.parts;
    default:
      return [];
  }
}

interface Entry {
  readonly module: Module;
  /** Name of the handler in its module; `undefined` when everything may be called. */
  readonly handler: string | undefined;
}

/**
 * The scopes a handler can come to: modules as far as they are imported, and the functions and classes whose names
 * are mentioned anywhere in what is reached. A name stands for every function that has it, so this is never too little.
 */
export function reachableScopes(modules: readonly Module[], { module, handler }: Entry): readonly Scope[] {
  const byName = new Map<string, Scope[]>();
  const exportsByName = new Map<string, readonly Expression[]>();
  for (const { scope, exports } of modules) {
    collectNamed(scope, byName);
    for (const [name, values] of exports ?? []) {
      exportsByName.set(name, [...(exportsByName.get(name) ?? []), ...values]);
    }
  }
  const live = new Set<Scope>();
  const mentioned = new Set<string>();
  const queue: (() => void)[] = modules.map(
    ({ scope }) =>
      () =>
        enter(scope),
  );
  const mention = (name: string): void => {
    if (mentioned.has(name)) return;
    mentioned.add(name);
    for (const scope of byName.get(name) ?? []) queue.push(() => enter(scope));
    for (const value of exportsByName.get(name) ?? []) queue.push(() => look(value));
  };
  const look = (expression: Expression): void =>
    visit(expression, (each) => {
      if (each.kind === 'name' || each.kind === 'member') mention(each.name);
      if (each.kind === 'import' && each.name !== undefined) mention(each.name);
      if (each.kind === 'record') for (const { key } of each.entries) if (key !== undefined) mention(key);
      if (each.kind === 'function' || each.kind === 'class') enter(each.scope);
    });
  const enter = (scope: Scope): void => {
    if (live.has(scope)) return;
    live.add(scope);
    for (const expression of scope.expressions) look(expression);
    for (const [name, values] of scope.bindings) {
      for (const value of values) {
        const isCalled =
          value.kind === 'function' &&
          (value.scope.isDecorated ||
            handler === undefined ||
            (scope.kind === 'class' && isCalledByLanguage(name, scope)));
        if (isCalled || value.kind === 'import' || (handler === undefined && value.kind === 'class'))
          look(value);
        if (value.kind === 'call' && value.callee.kind === 'function') look(value);
      }
    }
  };
  if (handler !== undefined) {
    mention(handler);
    for (const value of module.scope.bindings.get(handler) ?? []) queue.push(() => look(value));
  } else {
    for (const entries of exportsByName.values()) for (const value of entries) queue.push(() => look(value));
  }
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) next();
  return [...live];
}

/** Constructors and the like, and whatever the class of a framework may call. */
function isCalledByLanguage(name: string, { bases }: Scope): boolean {
  return name === 'constructor' || /^__\w+__$/.test(name) || bases.length > 0;
}

function collectNamed(scope: Scope, byName: Map<string, Scope[]>): void {
  for (const [name, values] of scope.bindings) {
    for (const value of values) {
      if (value.kind !== 'function' && value.kind !== 'class') continue;
      byName.set(name, [...(byName.get(name) ?? []), value.scope]);
      collectNamed(value.scope, byName);
    }
  }
}
