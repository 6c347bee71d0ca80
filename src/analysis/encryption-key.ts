import type { Companion, EncryptionKey, KeyPurpose, NoKey } from '../contract/facts.js';
import { isEqual, isList, isMap, type Value, type ValueMap } from '../document/value.js';
import type { Member } from '../expressions/coexistence.js';
import { type Branch, resolve, resolveAt } from '../expressions/resolve.js';
import { freeId, needs } from '../template/references.js';
import { ancestorsOf } from '../template/stack-tree.js';
import type { Stack, StackTree } from '../template/template.js';
import { accessFor, defaultKeyStatement, keyMeant, keyStatement } from './access.js';
import {
  isArnParameter,
  isNamedFor,
  isNamedForOther,
  judgeKeyBranch,
  keyFault,
  namesOf,
  optionalKey,
  optionalParameter,
  parameterIn,
} from './key-state.js';
import { type KnownNames, knownNamesOf } from './policy-texts.js';

/** Properties that name a KMS key, in the spellings the services use. */
const keyProperty = /^(kms(master)?key(arn|id)?|encryptionkey(arn)?|masterkey(id)?)$/i;

/** The name new key parameters get where the templates have no habit of their own. */
const parameterName = 'EncryptionKeyArn';

type Choice = EncryptionKey | NoKey;

const advice = '; name one in the policy (encryption.key)';

/** What a policy says of the key. */
export interface ConfiguredKey {
  /** Passed through a parameter, so that the template stays free of account ids. */
  readonly arn?: string;
  /** The root gets one where neither a template nor those above it have one. */
  readonly create?: { readonly monthlyUsd: number };
}

/**
 * The customer-managed key new encryption in a template should use: the policy's ARN, else the one of the template that
 * suits the purpose best, else what the templates above it have, else a new one where the policy has one made.
 * @param asked answers each template once, however many ways lead up to it
 */
export function encryptionKeyFor(
  tree: StackTree,
  stack: Stack,
  configured: ConfiguredKey,
  purpose: KeyPurpose = {},
  known: KnownNames = knownNamesOf(tree.root),
  asked: Map<Stack, Choice> = new Map(),
): Choice {
  if (configured.arn !== undefined) return keyFromPolicy(tree, stack, configured.arn, known);
  const suited = purpose.preferred === undefined ? undefined : keyOf(purpose.preferred, stack, known);
  if (suited !== undefined && !needsItself(suited, stack, purpose.for))
    return { ...suited, reason: 'what reads it has it' };
  const chosen = chooseKey(stack, purpose, known);
  if (chosen !== undefined && 'arn' in chosen) return chosen;
  const above = keyFromParents(tree, stack, configured, purpose, known, asked);
  if ('arn' in above || chosen !== undefined) return 'arn' in above ? above : (chosen ?? above);
  return configured.create !== undefined && stack === tree.root
    ? newKey(stack, purpose, configured.create.monthlyUsd)
    : above;
}

/**
 * A key of the stack's own that outlives it, since what it has encrypted may; a first creation that is rolled back leaves
 * none behind. Its policy leaves everything to the policies of the account, and names services only as they come to need it.
 * @source https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
 */
function newKey(root: Stack, { use }: KeyPurpose, monthlyUsd: number): EncryptionKey {
  const logicalId = freeId(root.template, 'EncryptionKey');
  const key: Companion = {
    kind: 'resource',
    logicalId,
    in: root,
    isShared: true,
    body: {
      Type: 'AWS::KMS::Key',
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        Description: { 'Fn::Sub': 'Encryption at rest for ${AWS::StackName}' },
        EnableKeyRotation: true,
        PendingWindowInDays: 30,
        KeyPolicy: { Version: '2012-10-17', Statement: [defaultKeyStatement] },
      },
    },
    cost: { monthlyUsd, formula: `1 new key x ${monthlyUsd.toFixed(2)} USD a month` },
    riskBecause: `it makes a customer-managed key (${logicalId}, ${monthlyUsd.toFixed(2)} USD a month) that stays when the stack is deleted; the deploying role may need kms:CreateKey, kms:PutKeyPolicy, kms:EnableKeyRotation and kms:CreateAlias`,
  };
  const alias: Companion = {
    kind: 'resource',
    logicalId: freeId(root.template, `${logicalId}Alias`),
    in: root,
    isShared: true,
    body: {
      Type: 'AWS::KMS::Alias',
      Properties: {
        AliasName: { 'Fn::Sub': 'alias/${AWS::StackName}-encryption' },
        TargetKeyId: { Ref: logicalId },
      },
    },
  };
  const statement = use === undefined ? [] : [keyStatement(use, { stack: root, logicalId })];
  return {
    arn: { 'Fn::GetAtt': [logicalId, 'Arn'] },
    companions: [key, alias, ...statement],
    description: `the new key ${logicalId} of ${root.template.path}`,
    isNew: true,
  };
}

function keyFromPolicy(tree: StackTree, stack: Stack, arn: string, known: KnownNames): Choice {
  const fault = keyFault(arn, known);
  if (fault !== undefined) return { because: `the key of the policy ${fault}` };
  const name = [...stack.template.parameters.keys()].find((candidate) => comesTo(stack, candidate, arn));
  return {
    arn: { Ref: name ?? parameterName },
    companions: name === undefined ? keyParameterNeeds(tree, stack, parameterName, arn) : [],
    description: `the policy's key ${arn}`,
  };
}

function comesTo(stack: Stack, parameter: string, value: string): boolean {
  return resolve({ Ref: parameter }, stack).every(
    ({ outcome }) => outcome.kind === 'value' && outcome.value === value,
  );
}

/** The key parameter of this template, and of every template on the way down to it. */
function keyParameterNeeds(tree: StackTree, stack: Stack, name: string, arn: string): readonly Companion[] {
  const definition = {
    Type: 'String',
    Description: 'ARN of the customer managed key for encryption at rest',
  };
  const above = ancestorsOf(stack);
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

interface Use {
  readonly logicalId: string;
  /** The last part of its type. */
  readonly family: string;
}

/** A key the template can name, and what speaks for it. */
interface Candidate {
  readonly key: EncryptionKey;
  /** The resources that use it. */
  readonly uses: readonly Use[];
  readonly origin: 'resource' | 'parameter';
  /** Logical id, aliases and description. */
  readonly names: string;
}

const candidatesOf = new WeakMap<Stack, Map<string, readonly Candidate[]>>();

/** Every key a template can name, in the order of the text: those in use first. */
function candidates(stack: Stack, known: KnownNames): readonly Candidate[] {
  const perPlace = candidatesOf.get(stack) ?? new Map<string, readonly Candidate[]>();
  candidatesOf.set(stack, perPlace);
  const place = `${known.region} ${known.account}`;
  const found = perPlace.get(place) ?? collectCandidates(stack, known);
  perPlace.set(place, found);
  return found;
}

function collectCandidates(stack: Stack, known: KnownNames): readonly Candidate[] {
  const found = new Map<string, { readonly key: EncryptionKey; readonly uses: Use[] }>();
  const note = (key: EncryptionKey, use?: Use) => {
    const id = JSON.stringify(key.arn);
    const candidate = found.get(id) ?? { key, uses: [] };
    found.set(id, candidate);
    if (use !== undefined) candidate.uses.push(use);
  };
  for (const { type, logicalId, properties } of stack.template.resources.values()) {
    for (const expression of keyExpressions(properties)) {
      // An ARN written out belongs to the one resource that has it.
      const key = isMap(expression) ? keyOf(expression, stack, known) : undefined;
      if (key !== undefined) note(key, { logicalId, family: familyOf(type) });
    }
  }
  for (const { type, logicalId } of stack.template.resources.values()) {
    const isUsable = type === 'AWS::KMS::Key' && isChoosable({ stack, logicalId }, known);
    if (isUsable) note(keyResource(stack, logicalId));
  }
  for (const name of stack.template.parameters.keys()) {
    const isKey = /(kms|encryption|managed|cmk|customer).*key/i.test(name) && !holdsSeveral(stack, name);
    const key = isKey ? keyParameter(stack, name, known) : undefined;
    if (key !== undefined) note(key);
  }
  return [...found.values()].map(({ key, uses }) => ({
    key,
    uses,
    origin: key.resource === undefined ? 'parameter' : 'resource',
    names: namesOf(key),
  }));
}

/** A list of keys is no key, also one that is written as a text. */
function holdsSeveral({ template: { parameters } }: Stack, name: string): boolean {
  return /(?:arns|ids|keys|list)$/i.test(name) || /List/.test(parameters.get(name)?.type ?? '');
}

/** `AWS::Serverless::Function` and `AWS::Lambda::Function` are of one family. */
function familyOf(type: string): string {
  return type.split('::').at(-1) ?? type;
}

const expressionsKnown = new WeakMap<ValueMap, readonly Value[]>();

/** What stands for a key at any depth; properties that no patch has touched are looked through once. */
function keyExpressions(properties: ValueMap): readonly Value[] {
  const known = expressionsKnown.get(properties);
  if (known !== undefined) return known;
  const found: Value[] = [];
  const collect = (value: Value): void => {
    if (isList(value)) value.forEach(collect);
    if (!isMap(value)) return;
    for (const [name, inner] of Object.entries(value)) {
      if (keyProperty.test(name) && inner !== null) found.push(inner);
      else collect(inner);
    }
  };
  collect(properties);
  expressionsKnown.set(properties, found);
  return found;
}

/** An expression in use, as a key whose ARN can be had in other places too; `undefined` when it cannot. */
export function keyOf(expression: Value, stack: Stack, known: KnownNames): EncryptionKey | undefined {
  const name = parameterIn(expression);
  const optional = name === undefined ? undefined : optionalParameter(stack, name);
  if (optional !== undefined) return isArnParameter(stack, name ?? '') ? optional : undefined;
  const branches = resolve(expression, stack);
  const given = branches.filter(({ outcome }) => outcome.kind !== 'absent');
  const own = resourceOf(given);
  if (own !== undefined) {
    if (own.stack !== stack) return given.every(isArn) ? describe(expression, stack, own) : undefined;
    if (!isChoosable(own, known)) return undefined;
    // The guard of whoever uses a conditional key serves; what implies its condition needs none, and others do.
    const isConditional = stack.template.resources.get(own.logicalId)?.condition !== undefined;
    const isGuarded = given.length < branches.length && given.every(isArn);
    return isConditional && isGuarded ? describe(expression, stack, own) : keyResource(stack, own.logicalId);
  }
  const isUsable = given.length > 0 && given.every((branch) => judgeKeyBranch(branch, known) === 'yes');
  if (!isUsable || !given.every(isArn)) return undefined;
  return describe(expression, stack);
}

/** The one key resource all branches come to. */
function resourceOf(branches: readonly Branch[]): Member | undefined {
  const keys = branches.map(({ outcome }) => (outcome.kind === 'resource' ? keyMeant(outcome) : undefined));
  const [first, ...others] = keys;
  const isSame = others.every((key) => key?.stack === first?.stack && key?.logicalId === first?.logicalId);
  return isSame ? first : undefined;
}

/** Whether new encryption may use a key of the templates; one that works already may be of another kind. */
function isChoosable(key: Member, known: KnownNames): boolean {
  const { type, properties } = key.stack.template.resources.get(key.logicalId) ?? {};
  // A replica is told by its primary what it is, and a key made elsewhere waits for its material.
  const isOrdinary = type === 'AWS::KMS::Key' && (properties?.Origin ?? 'AWS_KMS') === 'AWS_KMS';
  return isOrdinary && keyFault(key, known) === undefined;
}

function isArn({ outcome, parameters }: Branch): boolean {
  // The ARN of an alias is no resource a statement about keys can have.
  if (outcome.kind === 'value') return /^arn:[^:]+:kms:[^:]*:[^:]*:key\//.test(String(outcome.value));
  if (outcome.kind === 'resource') return outcome.attribute === 'Arn';
  const last = parameters.at(-1);
  return last !== undefined && isArnParameter(last.stack, last.name);
}

/** A key of the template; one under a condition is named under it. */
function keyResource(stack: Stack, logicalId: string): EncryptionKey {
  const arn = { 'Fn::GetAtt': [logicalId, 'Arn'] };
  const { condition } = stack.template.resources.get(logicalId) ?? {};
  const named = condition === undefined ? arn : { 'Fn::If': [condition, arn, { Ref: 'AWS::NoValue' }] };
  return describe(named, stack, { stack, logicalId });
}

/** A parameter that is a key by its name, and by what it comes to as far as that is known. */
function keyParameter(stack: Stack, name: string, known: KnownNames): EncryptionKey | undefined {
  const optional = isArnParameter(stack, name) ? optionalParameter(stack, name) : undefined;
  if (optional !== undefined) return optional;
  const expression = { Ref: name };
  const branches = resolve(expression, stack);
  const isKey = branches.every((branch) => judgeKeyBranch(branch, known) === 'yes' && isArn(branch));
  return isKey ? describe(expression, stack, resourceOf(branches)) : undefined;
}

function describe(arn: Value, stack: Stack, resource?: Member): EncryptionKey {
  if (resource === undefined) {
    return { arn, companions: [], description: `the key ${JSON.stringify(arn)} of ${stack.template.path}` };
  }
  const description = `${resource.logicalId} of ${resource.stack.template.path}`;
  return { arn, companions: [], resource, description };
}

/** How many other resources of the type use a key. */
function likeUses({ uses }: Candidate, { type = '', for: own }: KeyPurpose): number {
  return uses.filter(({ family, logicalId }) => family === familyOf(type) && logicalId !== own).length;
}

/** What speaks for a key, the strongest first, and how it is said. */
function criteria(purpose: KeyPurpose, known: KnownNames) {
  const { type = '', use } = purpose;
  const family = familyOf(type);
  const usesOf = ({ names, uses }: Candidate) => (isNamedForOther(names, family) ? 0 : uses.length);
  const admits = ({ key }: Candidate) =>
    use !== undefined && key.resource !== undefined && accessFor(key.resource, use, known).answer === 'yes';
  return [
    { score: (each: Candidate) => likeUses(each, purpose), says: 'others of its type use it' },
    { score: (each: Candidate) => Number(admits(each)), says: 'its policy admits the service already' },
    { score: (each: Candidate) => Number(isNamedFor(each.names, family)), says: 'it is named for this' },
    { score: usesOf, says: 'most resources use it' },
    { score: (each: Candidate) => Number(each.origin === 'resource'), says: 'it is in the template' },
  ];
}

/** The best of the keys a template can name, and why; or why none is better than another. */
function chooseKey(stack: Stack, purpose: KeyPurpose, known: KnownNames): Choice | undefined {
  const all = candidates(stack, known);
  // One that is there in some deployments only is no choice beside one that always is, unless it is the usual one here.
  const lasting = all.filter(
    (candidate) => isAlwaysThere(candidate.key, stack) || likeUses(candidate, purpose) > 0,
  );
  const reachable = lasting.filter(({ key }) => !needsItself(key, stack, purpose.for));
  const open = [reachable, lasting, all].find((each) => each.length > 0) ?? [];
  const ranked = open.map((candidate) => ({
    candidate,
    scores: criteria(purpose, known).map(({ score }) => score(candidate)),
  }));
  ranked.sort((left, right) => {
    const at = left.scores.findIndex((score, index) => score !== right.scores[index]);
    return at < 0 ? 0 : (right.scores[at] ?? 0) - (left.scores[at] ?? 0);
  });
  const [best] = ranked;
  if (best === undefined) return undefined;
  // The same key by another expression is no other key.
  const second = ranked.find(({ candidate }) => !isSameKey(candidate.key, best.candidate.key));
  if (second === undefined) return best.candidate.key;
  const decisive = best.scores.findIndex((score, index) => score !== second.scores[index]);
  const reason = criteria(purpose, known)[decisive]?.says;
  if (reason !== undefined) return { ...best.candidate.key, reason };
  if (best.candidate.uses.length > 0 && !isNamedForOther(best.candidate.names, familyOf(purpose.type ?? '')))
    return { ...best.candidate.key, reason: 'it is the first of those used as often' };
  const names = ranked.map(({ candidate }) => candidate.key.description).join(' and ');
  return { because: `nothing says which of ${names} is for this${advice}` };
}

function isSameKey(left: EncryptionKey, right: EncryptionKey): boolean {
  const { resource } = left;
  if (resource === undefined) return isEqual(left.arn, right.arn);
  return resource.stack === right.resource?.stack && resource.logicalId === right.resource.logicalId;
}

function isAlwaysThere({ arn, optional }: EncryptionKey, stack: Stack, condition?: string): boolean {
  const branches = resolveAt(arn, [], stack, condition);
  return optional === undefined && branches.every(({ outcome }) => outcome.kind !== 'absent');
}

/** Whether a key cannot be made before a resource, so that the resource cannot use it. */
function needsItself({ resource }: EncryptionKey, stack: Stack, logicalId: string | undefined): boolean {
  if (resource?.stack !== stack || logicalId === undefined) return false;
  return needs(stack.template, resource.logicalId, logicalId);
}

/** Handed down by every template that creates this one. */
function keyFromParents(
  tree: StackTree,
  stack: Stack,
  configured: ConfiguredKey,
  purpose: KeyPurpose,
  known: KnownNames,
  asked: Map<Stack, Choice>,
): Choice {
  const faults = [...stack.template.resources.values()].flatMap(({ type, logicalId }) => {
    const fault = type === 'AWS::KMS::Key' ? keyFault({ stack, logicalId }, known) : undefined;
    return fault === undefined ? [] : [`${logicalId} ${fault}`];
  });
  const which = faults.length === 0 ? '' : ` that can be used (${faults.join('; ')})`;
  const none: NoKey = {
    because: `${stack.template.path} has no customer-managed key${which}${advice}, or say create there`,
    isMissing: true,
  };
  const { for: _for, preferred: _preferred, ...above } = purpose;
  const keys = stack.parents.map((parent) => {
    const key =
      asked.get(parent.stack) ?? encryptionKeyFor(tree, parent.stack, configured, above, known, asked);
    asked.set(parent.stack, key);
    return { parent, key };
  });
  const [first] = keys;
  if (first === undefined || 'because' in first.key) return none;
  const passed = new Map<Stack, Value>();
  // Each once: parents that have the key from one template ask for the same there.
  const fromAbove = new Set<Companion>();
  const isOptional = keys.some(({ key }) => 'arn' in key && key.optional !== undefined);
  for (const { parent, key } of keys) {
    if ('because' in key) return none;
    // A parameter that is given no value fails the deployment.
    const { condition } = parent.stack.template.resources.get(parent.logicalId) ?? {};
    if (key.optional === undefined && !isAlwaysThere(key, parent.stack, condition)) {
      return {
        because: `${key.description} is there in some deployments of ${parent.logicalId} only${advice}`,
      };
    }
    // What lets a service use the key is said of one key.
    const isOfTemplates = (key.resource ?? first.key.resource) !== undefined;
    if (purpose.use !== undefined && isOfTemplates && !isSameKey(key, first.key)) {
      const { path } = stack.template;
      return { because: `${path} is given ${first.key.description} or ${key.description}${advice}` };
    }
    // A nested stack is given the parameter itself, empty or not, and asks for itself.
    passed.set(parent.stack, key.optional === undefined ? key.arn : { Ref: key.optional });
    for (const companion of key.companions) {
      if (key.optional === undefined || companion.kind !== 'condition') fromAbove.add(companion);
    }
  }
  const name = siblingParameter(tree, stack, known) ?? parameterName;
  const definition = {
    Type: 'String',
    Description: 'ARN of the customer managed key for encryption at rest',
    ...(isOptional && { Default: '' }),
  };
  const handedDown = (parent: Stack) => passed.get(parent);
  const parameter: Companion = { kind: 'parameter', name, definition, passed: handedDown, in: stack };
  const companions = [...fromAbove, parameter];
  if (isOptional) return optionalKey(stack, name, undefined, companions);
  const { description, resource, isNew } = first.key;
  return {
    arn: { Ref: name },
    companions,
    description,
    ...(resource !== undefined && { resource }),
    ...(isNew && { isNew }),
  };
}

/** What the other nested templates call the parameter through which they get their key. */
function siblingParameter(tree: StackTree, stack: Stack, known: KnownNames): string | undefined {
  for (const parent of stack.parents) {
    for (const sibling of parent.stack.children.values()) {
      const key = sibling === stack ? undefined : chooseKey(sibling, {}, known);
      const name = key !== undefined && 'arn' in key && isMap(key.arn) ? key.arn.Ref : undefined;
      if (typeof name === 'string' && !tree.root.template.resources.has(name)) return name;
    }
  }
  return undefined;
}
