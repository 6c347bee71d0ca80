import type { OpenStatement, OpenStatements } from '../contract/facts.js';
import { intrinsicName } from '../document/intrinsics.js';
import type { Path } from '../document/pointer.js';
import { isList, isMap, type Value } from '../document/value.js';
import type { Member } from '../expressions/coexistence.js';
import { matchesWildcard } from '../template/mentions.js';
import { policyInTemplate, type Statement, type StatementCondition } from './policies.js';
import type { KnownNames } from './policy-texts.js';

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
