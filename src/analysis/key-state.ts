import type {
  Companion,
  EncryptionKey,
  KeyState,
  OpenStatement,
  OpenStatements,
  ResourceView,
} from '../contract/facts.js';
import { intrinsicName } from '../document/intrinsics.js';
import { isEqual, isList, isMap, type Path, type Value } from '../document/value.js';
import type { Member } from '../expressions/coexistence.js';
import { type Branch, resolve, scalarText } from '../expressions/resolve.js';
import { passedBy } from '../template/consumers.js';
import { matchesWildcard } from '../template/mentions.js';
import type { Stack } from '../template/template.js';
import { keyMeant } from './access.js';
import { policyInTemplate, type Statement, type StatementCondition } from './policies.js';
import type { KnownNames } from './policy-texts.js';

/** Whether one branch of an expression comes to a customer-managed key. */
export function judgeKeyBranch({ outcome, parameters }: Branch, known: KnownNames): 'yes' | 'no' | 'unknown' {
  switch (outcome.kind) {
    case 'absent':
      return 'no';
    case 'value': {
      if (typeof outcome.value !== 'string' || outcome.value === '') return 'no';
      return /(^|:)alias\/aws\//.test(outcome.value) || keyFault(outcome.value, known) !== undefined
        ? 'no'
        : 'yes';
    }
    case 'resource': {
      const type = outcome.stack.template.resources.get(outcome.logicalId)?.type;
      return type !== undefined && keyTypes.has(type) ? 'yes' : 'unknown';
    }
    case 'unknown':
      // A parameter without a value of its own has to be given one, and whoever gives a key gives one of theirs.
      return parameters.some(({ stack, name }) => isGiven(stack, name)) ? 'yes' : 'unknown';
  }
}

const keyTypes: ReadonlySet<string> = new Set(['AWS::KMS::Key', 'AWS::KMS::ReplicaKey', 'AWS::KMS::Alias']);

function isGiven(stack: Stack, name: string): boolean {
  const { default: usual, type = '' } = stack.template.parameters.get(name) ?? {};
  // The default of a parameter of Parameter Store is where its value is kept.
  const isOpen = usual === undefined || usual === '' || /^AWS::SSM::Parameter::Value</.test(type);
  return isOpen && !stack.knownParameters.has(name);
}

/**
 * Why a key cannot encrypt what services store, as a predicate; by its ARN, or as a resource of the templates.
 * @source https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose.html
 */
export function keyFault(key: string | Member, { region }: KnownNames): string | undefined {
  if (typeof key === 'string') {
    const place = /^arn:[^:]*:kms:([^:]+):/.exec(key)?.[1];
    const isElsewhere = region !== undefined && place !== undefined && place !== region;
    return isElsewhere ? `is in ${place}, and the stack in ${region}` : undefined;
  }
  const { properties } = key.stack.template.resources.get(key.logicalId) ?? {};
  const says = (property: string, is: (value: string) => boolean) =>
    resolve(properties?.[property], key.stack).some(({ outcome }) => {
      const text = scalarText(outcome);
      return text !== undefined && is(text);
    });
  if (says('Enabled', (value) => value === 'false'))
    return 'is disabled, so nothing is encrypted or read with it';
  const isSymmetric =
    !says('KeySpec', (value) => value !== 'SYMMETRIC_DEFAULT') &&
    !says('KeyUsage', (value) => value !== 'ENCRYPT_DECRYPT');
  return isSymmetric ? undefined : 'is not a symmetric one, which encryption at rest needs';
}

/** What a property that names a key comes to, over all its branches. */
export function keyStateOf(view: ResourceView, path: Path, known: KnownNames): KeyState {
  const branches = view.read(...path);
  for (const { outcome } of branches) {
    const key = outcome.kind === 'resource' ? keyMeant(outcome) : undefined;
    const literal = outcome.kind === 'value' ? scalarText(outcome) : undefined;
    const fault = key === undefined ? literal && keyFault(literal, known) : keyFault(key, known);
    if (fault !== undefined && fault !== '') {
      return { kind: 'unusable', because: `its key ${key?.logicalId ?? literal} ${fault}` };
    }
  }
  const answers = branches.map((branch) => judgeKeyBranch(branch, known));
  if (answers.includes('no')) {
    const name = parameterIn(view.expression(...path) ?? null);
    const optional = name === undefined ? undefined : optionalParameter(view.stack, name)?.optional;
    return { kind: answers.every((answer) => answer === 'no') ? 'none' : 'partly', optional };
  }
  return { kind: answers.includes('unknown') ? 'unknown' : 'own' };
}

/** The parameter an expression is, or is where it is anything. */
export function parameterIn(expression: Value): string | undefined {
  if (!isMap(expression)) return undefined;
  const { Ref: name, 'Fn::If': choice } = expression;
  if (typeof name === 'string') return name;
  const [, ...sides] = isList(choice) ? choice : [];
  const given = sides.filter((side) => !isEqual(side, { Ref: 'AWS::NoValue' }));
  return given.length === 1 && sides.length === 2 ? parameterIn(given[0] ?? null) : undefined;
}

export function isArnParameter(stack: Stack, name: string): boolean {
  return /arn/i.test(name) || /arn:/.test(stack.template.parameters.get(name)?.allowedPattern ?? '');
}

/**
 * A parameter that may be left empty is named only where it is not, under the template's own condition for that or a new
 * one; `undefined` for a parameter that always has a value, or none at all as far as is known.
 */
export function optionalParameter(
  stack: Stack,
  name: string,
  asked: Set<string> = new Set(),
): EncryptionKey | undefined {
  const parameter = stack.template.parameters.get(name);
  if (parameter === undefined || stack.knownParameters.has(name)) return undefined;
  const guard = emptinessOf(stack, name);
  if (parameter.default !== '' && (parameter.default !== undefined || guard === undefined)) return undefined;
  const values = resolve({ Ref: name }, stack).map(({ outcome }) => outcome);
  const isOpen =
    stack.parents.length === 0 ||
    values.some(({ kind }) => kind === 'unknown') ||
    isPassedOn(stack, name, asked);
  if (!isOpen) return undefined;
  return optionalKey(stack, name, guard);
}

/** A parent that may be given a key passes it on. @param asked parameters above that were found to pass none */
function isPassedOn(stack: Stack, name: string, asked: Set<string>): boolean {
  return stack.parents.some((link) => {
    const passed = parameterIn(passedBy(link, name) ?? null);
    const key = `${link.stack.template.path}#${passed}`;
    if (passed === undefined || asked.has(key)) return false;
    asked.add(key);
    return optionalParameter(link.stack, passed, asked) !== undefined;
  });
}

interface Guard {
  readonly condition: string;
  /** The condition holds when the parameter is empty. */
  readonly isNegated: boolean;
}

export function optionalKey(
  stack: Stack,
  name: string,
  guard: Guard | undefined,
  companions: readonly Companion[] = [],
) {
  const { condition, isNegated } = guard ?? { condition: `Has${name}`, isNegated: false };
  const definition = { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: name }, ''] }] };
  const made: Companion[] =
    guard === undefined ? [{ kind: 'condition', name: condition, definition, in: stack }] : [];
  const sides = isNegated
    ? [{ Ref: 'AWS::NoValue' }, { Ref: name }]
    : [{ Ref: name }, { Ref: 'AWS::NoValue' }];
  return {
    arn: { 'Fn::If': [condition, ...sides] },
    companions: [...companions, ...made],
    optional: name,
    description: `the parameter ${name} of ${stack.template.path}`,
  } satisfies EncryptionKey;
}

/** The condition by which a template asks whether a parameter is empty. */
function emptinessOf({ template }: Stack, name: string): Guard | undefined {
  for (const [condition, definition] of template.conditions) {
    if (asksForEmpty(definition, name)) return { condition, isNegated: true };
    const not = isMap(definition) ? definition['Fn::Not'] : undefined;
    if (isList(not) && asksForEmpty(not[0], name)) return { condition, isNegated: false };
  }
  return undefined;
}

function asksForEmpty(definition: Value | undefined, name: string): boolean {
  const sides = isMap(definition) ? definition['Fn::Equals'] : undefined;
  return isList(sides) && sides.includes('') && sides.some((side) => isEqual(side, { Ref: name }));
}

/** What a key is called: logical id, description and aliases. */
export function namesOf({ resource, optional, arn }: EncryptionKey): string {
  if (resource === undefined) return optional ?? JSON.stringify(arn);
  const { template } = resource.stack;
  const description = template.resources.get(resource.logicalId)?.properties.Description;
  const aliases = [...template.resources.values()].filter(
    ({ type, properties }) =>
      type === 'AWS::KMS::Alias' &&
      JSON.stringify(properties.TargetKeyId ?? '').includes(`"${resource.logicalId}"`),
  );
  const texts = aliases.map(
    ({ logicalId, properties }) => `${logicalId} ${JSON.stringify(properties.AliasName)}`,
  );
  return [resource.logicalId, JSON.stringify(description ?? ''), ...texts].join(' ');
}

/** Words that say what a key is for, by the family of what is encrypted. */
const purposes: Readonly<Record<string, readonly string[]>> = {
  LogGroup: ['log', 'logs', 'logging', 'cloudwatch'],
  Function: ['lambda', 'function', 'functions', 'environment', 'env'],
  Project: ['build', 'builds', 'codebuild', 'pipeline', 'artifact', 'artifacts'],
  ReportGroup: ['build', 'builds', 'codebuild', 'report', 'reports'],
  Queue: ['queue', 'queues', 'sqs', 'dlq', 'dead', 'message', 'messages', 'messaging'],
  Topic: ['topic', 'topics', 'sns', 'alarm', 'alarms', 'alert', 'alerts', 'notification', 'notifications'],
};

/** Of what has no property of this project. */
const otherPurposes =
  /^(?:dynamo|dynamodb|table|tables|rds|aurora|database|databases|db|s3|bucket|buckets|storage|ebs|volume|volumes|efs|secret|secrets|kinesis|stream|streams|firehose|redshift|opensearch|backup|backups|ecr|signing)$/;

/** A key for logs is none for variables, however many logs it encrypts. */
export function isNamedForOther(names: string, family: string): boolean {
  if (isNamedFor(names, family)) return false;
  return (
    wordsOf(names).some((word) => otherPurposes.test(word)) ||
    Object.keys(purposes).some((other) => isNamedFor(names, other))
  );
}

export function isNamedFor(names: string, family: string): boolean {
  return wordsOf(names).some((word) => purposes[family]?.includes(word) === true);
}

function wordsOf(names: string): readonly string[] {
  return names
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((word) => (word === 's3' ? word : word.replace(/\d+$/, '')));
}

/**
 * Condition keys that say whose request it is or where it comes from, so that not everybody's is let in.
 * @source https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html
 * @source https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
 */
const limitingKeys: ReadonlySet<string> = new Set([
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceip',
  'aws:sourceorgid',
  'aws:sourceowner',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:userid',
  'kms:calleraccount',
]);

const comparing = /^(stringequals|stringequalsignorecase|stringlike|arnequals|arnlike|ipaddress)$/;
const refusing = /^(stringnotequals|stringnotequalsignorecase|stringnotlike|arnnotequals|arnnotlike)$/;

/** The statements of a key's policy that let in more than they should; a key without a policy has the default one. */
export function openStatements({ stack, logicalId }: Member, known: KnownNames): OpenStatements {
  const document = stack.template.resources.get(logicalId)?.properties.KeyPolicy;
  if (document === undefined) return { statements: [] };
  const policy = policyInTemplate(`the policy of ${logicalId}`, document, stack, known);
  if (policy.statements.some(shutsOthersOut)) return { statements: [] };
  const places = placesOf(document, policy.statements.length);
  const statements = policy.statements.flatMap((statement, index): readonly OpenStatement[] => {
    const opens = openingOf(statement);
    const path = places?.[index];
    return opens === undefined ? [] : [{ name: statement.name, opens, ...(path !== undefined && { path }) }];
  });
  return { statements, ...(policy.unread !== undefined && { unread: policy.unread }) };
}

/** Where each statement stands, as long as all are written out one after the other. */
function placesOf(document: Value, count: number): readonly Path[] | undefined {
  const listed = isMap(document) && intrinsicName(document) === undefined ? document.Statement : undefined;
  const below = ['KeyPolicy', 'Statement'];
  if (isMap(listed) && intrinsicName(listed) === undefined) return [below];
  if (!isList(listed) || listed.length !== count) return undefined;
  const isPlain = listed.every((each) => isMap(each) && intrinsicName(each) === undefined);
  return isPlain ? listed.map((_, index) => [...below, String(index)]) : undefined;
}

function openingOf(statement: Statement): OpenStatement['opens'] | undefined {
  const { effect, principals, conditions } = statement;
  if (effect === 'Deny') return undefined;
  if (principals.isNegated) return 'all-but-some';
  if (principals.isEverybody) {
    if (conditions.length === 0) return 'everybody';
    return conditions.some(limits) ? undefined : 'everybody-conditionally';
  }
  if (principals.services.length > 0 && administrative.some((action) => names(statement, action))) {
    return 'service-administration';
  }
  return principals.services.length === 0 && makesGrants(statement) ? 'grants' : undefined;
}

/** What no service does with a key in its own name. */
const administrative = ['kms:putkeypolicy', 'kms:schedulekeydeletion', 'kms:disablekey'];

/**
 * Grants for whomever the grantee likes. The account itself, and administrators with `kms:*`, may make them anyway.
 * @source https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
 */
function makesGrants(statement: Statement): boolean {
  const isAccount = statement.principals.identities.every(({ texts }) =>
    texts.every((text) => /^\d{12}$|^\$\{AWS::AccountId\}$|:root$/.test(text)),
  );
  if (isAccount || names(statement, 'kms:putkeypolicy')) return false;
  const isLimited = statement.conditions.some(({ key }) =>
    /^kms:(grantisforawsresource|granteeprincipal|grantconstrainttype|grantoperations|viaservice)$/.test(key),
  );
  return !isLimited && names(statement, 'kms:creategrant');
}

function names({ actions }: Statement, action: string): boolean {
  const isNamed = actions.patterns.some(({ texts }) => texts.some((text) => matchesWildcard(text, action)));
  return actions.isNegated ? !isNamed : isNamed;
}

function limits({ operator, key, values, isIfExists, isForAll }: StatementCondition): boolean {
  if (!comparing.test(operator) || !limitingKeys.has(key) || isIfExists || isForAll) return false;
  return !values.some(({ texts }) => texts.some((text) => text === '*' || text === '0.0.0.0/0'));
}

/** A denial of everything to whoever is not of an account, organization or network. */
function shutsOthersOut(statement: Statement): boolean {
  const { effect, principals, conditions, actions } = statement;
  const isAll = actions.patterns.some(({ texts }) => texts.some((text) => text === '*' || text === 'kms:*'));
  return (
    effect === 'Deny' &&
    principals.isEverybody &&
    isAll &&
    !actions.isNegated &&
    conditions.length === 1 &&
    conditions.every(({ operator, key }) => refusing.test(operator) && limitingKeys.has(key))
  );
}
