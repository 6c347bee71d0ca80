import type { CodeText, InvocationFact } from '../code/facts.js';
import type { Trigger } from '../contract/classes.js';
import type { ResourceView } from '../contract/resource-view.js';
import type { Value } from '../document/value.js';
import { textPatternsOf } from '../expressions/patterns.js';
import type { StackTree } from '../template/template.js';
import type { FindFunctions, Member } from './function-references.js';

/** What the code of a function says about the functions it invokes. */
export interface CodeCalls {
  readonly calls: readonly CodeCall[];
  /** All of the code was read, so there are no other calls. */
  readonly isComplete: boolean;
}

export interface CodeCall {
  /** `any`: the code takes the name from its event, a parameter or a table. */
  readonly callees: readonly Member[] | 'any';
  readonly invocation: Extract<Trigger['invocation'], 'sync' | 'async' | 'unknown'>;
  /** `src/front/app.py:4 invokes WORKER with InvocationType Event`. */
  readonly seen: string;
}

/** `undefined` where the code is not at hand. */
export function codeCallsOf(view: ResourceView, tree: StackTree, find: FindFunctions): CodeCalls | undefined {
  const code = tree.code?.codeOf(view.stack.template.path, view.logicalId);
  if (code === undefined) return undefined;
  const calls = code.invocations.flatMap((fact) => callsBy(fact, view, find));
  return { calls, isComplete: code.isComplete };
}

function callsBy(fact: InvocationFact, view: ResourceView, find: FindFunctions): readonly CodeCall[] {
  const { target, place, via } = fact;
  const callees = calleesInCode(target, view, find);
  const through = via === undefined ? '' : `, called at ${via.file}:${via.line}`;
  return typesOf(fact.type, view).flatMap((type): readonly CodeCall[] => {
    // A dry run asks whether one may call, and calls nothing.
    if (type === 'DryRun') return [];
    const how = type === undefined ? ', and the InvocationType is not known' : ` with InvocationType ${type}`;
    const seen = `${place.file}:${place.line} invokes ${nameOf(target)}${how}${through}`;
    const invocation = type === 'Event' ? 'async' : type === 'RequestResponse' ? 'sync' : 'unknown';
    return [{ callees, invocation, seen }];
  });
}

/** The invocation types a call can have; `undefined` for one that is not known. */
function typesOf(type: CodeText, view: ResourceView): readonly (string | undefined)[] {
  const expression = expressionOf(type, view);
  const found = expression === undefined ? [] : textPatternsOf(expression, view.stack);
  const known = found.map((text) => (/^(?:Event|RequestResponse|DryRun)$/.test(text) ? text : undefined));
  return known.length === 0 ? [undefined] : known;
}

function calleesInCode(target: CodeText, view: ResourceView, find: FindFunctions): CodeCall['callees'] {
  if (target.kind === 'itself') return [view];
  const expression = expressionOf(target, view);
  if (expression === undefined) return 'any';
  // Under this key a text is the name of a function, and not just any text.
  const named = find({ FunctionName: expression }, view.stack);
  if (named.length > 0) return named;
  const names = textPatternsOf(expression, view.stack).filter((text) => text !== '');
  return names.flatMap((name) => find({ FunctionName: name }, view.stack));
}

/** What the code says in the terms of the template; `undefined` where that cannot be told. */
function expressionOf(text: CodeText, view: ResourceView): Value | undefined {
  switch (text.kind) {
    case 'text':
      return text.text;
    case 'itself':
      return { Ref: view.logicalId };
    case 'variable':
      if (text.name === 'AWS_LAMBDA_FUNCTION_NAME') return { Ref: view.logicalId };
      return pseudo[text.name] ?? view.expression('Environment', 'Variables', text.name);
    case 'join': {
      const parts = text.parts.map((part) => expressionOf(part, view));
      if (parts.some((part) => part === undefined)) return undefined;
      return { 'Fn::Join': ['', parts.filter((part) => part !== undefined)] };
    }
    case 'unknown':
      return undefined;
  }
}

/** Variables that Lambda sets. */
const pseudo: Readonly<Record<string, Value>> = {
  AWS_REGION: { Ref: 'AWS::Region' },
  AWS_DEFAULT_REGION: { Ref: 'AWS::Region' },
};

function nameOf(text: CodeText): string {
  switch (text.kind) {
    case 'text':
      return text.text;
    case 'variable':
      return text.name;
    case 'join':
      return text.parts.map((part) => (part.kind === 'text' ? part.text : `{${nameOf(part)}}`)).join('');
    case 'itself':
      return 'itself';
    case 'unknown':
      return 'a function it gets the name of';
  }
}
