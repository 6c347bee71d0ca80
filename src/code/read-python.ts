import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/python';
import type { Argument, Expression, Module, Parameter, RecordEntry } from './program.js';
import { bind, deeper, evaluated, joinedText, lineOf, type Reading, textOf, unread } from './reading.js';
import { addTo, classAround, inWordsOf, type OpenScope, openModule, openScope } from './scope-builder.js';
import { brokenLines, childrenOf, parseText, type SourceText } from './syntax-text.js';

/** Reads a Python file. Never throws: what does not parse is left out, and its lines are told. */
export function readPython(path: string, source: SourceText): Module {
  const tree = parseText(parser, source.text);
  const module = openModule(path, 'python', source.text, tree === undefined);
  if (tree === undefined) return module;
  module.broken.push(...brokenLines(tree, source));
  readBody(tree.topNode, { source, module, scope: module.scope, depth: 0 });
  return module;
}

function readBody(node: SyntaxNode, reading: Reading): void {
  for (const child of childrenOf(node)) readStatement(child, reading);
}

function readStatement(node: SyntaxNode, outer: Reading): void {
  const reading = deeper(outer, node);
  if (reading === undefined) return;
  switch (node.name) {
    case 'ImportStatement':
      readImport(node, reading);
      return;
    case 'AssignStatement':
      readAssignment(childrenOf(node), reading);
      return;
    case 'FunctionDefinition':
    case 'ClassDefinition':
      readDefinition(node, reading, false);
      return;
    case 'DecoratedStatement': {
      for (const child of childrenOf(node)) {
        if (child.name === 'Decorator') evaluated(readDecorator(child, reading), reading);
        else readDefinition(child, reading, true);
      }
      return;
    }
    case 'ReturnStatement':
    case 'YieldStatement':
      for (const value of expressionsIn(childrenOf(node), reading)) {
        evaluated(value, reading);
        reading.scope.returns.push(value);
      }
      return;
    case 'WithStatement':
      readWith(node, reading);
      return;
    case 'ForStatement':
      readFor(node, reading);
      return;
    default:
      readParts(node, reading);
      return;
  }
}

/** A statement that only holds others and expressions. */
function readParts(node: SyntaxNode, reading: Reading): void {
  for (const child of childrenOf(node)) {
    if (isStatement(child)) readStatement(child, reading);
    else if (child.name === 'Body') readBody(child, reading);
    else if (isExpression(child)) evaluated(readExpression(child, reading), reading);
    else if (child.firstChild !== null) readParts(child, reading);
  }
}

function isStatement({ name }: SyntaxNode): boolean {
  return name.endsWith('Statement') || name.endsWith('Definition') || name === 'StatementGroup';
}

function isExpression({ name }: SyntaxNode): boolean {
  return (
    name.endsWith('Expression') ||
    [
      'VariableName',
      'String',
      'FormatString',
      'ContinuedString',
      'Number',
      'Boolean',
      'None',
      'Ellipsis',
    ].includes(name)
  );
}

function expressionsIn(nodes: readonly SyntaxNode[], reading: Reading): readonly Expression[] {
  return nodes.filter(isExpression).map((node) => readExpression(node, reading));
}

function readImport(node: SyntaxNode, reading: Reading): void {
  const tokens = childrenOf(node);
  const line = lineOf(node, reading);
  const start = tokens.findIndex(({ name }) => name === 'import');
  const from = tokens[0]?.name === 'from' ? tokens.slice(1, start) : undefined;
  const written = from?.map((token) => textOf(token, reading)).join('');
  for (const words of splitAt(tokens.slice(start + 1), ',')) {
    const as = words.findIndex(({ name }) => name === 'as');
    const name = words
      .slice(0, as < 0 ? undefined : as)
      .filter((word) => word.name !== '(' && word.name !== ')')
      .map((word) => textOf(word, reading))
      .join('');
    if (name === '') continue;
    const alias = as < 0 ? undefined : words[as + 1];
    if (written !== undefined) {
      // `from package import module` may name a module as well as something in it.
      reading.module.imports.push(written, written.endsWith('.') ? written + name : `${written}.${name}`);
      const bound = alias === undefined ? name : textOf(alias, reading);
      bind(bound, { kind: 'import', module: written, name, line }, reading);
      continue;
    }
    reading.module.imports.push(name);
    const [first = name] = name.split('.');
    if (alias === undefined) bind(first, { kind: 'import', module: first, line }, reading);
    else bind(textOf(alias, reading), { kind: 'import', module: name, line }, reading);
  }
}

function splitAt(nodes: readonly SyntaxNode[], separator: string): readonly (readonly SyntaxNode[])[] {
  const parts: SyntaxNode[][] = [[]];
  for (const node of nodes) {
    if (node.name === separator) parts.push([]);
    else parts.at(-1)?.push(node);
  }
  return parts;
}

/** `a = b = value`, `a, b = 1, 2`, `a: type = value`, `self.a = value`, `record['key'] = value`. */
function readAssignment(nodes: readonly SyntaxNode[], reading: Reading): void {
  const sides = splitAt(
    nodes.filter(({ name }) => name !== 'TypeDef'),
    'AssignOp',
  );
  const right = sides.at(-1) ?? [];
  if (sides.length < 2) return;
  const values = expressionsIn(right, reading);
  for (const value of values) evaluated(value, reading);
  for (const side of sides.slice(0, -1)) {
    const targets = side.filter(isExpression);
    const [only] = values;
    for (const [index, target] of targets.entries()) {
      const value = targets.length === 1 && values.length === 1 ? only : values[index];
      assign(target, value ?? { kind: 'other', parts: [] }, reading);
    }
  }
}

function assign(target: SyntaxNode, value: Expression, reading: Reading): void {
  if (target.name === 'VariableName') {
    bind(textOf(target, reading), value, reading);
    return;
  }
  if (target.name !== 'MemberExpression') return;
  const written = readExpression(target, reading);
  if (written.kind !== 'member' || written.object.kind !== 'name') return;
  const owner = classAround(reading.scope);
  if (written.object.name === 'self' && owner !== undefined) {
    addTo(owner.bindings, written.name, inWordsOf(reading.scope, value));
    return;
  }
  const entry: RecordEntry = { key: written.name, value, isLater: true };
  bind(written.object.name, { kind: 'record', entries: [entry] }, reading);
}

function readDefinition(node: SyntaxNode, reading: Reading, isDecorated: boolean): void {
  const nodes = childrenOf(node);
  const nameNode = nodes.find(({ name }) => name === 'VariableName');
  const name = nameNode === undefined ? '' : textOf(nameNode, reading);
  const kind = node.name === 'ClassDefinition' ? 'class' : 'function';
  const scope = openScope(kind, name, reading.module, reading.scope, isDecorated);
  const inside = { ...reading, scope };
  for (const child of nodes) {
    if (child.name === 'ParamList') readParameters(child, reading, scope);
    if (child.name === 'ArgList')
      scope.bases.push(...readArguments(child, reading).map(({ value }) => value));
    if (child.name === 'Body') readBody(child, inside);
  }
  for (const base of scope.bases) evaluated(base, reading);
  bind(name, { kind, scope }, reading);
}

function readParameters(node: SyntaxNode, reading: Reading, scope: OpenScope): void {
  for (const words of splitAt(childrenOf(node), ',')) {
    const name = words.find((word) => word.name === 'VariableName');
    if (name === undefined) continue;
    const assigned = words.findIndex((word) => word.name === 'AssignOp');
    const given = assigned < 0 ? undefined : words[assigned + 1];
    const isRest = words.some((word) => word.name === '*' || word.name === '**');
    const parameter: Parameter = {
      name: textOf(name, reading),
      ...(given !== undefined && { default: readExpression(given, reading) }),
      ...(isRest && { isRest }),
    };
    if (parameter.default !== undefined) evaluated(parameter.default, reading);
    scope.parameters.push(parameter);
  }
}

/** A decorator is written without an expression around it. */
function readDecorator(node: SyntaxNode, reading: Reading): Expression {
  let value: Expression | undefined;
  for (const child of childrenOf(node)) {
    const line = lineOf(child, reading);
    if (child.name === 'ArgList' && value !== undefined)
      value = { kind: 'call', callee: value, arguments: readArguments(child, reading), line, isNew: false };
    if (child.name !== 'VariableName' && child.name !== 'PropertyName') continue;
    const name = textOf(child, reading);
    value =
      value === undefined ? { kind: 'name', name, line } : { kind: 'member', object: value, name, line };
  }
  return value ?? { kind: 'other', parts: [] };
}

function readWith(node: SyntaxNode, reading: Reading): void {
  const nodes = childrenOf(node);
  for (const [index, child] of nodes.entries()) {
    if (child.name === 'Body') readBody(child, reading);
    const isTarget = nodes[index - 1]?.name === 'as';
    if (!isExpression(child) || isTarget) continue;
    const value = readExpression(child, reading);
    evaluated(value, reading);
    const target = nodes[index + 1]?.name === 'as' ? nodes[index + 2] : undefined;
    if (target?.name === 'VariableName') bind(textOf(target, reading), value, reading);
  }
}

/** The variable of a loop is one of the things looped over, where those are written out. */
function readFor(node: SyntaxNode, reading: Reading): void {
  const nodes = childrenOf(node);
  const at = nodes.findIndex(({ name }) => name === 'in');
  const [over] = expressionsIn(nodes.slice(at + 1), reading);
  if (over !== undefined) evaluated(over, reading);
  const targets = nodes.slice(0, at).filter(({ name }) => name === 'VariableName');
  for (const target of targets) {
    const items = over?.kind === 'list' && targets.length === 1 ? over.items : [];
    bind(textOf(target, reading), { kind: 'either', options: items.length > 0 ? items : [unread] }, reading);
  }
  for (const child of nodes) if (child.name === 'Body') readBody(child, reading);
}

function readExpression(node: SyntaxNode, outer: Reading): Expression {
  const reading = deeper(outer, node);
  if (reading === undefined) return unread;
  const nodes = childrenOf(node);
  const line = lineOf(node, reading);
  const inside = () => expressionsIn(nodes, reading);
  switch (node.name) {
    case 'VariableName':
      return { kind: 'name', name: textOf(node, reading), line };
    case 'String':
      return { kind: 'text', text: unquoted(textOf(node, reading)) };
    case 'Number':
      return { kind: 'text', text: textOf(node, reading) };
    case 'Boolean':
      return { kind: 'text', text: textOf(node, reading).toLowerCase() };
    case 'None':
      return { kind: 'text', text: '' };
    case 'FormatString':
      return readFormat(node, nodes, reading);
    case 'ContinuedString':
      return { kind: 'join', parts: inside() };
    case 'MemberExpression':
      return readMember(nodes, reading);
    case 'CallExpression':
      return readCall(nodes, reading);
    case 'DictionaryExpression':
      return { kind: 'record', entries: readEntries(nodes, reading) };
    case 'ArrayExpression':
    case 'TupleExpression':
    case 'SetExpression':
      return { kind: 'list', items: inside() };
    case 'ConditionalExpression': {
      const [yes = unread, condition = unread, no = unread] = inside();
      evaluated(condition, reading);
      return { kind: 'either', options: [yes, no] };
    }
    case 'BinaryExpression':
      return readBinary(nodes, reading);
    case 'ParenthesizedExpression':
    case 'AwaitExpression':
      return inside()[0] ?? unread;
    case 'NamedExpression': {
      const [target, , value] = nodes;
      const read = value === undefined ? unread : readExpression(value, reading);
      if (target !== undefined) bind(textOf(target, reading), read, reading);
      return read;
    }
    case 'LambdaExpression':
      return readLambda(nodes, reading);
    default:
      return { kind: 'other', parts: inside() };
  }
}

function readMember(nodes: readonly SyntaxNode[], reading: Reading): Expression {
  const [first, operator, ...rest] = nodes;
  if (first === undefined || operator === undefined) return unread;
  const object = readExpression(first, reading);
  const [property] = rest;
  if (property === undefined) return { kind: 'other', parts: [object] };
  const line = lineOf(property, reading);
  if (operator.name === '.') return { kind: 'member', object, name: textOf(property, reading), line };
  const [index = unread] = expressionsIn(rest, reading);
  return index.kind === 'text'
    ? { kind: 'member', object, name: index.text, line }
    : { kind: 'index', object, index, line };
}

function readCall(nodes: readonly SyntaxNode[], reading: Reading): Expression {
  const [first, list] = nodes;
  if (first === undefined) return unread;
  const callee = readExpression(first, reading);
  const line = 'line' in callee ? callee.line : lineOf(first, reading);
  const given = list === undefined ? [] : readArguments(list, reading);
  return { kind: 'call', callee, arguments: given, line, isNew: false };
}

function readArguments(node: SyntaxNode, reading: Reading): readonly Argument[] {
  return splitAt(childrenOf(node).slice(1, -1), ',').flatMap((words): Argument[] => {
    const assigned = words.findIndex(({ name }) => name === 'AssignOp');
    const [first] = words;
    if (first === undefined) return [];
    const [value] = expressionsIn(words.slice(assigned + 1), reading);
    if (value === undefined) return [];
    if (assigned > 0) return [{ name: textOf(first, reading), value }];
    if (first.name === '*') return [{ value, spread: 'list' }];
    if (first.name === '**') return [{ value, spread: 'record' }];
    return [{ value }];
  });
}

function readEntries(nodes: readonly SyntaxNode[], reading: Reading): readonly RecordEntry[] {
  return splitAt(nodes.slice(1, -1), ',').flatMap((words): RecordEntry[] => {
    const colon = words.findIndex(({ name }) => name === ':');
    const [value] = expressionsIn(words.slice(colon + 1), reading);
    if (value === undefined) return [];
    if (colon < 0) return [{ value }];
    const [key] = expressionsIn(words.slice(0, colon), reading);
    return key?.kind === 'text' ? [{ key: key.text, value }] : [{ value: { kind: 'other', parts: [value] } }];
  });
}

function readBinary(nodes: readonly SyntaxNode[], reading: Reading): Expression {
  const [left = unread, right = unread] = expressionsIn(nodes, reading);
  const operator = nodes[1];
  const word = operator === undefined ? '' : textOf(operator, reading);
  if (word === 'or') return { kind: 'either', options: [left, right] };
  if (word === '+') return { kind: 'join', parts: [left, right] };
  return { kind: 'other', parts: [left, right] };
}

function readLambda(nodes: readonly SyntaxNode[], reading: Reading): Expression {
  const scope = openScope('function', '', reading.module, reading.scope);
  const list = nodes.find(({ name }) => name === 'ParamList');
  if (list !== undefined) readParameters(list, reading, scope);
  for (const value of expressionsIn(nodes, { ...reading, scope })) {
    scope.expressions.push(value);
    scope.returns.push(value);
  }
  return { kind: 'function', scope };
}

/** `f"text{value}text"`: the replacements stand among the text. */
function readFormat(node: SyntaxNode, nodes: readonly SyntaxNode[], reading: Reading): Expression {
  const [, prefix = '', quote = ''] = /^([a-zA-Z]*)('''|"""|'|")/.exec(textOf(node, reading)) ?? [];
  const pieces = nodes
    .filter(({ name }) => name === 'FormatReplacement')
    .map((child) => ({
      from: child.from,
      to: child.to,
      value: expressionsIn(childrenOf(child), reading)[0] ?? unread,
    }));
  return joinedText(pieces, node.from + prefix.length + quote.length, node.to - quote.length, reading);
}

/** The escapes that could matter in a name are none; quotes and backslashes are taken off all the same. */
function unquoted(literal: string): string {
  const [, prefix = '', quote = ''] = /^([a-zA-Z]*)('''|"""|'|")/.exec(literal) ?? [];
  const inside = literal.slice(prefix.length + quote.length, literal.length - quote.length);
  return /r/i.test(prefix) ? inside : inside.replace(/\\(['"\\])/g, '$1');
}
