import { keyPolicyOf } from '../analysis/access.js';
import { managedPolicyActions, managedPolicyName } from '../analysis/managed-policies.js';
import { allows, executionRole, heldBack, type Role } from '../analysis/permissions.js';
import {
  documentLength,
  type RoleUse,
  roleQuotas,
  useOfGeneratedRole,
  useOfRole,
} from '../analysis/policy-quotas.js';
import { knownNamesOf } from '../analysis/policy-texts.js';
import { keyNamed, roleAccess } from '../analysis/roles.js';
import type { Companion, ResourceView } from '../contract/facts.js';
import { boundaryPrerequisites, type Prerequisite } from '../contract/remediation.js';
import { isIntrinsic } from '../document/intrinsics.js';
import { isEqual, isList, isMap, type Value, type ValueMap } from '../document/value.js';
import type { Member } from '../expressions/coexistence.js';
import { referencesIn } from '../template/references.js';
import type { Stack } from '../template/template.js';
import { type Change, valueAt } from './change.js';
import { isNoValue, type Refusal } from './insertion-points.js';
import {
  addStatement,
  type BuiltCompanions,
  type CompanionTarget,
  nothing,
  type TemplateCost,
} from './statements.js';

/** What has to come along with a fix, as changes; nothing where it is there already. */
export function buildCompanion(companion: Companion, target: CompanionTarget): BuiltCompanions | Refusal {
  const stack = companion.in ?? target.stack;
  switch (companion.kind) {
    case 'parameter':
      return parameter(companion, stack, target);
    case 'condition':
      return condition(companion, stack, target);
    case 'resource':
      return resource(companion, stack, target);
    case 'permission':
      return bounded(addPermission(companion, stack, target), companion, stack, target);
    case 'managed-policy':
      return bounded(attachManagedPolicy(companion, stack, target), companion, stack, target);
    case 'statement':
      return addStatement(companion, stack, target);
  }
}

/** Everything a list of companions comes to, or why one of them cannot be built. */
export function buildCompanions(
  wanted: readonly Companion[],
  target: CompanionTarget,
): BuiltCompanions | Refusal {
  const changes: Change[] = [];
  const companions: string[] = [];
  const costs: TemplateCost[] = [];
  const prerequisites: Prerequisite[] = [];
  const consent: string[] = [];
  for (const companion of wanted) {
    const built = buildCompanion(companion, target);
    if ('refused' in built) return built;
    changes.push(...built.changes);
    companions.push(...built.companions);
    costs.push(...(built.costs ?? []));
    prerequisites.push(...(built.prerequisites ?? []));
    consent.push(...(built.consent ?? []));
  }
  return { changes, companions, costs, prerequisites, consent };
}

/** A permission that a role gets is of no use where its permissions boundary does not allow it. */
function bounded(
  built: BuiltCompanions | Refusal,
  companion: Permission | ManagedPolicy,
  stack: Stack,
  { facts }: CompanionTarget,
): BuiltCompanions | Refusal {
  const view = facts.resource(stack, companion.logicalId);
  const isNew = !('refused' in built) && (built.changes.length > 0 || companion.kind === 'managed-policy');
  if (view === undefined || !isNew) return built;
  const role = view.type === 'AWS::IAM::Role' ? undefined : executionRole(view);
  const owner = role?.kind === 'resource' ? facts.resource(role.stack, role.logicalId) : view;
  const actions =
    companion.kind === 'permission'
      ? companion.actions
      : managedPolicyActions(managedPolicyName(companion.name) ?? companion.name);
  const held =
    companion.kind === 'permission'
      ? heldBack(view, companion.actions, companion.resource)
      : heldBack(view, companion.needs ?? [], '*');
  if ('refused' in held) return held;
  return { ...built, ...held, prerequisites: boundaryPrerequisites(owner ?? view, actions ?? []) };
}

function parameter(
  companion: Extract<Companion, { kind: 'parameter' }>,
  stack: Stack,
  target: CompanionTarget,
): BuiltCompanions | Refusal {
  const template = stack.template.path;
  const path = ['Parameters', companion.name];
  const changes: Change[] = [];
  if (valueAt(stack.template.value, path) === undefined) {
    changes.push({ kind: 'set', template, path, value: companion.definition, placement: 'resource' });
  }
  for (const parent of stack.parents) {
    const passed = companion.passed?.(parent.stack);
    const at = ['Resources', parent.logicalId, 'Properties', 'Parameters', companion.name];
    const given = valueAt(target.value(parent.stack.template.path), at);
    if (passed === undefined || given !== undefined) continue;
    const parentTemplate = parent.stack.template.path;
    changes.push({ kind: 'set', template: parentTemplate, path: at, value: passed, placement: 'resource' });
  }
  if (changes.length === 0) return nothing;
  return { changes, companions: [`parameter ${companion.name} of ${template}`] };
}

function condition(
  companion: Extract<Companion, { kind: 'condition' }>,
  stack: Stack,
  target: CompanionTarget,
): BuiltCompanions | Refusal {
  const template = stack.template.path;
  const path = ['Conditions', companion.name];
  const existing = valueAt(target.value(template), path);
  if (isEqual(existing, companion.definition)) return nothing;
  if (existing !== undefined) {
    return { refused: `${template} already has another condition called ${companion.name}` };
  }
  const change: Change = { kind: 'set', template, path, value: companion.definition, placement: 'resource' };
  return { changes: [change], companions: [`condition ${companion.name} of ${template}`] };
}

/** A resource somebody has asked for already gets what it does not yet have. */
function resource(
  companion: Extract<Companion, { kind: 'resource' }>,
  stack: Stack,
  target: CompanionTarget,
): BuiltCompanions | Refusal {
  const template = stack.template.path;
  const path = ['Resources', companion.logicalId];
  const existing = valueAt(target.value(template), path);
  const type = String(companion.body.Type);
  if (!isMap(existing)) {
    const change: Change = {
      kind: 'set',
      template,
      path,
      value: companion.body,
      placement: 'new-resource',
    };
    return {
      changes: [change],
      companions: [`new ${type} ${companion.logicalId}`],
      ...(companion.cost !== undefined && { costs: [{ template, cost: companion.cost }] }),
    };
  }
  if (companion.isShared) return nothing;
  if (existing.Type !== type) {
    return { refused: `${template} already has ${companion.logicalId}, which is no ${type}` };
  }
  const placement = stack.template.resources.has(companion.logicalId) ? 'resource' : 'new-resource';
  const changes = Object.entries(companion.body).flatMap(([key, value]): Change[] => {
    const parts: ValueMap = key === 'Properties' && isMap(value) ? value : { [key]: value };
    const at = key === 'Properties' && isMap(value) ? [...path, key] : path;
    return Object.entries(parts)
      .filter(([name, part]) => !isEqual(valueAt(existing, [...at.slice(path.length), name]), part))
      .map(([name, part]) => ({
        kind: 'set',
        template,
        path: [...at, name],
        value: part,
        placement,
      }));
  });
  return { changes, companions: changes.length === 0 ? [] : [`${type} ${companion.logicalId}`] };
}

type Permission = Extract<Companion, { kind: 'permission' }>;
type ManagedPolicy = Extract<Companion, { kind: 'managed-policy' }>;

/** A statement for the role something runs with, for those of the actions it is not already allowed. */
export function addPermission(
  companion: Permission,
  stack: Stack,
  target: CompanionTarget,
): BuiltCompanions | Refusal {
  const view = target.facts.resource(stack, companion.logicalId);
  if (view === undefined) return { refused: `${companion.logicalId} is not in ${stack.template.path}` };
  const isRole = view.type === 'AWS::IAM::Role';
  const missing = companion.actions.filter((action) => allows(view, action, companion.resource) !== 'yes');
  if (missing.length === 0) return nothing;
  const role: Role = isRole
    ? { kind: 'resource', stack, logicalId: companion.logicalId }
    : executionRole(view);
  if (role.kind === 'external') {
    return {
      refused: `${role.because}, so ${missing.join(', ')} cannot be added; grant it there and pass the role`,
    };
  }
  const key = keyNamed(companion.resource, stack);
  const gate = key === undefined ? undefined : throughKeyPolicy(view, role, key, missing, target);
  if (gate !== undefined) return gate;
  const { guard, resource } = unguarded(companion.resource);
  // A conditional key that is there whenever the role is needs no guard.
  const isKeyWith = (owner: Member) => key !== undefined && target.facts.isAlwaysWith([key], owner);
  const inner = { Effect: 'Allow', Action: [...missing], Resource: resource };
  const document: Value = { Version: '2012-10-17', Statement: [inner] };
  const companions = [`${missing.join(', ')} for the role of ${companion.logicalId}`];
  if (role.kind === 'generated') {
    const entry = guarded(isKeyWith(view) ? undefined : guard, document);
    return attachInline({ owner: stack, id: companion.logicalId, role, entry, document }, companions, target);
  }
  const translated = inTermsOf(role.stack, stack, companion.resource, target);
  if (translated === undefined) {
    return {
      refused: `the role ${role.logicalId} is in ${role.stack.template.path}, which does not know the resource; allow it ${missing.join(', ')} there`,
    };
  }
  const there = unguarded(translated);
  const policy = guarded(isKeyWith(role) ? undefined : there.guard, {
    PolicyName: policyName(missing, companion.resource),
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: [...missing], Resource: there.resource }],
    },
  });
  const { logicalId: id, stack: owner } = role;
  const entry = isMissingSometimes(there.resource, view, role, target)
    ? guarded({ condition: view.condition ?? null, isNegated: false }, policy)
    : policy;
  return attachInline({ owner, id, role, entry, document }, companions, target);
}

/** Whether what is new under the condition of a resource would be named by its role where neither is there. */
function isMissingSometimes(
  resource: Value,
  view: ResourceView,
  role: Member,
  { facts }: CompanionTarget,
): boolean {
  const { resources, parameters } = role.stack.template;
  if (view.condition === undefined || role.stack !== view.stack || facts.isAlwaysWith([view], role))
    return false;
  return referencesIn(resource).some((logicalId) => {
    const isNew = !resources.has(logicalId) && !parameters.has(logicalId) && !logicalId.startsWith('AWS::');
    return isNew || resources.get(logicalId)?.condition !== undefined;
  });
}

/** A document for a role, and where it is written. */
interface InlinePolicy {
  readonly owner: Stack;
  readonly id: string;
  readonly role: Role;
  readonly entry: Value;
  readonly document: Value;
}

/** One more document of a role, unless IAM would not take it beside those it has. */
function attachInline(
  { owner, id, role, entry, document }: InlinePolicy,
  companions: readonly string[],
  target: CompanionTarget,
): BuiltCompanions | Refusal {
  const attached = attach(owner, id, 'Policies', entry, target);
  const isNew = !('refused' in attached) && attached.length > 0;
  const all = documentLength(document, owner) + useBy(owner, id, role, target).inlineCharacters;
  if (isNew && all > roleQuotas.inlineCharacters) {
    const name = role.kind === 'generated' ? `the role of ${id}` : id;
    return {
      refused: `the inline policies of ${name} would have about ${all} characters, and IAM takes ${roleQuotas.inlineCharacters} for a role`,
    };
  }
  return withCompanions(attached, companions);
}

/** What of its quotas a role has by now. */
function useBy(stack: Stack, id: string, role: Role, target: CompanionTarget): RoleUse {
  const value = valueAt(target.value(stack.template.path), ['Resources', id, 'Properties']);
  const properties = isMap(value) ? value : {};
  if (role.kind !== 'generated') return useOfRole(properties, stack, id);
  return useOfGeneratedRole({ ...target.facts.resource(stack, id)?.properties, ...properties }, stack);
}

/** Where the policy of a key leaves nothing to the account's own policies, the role is named in it. */
function throughKeyPolicy(
  view: ResourceView,
  role: Exclude<Role, { readonly kind: 'external' }>,
  key: Member,
  actions: readonly string[],
  target: CompanionTarget,
): BuiltCompanions | Refusal | undefined {
  const answers = actions.map((action) => roleAccess(view, key, action));
  const denied = answers.find(({ direct }) => direct.answer !== 'yes' && direct.isDenied)?.direct;
  if (denied !== undefined && denied.answer !== 'yes') return { refused: denied.because };
  const closed = answers.find(({ delegated }) => delegated.answer === 'no')?.delegated;
  if (closed === undefined || closed.answer === 'yes') return undefined;
  if (role.kind === 'generated' || role.stack !== key.stack) {
    return { refused: `${closed.because}, and does not name the role of ${view.logicalId}: name it there` };
  }
  const attached = keyPolicyOf(key, knownNamesOf(key.stack));
  if (attached.policy.unread !== undefined) return { refused: closed.because };
  const statement: ValueMap = {
    Sid: `Allow${role.logicalId}`,
    Effect: 'Allow',
    Principal: { AWS: { 'Fn::GetAtt': [role.logicalId, 'Arn'] } },
    Action: [...actions],
    Resource: '*',
  };
  const { logicalId, stack } = key;
  return addStatement(
    { kind: 'statement', logicalId, path: attached.path, statement, in: stack },
    stack,
    target,
  );
}

/** What SAM attaches to the role of a function in a network by itself. */
const broughtBySam = 'service-role/AWSLambdaVPCAccessExecutionRole';

export function attachManagedPolicy(
  companion: ManagedPolicy,
  stack: Stack,
  target: CompanionTarget,
): BuiltCompanions | Refusal {
  const view = target.facts.resource(stack, companion.logicalId);
  if (view === undefined) return { refused: `${companion.logicalId} is not in ${stack.template.path}` };
  const role: Role =
    view.type === 'AWS::IAM::Role'
      ? { kind: 'resource', stack, logicalId: companion.logicalId }
      : executionRole(view);
  if (role.kind === 'external')
    return { refused: `${role.because}, so ${companion.name} cannot be attached` };
  const arn: Value = { 'Fn::Sub': `arn:\${AWS::Partition}:iam::aws:policy/${companion.name}` };
  const companions = [`managed policy ${companion.name} for the role of ${companion.logicalId}`];
  const [owner, id, property] =
    role.kind === 'generated'
      ? ([stack, companion.logicalId, 'Policies'] as const)
      : ([role.stack, role.logicalId, 'ManagedPolicyArns'] as const);
  if (role.kind === 'generated' && companion.name === broughtBySam) {
    // The property that asks for it is being written; what is there already is counted.
    const isOneMore = view.expression('VpcConfig') === undefined;
    const count = useBy(owner, id, role, target).managedPolicies + Number(isOneMore);
    if (count <= roleQuotas.managedPolicies) return nothing;
    return {
      refused: `SAM would attach ${count} managed policies to the role of ${id}, and IAM takes ${roleQuotas.managedPolicies}`,
    };
  }
  const existing = valueAt(target.value(owner.template.path), ['Resources', id, 'Properties', property]);
  const named = (isList(existing) ? existing : [existing ?? null])
    .map((entry) => JSON.stringify(entry))
    .filter((entry) => entry.includes(`/${companion.name}"`) || entry.includes(`"${companion.name}"`));
  if (named.some((entry) => !entry.includes('"Fn::If"'))) return nothing;
  // A second one beside it would be the same entry twice where the condition is true.
  if (named.length > 0)
    return {
      refused: `${companion.name} is attached to the role of ${companion.logicalId} under a condition`,
    };
  if (useBy(owner, id, role, target).managedPolicies >= roleQuotas.managedPolicies) {
    return inPlaceOfManaged(companion, owner, id, role, target);
  }
  return withCompanions(attach(owner, id, property, arn, target), companions);
}

/** The same permissions as a document of the role, which has as many managed policies as IAM takes. */
function inPlaceOfManaged(
  companion: ManagedPolicy,
  owner: Stack,
  id: string,
  role: Exclude<Role, { readonly kind: 'external' }>,
  target: CompanionTarget,
): BuiltCompanions | Refusal {
  const name = managedPolicyName(companion.name) ?? companion.name;
  const full = `the role of ${companion.logicalId} has ${roleQuotas.managedPolicies} managed policies, the most IAM takes`;
  const allowed = managedPolicyActions(name);
  if (allowed === undefined) return { refused: `${full}, so ${companion.name} cannot be attached` };
  const document = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: [...allowed], Resource: '*' }],
  };
  const policy = role.kind === 'generated' ? document : { PolicyName: name, PolicyDocument: document };
  return attachInline(
    { owner, id, role, entry: policy, document },
    [`what ${companion.name} allows, as an inline policy: ${full}`],
    target,
  );
}

function withCompanions(attached: readonly Change[] | Refusal, companions: readonly string[]) {
  return 'refused' in attached ? attached : { changes: attached, companions };
}

/** Adds an entry to a list of policies, which SAM also takes as a single text or map. */
function attach(
  stack: Stack,
  logicalId: string,
  property: string,
  entry: Value,
  target: CompanionTarget,
): readonly Change[] | Refusal {
  const template = stack.template.path;
  const path = ['Resources', logicalId, 'Properties', property];
  const existing = valueAt(target.value(template), path);
  const placement = 'resource';
  if (existing === undefined || isList(existing)) {
    const value = withFreeName(entry, existing ?? []);
    if (existing?.some((each) => isEqual(each, value)) === true) return [];
    return [{ kind: 'append', template, path, value, placement }];
  }
  if (isIntrinsic(existing)) return { refused: `${property} of ${logicalId} is an intrinsic function` };
  return [{ kind: 'set', template, path, value: [existing, entry], placement }];
}

/** Two inline policies of a role with one name are one policy: what has the name already stays. */
function withFreeName(entry: Value, others: readonly Value[]): Value {
  const name = policyNamesIn(entry)[0];
  if (name === undefined) return entry;
  const taken = new Set(others.filter((each) => !isEqual(each, entry)).flatMap(policyNamesIn));
  let free = name;
  for (let number = 2; taken.has(free); number++) {
    free = `${name}${number}`;
    const renamed = withName(entry, free);
    if (others.some((each) => isEqual(each, renamed))) return renamed;
  }
  return withName(entry, free);
}

/** Also of an entry in an `Fn::If`. */
function policyNamesIn(entry: Value): readonly string[] {
  if (!isMap(entry)) return [];
  const choice = entry['Fn::If'];
  if (isList(choice)) return choice.slice(1).flatMap(policyNamesIn);
  return typeof entry.PolicyName === 'string' ? [entry.PolicyName] : [];
}

function withName(entry: Value, name: string): Value {
  if (!isMap(entry)) return entry;
  const choice = entry['Fn::If'];
  if (isList(choice)) return { 'Fn::If': choice.map((part) => withName(part, name)) };
  return entry.PolicyName === undefined ? entry : { ...entry, PolicyName: name };
}

/** A condition of the template and the side on which it names something. */
interface Guard {
  readonly condition: Value;
  readonly isNegated: boolean;
}

/** `Fn::If: [C, arn, NoValue]` names a resource that is there only under a condition, and no statement takes that. */
function unguarded(resource: Value): { readonly guard: Guard | undefined; readonly resource: Value } {
  const choice = isMap(resource) ? resource['Fn::If'] : undefined;
  if (!isList(choice)) return { guard: undefined, resource };
  const [condition = null, yes = null, no = null] = choice;
  if (isNoValue(no)) return { guard: { condition, isNegated: false }, resource: yes };
  return isNoValue(yes)
    ? { guard: { condition, isNegated: true }, resource: no }
    : { guard: undefined, resource };
}

function guarded(guard: Guard | undefined, value: Value): Value {
  if (guard === undefined) return value;
  const nothing = { Ref: 'AWS::NoValue' };
  return { 'Fn::If': [guard.condition, ...(guard.isNegated ? [nothing, value] : [value, nothing])] };
}

/** The key, named as the template of the role names it. */
function inTermsOf(
  roleStack: Stack,
  stack: Stack,
  resource: Value,
  target: CompanionTarget,
): Value | undefined {
  if (roleStack === stack) return resource;
  const here = target.facts.encryptionKey(stack);
  const there = target.facts.encryptionKey(roleStack);
  if ('because' in here || 'because' in there) return undefined;
  return isEqual(here.arn, resource) && there.companions.length === 0 ? there.arn : undefined;
}

/** Unique in a role for what it allows, and the same for everybody who asks for the same. */
function policyName(actions: readonly string[], resource: Value): string {
  const [service = '', first = ''] = (actions[0] ?? '').split(':');
  const text = JSON.stringify(resource);
  const named =
    /"(?:Ref|Fn::GetAtt)":\[?"([A-Za-z0-9]+)"/.exec(text) ?? /([A-Za-z0-9]+)[^A-Za-z0-9]*\}$/.exec(text);
  const target = named?.[1] ?? '';
  const words = [
    service.slice(0, 1).toUpperCase() + service.slice(1),
    first.replaceAll(/[^A-Za-z]/g, ''),
    target,
  ];
  return words.join('');
}
