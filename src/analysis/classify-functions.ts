import type { FunctionClass, FunctionType, Invocation, Trigger } from '../contract/classes.js';
import type { ResourceView } from '../contract/resource-view.js';
import type { Stack, StackTree } from '../template/template.js';
import { matchesWildcard } from '../template/wildcard.js';
import { statementsOf } from './roles.js';
import { demands, rankOf } from './trigger-demands.js';
import { triggersOf } from './triggers.js';
import { viewResource } from './view.js';

/** What the policy says about functions, by name; the last one that fits counts. */
export interface FunctionOverride {
  /** Path of the template, with `*` and `?`; any template when left out. */
  readonly template?: string | undefined;
  /** Logical id, with `*` and `?`. */
  readonly logicalId: string;
  readonly type?: FunctionType | undefined;
  readonly invocation?: Invocation | undefined;
  readonly reason?: string | undefined;
}

/** Classifies every function of the tree by what invokes it; the most demanding trigger decides the type. */
export function classifyFunctions(
  tree: StackTree,
  overrides: readonly FunctionOverride[] = [],
): ReadonlyMap<Stack, ReadonlyMap<string, FunctionClass>> {
  return new Map(
    [...triggersOf(tree)].map(([stack, triggers]) => [
      stack,
      new Map(
        [...triggers].map(([logicalId, found]) => {
          const byEvidence = classOf(viewResource(stack, logicalId), found);
          return [logicalId, withOverrides(byEvidence, overridesFor(overrides, stack, logicalId))];
        }),
      ),
    ]),
  );
}

interface Demand {
  readonly rank: number;
  readonly evidence: string;
}

function classOf(view: ResourceView, triggers: readonly Trigger[]): FunctionClass {
  const callbacks = callbackEvidence(view).map((evidence) => ({ rank: rankOf('callback'), evidence }));
  const found: readonly Demand[] = triggers.flatMap(({ source, description, seen }) =>
    [description, ...(seen === undefined ? [] : [seen])].map((evidence) => ({
      rank: rankOf(source),
      evidence,
    })),
  );
  const strongest = [...found, ...callbacks].sort((left, right) => left.rank - right.rank);
  const [, type = 'administrative'] = demands[strongest[0]?.rank ?? demands.length] ?? [];
  return {
    type,
    invocation: invocationOf(triggers),
    evidence: strongest.length > 0 ? [...new Set(strongest.map(({ evidence }) => evidence))] : [noEvidence],
    triggers,
  };
}

const noEvidence = 'nothing in the templates invokes it; taken for a tool that is called by hand';

/** Answering a waiting state machine is a step of its workflow, whatever started the function. */
function callbackEvidence(view: ResourceView): readonly string[] {
  const answers = statementsOf(view).some(
    ({ effect, actions = [] }) =>
      effect === 'Allow' && actions.some((action) => /^states:SendTask(\*|Success|Failure)$/i.test(action)),
  );
  return answers ? ['answers a waiting state machine (states:SendTaskSuccess)'] : [];
}

/** Polled sources are invoked by the Lambda service, which waits. */
function invocationOf(triggers: readonly Trigger[]): Invocation {
  const isAsync = triggers.some(({ invocation }) => invocation === 'async');
  const isSync = triggers.some(({ invocation }) => invocation === 'sync' || invocation === 'polled');
  if (isAsync) return isSync ? 'both' : 'async';
  return triggers.some(({ invocation }) => invocation === 'unknown') ? 'unknown' : 'sync';
}

/** The overrides that fit a resource, in their order. */
export function overridesFor<
  T extends { readonly template?: string | undefined; readonly logicalId: string },
>(overrides: readonly T[], stack: Stack, logicalId: string): readonly T[] {
  return overrides.filter(
    (override) =>
      matchesWildcard(override.logicalId, logicalId) &&
      matchesWildcard(override.template ?? '*', stack.template.path),
  );
}

function withOverrides(found: FunctionClass, overrides: readonly FunctionOverride[]): FunctionClass {
  if (overrides.length === 0) return found;
  const {
    type = found.type,
    invocation = found.invocation,
    reason,
  }: Partial<FunctionOverride> = Object.assign({}, ...overrides);
  const said = reason === undefined ? 'set by the policy' : `set by the policy: ${reason}`;
  return { ...found, type, invocation, evidence: [said, ...found.evidence] };
}
