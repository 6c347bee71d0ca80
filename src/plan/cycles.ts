import type { Value } from '../document/value.js';
import { referencesIn } from '../template/references.js';
import type { Change } from './change.js';

/** Which resource needs which: logical id to logical ids, for one template. */
export type Graph = Map<string, Set<string>>;

export interface Edge {
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
export function edgesOf(
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
export function circleWith(
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
