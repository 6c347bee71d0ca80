import type { LogGroupUser } from '../contract/classes.js';
import type { ResourceView } from '../contract/resource-view.js';
import { isIntrinsic } from '../document/intrinsics.js';
import type { Path } from '../document/pointer.js';
import { isList, isMap, type Value } from '../document/value.js';
import { namesOf, textPatternsOf } from '../expressions/patterns.js';
import type { StackTree } from '../template/template.js';
import { viewResources } from './view.js';

const folder = '/aws/lambda/';

/**
 * What goes by the names of log groups that functions make for themselves: filters, queries, permissions, dashboards, by
 * whatever expression. A function that follows its own group is none.
 */
export function logGroupUsers(tree: StackTree): (view: ResourceView) => readonly LogGroupUser[] {
  // Few resources name such a group at all.
  const naming = viewResources(tree)
    .filter(({ body }) => JSON.stringify(body).includes('/aws/lambda'))
    .map((view) => ({ view, found: expressionsIn(view.body, view, []) }));
  return (view) => {
    const names = namesOf(view.stack, view.logicalId).map((name) => `${folder}${name}`);
    return naming
      .filter((user) => user.view !== view)
      .flatMap((user) =>
        user.found.flatMap(({ path, texts }): LogGroupUser[] => {
          if (texts.some((text) => names.includes(text))) return [{ view: user.view, path, isName: true }];
          const isPart = texts.some((text) => names.some((name) => hasName(text, name)));
          return isPart ? [{ view: user.view, path, isName: false }] : [];
        }),
      );
  };
}

/** `/aws/lambda/Pick` is not in `/aws/lambda/Picker`. */
function hasName(text: string, name: string): boolean {
  const at = text.indexOf(name);
  return at >= 0 && !/^[\w./#-]/.test(text.slice(at + name.length));
}

interface Expression {
  readonly path: Path;
  readonly texts: readonly string[];
}

function expressionsIn(value: Value, view: ResourceView, path: Path): readonly Expression[] {
  if (typeof value === 'string' || isIntrinsic(value)) {
    const texts = textPatternsOf(value, view.stack).filter((text) => text.includes(folder));
    if (texts.length > 0) return [{ path, texts }];
  }
  if (isList(value))
    return value.flatMap((item, index) => expressionsIn(item, view, [...path, String(index)]));
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => expressionsIn(inner, view, [...path, key]));
}
