import { isMap, type Path, parsePointer } from '../document/value.js';
import type { Patch, PlanDocument } from '../plan/document.js';
import { mentionsIn } from '../template/mentions.js';
import type { Stack, StackTree } from '../template/template.js';

/** Which remediations asked for a change of something, by its name. */
type Askers = ReadonlyMap<string, ReadonlySet<string>>;

/** What a patch writes into a resource. */
export interface Edit {
  readonly op: 'add' | 'replace' | 'remove';
  /** From the resource; empty for all of it. */
  readonly path: Path;
  readonly remediation: string;
}

/** What the plan changes in one template. */
export interface AskedFor {
  /** By logical id. */
  readonly resources: ReadonlyMap<string, readonly Edit[]>;
  /** By name: the parameters whose value changes, by default or from outside. */
  readonly parameters: Askers;
  /** Of `Globals`: they change every function as if they were written there. */
  readonly functions: readonly Edit[];
}

interface Asking extends AskedFor {
  readonly resources: Map<string, Edit[]>;
  readonly parameters: Map<string, Set<string>>;
  readonly functions: Edit[];
}

/**
 * What the written patches of a plan ask for, by the path of the template. A value that a parent passes down counts for
 * the parameter of the nested template.
 * @param includeReview patches that need approval were written too
 */
export function askedFor(
  { stacks }: PlanDocument,
  tree: StackTree,
  includeReview: boolean,
): ReadonlyMap<string, AskedFor> {
  const all = new Map<string, Asking>(
    tree.stacks.map(({ template }) => [
      template.path,
      { resources: new Map(), parameters: new Map(), functions: [] },
    ]),
  );
  const patches = stacks.flatMap(({ template, patches }) =>
    patches.filter(({ risk }) => risk === 'safe' || includeReview).map((patch) => ({ template, patch })),
  );
  for (const { template, patch } of patches) ask(all.get(template), patch);
  const [root] = stacks;
  const byValue = patches.filter(({ patch }) => patch.placement.includes('parameter-value'));
  for (const name of Object.keys(root?.parameterValues ?? {})) {
    for (const { patch } of byValue) add(all.get(root?.template ?? '')?.parameters, name, patch.remediation);
  }
  for (const stack of tree.stacks) passDown(stack, all);
  return all;
}

function ask(asking: Asking | undefined, { operations, remediation }: Patch): void {
  for (const { op, path } of operations) {
    const [section, name = '', ...rest] = parsePointer(path);
    if (asking === undefined || op === 'test') continue;
    if (section === 'Resources') edit(asking.resources, name, { op, path: rest, remediation });
    else if (section === 'Parameters') add(asking.parameters, name, remediation);
    else if (section === 'Globals') asking.functions.push({ op, path: ['Properties', ...rest], remediation });
  }
}

function edit(map: Map<string, Edit[]>, logicalId: string, made: Edit): void {
  map.set(logicalId, [...(map.get(logicalId) ?? []), made]);
}

function passDown(stack: Stack, all: ReadonlyMap<string, Asking>): void {
  const parent = all.get(stack.template.path);
  if (parent === undefined) return;
  for (const [logicalId, child] of stack.children) {
    const passed = stack.template.resources.get(logicalId)?.properties.Parameters;
    const askers = all.get(child.template.path);
    for (const [name, value] of Object.entries(isMap(passed) ? passed : {})) {
      const behind = mentionsIn(value).flatMap((mention) => [...(parent.parameters.get(mention.name) ?? [])]);
      for (const remediation of behind) {
        add(askers?.parameters, name, remediation);
        edit(parent.resources, logicalId, {
          op: 'replace',
          path: ['Properties', 'Parameters', name],
          remediation,
        });
      }
    }
  }
}

function add(map: Map<string, Set<string>> | undefined, name: string, remediation: string): void {
  const askers = map?.get(name) ?? new Set();
  map?.set(name, askers.add(remediation));
}
