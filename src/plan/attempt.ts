import type { Facts } from '../contract/facts.js';
import type { Prerequisite } from '../contract/remediation.js';
import { deepFreeze, isEqual, isMap, type Path, type Value } from '../document/value.js';
import { joinFamily } from '../expressions/scope.js';
import type { Policy } from '../policy/policy.js';
import { contextKey, type Mutability, mutabilityAt, sayMutability } from '../template/metadata.js';
import { openTemplate } from '../template/open.js';
import { dependencies, referencesIn } from '../template/references.js';
import { joinStackTree, locationsIn } from '../template/stack-tree.js';
import type { Stack, StackTree, Template } from '../template/template.js';
import { lackingIn } from '../template/unseen.js';
import { type Change, valueAt } from './change.js';
import { buildCompanions } from './companions.js';
import { conditionalReference, danglingReference } from './dangling-references.js';
import type { Fixable, Judged } from './finding.js';
import { changesOfLoops } from './loops.js';
import { placeEdits } from './place.js';
import { type Acceptance, accept, isTaken, openPlanState, type PlanState, valueIn } from './state.js';
import type { BuiltCompanions, TemplateCost } from './statements.js';

/** A finding whose fix is in the plan, and what came along with it. */
export interface AcceptedFix {
  readonly finding: Fixable;
  readonly patch: string;
  readonly companions: readonly string[];
  /** Of what came along. */
  readonly costs: readonly TemplateCost[];
  readonly prerequisites: readonly Prerequisite[];
  readonly leaves: readonly string[];
  /** Why it needs approval where it is written: a deployed value that may be lost, what the template has marked. */
  readonly consent: readonly string[];
}

/** Why a finding is not fixed. */
export interface Refusal {
  readonly because: string;
  /** Key of the finding whose fix writes another value at the same place. */
  readonly conflictsWith?: string;
  /** It could be fixed in the phase of approval. */
  readonly needsApproval?: true;
}

/** What earlier attempts have shown, by the key of the finding. */
export interface Lessons {
  /** Why a fix is not made. */
  readonly withdrawn: Map<string, string>;
  /** Fixes that something speaks against: 1 is made last of its phase, 2 last of all. */
  readonly late: Map<string, 1 | 2>;
  /** Trees that attempts came to: attempts begin alike, and what has been judged once is not judged again. */
  readonly trees: StackTree[];
}

export function noLessons(): Lessons {
  return { withdrawn: new Map(), late: new Map(), trees: [] };
}

/** First what is safe, then what needs approval. */
export type Phase = 'safe' | 'review';

/** One attempt at a plan, with what earlier ones have shown left out. */
export interface PlanAttempt {
  /** As read. */
  readonly original: StackTree;
  readonly state: PlanState;
  readonly graphs: ReadonlyMap<string, Graph>;
  readonly lessons: Lessons;
  /** Why a finding could not be fixed when it was last tried, by its key. */
  readonly refused: Map<string, Refusal>;
  readonly accepted: Map<string, AcceptedFix>;
  /** Patches that need approval for more than what the remediation says, with the reason. */
  readonly costly: Map<string, string>;
  /** The one it is in, or has ended in. */
  phase: Phase;
  /** What the templates say with everything accepted. */
  tree: StackTree;
  /** Of the templates as read; the last one where another fix made a finding fixable. By key. */
  judged: ReadonlyMap<string, Judged>;
  /** Of the templates with everything accepted, by key. */
  patchedJudged: ReadonlyMap<string, Judged>;
}

export function openAttempt(tree: StackTree, lessons: Lessons): PlanAttempt {
  const values = new Map(tree.stacks.map(({ template }) => [template.path, template.value as Value]));
  const graphs = new Map(
    tree.stacks.map(({ template }) => [template.path, copyGraph(dependencies(template))] as const),
  );
  return {
    original: tree,
    state: openPlanState(values),
    graphs,
    lessons,
    refused: new Map(),
    accepted: new Map(),
    costly: new Map(),
    phase: 'safe',
    tree,
    judged: new Map(),
    patchedJudged: new Map(),
  };
}

/** The stack tree as it is with everything in the plan: what has not changed is taken over. */
export function reopen({ original, state, lessons }: PlanAttempt): StackTree {
  const parameters = new Map(original.root.knownParameters);
  for (const [name, { value }] of state.parameterValues) parameters.set(name, value);
  const values = new Map(original.stacks.map(({ template: { path } }) => [path, valueIn(state, path)]));
  const known = lessons.trees.find((tree) => isSameTree(tree, values, parameters));
  if (known !== undefined) return known;
  const templates = new Map<string, Template>();
  for (const { template } of original.stacks) {
    const value = values.get(template.path) ?? template.value;
    const isSame = value === template.value;
    templates.set(
      template.path,
      isSame ? template : openTemplate({ ...template.document, value: deepFreeze(value) }),
    );
  }
  const tree = joinLike(original, templates, parameters);
  lessons.trees.push(tree);
  return tree;
}

function isSameTree(
  tree: StackTree,
  values: ReadonlyMap<string, Value>,
  parameters: ReadonlyMap<string, Value>,
): boolean {
  const known = tree.root.knownParameters;
  return (
    known.size === parameters.size &&
    [...parameters].every(([name, value]) => isEqual(known.get(name), value)) &&
    tree.stacks.every(({ template }) => isEqual(template.value, values.get(template.path)))
  );
}

/** A tree of the same stacks with other templates: what a patch does not move stays where it was found. */
export function joinLike(
  original: StackTree,
  templates: ReadonlyMap<string, Template>,
  parameters: ReadonlyMap<string, Value>,
): StackTree {
  const tree = joinStackTree(original.root.template.path, templates, {
    parameters,
    locate: locationsIn(original),
    readOnly: original.readOnly,
  });
  joinFamily(original.root, tree.root);
  const { code, acknowledged } = original;
  return {
    ...tree,
    ...(code !== undefined && { code }),
    ...(acknowledged !== undefined && { acknowledged }),
  };
}

interface Ready {
  readonly finding: Fixable;
  readonly companions: BuiltCompanions;
}

interface Written extends Ready {
  readonly changes: readonly Change[];
  readonly leaves: readonly string[];
  readonly consent: readonly string[];
}

/**
 * Finds the places for a group, and anew as long as one of it is refused: what several share (a parameter, a mapping,
 * `Globals`) is shared by those that are written, and leaves the others as they are.
 */
function placedTogether(
  group: readonly Ready[],
  phase: Phase,
  policy: Policy,
  attempt: PlanAttempt,
  refused: Map<string, Refusal>,
): readonly Written[] {
  const places = placeEdits(
    attempt.tree,
    group.map(({ finding }) => finding),
    policy.parameters.writeDefaults,
    {
      isTaken: (change) => isTaken(attempt.state, change),
      isGiven: (name) => attempt.original.root.knownParameters.has(name),
    },
  );
  const refusals = new Map<string, Refusal>();
  const checked = group.flatMap((ready): readonly Written[] => {
    const { finding, companions } = ready;
    const place = places.get(finding.key) ?? { refused: 'it has no place' };
    const own = 'refused' in place ? [] : [...companions.changes, ...place.changes];
    const all = [...own, ...unsuppressed(finding)];
    const consent = [
      ...('refused' in place ? [] : place.doubts),
      ...(companions.consent ?? []),
      ...consentFor([...wantedChanges(finding), ...all], attempt.original),
      ...lackingIn(finding.stack.template),
    ];
    const marked = ('refused' in place ? place.refused : undefined) ?? neverChanged(all, attempt.original);
    const approval = phase === 'safe' && marked === undefined ? consent[0] : undefined;
    const because =
      marked ??
      approval ??
      danglingReference(own, attempt.tree, policy.transforms) ??
      conditionalReference(own, attempt.tree);
    if (because !== undefined)
      refusals.set(finding.key, { because, ...(approval !== undefined && { needsApproval: true }) });
    if (because !== undefined || 'refused' in place) return [];
    return [{ ...ready, changes: all, leaves: place.leaves, consent }];
  });
  const ofLoops = changesOfLoops(checked, attempt.tree);
  const written = checked.flatMap((each) => {
    const changes = ofLoops.get(each.finding.key) ?? each.changes;
    if (!('refused' in changes)) return [{ ...each, changes }];
    refusals.set(each.finding.key, { because: changes.refused });
    return [];
  });
  for (const [key, refusal] of refusals) refused.set(key, refusal);
  return refusals.size > 0 && written.some(sharesPlace)
    ? placedTogether(written, phase, policy, attempt, refused)
    : written;
}

/**
 * Brings the findings of one remediation into the plan, each with its companions or not at all.
 * @param refused takes those that may do in the next round, when what they collided with is in the templates
 */
export function fixGroup(
  findings: readonly Fixable[],
  phase: Phase,
  policy: Policy,
  facts: Facts,
  attempt: PlanAttempt,
  refused: Map<string, Refusal>,
): void {
  const ready: Ready[] = [];
  for (const finding of findings) {
    const { original } = attempt;
    const wanted = wantedChanges(finding);
    // Before a place is chosen, so that none is chosen for what is not written there.
    const marked = neverChanged(wanted, original) ?? (phase === 'safe' && consentFor(wanted, original)[0]);
    if (marked) {
      refused.set(finding.key, { because: marked });
      continue;
    }
    const companions = companionsOf(finding, facts, attempt);
    if (typeof companions === 'string') refused.set(finding.key, { because: companions });
    else ready.push({ finding, companions });
  }
  for (const { finding, companions, changes, leaves, consent } of placedTogether(
    ready,
    phase,
    policy,
    attempt,
    refused,
  )) {
    const patchOf = (template: string) => patchId(finding.remediation.id, template, phase);
    const explained = policy.metadataContext.addWhy ? withWhy(changes, finding, attempt.state) : changes;
    const acceptance = accept(attempt.state, finding.key, patchOf, explained);
    if (acceptance.kind !== 'accepted') {
      refused.set(finding.key, refusalOf(acceptance, attempt));
      continue;
    }
    attempt.accepted.set(finding.key, {
      finding,
      patch: patchOf(finding.stack.template.path),
      companions: companions.companions,
      costs: companions.costs ?? [],
      prerequisites: companions.prerequisites ?? [],
      leaves: [...(finding.verdict.notes ?? []), ...leaves],
      consent,
    });
  }
}

function refusalOf(
  acceptance: Exclude<Acceptance, { kind: 'accepted' }>,
  { accepted }: PlanAttempt,
): Refusal {
  const { because } = acceptance;
  if (acceptance.kind === 'refused') return { because };
  const other = accepted.get(acceptance.with)?.finding;
  const who = other === undefined ? '' : ` (${other.logicalId ?? 'the template'}, ${other.remediation.id})`;
  return {
    because: `${because}: the fix of another finding${who} writes there`,
    conflictsWith: acceptance.with,
  };
}

function patchId(remediation: string, template: string, phase: Phase): string {
  return `${remediation}@${template}${phase === 'review' ? '#review' : ''}`;
}

/** Whether it is written where others may be, too: anything but a resource of its own template. */
function sharesPlace({ finding, changes }: Written): boolean {
  return changes.some((change) => {
    if (change.kind === 'parameter-value') return true;
    if (change.kind !== 'set') return false;
    return change.path[0] !== 'Resources' || change.template !== finding.stack.template.path;
  });
}

/** What has to come along, or why it cannot: nobody is given a template that cannot be deployed. */
function companionsOf(
  finding: Fixable,
  facts: Facts,
  { graphs, state }: PlanAttempt,
): BuiltCompanions | string {
  const { stack, verdict } = finding;
  const target = { stack, facts, value: (template: string) => valueIn(state, template) };
  const built = buildCompanions(verdict.companions ?? [], target);
  if ('refused' in built) return built.refused;
  const wanted = wantedChanges(finding);
  const circle = circleWith(graphs, edgesOf([...built.changes, ...wanted], finding, graphs));
  return circle === undefined
    ? built
    : `resources would depend on each other in a circle: ${circle.join(' → ')}`;
}

/** What a fix changes of resources, wherever it is written. */
function wantedChanges({ stack, verdict, logicalId }: Fixable): readonly Change[] {
  return verdict.edits.map(
    (want): Change => ({
      kind: 'set',
      template: stack.template.path,
      path: ['Resources', want.logicalId ?? logicalId ?? '', ...want.path],
      value: want.value,
      placement: 'resource',
    }),
  );
}

/** The patch makes a skip false, so it takes it out of the template. */
function unsuppressed({ stack, logicalId, suppressions }: Fixable): readonly Change[] {
  const template = stack.template.path;
  return suppressions.flatMap(({ place, id, line }): readonly Change[] => {
    if (place.kind === 'beside') return [];
    if (place.kind === 'comment') {
      return [{ kind: 'comment', template, span: place.span, id, line: line ?? 1 }];
    }
    const path = ['Resources', logicalId ?? '', ...place.path];
    return [{ kind: 'remove-item', template, path, item: place.item, keep: 2 }];
  });
}

/** Which resource needs which: logical id to logical ids, for one template. */
export type Graph = Map<string, Set<string>>;

interface Edge {
  readonly template: string;
  readonly from: string;
  readonly to: string;
}

export function copyGraph(graph: ReadonlyMap<string, ReadonlySet<string>>): Graph {
  return new Map([...graph].map(([from, targets]) => [from, new Set(targets)]));
}

/**
 * The dependencies that changes bring along. A value written in `Globals` lands on the resource the finding is
 * about, so that one counts as its owner.
 */
function edgesOf(
  changes: readonly Change[],
  finding: { readonly logicalId: string | null },
  graphs: ReadonlyMap<string, Graph>,
): readonly Edge[] {
  const edges: Edge[] = [];
  for (const change of changes) {
    if (change.kind !== 'set' && change.kind !== 'append') continue;
    const [section, resource, , property] = change.path;
    const id = section === 'Resources' ? resource : finding.logicalId;
    if (id === undefined || id === null) continue;
    // What SAM is told in `Policies` becomes part of the role it makes.
    const role = `${id}Role`;
    const owner = property === 'Policies' && graphs.get(change.template)?.has(role) ? role : id;
    for (const to of needed(change.value, change.path))
      edges.push({ template: change.template, from: owner, to });
  }
  return edges;
}

function needed(value: Value, path: readonly string[]): readonly string[] {
  if (path[0] !== 'Resources' && path[0] !== 'Globals') return [];
  return referencesIn(value);
}

/** The first edge that would close a circle, as the ids on it from and to the same resource. */
function circleWith(
  graphs: ReadonlyMap<string, Graph>,
  edges: readonly Edge[],
): readonly string[] | undefined {
  const added: Edge[] = [];
  let circle: readonly string[] | undefined;
  for (const edge of edges) {
    const graph = graphs.get(edge.template);
    if (graph === undefined) continue;
    const targets = graph.get(edge.from) ?? new Set<string>();
    if (targets.has(edge.to)) continue;
    const back = pathBetween(graph, edge.to, edge.from);
    if (back !== undefined) {
      circle = [edge.from, ...back];
      break;
    }
    graph.set(edge.from, targets);
    targets.add(edge.to);
    added.push(edge);
  }
  if (circle !== undefined)
    for (const edge of added) graphs.get(edge.template)?.get(edge.from)?.delete(edge.to);
  return circle;
}

function pathBetween(graph: Graph, from: string, to: string): readonly string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[from, undefined]]);
  const queue = [from];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (next === to) {
      const path: string[] = [];
      for (let step: string | undefined = next; step !== undefined; step = cameFrom.get(step))
        path.unshift(step);
      return path;
    }
    for (const target of graph.get(next) ?? []) {
      if (cameFrom.has(target)) continue;
      cameFrom.set(target, next);
      queue.push(target);
    }
  }
  return undefined;
}

/** Why one of the changes is not made: what it would change is marked as never to be changed. */
function neverChanged(changes: readonly Change[], original: StackTree): string | undefined {
  const marked = marksOf(changes, original).find(({ level }) => level === 'must-never-change');
  return marked && sayMutability(marked);
}

/** What of the changes a person has to look at, one sentence each. */
function consentFor(changes: readonly Change[], original: StackTree): readonly string[] {
  const marked = marksOf(changes, original).filter(
    ({ level }) => level === 'review-required' || level === 'change-with-constraints',
  );
  return [...new Set(marked.map(sayMutability))];
}

/** What the templates as read say of the places; what the plan itself has added is nobody's yet. */
function marksOf(changes: readonly Change[], original: StackTree): readonly Mutability[] {
  return changes.flatMap((change) => {
    if (change.kind === 'comment' || change.kind === 'parameter-value') return [];
    const stack = original.stacks.find(({ template }) => template.path === change.template);
    if (stack === undefined) return [];
    return [mutabilityAt(stack, change.path) ?? [], ...taggedWith(stack, change.path)].flat();
  });
}

/** Tags of a nested stack are given to all it makes, in stacks it nests as well; each is looked at once. */
function taggedWith({ children }: Stack, [section, name = '', part, property]: Path): readonly Mutability[] {
  const nested = children.get(name);
  if (section !== 'Resources' || part !== 'Properties' || property !== 'Tags' || nested === undefined)
    return [];
  const stacks = new Set([nested]);
  // A set goes on with what is added to it.
  for (const stack of stacks) for (const child of stack.children.values()) stacks.add(child);
  return [...stacks].flatMap((stack) =>
    [...stack.template.resources.keys()].flatMap(
      (logicalId) => mutabilityAt(stack, ['Resources', logicalId, 'Properties', 'Tags']) ?? [],
    ),
  );
}

/** The changes, with what each resource they add is for, unless another finding has added it. */
function withWhy(changes: readonly Change[], { remediation }: Fixable, state: PlanState): readonly Change[] {
  return changes.map((change) => {
    const isResource = change.kind === 'set' && change.path[0] === 'Resources' && change.path.length === 2;
    if (!isResource || !isMap(change.value)) return change;
    if (valueAt(valueIn(state, change.template), change.path) !== undefined) return change;
    const { Metadata: metadata } = change.value;
    const why = { why: `${remediation.title}: ${remediation.why}` };
    return {
      ...change,
      value: { ...change.value, Metadata: { ...(isMap(metadata) ? metadata : {}), [contextKey]: why } },
    };
  });
}
