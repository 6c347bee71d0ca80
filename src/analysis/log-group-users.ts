import type { LogGroupUser, ResourceView } from '../contract/facts.js';
import { isIntrinsic } from '../document/intrinsics.js';
import type { Path } from '../document/pointer.js';
import { isList, isMap, type Value } from '../document/value.js';
import { namesOf, textPatternsOf } from '../expressions/patterns.js';
import type { Stack, StackTree } from '../template/template.js';
import { expressionOf } from './invocations.js';
import { serviceFolders } from './log-groups.js';
import { viewResources } from './view.js';

/**
 * What goes by the names of log groups that functions and builds make for themselves, or by how these names begin:
 * filters, queries, permissions to read, dashboards, variables, outputs, by whatever expression. What follows its own
 * group is none, nor is a permission to write.
 */
export function logGroupUsers(tree: StackTree): (view: ResourceView) => readonly LogGroupUser[] {
  // Few parts of a template name such a group at all.
  const isNaming = (value: Value) => /\/aws\/(lambda|codebuild)/.test(JSON.stringify(value));
  const resources = viewResources(tree)
    .filter(({ body }) => isNaming(body))
    .map((view) => ({ view, name: view.logicalId, found: expressionsIn(view.body, view.stack, []) }));
  const outputs = tree.stacks.flatMap((stack) =>
    Object.entries(stack.template.outputs)
      .filter(([, output]) => isNaming(output))
      .map(([id, output]) => ({
        view: undefined,
        name: `the output ${id}`,
        found: expressionsIn(isMap(output) ? (output.Value ?? '') : '', stack, ['Value']),
      })),
  );
  const naming = [...resources, ...outputs];
  return (view) => {
    const folder = serviceFolders[view.type] ?? '';
    const names = new Set(
      [
        ...namesOf(view.stack, view.logicalId),
        ...textPatternsOf({ Ref: view.logicalId }, view.stack),
        ...textPatternsOf(view.expression('Name'), view.stack),
      ].map((name) => `${folder}${name}`),
    );
    return naming
      .filter((user) => user.view !== view)
      .flatMap((user) =>
        user.found.flatMap(({ path, texts }): LogGroupUser[] => {
          const found = { view: user.view, name: user.name, path };
          if (texts.some((text) => names.has(text))) return [{ ...found, isName: true }];
          if (texts.some((text) => [...names].some((name) => hasName(text, name))))
            return [{ ...found, isName: false }];
          const prefix = texts.map((text) => prefixIn(text, folder)).find((each) => beginsAny(names, each));
          return prefix === undefined ? [] : [{ ...found, isName: false, prefix }];
        }),
      );
  };
}

/** Lines of code that name the log group a function makes for itself: `src/report/app.py:4`. */
export function logGroupLines(tree: StackTree): (view: ResourceView) => readonly string[] {
  const found = viewResources(tree, functionTypes).flatMap((view) => {
    const code = tree.code?.codeOf(view.stack.template.path, view.logicalId);
    if (code?.mentions(ofFunctions) !== true) return [];
    return code.facts.flatMap((fact) => {
      if (fact.kind !== 'name' || fact.of !== 'log-group') return [];
      const texts = textPatternsOf(expressionOf(fact.name, view), view.stack);
      return [{ line: `${fact.place.file}:${fact.place.line}`, texts }];
    });
  });
  return ({ stack, logicalId }) => {
    const names = namesOf(stack, logicalId).map((name) => `${ofFunctions}${name}`);
    const lines = found.filter(({ texts }) => texts.some((text) => names.includes(text)));
    return [...new Set(lines.map(({ line }) => line))];
  };
}

const functionTypes = ['AWS::Lambda::Function', 'AWS::Serverless::Function'];

const ofFunctions = '/aws/lambda/';

function beginsAny(names: ReadonlySet<string>, prefix: string | undefined): boolean {
  return prefix !== undefined && [...names].some((name) => name.startsWith(prefix));
}

/** `/aws/lambda/Pick` is not in `/aws/lambda/Picker`. */
function hasName(text: string, name: string): boolean {
  const at = text.indexOf(name);
  return at >= 0 && !/^[\w./#-]/.test(text.slice(at + name.length));
}

/** The beginning that is meant by `/aws/lambda/shop-`, by `/aws/lambda/shop-*`, and by an ARN with the latter. */
function prefixIn(text: string, folder: string): string | undefined {
  const [, group] = /^arn:.*:log-group:(.*?)(?::\*)?$/.exec(text) ?? [];
  const name = group ?? text;
  if (!`${name.replace(/\*$/, '')}/`.startsWith(folder)) return undefined;
  const isPattern = name.endsWith('*');
  return group !== undefined && !isPattern ? undefined : name.replace(/\*$/, '');
}

interface Expression {
  readonly path: Path;
  readonly texts: readonly string[];
}

function expressionsIn(value: Value, stack: Stack, path: Path): readonly Expression[] {
  if (typeof value === 'string' || isIntrinsic(value)) {
    const texts = textPatternsOf(value, stack).filter((text) => /\/aws\/(lambda|codebuild)/.test(text));
    if (texts.length > 0) return [{ path, texts }];
  }
  if (isList(value))
    return value.flatMap((item, index) => expressionsIn(item, stack, [...path, String(index)]));
  if (!isMap(value) || isNoReader(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => expressionsIn(inner, stack, [...path, key]));
}

/** A statement of a policy that names no action by which logs are read: one on the old group is none too many. */
function isNoReader({ Effect: effect, Action: action }: { readonly [key: string]: Value }): boolean {
  if (effect === undefined || action === undefined) return false;
  const actions = (isList(action) ? action : [action]).map(String);
  return !actions.some((each) => /^logs:(Get|Filter|Start|CreateExport|Unmask)/i.test(each));
}
