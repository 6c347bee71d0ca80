import { isEqual, type Value } from '../document/value.js';
import { isLoop } from '../template/loops.js';
import type { Stack, StackTree, TemplateResource } from '../template/template.js';
import { type Change, valueAt } from './change.js';
import type { Fixable } from './finding.js';

/** A finding with all it changes. */
interface Changed {
  readonly finding: Fixable;
  readonly changes: readonly Change[];
}

type Written = readonly Change[] | { readonly refused: string };

/**
 * Changes of what `Fn::ForEach` makes, written into the body of the loop, where every pass needs the same ones: an edit
 * there reaches all of them.
 * @returns by the key of the finding, for those that change something a loop makes
 */
export function changesOfLoops(all: readonly Changed[], tree: StackTree): ReadonlyMap<string, Written> {
  const mapped = all.flatMap(({ finding, changes }) => {
    const found = intoBodies(changes, tree);
    return found === undefined ? [] : [{ finding, found }];
  });
  return new Map(
    mapped.map(({ finding, found }): [string, Written] => {
      if ('refused' in found) return [finding.key, found];
      const others = passesBeside(finding);
      const differing = others.filter((logicalId) => {
        const other = mapped.find((each) => isOf(each.finding, finding, logicalId));
        return other === undefined || 'refused' in other.found || !isEqual(plain(other.found), plain(found));
      });
      const [loop, texts] = loopOf(finding);
      if (differing.length > 0) {
        const refused = `${loop} makes it together with ${differing.slice(0, 3).join(', ')}, and not all need the same edit`;
        return [finding.key, { refused }];
      }
      // What names the one pass there is would be wrong for the next one.
      const isOfPass =
        others.length === 0 && texts.some((text) => JSON.stringify(plain(found)).includes(text));
      return [
        finding.key,
        isOfPass ? { refused: `${loop} makes it, and its edit would name this pass` } : found,
      ];
    }),
  );
}

function plain(changes: readonly Change[]): Value {
  return JSON.parse(JSON.stringify(changes));
}

function isOf(other: Fixable, { stack }: Fixable, logicalId: string): boolean {
  return other.logicalId === logicalId && other.stack === stack;
}

function resourceOf({ stack, logicalId }: Fixable): TemplateResource | undefined {
  return logicalId === null ? undefined : stack.template.resources.get(logicalId);
}

/** The loop a finding's resource comes of, and the texts of its pass. */
function loopOf(finding: Fixable): readonly [loop: string, texts: readonly string[]] {
  const { path = [], texts = [] } = resourceOf(finding)?.origin ?? {};
  return [path.find(isLoop) ?? 'Fn::ForEach', texts];
}

/** What else the body of the loop comes to. */
function passesBeside(finding: Fixable): readonly string[] {
  const own = resourceOf(finding);
  return [...finding.stack.template.resources.values()]
    .filter(({ logicalId, origin }) => logicalId !== own?.logicalId && isSamePlace(origin, own?.origin))
    .map(({ logicalId }) => logicalId);
}

function isSamePlace(left: TemplateResource['origin'], right: TemplateResource['origin']): boolean {
  return left !== undefined && right !== undefined && isEqual([...left.path], [...right.path]);
}

/** `undefined` where nothing is about what a loop makes. */
function intoBodies(changes: readonly Change[], tree: StackTree): Written | undefined {
  const mapped = changes.map((change) => {
    if (change.kind === 'comment' || change.kind === 'parameter-value') return { change, isMapped: false };
    const stack = tree.stacks.find(({ template }) => template.path === change.template);
    const [section, logicalId = '', ...rest] = change.path;
    const resource = section === 'Resources' ? stack?.template.resources.get(logicalId) : undefined;
    if (stack === undefined || resource?.origin === undefined) return { change, isMapped: false };
    const path = [...resource.origin.path, ...rest];
    if (!isAlike(stack, resource, rest)) return { change, isMapped: true, isElsewhere: true };
    return { change: { ...change, path }, isMapped: true };
  });
  if (!mapped.some(({ isMapped }) => isMapped)) return undefined;
  return mapped.some(({ isElsewhere }) => isElsewhere)
    ? { refused: 'Fn::ForEach makes what would be changed, and it does not stand in the loop like that' }
    : mapped.map(({ change }) => change);
}

/** Whether a place is there in the body of the loop as in what comes of it. */
function isAlike({ template }: Stack, { body, origin }: TemplateResource, rest: readonly string[]): boolean {
  const written = valueAt(template.value, origin?.path ?? []);
  return rest.every(
    (_, depth) =>
      (valueAt(written, rest.slice(0, depth + 1)) === undefined) ===
      (valueAt(body, rest.slice(0, depth + 1)) === undefined),
  );
}
