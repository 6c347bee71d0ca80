import type { Need } from '../contract/companions.js';
import type { EncryptionKey } from '../contract/facts.js';
import { isMap, type Value } from '../document/value.js';
import { type Branch, resolve } from '../template/resolve.js';
import type { Stack, StackTree, TemplateResource } from '../template/template.js';

/** Properties that name a KMS key, in the spellings the services use. */
const keyProperty = /^(kms(master)?key(arn|id)?|encryptionkey(arn)?|masterkey(id)?)$/i;

/** The name new key parameters get where the templates have no habit of their own. */
const parameterName = 'EncryptionKeyArn';

/**
 * The customer-managed key new encryption in a template should use: the policy's ARN, else the key the template
 * itself encrypts with most, else its only symmetric key, else what the templates above it have.
 * @param policyKeyArn passed through a parameter, so that the template stays free of account ids.
 */
export function encryptionKeyFor(
  tree: StackTree,
  stack: Stack,
  policyKeyArn: string | undefined,
): EncryptionKey | { readonly because: string } {
  if (policyKeyArn !== undefined) return keyFromPolicy(tree, stack, policyKeyArn);
  return keyInUse(stack) ?? keyResource(stack) ?? keyParameter(stack) ?? keyFromParents(tree, stack);
}

/** Whether an expression comes to a customer-managed key in every branch that can be reached. */
export function isCustomerManagedKey(expression: Value | undefined, stack: Stack): 'yes' | 'no' | 'unknown' {
  const answers = resolve(expression, stack).map(judgeBranch);
  if (answers.includes('no')) return 'no';
  return answers.includes('unknown') ? 'unknown' : 'yes';
}

function judgeBranch({ outcome, parameters }: Branch): 'yes' | 'no' | 'unknown' {
  switch (outcome.kind) {
    case 'absent':
      return 'no';
    case 'value': {
      if (typeof outcome.value !== 'string' || outcome.value === '') return 'no';
      return /(^|:)alias\/aws\//.test(outcome.value) ? 'no' : 'yes';
    }
    case 'resource': {
      const type = outcome.stack.template.resources.get(outcome.logicalId)?.type;
      return type !== undefined && keyTypes.has(type) ? 'yes' : 'unknown';
    }
    case 'unknown':
      // A parameter without a default has to be given, and whoever gives a key gives one of theirs.
      return parameters.some(({ stack, name }) => isRequired(stack, name)) ? 'yes' : 'unknown';
  }
}

const keyTypes: ReadonlySet<string> = new Set(['AWS::KMS::Key', 'AWS::KMS::ReplicaKey', 'AWS::KMS::Alias']);

function isRequired(stack: Stack, name: string): boolean {
  return stack.template.parameters.get(name)?.default === undefined && !stack.knownParameters.has(name);
}

function keyFromPolicy(tree: StackTree, stack: Stack, arn: string): EncryptionKey {
  const name = [...stack.template.parameters.keys()].find((candidate) => comesTo(stack, candidate, arn));
  return {
    arn: { Ref: name ?? parameterName },
    needs: name === undefined ? keyParameterNeeds(tree, stack, parameterName, arn) : [],
    description: `the policy's key ${arn}`,
  };
}

function comesTo(stack: Stack, parameter: string, value: string): boolean {
  return resolve({ Ref: parameter }, stack).every(
    ({ outcome }) => outcome.kind === 'value' && outcome.value === value,
  );
}

/** The key parameter of this template, and of every template on the way down to it. */
function keyParameterNeeds(tree: StackTree, stack: Stack, name: string, arn: string): readonly Need[] {
  const definition = {
    Type: 'String',
    Description: 'ARN of the customer managed key for encryption at rest',
  };
  const above = ancestors(stack);
  const inOrder = tree.stacks.filter((candidate) => above.has(candidate) || candidate === stack);
  return inOrder
    .filter((candidate) => !candidate.template.parameters.has(name))
    .map((candidate) => ({
      kind: 'parameter',
      name,
      definition: candidate === tree.root ? { ...definition, Default: arn } : definition,
      passed: () => ({ Ref: name }),
      in: candidate,
    }));
}

function ancestors(stack: Stack): ReadonlySet<Stack> {
  const above = new Set(stack.parents.map((parent) => parent.stack));
  for (const each of above) for (const parent of each.parents) above.add(parent.stack);
  return above;
}

/** The expression most resources of the template are encrypted with, turned into an ARN. */
function keyInUse(stack: Stack): EncryptionKey | undefined {
  const uses = new Map<string, { readonly arn: Value; count: number }>();
  for (const resource of stack.template.resources.values()) {
    for (const expression of keyExpressions(resource.properties)) {
      const arn = asArn(expression, stack);
      if (arn === undefined) continue;
      const id = JSON.stringify(arn);
      const known = uses.get(id) ?? { arn, count: 0 };
      known.count++;
      uses.set(id, known);
    }
  }
  let most: { readonly arn: Value; readonly count: number } | undefined;
  for (const use of uses.values()) if (most === undefined || use.count > most.count) most = use;
  return most && describeKey(most.arn, stack);
}

function* keyExpressions(value: Value | undefined): Generator<Value> {
  if (Array.isArray(value)) for (const item of value) yield* keyExpressions(item);
  if (!isMap(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    if (keyProperty.test(name) && inner !== null) yield inner;
    else yield* keyExpressions(inner);
  }
}

/** An expression that gives the ARN of the same customer-managed key; `undefined` when it cannot be had. */
function asArn(expression: Value, stack: Stack): Value | undefined {
  if (!isMap(expression)) return undefined;
  const branches = resolve(expression, stack);
  const given = branches.filter(({ outcome }) => outcome.kind !== 'absent');
  if (given.length === 0 || given.some((branch) => judgeBranch(branch) !== 'yes')) return undefined;
  if (given.every(isArn)) return expression;
  const [only] = branches;
  if (branches.length !== 1 || only?.outcome.kind !== 'resource' || only.outcome.stack !== stack)
    return undefined;
  const isKey = stack.template.resources.get(only.outcome.logicalId)?.type === 'AWS::KMS::Key';
  return isKey ? { 'Fn::GetAtt': [only.outcome.logicalId, 'Arn'] } : undefined;
}

function isArn({ outcome, parameters }: Branch): boolean {
  if (outcome.kind === 'value') return typeof outcome.value === 'string' && outcome.value.startsWith('arn:');
  if (outcome.kind === 'resource') return outcome.attribute === 'Arn';
  const last = parameters.at(-1);
  return last !== undefined && isArnParameter(last.stack, last.name);
}

function isArnParameter(stack: Stack, name: string): boolean {
  return /arn/i.test(name) || /arn:/.test(stack.template.parameters.get(name)?.allowedPattern ?? '');
}

/** A key parameter no resource uses yet, which must be one by its name. */
function keyParameter(stack: Stack): EncryptionKey | undefined {
  for (const name of stack.template.parameters.keys()) {
    if (!/(kms|encryption|managed|cmk).*key/i.test(name)) continue;
    const arn = asArn({ Ref: name }, stack);
    if (arn !== undefined) return describeKey(arn, stack);
  }
  return undefined;
}

function keyResource(stack: Stack): EncryptionKey | undefined {
  const keys = [...stack.template.resources.values()].filter(isSymmetricKey);
  const [only] = keys;
  if (only === undefined || keys.length > 1) return undefined;
  const arn = { 'Fn::GetAtt': [only.logicalId, 'Arn'] };
  const guarded = { 'Fn::If': [only.condition ?? '', arn, { Ref: 'AWS::NoValue' }] };
  return describeKey(only.condition === undefined ? arn : guarded, stack);
}

function isSymmetricKey({ type, properties }: TemplateResource): boolean {
  if (type !== 'AWS::KMS::Key') return false;
  const { KeySpec: spec = 'SYMMETRIC_DEFAULT', KeyUsage: usage = 'ENCRYPT_DECRYPT' } = properties;
  return spec === 'SYMMETRIC_DEFAULT' && usage === 'ENCRYPT_DECRYPT';
}

function describeKey(arn: Value, stack: Stack): EncryptionKey {
  const found = resolve(arn, stack).find(({ outcome }) => outcome.kind === 'resource')?.outcome;
  if (found?.kind !== 'resource') {
    return { arn, needs: [], description: `the key ${JSON.stringify(arn)} of ${stack.template.path}` };
  }
  const resource = { stack: found.stack, logicalId: found.logicalId };
  return { arn, needs: [], resource, description: `${found.logicalId} of ${found.stack.template.path}` };
}

/** Handed down by every template that creates this one. */
function keyFromParents(tree: StackTree, stack: Stack): EncryptionKey | { readonly because: string } {
  const none = {
    because: `${stack.template.path} has no customer-managed key; name one in the policy (encryption.key)`,
  };
  const keys = stack.parents.map((parent) => ({
    parent,
    key: encryptionKeyFor(tree, parent.stack, undefined),
  }));
  const [first] = keys;
  if (first === undefined || 'because' in first.key) return none;
  const passed = new Map<Stack, Value>();
  const needs: Need[] = [];
  for (const { parent, key } of keys) {
    if ('because' in key) return none;
    passed.set(parent.stack, key.arn);
    needs.push(...key.needs);
  }
  const name = siblingParameter(tree, stack) ?? parameterName;
  const definition = {
    Type: 'String',
    Description: 'ARN of the customer managed key for encryption at rest',
  };
  needs.push({ kind: 'parameter', name, definition, passed: (parent) => passed.get(parent), in: stack });
  const { description, resource } = first.key;
  return { arn: { Ref: name }, needs, description, ...(resource === undefined ? {} : { resource }) };
}

/** What the other nested templates call the parameter through which they get their key. */
function siblingParameter(tree: StackTree, stack: Stack): string | undefined {
  for (const parent of stack.parents) {
    for (const sibling of parent.stack.children.values()) {
      const key = sibling === stack ? undefined : (keyInUse(sibling) ?? keyParameter(sibling));
      const name = isMap(key?.arn) ? key.arn.Ref : undefined;
      if (typeof name === 'string' && !tree.root.template.resources.has(name)) return name;
    }
  }
  return undefined;
}
