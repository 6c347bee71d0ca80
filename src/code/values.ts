import {
  type Context,
  classOf,
  constructorOf,
  environmentMethods,
  externalMember,
  globals,
  isEnumeration,
  isEnvironment,
  isOpen,
  isOs,
  isReceiver,
  joined,
  type Known,
  keepsText,
  type MadeBy,
  madeByCall,
  mostValues,
  noContext,
  once,
  operationName,
  otherMethods,
  ownNames,
  texts,
  unique,
  unknown,
} from './aws-clients.js';
import type { Argument, Call, Expression, Module, Parameter, Scope } from './program.js';

/** Finds the module an import names; `undefined` for a package from outside. */
export type FindModule = (from: Module, specifier: string) => Module | undefined;

const deepest = 40;
/** Steps for one question, so that no program can make it go on and on. */
const mostSteps = 3_000;

/** Follows values through a program. */
export function valuesIn(find: FindModule) {
  const namesKnown = new Map<Scope, Map<string, readonly Known[]>>();
  let steps = 0;
  let depth = 0;
  let isCut = false;

  /** What an expression of a scope can come to: one entry per possibility. */
  function valuesOf(expression: Expression, scope: Scope, context: Context = noContext): readonly Known[] {
    steps = 0;
    return unique(evaluate(expression, scope, context));
  }

  function evaluate(expression: Expression, scope: Scope, context: Context): readonly Known[] {
    steps++;
    if (steps > mostSteps || depth > deepest) {
      isCut = true;
      return unknown;
    }
    depth++;
    const values = valuesBelow(expression, scope, context);
    depth--;
    return values;
  }

  function valuesBelow(expression: Expression, scope: Scope, context: Context): readonly Known[] {
    switch (expression.kind) {
      case 'text':
        return [expression];
      case 'name':
        return nameValues(expression.name, scope, context);
      case 'member':
        return evaluate(expression.object, scope, context).flatMap((object) =>
          memberOf(object, expression.name, context),
        );
      case 'index': {
        const names = texts(evaluate(expression.index, scope, context));
        const parameters = evaluate(expression.index, scope, context).filter(
          ({ kind }) => kind === 'parameter',
        );
        const objects = evaluate(expression.object, scope, context);
        const found = objects.flatMap((object) => names.flatMap((name) => memberOf(object, name, context)));
        return found.length > 0 ? [...found, ...parameters] : [...parameters, ...unknown];
      }
      case 'call':
        return callValues(expression, scope, context);
      case 'record':
        return [{ kind: 'record', entries: expression.entries, scope, context }];
      case 'either':
        return expression.options.flatMap((option) => evaluate(option, scope, context)).slice(0, mostValues);
      case 'join':
        return joined(expression.parts.map((part) => evaluate(part, scope, context)));
      case 'function':
      case 'class':
        return [{ kind: expression.kind, scope: expression.scope, context }];
      case 'import':
        return importValues(expression, scope.module, context);
      default:
        return unknown;
    }
  }

  /** Without arguments a name is always the same; while it is being found out, it is not known. */
  function nameValues(name: string, scope: Scope, context: Context): readonly Known[] {
    if (context.size > 0) return findName(name, scope, context);
    const inScope = namesKnown.get(scope) ?? new Map<string, readonly Known[]>();
    namesKnown.set(scope, inScope);
    const known = inScope.get(name);
    if (known !== undefined) return known;
    inScope.set(name, unknown);
    const wasCut = isCut;
    isCut = false;
    const found = findName(name, scope, context);
    if (isCut) inScope.delete(name);
    else inScope.set(name, found);
    isCut ||= wasCut;
    return found;
  }

  function findName(name: string, scope: Scope, context: Context): readonly Known[] {
    if (name === 'self' || name === 'this' || name === 'cls') {
      const owner = classOf(scope);
      if (owner !== undefined) return [{ kind: 'instance', scope: owner, context }];
    }
    for (let around: Scope | undefined = scope; around !== undefined; around = around.parent) {
      // Names of a class are not in sight of its methods.
      if (around.kind === 'class' && around !== scope) continue;
      const bound = around.bindings.get(name);
      const parameter = around.parameters.find((each) => each.name === name);
      const owner = around;
      const assigned = bound === undefined ? [] : boundValues(bound, owner, context);
      if (parameter !== undefined) {
        return [...parameterValues(parameter, owner, context), ...assigned].slice(0, mostValues);
      }
      if (bound !== undefined) return assigned;
      // `from module import *`.
      const all = around.kind === 'module' && name !== '*' ? around.bindings.get('*') : undefined;
      const given = all?.flatMap((each) => starValues(each, name, owner.module, context)) ?? [];
      if (given.length > 0) return given;
    }
    const isGlobal = scope.module.language === 'javascript' && globals.test(name);
    return isGlobal ? [{ kind: 'external', module: `node:${name}`, path: [] }] : unknown;
  }

  /** What the call hands in, else the default; whoever calls where that is not known. */
  function parameterValues(parameter: Parameter, owner: Scope, context: Context): readonly Known[] {
    const { name, isRest } = parameter;
    const call = context.get(owner);
    const given = call?.get(name);
    if (given !== undefined) return given();
    if (isRest === true) return unknown;
    const start = parameter.default;
    const otherwise = start === undefined ? [] : evaluate(start, owner.parent ?? owner, context);
    if (call === undefined) return [...otherwise, { kind: 'parameter', name, scope: owner }];
    return otherwise.length > 0 ? otherwise : unknown;
  }

  function starValues(all: Expression, name: string, from: Module, context: Context): readonly Known[] {
    const module = all.kind === 'import' ? find(from, all.module) : undefined;
    if (module === undefined || module === from) return [];
    return memberOf({ kind: 'module', module }, name, context).filter(({ kind }) => kind !== 'unknown');
  }

  /** Entries that are assigned one by one belong to the record they are assigned to. */
  function boundValues(bound: readonly Expression[], scope: Scope, context: Context): readonly Known[] {
    const values = bound.flatMap((value) => evaluate(value, scope, context)).slice(0, mostValues);
    const records = values.filter((value) => value.kind === 'record');
    const later = records.flatMap(({ entries }) => entries.filter(({ isLater }) => isLater === true));
    if (later.length === 0) return values;
    const whole = records.filter(({ entries }) => !entries.some(({ isLater }) => isLater === true));
    const others = values.filter((value) => value.kind !== 'record');
    if (whole.length === 0 && others.length > 0) return others;
    const start = whole.length > 0 ? whole : [{ kind: 'record' as const, entries: [], scope, context }];
    return [...others, ...start.map((record) => ({ ...record, entries: [...record.entries, ...later] }))];
  }

  function importValues(
    { module: specifier, name }: Extract<Expression, { kind: 'import' }>,
    from: Module,
    context: Context,
  ): readonly Known[] {
    const own = find(from, specifier);
    if (name === undefined) {
      if (own !== undefined) return [{ kind: 'module', module: own }];
      return [{ kind: 'external', module: specifier, path: [] }];
    }
    if (own !== undefined) {
      const found = memberOf({ kind: 'module', module: own }, name, context);
      if (found.some(({ kind }) => kind !== 'unknown')) return found;
    }
    // `from package import module`.
    const below = find(from, specifier.endsWith('.') ? specifier + name : `${specifier}.${name}`);
    if (from.language === 'python' && below !== undefined) return [{ kind: 'module', module: below }];
    if (own !== undefined) return unknown;
    return [{ kind: 'external', module: specifier, path: name === 'default' ? [] : [name] }];
  }

  function memberOf(object: Known, name: string, context: Context): readonly Known[] {
    steps++;
    switch (object.kind) {
      case 'external':
        if (isEnumeration(object)) return [{ kind: 'text', text: name }];
        return isEnvironment(object)
          ? [
              environmentMethods.has(name)
                ? { ...object, path: [...object.path, name] }
                : { kind: 'variable', name },
            ]
          : [externalMember(object, name)];
      case 'client':
        return otherMethods.has(name)
          ? unknown
          : [
              {
                kind: 'method',
                service: object.service,
                operation: operationName(object.service, name),
                name,
              },
            ];
      case 'record':
        return entryValues(object, name);
      case 'module': {
        const { exports, scope } = object.module;
        const found = exports === undefined ? scope.bindings.get(name) : exports.get(name);
        if (found !== undefined) return boundValues(found, scope, noContext);
        const all = exports?.get('*') ?? exports?.get('default') ?? [];
        return all.length === 0
          ? unknown
          : all.flatMap((each) =>
              evaluate(each, scope, noContext).flatMap((value) =>
                value.kind === 'module' && value.module === object.module
                  ? []
                  : memberOf(value, name, context),
              ),
            );
      }
      case 'class':
      case 'instance':
        return attributeOf(object, name, context);
      case 'parameter':
        return ownNames.has(name) ? [{ kind: 'itself' }] : [{ ...object }];
      default:
        return unknown;
    }
  }

  function attributeOf(
    { scope, context: own }: Extract<Known, { kind: 'class' | 'instance' | 'function' }>,
    name: string,
    context: Context,
  ): readonly Known[] {
    const bound = scope.bindings.get(name);
    if (bound !== undefined) return boundValues(bound, scope, own);
    return scope.bases.flatMap((base) =>
      evaluate(base, scope.parent ?? scope, own).flatMap((value) =>
        value.kind === 'class' ? attributeOf({ ...value, context: own }, name, context) : [],
      ),
    );
  }

  /** The values of an entry. A spread that is not known may hold it where nothing else does. */
  function entryValues(record: Extract<Known, { kind: 'record' }>, name: string): readonly Known[] {
    const { entries, scope, context } = record;
    const start = entries.findLastIndex(({ key, isLater }) => key === name && isLater !== true);
    const found = entries.slice(Math.max(start, 0)).flatMap(({ key, value }): readonly Known[] => {
      if (key === name) return evaluate(value, scope, context);
      if (key !== undefined) return [];
      return evaluate(value, scope, context).flatMap((spread) =>
        spread.kind === 'record' ? entryValues(spread, name) : spread.kind === 'text' ? [] : [spread],
      );
    });
    return start < 0 ? found : found.filter(({ kind }, index) => index === 0 || !isOpen(kind));
  }

  function callValues(call: Call, scope: Scope, context: Context): readonly Known[] {
    const { callee, arguments: given } = call;
    const first = given.find(({ name, spread }) => name === undefined && spread === undefined)?.value;
    const passed = (): readonly Known[] => (first === undefined ? unknown : evaluate(first, scope, context));
    if (callee.kind === 'name' && (callee.name === 'str' || callee.name === 'String')) return passed();
    if (callee.kind === 'member') {
      if (/^captureAWS/.test(callee.name)) return passed();
      if (keepsText.has(callee.name)) return evaluate(callee.object, scope, context);
      const read = readByMethod(callee, call, scope, context);
      if (read !== undefined) return read;
    }
    return evaluate(callee, scope, context)
      .flatMap((value) => calledValues(value, call, scope, context))
      .slice(0, mostValues);
  }

  /** `record.get('key', other)`, `os.environ.get('NAME', other)`, `os.getenv('NAME', other)`. */
  function readByMethod(
    callee: Extract<Expression, { kind: 'member' }>,
    { arguments: given }: Call,
    scope: Scope,
    context: Context,
  ): readonly Known[] | undefined {
    if (callee.name !== 'get' || given[0] === undefined) return undefined;
    const records = evaluate(callee.object, scope, context).filter((value) => value.kind === 'record');
    if (records.length === 0) return undefined;
    const keys = texts(evaluate(given[0].value, scope, context));
    const other = given[1] === undefined ? [] : evaluate(given[1].value, scope, context);
    const found = records.flatMap((record) => keys.flatMap((key) => entryValues(record, key)));
    return found.length + other.length > 0 ? [...found, ...other] : unknown;
  }

  function calledValues(value: Known, call: Call, scope: Scope, context: Context): readonly Known[] {
    switch (value.kind) {
      case 'external':
        return externalCall(value, call, scope, context);
      case 'function':
        return value.scope.returns.flatMap((returned) =>
          evaluate(returned, value.scope, boundContext(value, call, scope, context)),
        );
      case 'class': {
        const make = constructorOf(value.scope);
        if (make === undefined) return [{ ...value, kind: 'instance' }];
        return [
          {
            ...value,
            kind: 'instance',
            context: boundContext({ ...value, scope: make }, call, scope, context),
          },
        ];
      }
      // `resource.Table(name)`, `client.get_paginator(name)`.
      case 'method':
        return /^[A-Z]/.test(value.name) || value.name === 'get_paginator'
          ? [{ kind: 'client', service: value.service }]
          : unknown;
      case 'parameter':
        return [value];
      default:
        return unknown;
    }
  }

  function externalCall(
    value: Extract<Known, { kind: 'external' }>,
    call: Call,
    scope: Scope,
    context: Context,
  ): readonly Known[] {
    const last = value.path.at(-1);
    const argument = (index: number, name: string): Expression | undefined =>
      (
        call.arguments.find((each) => each.name === name) ??
        call.arguments.filter((each) => each.name === undefined)[index]
      )?.value;
    if (isOs(value.module) && (last === 'getenv' || (last === 'get' && value.path[0] === 'environ'))) {
      const [name, other] = [argument(0, 'key'), argument(1, 'default')];
      const named = name === undefined ? [] : evaluate(name, scope, context);
      const otherwise = other === undefined ? [] : evaluate(other, scope, context);
      return [
        ...named.flatMap((each): readonly Known[] =>
          each.kind === 'text'
            ? [{ kind: 'variable', name: each.text }]
            : each.kind === 'parameter'
              ? [each]
              : unknown,
        ),
        ...otherwise.filter((each) => each.kind !== 'text' || each.text !== ''),
      ];
    }
    const made = madeBy(value, call, scope, context);
    return made.map(
      (each): Known => (each?.kind === 'client' ? each : { ...value, path: [...value.path, '()'] }),
    );
  }

  /** What a call of something external makes, once per text its first argument can be. */
  function madeBy(
    { module, path }: Extract<Known, { kind: 'external' }>,
    { arguments: given }: Call,
    scope: Scope,
    context: Context,
  ): readonly (MadeBy | undefined)[] {
    const first = given.find(({ name }) => name === undefined || name === 'service_name')?.value;
    const names = first === undefined ? [] : texts(evaluate(first, scope, context));
    return (names.length === 0 ? [undefined] : names).map((name) => madeByCall(module, path, name));
  }

  /** The context of a function's body under a call. */
  function boundContext(
    { scope: callee, context: own }: { readonly scope: Scope; readonly context: Context },
    call: Call,
    scope: Scope,
    context: Context,
  ): Context {
    const bound = new Map<string, () => readonly Known[]>();
    const parameters = callee.parameters.filter(({ name }, index) => !isReceiver(callee, name, index));
    const thunk = (value: Expression) => once(() => evaluate(value, scope, context));
    let position = 0;
    for (const argument of call.arguments) bindArgument(argument);
    return new Map([...own, [callee, bound]]);

    function bindArgument({ name, value, spread }: Argument): void {
      if (spread === 'list') position = parameters.length;
      else if (spread === 'record') {
        for (const each of evaluate(value, scope, context)) {
          if (each.kind !== 'record') continue;
          for (const { key } of each.entries)
            if (key !== undefined)
              bound.set(
                key,
                once(() => entryValues(each, key)),
              );
        }
      } else if (name !== undefined) bound.set(name, thunk(value));
      else {
        const parameter = parameters[position++];
        if (parameter !== undefined && parameter.isRest !== true) bound.set(parameter.name, thunk(value));
      }
    }
  }

  return { valuesOf, boundContext, entryValues, madeBy };
}

export type Values = ReturnType<typeof valuesIn>;
