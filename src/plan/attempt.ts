import { deepFreeze, type Value } from '../document/value.js';
import { openTemplate } from '../template/open.js';
import { dependencies } from '../template/references.js';
import { joinStackTree, locationsIn } from '../template/stack-tree.js';
import type { StackTree, Template } from '../template/template.js';
import { copyGraph, type Graph } from './cycles.js';
import type { Fixable, Judged } from './finding.js';
import { type Ledger, openLedger, valueIn } from './ledger.js';

/** A finding whose fix is in the plan, and what came along with it. */
export interface AcceptedFix {
  readonly finding: Fixable;
  readonly patch: string;
  readonly companions: readonly string[];
  readonly leaves: readonly string[];
  /** It brings resources the template did not have. */
  readonly addsResources: boolean;
}

/** One try at a plan, with what earlier tries have shown to be impossible left out. */
export interface Attempt {
  readonly ledger: Ledger;
  readonly graphs: ReadonlyMap<string, Graph>;
  /** Why a finding is not fixed, by its key. */
  readonly rejected: Map<string, string>;
  /** Findings, by key, whose fix did not last while others were still to come: fixed when all else is. */
  readonly late: Set<string>;
  readonly accepted: Map<string, AcceptedFix>;
  /** Patches that need consent for more than what the remediation says, with the reason. */
  readonly costly: Map<string, string>;
  /** What the templates say with everything accepted. */
  tree: StackTree;
  /** The last judgement of each finding. */
  judged: ReadonlyMap<string, Judged>;
}

export function openAttempt(tree: StackTree, rejected: Map<string, string>, late: Set<string>): Attempt {
  const values = new Map(tree.stacks.map(({ template }) => [template.path, template.value as Value]));
  const graphs = new Map(
    tree.stacks.map(({ template }) => [template.path, copyGraph(dependencies(template))] as const),
  );
  return {
    ledger: openLedger(values),
    graphs,
    rejected,
    late,
    accepted: new Map(),
    costly: new Map(),
    tree,
    judged: new Map(),
  };
}

/** The stack tree as it is with everything in the ledger: what has not changed is taken over. */
export function reopen(original: StackTree, ledger: Ledger): StackTree {
  const templates = new Map<string, Template>();
  for (const { template } of original.stacks) {
    const value = valueIn(ledger, template.path);
    const isSame = value === template.value;
    templates.set(
      template.path,
      isSame ? template : openTemplate({ ...template.document, value: deepFreeze(value) }),
    );
  }
  const parameters = new Map(original.root.knownParameters);
  for (const [name, { value }] of ledger.parameterValues) parameters.set(name, value);
  const tree = joinStackTree(original.root.template.path, templates, {
    parameters,
    locate: locationsIn(original),
    readOnly: original.readOnly,
  });
  return original.code === undefined ? tree : { ...tree, code: original.code };
}
