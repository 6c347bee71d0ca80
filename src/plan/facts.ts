import { accessFor } from '../analysis/access.js';
import { classifyFunctions, kindOf } from '../analysis/classify-functions.js';
import { type ConfiguredKey, encryptionKeyFor, keyOf } from '../analysis/encryption-key.js';
import { judgeKeyBranch, keyStateOf, openStatements } from '../analysis/key-state.js';
import {
  classifyImplicitLogGroup,
  classifyLogGroups,
  logGroupLines,
  logGroupUsers,
} from '../analysis/log-groups.js';
import { allows, callsOf, executionRole } from '../analysis/permissions.js';
import { knownNamesOf } from '../analysis/policy-texts.js';
import { usersOf } from '../analysis/references.js';
import { viewResource, viewResources } from '../analysis/view.js';
import type { Calls, EncryptionKey, Facts, NoKey, ResourceView, Settings } from '../contract/facts.js';
import { isMap, type Value } from '../document/value.js';
import { coexisting, isAlwaysWith } from '../expressions/coexistence.js';
import { textPatternsOf } from '../expressions/patterns.js';
import { choicesOf, resolveAt } from '../expressions/resolve.js';

import type { Policy } from '../policy/policy.js';
import { limits } from '../template/limits.js';
import { matchesWildcard } from '../template/mentions.js';
import { freeId, needs } from '../template/references.js';
import { resourcesAfterTransform } from '../template/sam.js';
import type { Stack, StackTree } from '../template/template.js';
import { deletingTransform } from './dangling-references.js';

/** The share of the resources that must say the same before it counts as the habit of a template. */
const habitShare = 0.5;

const gathered = new WeakMap<Policy, WeakMap<StackTree, Facts>>();

/** The facts of a stack tree under a policy; each is found out when first asked for, and kept. */
export function gatherFacts(tree: StackTree, policy: Policy): Facts {
  const known = gathered.get(policy) ?? new WeakMap<StackTree, Facts>();
  gathered.set(policy, known);
  const facts = known.get(tree) ?? factsOf(tree, policy);
  known.set(tree, facts);
  return facts;
}

function factsOf(tree: StackTree, policy: Policy): Facts {
  const settings = settingsOf(policy);
  const functions = lazy(() => classifyFunctions(tree, policy.functions));
  const logGroups = lazy(() => classifyLogGroups(tree, functions(), policy.logGroups));
  const knownNames = knownNamesOf(tree.root, settings.region);
  const keys = new Map<Stack, Map<string, EncryptionKey | NoKey>>();
  const groupUsers = lazy(() => logGroupUsers(tree));
  const calls = new Map<ResourceView, Calls>();
  const groupLines = lazy(() => logGroupLines(tree));
  return {
    tree,
    settings,
    functionClass: (stack, logicalId) => functions().get(stack)?.get(logicalId),
    callsOf: (view) => calls.get(view) ?? remember(calls, view, callsOf(view, tree)),
    functionKind: kindOf,
    functionPriority: (stack, logicalId) => functionPriority(policy, stack, logicalId),
    logGroupClass: (stack, logicalId) => logGroups().get(stack)?.get(logicalId),
    implicitLogGroupUsers: (view) => groupUsers()(view),
    implicitLogGroupLines: (view) => groupLines()(view),
    implicitLogGroupClass: (view) => classifyImplicitLogGroup(view, functions(), policy.logGroups),
    resource: (stack, logicalId) =>
      stack.template.resources.has(logicalId) ? viewResource(stack, logicalId) : undefined,
    resources(...types) {
      const found = viewResources(tree, types);
      return policy.transforms.length === 0
        ? found
        : found.filter(
            ({ stack, logicalId }) => deletingTransform(policy.transforms, stack, logicalId) === undefined,
          );
    },
    encryptionKey(stack, purpose) {
      const perStack = keys.get(stack) ?? new Map<string, EncryptionKey | NoKey>();
      keys.set(stack, perStack);
      const id = JSON.stringify([purpose?.type, purpose?.use?.by, purpose?.for, purpose?.preferred]);
      const known =
        perStack.get(id) ?? encryptionKeyFor(tree, stack, configuredKey(policy), purpose, knownNames);
      perStack.set(id, known);
      return known;
    },
    choicesOf: ({ stack, properties }, property) => choicesOf(properties[property], stack),
    keyNamed: (stack, expression) =>
      expression === undefined ? undefined : keyOf(expression, stack, knownNames),
    keyState: (view, path) => keyStateOf(view, path, knownNames),
    isAlwaysKey: ({ stack, condition }, expression) =>
      resolveAt(expression, [], stack, condition).every(
        (branch) => judgeKeyBranch(branch, knownNames) === 'yes',
      ),
    needsRoleOf,
    openStatements: (key) => openStatements(key, knownNames),
    access: (resource, use) => accessFor(resource, use, knownNames),
    usersOf: (resource, ...types) =>
      usersOf(tree, resource).filter(({ type }) => types.length === 0 || types.includes(type)),
    freeId: ({ template }, wanted) => freeId(template, wanted),
    allows,
    convention: (stack, type, property) => convention(stack, type, property),
    textsOf: (stack, expression) => textPatternsOf(expression, stack),
    room: ({ template }) => spareResources(policy) - resourcesAfterTransform(template),
    isAlwaysWith: (resources, other) => isAlwaysWith(tree, resources, other),
    coexisting: (members) => coexisting(tree, members),
  };
}

function needsRoleOf({ stack, logicalId }: Parameters<Facts['needsRoleOf']>[0], view: ResourceView): boolean {
  const role = executionRole(view);
  if (role.kind === 'external') return false;
  const owner = role.kind === 'resource' ? role : { stack: view.stack, logicalId: `${view.logicalId}Role` };
  return owner.stack === stack && needs(stack.template, logicalId, owner.logicalId);
}

/** What a template may come to. */
function spareResources({ limits: { headroomPercent } }: Policy): number {
  return limits.resources - Math.floor((limits.resources * headroomPercent) / 100);
}

function settingsOf(policy: Policy): Settings {
  return {
    environment: policy.environment,
    region: policy.region,
    concurrencyLimit: policy.account.concurrencyLimit ?? assumedConcurrencyLimit,
    concurrencyLimitIsKnown: policy.account.concurrencyLimit !== undefined,
    concurrencyReservedElsewhere: policy.account.reservedElsewhere,
    concurrencyUnreservedMinimum: policy.account.unreservedMinimum,
    encryptionKeyArn: configuredKey(policy).arn,
    prices: Object.fromEntries(Object.entries(policy.prices).map(([name, price]) => [name, price.usd])),
  };
}

function configuredKey({ encryptionKey, prices }: Policy): ConfiguredKey {
  if (encryptionKey === 'create') return { create: { monthlyUsd: prices['kms-key-month']?.usd ?? 0 } };
  return encryptionKey === 'from-template' ? {} : { arn: encryptionKey };
}

/**
 * What an account has unless it asked for more.
 * @source https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const assumedConcurrencyLimit = 1000;

/** Of several rules that fit, the last one counts. */
function functionPriority(
  policy: Policy,
  { template }: Stack,
  logicalId: string,
): 'first' | 'last' | undefined {
  const fits = (pattern: string | undefined, text: string) =>
    pattern === undefined || matchesWildcard(pattern, text);
  return policy.functions.findLast(
    (rule) =>
      rule.priority !== undefined && fits(rule.template, template.path) && fits(rule.logicalId, logicalId),
  )?.priority;
}

function convention(stack: Stack, type: string, property: string): Value | undefined {
  const counts = new Map<string, { readonly expression: Value; count: number }>();
  let total = 0;
  for (const resource of stack.template.resources.values()) {
    const expression = resource.type === type ? resource.properties[property] : undefined;
    if (expression === undefined) continue;
    total++;
    const key = JSON.stringify(expression);
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { expression, count: 1 });
    else known.count++;
  }
  for (const { expression, count } of counts.values()) {
    // One number may be anything; an expression is meant to be used again.
    if ((count >= 2 || isMap(expression)) && count > total * habitShare) return expression;
  }
  return undefined;
}

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function remember<K, V>(known: Map<K, V>, key: K, value: V): V {
  known.set(key, value);
  return value;
}
