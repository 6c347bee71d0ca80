import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/javascript';
import type { Argument, Expression, Module, RecordEntry, Scope } from './program.js';
import { bind, deeper, evaluated, joinedText, lineOf, type Reading, textOf, unread } from './reading.js';
import { addTo, classAround, inWordsOf, openModule, openScope } from './scope-builder.js';
import { brokenLines, childrenOf, parseText, type SourceText } from './syntax-text.js';

/** Reads a JavaScript or TypeScript file. Never throws: what does not parse is left out, and its lines are told. */
export function readJavaScript(path: string, source: SourceText): Module {
  const tree = parseText(parser.configure({ dialect: dialectOf(path) }), source.text);
  const module = openModule(path, 'javascript', source.text, tree === undefined);
  if (tree === undefined) return module;
  module.broken.push(...brokenLines(tree, source));
  readStatements(tree.topNode, { source, module, scope: module.scope, depth: 0 });
  return module;
}

/** Angle brackets are type assertions in one dialect and elements in the other. */
function dialectOf(path: string): string {
  if (/\.[cm]?ts$/.test(path)) return 'ts';
  return path.endsWith('.tsx') ? 'ts jsx' : 'jsx';
}

function readStatements(node: SyntaxNode, reading: Reading): void {
  for (const child of childrenOf(node)) readStatement(child, reading);
}

function readStatement(node: SyntaxNode, outer: Reading): void {
  const reading = deeper(outer, node);
  if (reading === undefined) return;
  switch (node.name) {
    case 'ImportDeclaration':
      readImport(node, reading);
      return;
    case 'ExportDeclaration':
      readExport(node, reading);
      return;
    case 'VariableDeclaration':
      for (const [name, value] of readVariables(node, reading)) bind(name, value, reading);
      return;
    case 'FunctionDeclaration':
    case 'ClassDeclaration': {
      const [name, value] = readDefinition(node, reading);
      bind(name, value, reading);
      return;
    }
    case 'ReturnStatement':
      for (const child of childrenOf(node).filter(isExpression)) {
        const value = readExpression(child, reading);
        evaluated(value, reading);
        reading.scope.returns.push(value);
      }
      return;
    case 'ForOfSpec':
      readForOf(node, reading);
      return;
    default:
      if (isExpression(node)) evaluated(readExpression(node, reading), reading);
      else if (node.firstChild !== null) readStatements(node, reading);
  }
}

function isExpression({ name }: SyntaxNode): boolean {
  return (
    (name.endsWith('Expression') && name !== 'ExpressionStatement') ||
    [
      'VariableName',
      'String',
      'TemplateString',
      'Number',
      'BooleanLiteral',
      'ArrowFunction',
      'this',
      'super',
      'null',
      'TaggedTemplateExpression',
      'DynamicImport',
      'RegExp',
      'JSXElement',
    ].includes(name)
  );
}

function stringIn(nodes: readonly SyntaxNode[], reading: Reading): string | undefined {
  const literal = nodes.findLast(({ name }) => name === 'String');
  return literal === undefined ? undefined : unquoted(textOf(literal, reading));
}

function imported(module: string, name: string | undefined, line: number, reading: Reading): Expression {
  reading.module.imports.push(module);
  return { kind: 'import', module, line, ...(name !== undefined && { name }) };
}

function readImport(node: SyntaxNode, reading: Reading): void {
  const nodes = childrenOf(node);
  const module = stringIn(nodes, reading);
  // Types are not there when the code runs.
  if (module === undefined || nodes[1]?.name === 'type') return;
  const line = lineOf(node, reading);
  reading.module.imports.push(module);
  for (const [index, child] of nodes.entries()) {
    if (child.name === 'VariableDefinition') {
      const name = nodes[index - 1]?.name === 'as' ? undefined : 'default';
      bind(textOf(child, reading), imported(module, name, line, reading), reading);
    }
    if (child.name !== 'ImportGroup') continue;
    for (const [name, local] of readNames(child, reading))
      bind(local, imported(module, name, line, reading), reading);
  }
}

/** `{ name, name as other }`. */
function readNames(node: SyntaxNode, reading: Reading): readonly (readonly [name: string, local: string])[] {
  return splitAt(childrenOf(node).slice(1, -1), ',').flatMap((words) => {
    const names = words
      .filter(({ name }) => name.startsWith('Variable'))
      .map((word) => textOf(word, reading));
    const [first, last = first] = names;
    return first === undefined || last === undefined ? [] : [[first, last] as const];
  });
}

function readExport(node: SyntaxNode, reading: Reading): void {
  const nodes = childrenOf(node);
  const { exports } = reading.module;
  if (exports === undefined) return;
  const isDefault = nodes[1]?.name === 'default';
  const from = nodes.some(({ name }) => name === 'from') ? stringIn(nodes, reading) : undefined;
  const line = lineOf(node, reading);
  for (const child of nodes) {
    switch (child.name) {
      case 'VariableDeclaration':
        for (const [name, value] of readVariables(child, reading)) {
          bind(name, value, reading);
          addTo(exports, name, value);
        }
        break;
      case 'FunctionDeclaration':
      case 'ClassDeclaration': {
        const [name, value] = readDefinition(child, reading);
        bind(name, value, reading);
        addTo(exports, isDefault ? 'default' : name, value);
        break;
      }
      case 'ExportGroup':
        for (const [name, given] of readNames(child, reading)) {
          const value: Expression =
            from === undefined ? { kind: 'name', name, line } : imported(from, name, line, reading);
          addTo(exports, given, value);
        }
        break;
      case 'Star':
        if (from !== undefined) addTo(exports, '*', imported(from, undefined, line, reading));
        break;
      default:
        if (!isDefault || !isExpression(child)) break;
        addTo(exports, 'default', readExpression(child, reading));
    }
  }
}

type Bound = readonly [name: string, value: Expression];

function readVariables(node: SyntaxNode, reading: Reading): readonly Bound[] {
  return splitAt(childrenOf(node).slice(1), ',').flatMap((words) => {
    const [target] = words;
    const assigned = words.findIndex(({ name }) => name === 'Equals');
    const given = assigned < 0 ? undefined : words[assigned + 1];
    if (target === undefined || given === undefined) return [];
    const value = readExpression(given, reading);
    // A function that is only given a name does nothing yet.
    if (value.kind !== 'function' && value.kind !== 'class') evaluated(value, reading);
    return readPattern(target, value, reading);
  });
}

/** The names of a pattern, each with its part of the value. */
function readPattern(target: SyntaxNode, value: Expression, outer: Reading): readonly Bound[] {
  const reading = deeper(outer, target);
  if (reading === undefined) return [];
  if (target.name === 'VariableDefinition') return [[textOf(target, reading), value]];
  const parts = splitAt(childrenOf(target).slice(1, -1), ',');
  if (target.name === 'ArrayPattern') {
    return parts.flatMap(([item], index) => {
      const part = value.kind === 'list' ? (value.items[index] ?? unread) : unread;
      return item === undefined ? [] : readPattern(item, part, reading);
    });
  }
  if (target.name !== 'ObjectPattern') return [];
  return parts.flatMap(([property]): readonly Bound[] => {
    if (property?.name !== 'PatternProperty') return [];
    const words = childrenOf(property);
    const assigned = words.findIndex(({ name }) => name === 'Equals');
    const given = assigned < 0 ? undefined : words[assigned + 1];
    const [key] = words;
    const inner = words.find((word) => word !== key && /(?:Definition|Pattern)$/.test(word.name)) ?? key;
    if (key === undefined || inner === undefined) return [];
    const name = unquoted(textOf(key, reading));
    const member: Expression = { kind: 'member', object: value, name, line: lineOf(key, reading) };
    evaluated(member, reading);
    const part: Expression =
      given === undefined ? member : { kind: 'either', options: [member, readExpression(given, reading)] };
    return readPattern(inner, part, reading);
  });
}

/** The variable of a loop is one of the things looped over, where those are written out. */
function readForOf(node: SyntaxNode, reading: Reading): void {
  const nodes = childrenOf(node);
  const over = nodes.findLast(isExpression);
  const target = nodes.find(({ name }) => /(?:Definition|Pattern)$/.test(name));
  if (over === undefined) return;
  const value = readExpression(over, reading);
  evaluated(value, reading);
  const items: Expression =
    value.kind === 'list' && value.items.length > 0 ? { kind: 'either', options: value.items } : unread;
  if (target === undefined) return;
  for (const [name, each] of readPattern(target, items, reading)) bind(name, each, reading);
}

function splitAt(nodes: readonly SyntaxNode[], separator: string): readonly (readonly SyntaxNode[])[] {
  const parts: SyntaxNode[][] = [[]];
  for (const node of nodes) {
    if (node.name === separator) parts.push([]);
    else if (!/^(?:TypeAnnotation|Privacy|readonly|TypeParamList|Optional|;)$/.test(node.name))
      parts.at(-1)?.push(node);
  }
  return parts.filter((part) => part.length > 0);
}

/** A function, method or class, with its name. */
function readDefinition(node: SyntaxNode, reading: Reading): readonly [name: string, value: Expression] {
  const nodes = childrenOf(node);
  const isClass = nodes.some(({ name }) => name === 'ClassBody');
  const nameNode = nodes.find(({ name }) => /^(?:Variable|Property)Definition$/.test(name));
  const name = nameNode === undefined ? '' : unquoted(textOf(nameNode, reading));
  const isDecorated = nodes.some((child) => child.name === 'Decorator');
  const kind: Scope['kind'] = isClass ? 'class' : 'function';
  const scope = openScope(kind, name, reading.module, reading.scope, isDecorated);
  const inside = { ...reading, scope };
  for (const [index, child] of nodes.entries()) {
    if (child.name === 'ParamList') readParameters(child, inside);
    if (child.name === 'ClassBody') for (const member of childrenOf(child)) readClassMember(member, inside);
    if (child.name === 'Block') readStatements(child, inside);
    // The body of an arrow function without braces is what it returns.
    if (nodes[index - 1]?.name === 'Arrow' && child.name !== 'Block') {
      const value = readExpression(child, inside);
      evaluated(value, inside);
      scope.returns.push(value);
    }
    if (nodes[index - 1]?.name === 'extends') scope.bases.push(readExpression(child, reading));
  }
  for (const base of scope.bases) evaluated(base, reading);
  return [name, { kind, scope }];
}

function readClassMember(node: SyntaxNode, reading: Reading): void {
  if (node.name === 'MethodDeclaration') {
    const [name, value] = readDefinition(node, reading);
    bind(name, value, reading);
    return;
  }
  if (node.name !== 'PropertyDeclaration') return;
  const nodes = childrenOf(node);
  const name = nodes.find((child) => /PropertyDefinition$/.test(child.name));
  const assigned = nodes.findIndex((child) => child.name === 'Equals');
  const given = assigned < 0 ? undefined : nodes[assigned + 1];
  if (name === undefined || given === undefined) return;
  const value = readExpression(given, reading);
  if (value.kind !== 'function') evaluated(value, reading);
  bind(textOf(name, reading), value, reading);
}

function readParameters(node: SyntaxNode, reading: Reading): void {
  const { scope } = reading;
  const nodes = childrenOf(node);
  const isSingle = nodes[0]?.name === 'VariableDefinition';
  for (const words of splitAt(isSingle ? nodes : nodes.slice(1, -1), ',')) {
    const target = words.find(({ name }) => /(?:Definition|Pattern)$/.test(name));
    if (target === undefined) continue;
    const assigned = words.findIndex(({ name }) => name === 'Equals');
    const given = assigned < 0 ? undefined : words[assigned + 1];
    const isPattern = target.name !== 'VariableDefinition';
    const name = isPattern ? `{${scope.parameters.length}}` : textOf(target, reading);
    scope.parameters.push({
      name,
      ...(given !== undefined && { default: readExpression(given, reading) }),
      ...(words.some((word) => word.name === 'Spread') && { isRest: true }),
    });
    const line = lineOf(target, reading);
    if (isPattern)
      for (const [each, value] of readPattern(target, { kind: 'name', name, line }, reading))
        bind(each, value, reading);
    // `constructor(private name)` keeps what it is given.
    const isKept = childrenOf(node).some((child) => child.name === 'Privacy' || child.name === 'readonly');
    const owner = classAround(scope);
    if (isKept && owner !== undefined)
      addTo(owner.bindings, name, inWordsOf(scope, { kind: 'name', name, line }));
  }
}

function readExpression(node: SyntaxNode, outer: Reading): Expression {
  const reading = deeper(outer, node);
  if (reading === undefined) return unread;
  const nodes = childrenOf(node);
  const line = lineOf(node, reading);
  const inside = () => nodes.filter(isExpression).map((child) => readExpression(child, reading));
  switch (node.name) {
    case 'VariableName':
    case 'this':
    case 'super':
      return { kind: 'name', name: textOf(node, reading), line };
    case 'String':
      return { kind: 'text', text: unquoted(textOf(node, reading)) };
    case 'Number':
    case 'BooleanLiteral':
      return { kind: 'text', text: textOf(node, reading) };
    case 'null':
      return { kind: 'text', text: '' };
    case 'TemplateString':
      return readTemplate(node, nodes, reading);
    case 'MemberExpression':
      return readMember(nodes, reading);
    case 'CallExpression':
    case 'NewExpression':
      return readCall(nodes, node.name === 'NewExpression', reading);
    case 'DynamicImport': {
      const module = stringIn(nodes, reading);
      return module === undefined ? unread : imported(module, undefined, line, reading);
    }
    case 'ObjectExpression':
      return { kind: 'record', entries: readEntries(nodes, reading) };
    case 'ArrayExpression':
      return { kind: 'list', items: inside() };
    case 'ConditionalExpression': {
      const [condition = unread, yes = unread, no = unread] = inside();
      evaluated(condition, reading);
      return { kind: 'either', options: [yes, no] };
    }
    case 'BinaryExpression':
      return readBinary(nodes, reading);
    case 'ParenthesizedExpression':
    case 'AwaitExpression':
    case 'PostfixExpression':
      return inside()[0] ?? unread;
    case 'AssignmentExpression':
      return readAssignment(nodes, reading);
    case 'ArrowFunction':
    case 'FunctionExpression':
    case 'ClassExpression':
      return readDefinition(node, reading)[1];
    default:
      return { kind: 'other', parts: inside() };
  }
}

function readMember(nodes: readonly SyntaxNode[], reading: Reading): Expression {
  const [first] = nodes;
  if (first === undefined) return unread;
  const object = readExpression(first, reading);
  const property = nodes.find(({ name }) => name === 'PropertyName' || name === 'PrivatePropertyName');
  if (property !== undefined)
    return { kind: 'member', object, name: textOf(property, reading), line: lineOf(property, reading) };
  const written = nodes.slice(1).find(isExpression);
  const index = written === undefined ? unread : readExpression(written, reading);
  const line = lineOf(first, reading);
  return index.kind === 'text'
    ? { kind: 'member', object, name: index.text, line }
    : { kind: 'index', object, index, line };
}

function readCall(nodes: readonly SyntaxNode[], isNew: boolean, reading: Reading): Expression {
  const [first] = isNew ? nodes.slice(1) : nodes;
  if (first === undefined) return unread;
  const list = nodes.find(({ name }) => name === 'ArgList');
  const given = list === undefined ? [] : readArguments(list, reading);
  const [only] = given;
  if (textOf(first, reading) === 'require' && only?.value.kind === 'text')
    return imported(only.value.text, undefined, lineOf(first, reading), reading);
  const callee = readExpression(first, reading);
  const line = 'line' in callee ? callee.line : lineOf(first, reading);
  return { kind: 'call', callee, arguments: given, line, isNew };
}

function readArguments(node: SyntaxNode, reading: Reading): readonly Argument[] {
  return splitAt(childrenOf(node).slice(1, -1), ',').flatMap((words): Argument[] => {
    const written = words.findLast(isExpression);
    if (written === undefined) return [];
    const value = readExpression(written, reading);
    return [words[0]?.name === 'Spread' ? { value, spread: 'list' } : { value }];
  });
}

function readEntries(nodes: readonly SyntaxNode[], reading: Reading): readonly RecordEntry[] {
  return nodes.flatMap((property): RecordEntry[] => {
    if (property.name !== 'Property') return [];
    const words = childrenOf(property);
    const [first, second] = words;
    if (first === undefined) return [];
    if (words.some(({ name }) => name === 'ParamList')) {
      const [key, value] = readDefinition(property, reading);
      return [{ key, value }];
    }
    if (first.name === 'Spread')
      return second === undefined ? [] : [{ value: readExpression(second, reading) }];
    const isComputed = first.name === '[';
    const name = isComputed ? second : first;
    if (name === undefined) return [];
    const colon = words.findIndex((word) => word.name === ':');
    const written = colon < 0 ? undefined : words.slice(colon + 1).find(isExpression);
    const key = unquoted(textOf(name, reading));
    if (colon < 0) return [{ key, value: { kind: 'name', name: key, line: lineOf(name, reading) } }];
    const value = written === undefined ? unread : readExpression(written, reading);
    return isComputed && name.name !== 'String'
      ? [{ value: { kind: 'other', parts: [value] } }]
      : [{ key, value }];
  });
}

function readBinary(nodes: readonly SyntaxNode[], reading: Reading): Expression {
  const [left = unread, right = unread] = nodes
    .filter(isExpression)
    .map((child) => readExpression(child, reading));
  const operator = nodes[1];
  const word = operator === undefined ? '' : textOf(operator, reading);
  if (word === '||' || word === '??') return { kind: 'either', options: [left, right] };
  if (word === '+') return { kind: 'join', parts: [left, right] };
  return word === 'as' || word === 'satisfies' ? left : { kind: 'other', parts: [left, right] };
}

/** `a = b`, `record.key = b`, `this.a = b`, `module.exports = b`, `exports.a = b`. */
function readAssignment(nodes: readonly SyntaxNode[], reading: Reading): Expression {
  const [target, , given] = nodes;
  if (target === undefined || given === undefined) return unread;
  const value = readExpression(given, reading);
  if (target.name === 'VariableName') {
    bind(textOf(target, reading), value, reading);
    return value;
  }
  if (target.name !== 'MemberExpression') return value;
  const written = readExpression(target, reading);
  if (written.kind !== 'member') return value;
  const { object, name } = written;
  const exported = exportedName(written);
  if (exported !== undefined) {
    exportAs(exported, value, reading);
    return unread;
  }
  const owner = classAround(reading.scope);
  if (object.kind === 'name' && object.name === 'this' && owner !== undefined)
    addTo(owner.bindings, name, inWordsOf(reading.scope, value));
  else if (object.kind === 'name')
    bind(object.name, { kind: 'record', entries: [{ key: name, value, isLater: true }] }, reading);
  return value;
}

/** `*` for all that a module gives out. */
function exportedName({ object, name }: Extract<Expression, { kind: 'member' }>): string | undefined {
  if (object.kind === 'name' && object.name === 'exports') return name;
  if (object.kind === 'name' && object.name === 'module' && name === 'exports') return '*';
  const isModuleExports =
    object.kind === 'member' &&
    object.name === 'exports' &&
    object.object.kind === 'name' &&
    object.object.name === 'module';
  return isModuleExports ? name : undefined;
}

function exportAs(name: string, value: Expression, { module }: Reading): void {
  const { exports } = module;
  if (exports === undefined) return;
  if (name !== '*') {
    addTo(exports, name, value);
    return;
  }
  addTo(exports, 'default', value);
  if (value.kind !== 'record') return;
  for (const entry of value.entries) if (entry.key !== undefined) addTo(exports, entry.key, entry.value);
}

/** `text${value}text`. */
function readTemplate(node: SyntaxNode, nodes: readonly SyntaxNode[], reading: Reading): Expression {
  const pieces = nodes
    .filter(({ name }) => name === 'Interpolation')
    .map((child) => {
      const written = childrenOf(child).find(isExpression);
      const value = written === undefined ? unread : readExpression(written, reading);
      return { from: child.from, to: child.to, value };
    });
  return joinedText(pieces, node.from + 1, node.to - 1, reading);
}

function unquoted(literal: string): string {
  return /^['"]/.test(literal) ? literal.slice(1, -1).replace(/\\(['"\\])/g, '$1') : literal;
}
