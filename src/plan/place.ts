import type { Want } from '../contract/remediation.js';
import { formatPointer, type Path } from '../document/pointer.js';
import type { Value } from '../document/value.js';
import { applyPatch } from '../patch/json-patch.js';
import { mergedProperties } from '../template/globals.js';
import type { StackTree } from '../template/template.js';
import { type Change, valueAt } from './change.js';
import type { Fixable } from './finding.js';
import { failingPaths, insertionPoints, isPartlyRight, type Refusal, type Slot } from './insertion-points.js';
import { placeInGlobals } from './place-globals.js';
import { placeInMappings } from './place-mapping.js';
import { placeInParameters } from './place-parameter.js';

export interface Placed {
  readonly changes: readonly Change[];
  readonly leaves: readonly string[];
}

/**
 * Chooses the depth at which each wanted value of one remediation is written: a parameter that already decides it,
 * else the mapping it is looked up in, else the `Globals` of SAM where one value serves most, else the resource itself.
 */
export function placeWants(
  tree: StackTree,
  findings: readonly Fixable[],
  writeDefaults: boolean,
): ReadonlyMap<string, Placed | Refusal> {
  const placed = new Map<string, { changes: Change[]; leaves: string[] } | Refusal>();
  const slots: Slot[] = [];
  for (const finding of findings) {
    placed.set(finding.key, { changes: [], leaves: [] });
    for (const want of finding.verdict.wants) {
      const found = slotsOf(finding, want);
      if ('refused' in found) placed.set(finding.key, found);
      else slots.push(...found);
    }
  }
  const give = (slot: Slot, changes: readonly Change[], leaves: readonly string[] = []) => {
    const page = placed.get(slot.finding.key);
    if (page === undefined || 'refused' in page) return;
    page.changes.push(...changes);
    page.leaves.push(...leaves);
  };
  const open = slots.filter(({ finding }) => !('refused' in (placed.get(finding.key) ?? {})));
  const refuse = (slot: Slot, refusal: Refusal) => placed.set(slot.finding.key, refusal);
  const afterParameters = placeInParameters(tree, open, writeDefaults, give);
  const afterMappings = placeInMappings(tree, afterParameters, give, refuse);
  const afterGlobals = placeInGlobals(afterMappings, give);
  for (const slot of afterGlobals) give(slot, onResource(slot));
  return placed;
}

function slotsOf(finding: Fixable, want: Want): readonly Slot[] | Refusal {
  const { stack } = finding;
  const logicalId = want.logicalId ?? finding.logicalId;
  const resource = logicalId === null ? undefined : stack.template.resources.get(logicalId);
  if (logicalId === null || resource === undefined) {
    return { refused: `${logicalId ?? 'the template'} is not a resource of ${stack.template.path}` };
  }
  const leaves = insertionPoints(resource.body, ['Resources', logicalId], want.path, stack);
  if ('refused' in leaves) return leaves;
  return leaves.map((leaf) => ({ finding, want, logicalId, type: resource.type, leaf }));
}

/** The value as it has to be written at a leaf, with the levels that are missing. */
export function valueFor({ want, leaf }: Slot): Value {
  return leaf.rest.reduceRight<Value>((inner, token) => ({ [token]: inner }), want.value);
}

function onResource(slot: Slot): readonly Change[] {
  const { leaf, want, finding } = slot;
  const template = finding.stack.template.path;
  const at = (path: Path): Change => ({
    kind: 'set',
    template,
    path,
    value: valueFor(slot),
    placement: 'resource',
  });
  // Levels that are missing come into being with the value, so that several values can share them.
  if (leaf.expression === undefined) {
    const value = amendedGlobal(slot) ?? want.value;
    return [{ kind: 'set', template, path: [...leaf.path, ...leaf.rest], value, placement: 'resource' }];
  }
  if (leaf.rest.length > 0) return [at(leaf.path)];
  // An expression of which nothing stays says no more than the value.
  if (!isPartlyRight(leaf.expression, want, finding.stack)) return [at(leaf.path)];
  return failingPaths(leaf.expression, want, finding.stack).map((path) => at(written(slot, path)));
}

/** What `Globals` say, with the value in the branches that are wrong: what somebody chose for the others stays. */
function amendedGlobal({ finding: { stack }, want, logicalId }: Slot): Value | undefined {
  const resource = stack.template.resources.get(logicalId);
  const [section, ...path] = want.path;
  if (resource === undefined || section !== 'Properties') return undefined;
  const inherited = valueAt(mergedProperties(stack.template, resource), path);
  if (inherited === undefined || !isPartlyRight(inherited, want, stack)) return undefined;
  const wrong = failingPaths(inherited, want, stack);
  if (wrong.some((each) => valueAt(inherited, each) === undefined)) return undefined;
  return applyPatch(
    inherited,
    wrong.map((each) => ({ op: 'replace', path: formatPointer(each), value: want.value })),
  );
}

/** Some branches stand where the text has no value of its own (inside `Fn::Sub`); then the whole is replaced. */
function written({ leaf }: Slot, path: Path): Path {
  return valueAt(leaf.expression, path) === undefined ? leaf.path : [...leaf.path, ...path];
}
