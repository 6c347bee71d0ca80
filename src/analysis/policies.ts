import { intrinsicName } from '../document/intrinsics.js';
import { kept } from '../document/kept.js';
import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import { textPatternsOf } from '../expressions/patterns.js';
import { resolveAt } from '../expressions/resolve.js';
import type { Stack } from '../template/template.js';
import {
  type Answer,
  canMatch,
  comparisons,
  isOpen,
  type KnownNames,
  matches,
  plainText,
} from './policy-texts.js';
import { type Assumption, alternatives } from './statements.js';

/**
 * One model of the policies of keys, queues, topics and buckets, in a template or as deployed: statements with
 * principals, actions, resources and conditions, read as IAM reads them.
 * @source https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 * @source https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export interface Policy {
  /** For reading: `the policy of Key`. */
  readonly name: string;
  readonly statements: readonly Statement[];
  /** Why not all of it can be read, as a predicate; absent where it can. */
  readonly unread?: string;
  /** The template the conditions in `when` are of; absent for a deployed policy. */
  readonly stack?: Stack;
  /** Region and account, where they are known. */
  readonly known: KnownNames;
}

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly principals: Principals;
  /** In lower case. */
  readonly actions: Entries;
  /** Absent where the statement is about what the policy is attached to. */
  readonly resources?: Entries;
  readonly conditions: readonly StatementCondition[];
  /** Conditions of the template under which the statement is there. */
  readonly when: readonly Assumption[];
  /** For reading: its `Sid`, or its number. */
  readonly name: string;
}

/** One element of a statement: patterns, or all but those (`NotAction`). */
export interface Entries {
  readonly isNegated: boolean;
  readonly patterns: readonly Pattern[];
}

export interface Pattern {
  /** What it may come to, one text per branch. */
  readonly texts: readonly string[];
  /** It is there under a condition of the template only. */
  readonly isSometimes: boolean;
}

export interface Principals {
  readonly isNegated: boolean;
  /** `*`, or `AWS: '*'`, which say the same in a policy of a resource. */
  readonly isEverybody: boolean;
  readonly services: readonly Pattern[];
  /** Roles, users and accounts. */
  readonly identities: readonly Pattern[];
  /** Not readable as a principal. */
  readonly isUnread: boolean;
}

export interface StatementCondition {
  /** In lower case, without quantifier and `IfExists`: `stringequals`. */
  readonly operator: string;
  /** In lower case. */
  readonly key: string;
  readonly values: readonly Pattern[];
  readonly isIfExists: boolean;
  readonly isForAll: boolean;
}

/** A request as a service or a role makes it. */
export interface PolicyRequest {
  readonly who: Requester;
  readonly actions: readonly string[];
  /** What is acted on, as texts; absent for what the policy is attached to. */
  readonly resource?: readonly string[];
  /**
   * Values of condition keys, by key in lower case: `null` for a key that is not sent along; a key that is not here is
   * not known.
   */
  readonly context: Readonly<Record<string, string | null>>;
  /** Condition of the resource the request is made for, which holds whenever there is a request. */
  readonly given?: string | undefined;
}

export type Requester =
  /** In its own name, by its name in any Region: `logs`. */
  | { readonly kind: 'service'; readonly service: string }
  /** ARNs by which a policy can name it; one that begins with `${` is the attribute of a resource. */
  | { readonly kind: 'role'; readonly arns: readonly string[] }
  /** The account, which hands the question on to its own policies. */
  | { readonly kind: 'account' };

export type Admission =
  | { readonly answer: 'yes' }
  | {
      readonly answer: 'no' | 'unknown';
      readonly because: string;
      /** A statement denies it or may, so that another statement does not help. */
      readonly isDenied: boolean;
    };

const yes: Admission = { answer: 'yes' };

/** More open conditions than these are not tried out in every combination. */
const mostOpenConditions = 6;

/** @param document as in the template; `undefined` for a resource without one, which admits nobody */
export function policyInTemplate(
  name: string,
  document: Value | undefined,
  stack: Stack,
  known: KnownNames,
): Policy {
  const texts = (value: Value) => textPatternsOf(value, stack).map((text) => plainText(text, known));
  return { name, ...readDocument(document, stack, texts), stack, known };
}

/** @param text JSON, as the service gives it */
export function deployedPolicy(name: string, text: string, known: KnownNames): Policy {
  const texts = (value: Value) => (typeof value === 'string' ? [plainText(value, known)] : []);
  try {
    return { name, ...readDocument(JSON.parse(text) as Value, undefined, texts), known };
  } catch (error) {
    if (error instanceof SyntaxError) return { name, statements: [], unread: 'is not readable', known };
    throw error;
  }
}

type Texts = (value: Value) => readonly string[];

function readDocument(document: Value | undefined, stack: Stack | undefined, texts: Texts) {
  const statements: Statement[] = [];
  let unread: string | undefined;
  for (const part of spread(document, stack)) {
    if (!isMap(part.value) || intrinsicName(part.value) !== undefined) {
      unread = 'is not written out in the template';
      continue;
    }
    for (const { value, when } of spread(part.value.Statement, stack)) {
      if (!isMap(value) || intrinsicName(value) !== undefined) {
        unread = 'has a statement that is not written out in the template';
      } else {
        const name = typeof value.Sid === 'string' ? value.Sid : `number ${statements.length + 1}`;
        statements.push(readStatement(value, [...part.when, ...when], name, stack, texts));
      }
    }
  }
  return unread === undefined ? { statements } : { statements, unread };
}

function readStatement(
  statement: ValueMap,
  when: readonly Assumption[],
  name: string,
  stack: Stack | undefined,
  texts: Texts,
): Statement {
  const patterns = (value: Value | undefined): readonly Pattern[] =>
    spread(value, stack).map((each) => ({
      texts: texts(each.value),
      isSometimes: each.when.length > 0,
    }));
  const { Action: action, NotAction: notAction, Resource: resource, NotResource: notResource } = statement;
  const lower = (found: readonly Pattern[]) =>
    found.map((each) => ({ ...each, texts: each.texts.map((text) => text.toLowerCase()) }));
  return {
    effect: statement.Effect === 'Deny' ? 'Deny' : 'Allow',
    principals: readPrincipals(statement, patterns),
    actions: { isNegated: notAction !== undefined, patterns: lower(patterns(notAction ?? action)) },
    ...((notResource ?? resource) !== undefined && {
      resources: { isNegated: notResource !== undefined, patterns: patterns(notResource ?? resource) },
    }),
    conditions: readConditions(statement.Condition, patterns),
    when,
    name,
  };
}

type ReadPatterns = (value: Value | undefined) => readonly Pattern[];

function readPrincipals(
  { Principal: principal, NotPrincipal: notPrincipal }: ValueMap,
  patterns: ReadPatterns,
): Principals {
  const named = notPrincipal ?? principal;
  const isNegated = notPrincipal !== undefined;
  if (!isMap(named) || intrinsicName(named) !== undefined) {
    const isEverybody = named === '*';
    return { isNegated, isEverybody, services: [], identities: [], isUnread: !isEverybody };
  }
  const identities = patterns(named.AWS);
  const isEverybody = identities.some(
    (each) => !each.isSometimes && each.texts.every((text) => text === '*'),
  );
  return { isNegated, isEverybody, services: patterns(named.Service), identities, isUnread: false };
}

function readConditions(block: Value | undefined, patterns: ReadPatterns): readonly StatementCondition[] {
  if (block === undefined) return [];
  const unread = { operator: '', key: '', values: [], isIfExists: false, isForAll: false };
  if (!isMap(block) || intrinsicName(block) !== undefined) return [unread];
  return Object.entries(block).flatMap(([operator, keys]) => {
    if (!isMap(keys) || intrinsicName(keys) !== undefined) return [unread];
    const [, quantifier = '', plain = '', ifExists] =
      /^(forallvalues:|foranyvalue:)?(.*?)(ifexists)?$/.exec(operator.toLowerCase()) ?? [];
    return Object.entries(keys).map(([key, values]) => ({
      operator: plain,
      key: key.toLowerCase(),
      values: patterns(typeof values === 'boolean' ? String(values) : values),
      isIfExists: ifExists !== undefined,
      isForAll: quantifier === 'forallvalues:',
    }));
  });
}

interface Part {
  readonly value: Value;
  readonly when: readonly Assumption[];
}

/** The parts of a list, or the one value; through `Fn::If` in a template. */
function spread(value: Value | undefined, stack: Stack | undefined): readonly Part[] {
  if (value === undefined || value === null) return [];
  return stack === undefined
    ? (isList(value) ? value : [value]).map((each) => ({ value: each, when: [] }))
    : alternatives(value, { stack, when: [], origin: '' }).map((each) => ({
        value: each.value,
        when: each.from.when,
      }));
}

/**
 * Whether a service may do all of the actions in its own name.
 * @param service its name in any Region: `logs`, `cloudwatch`
 * @param request what it sends along
 */
export function admitsService(
  policy: Policy,
  service: string,
  request: Omit<PolicyRequest, 'who'>,
): Admission {
  return admits(policy, { ...request, who: { kind: 'service', service } });
}

/** Whether the policy itself lets a role do all of the actions, so that its own policies need not. */
export function admitsRole(
  policy: Policy,
  arns: readonly string[],
  request: Omit<PolicyRequest, 'who'>,
): Admission {
  return admits(policy, { ...request, who: { kind: 'role', arns } });
}

/** Whether the policy leaves the actions to the account, so that the policies of its roles count. */
export function delegatesToIam(policy: Policy, request: Omit<PolicyRequest, 'who'>): Admission {
  return admits(policy, { ...request, who: { kind: 'account' } });
}

/** Whether a request is let through in every deployment in which it is made. */
export function admits(policy: Policy, request: PolicyRequest): Admission {
  const ways = kept(waysKnown, policy, request.given, () => waysOf(policy, request.given));
  const answers = ways.flatMap((isThere) =>
    request.actions.map((action) => decide(policy, request, action, isThere)),
  );
  const worst =
    answers.find(({ answer }) => answer === 'no') ?? answers.find(({ answer }) => answer !== 'yes');
  if (policy.unread === undefined) return worst ?? yes;
  return { answer: 'unknown', because: `${policy.name} ${policy.unread}`, isDenied: false };
}

type IsThere = (statement: Statement) => boolean;

const waysKnown = new WeakMap<Policy, Map<string | undefined, readonly IsThere[]>>();

/** Which statements are there, for every way the conditions of the template can go together. */
function waysOf({ statements, stack }: Policy, given: string | undefined): readonly IsThere[] {
  const names = [...new Set(statements.flatMap(({ when }) => when.map(({ condition }) => condition)))];
  if (stack === undefined || names.length === 0) return [() => true];
  const tried = names.slice(0, mostOpenConditions);
  return resolveAt(everyWay(tried, ''), [], stack, given).map(({ outcome }) => {
    const way = outcome.kind === 'value' ? String(outcome.value) : '';
    return ({ when }) =>
      when.every(({ condition, is }) => way[tried.indexOf(condition)] === (is ? '1' : '0'));
  });
}

/** An expression that comes to the way its conditions go, a digit for each. */
function everyWay([first, ...rest]: readonly string[], way: string): Value {
  if (first === undefined) return way;
  return { 'Fn::If': [first, everyWay(rest, `${way}1`), everyWay(rest, `${way}0`)] };
}

function decide(policy: Policy, request: PolicyRequest, action: string, isThere: IsThere): Admission {
  let allowed: Answer = 'no';
  let doubt = '';
  for (const statement of policy.statements) {
    if (!isThere(statement)) continue;
    const { answer, because } = covers(statement, request, action, policy.known);
    if (answer === 'no') continue;
    if (answer === 'yes' && statement.effect === 'Allow') {
      allowed = 'yes';
      continue;
    }
    const what = `${action} to ${nameOf(request.who)}`;
    if (statement.effect === 'Deny') {
      const said = `statement ${statement.name} of ${policy.name}`;
      return answer === 'yes'
        ? { answer: 'no', because: `${said} denies ${what}`, isDenied: true }
        : {
            answer: 'unknown',
            because: `${said} may deny ${what}: that depends on ${because}`,
            isDenied: true,
          };
    }
    if (allowed === 'no') {
      allowed = 'unknown';
      doubt = `whether statement ${statement.name} of ${policy.name} allows ${what} depends on ${because}`;
    }
  }
  if (allowed === 'yes') return yes;
  if (allowed === 'unknown') return { answer: 'unknown', because: doubt, isDenied: false };
  return { answer: 'no', because: `${policy.name} ${refusal(request.who, action)}`, isDenied: false };
}

function refusal(who: Requester, action: string): string {
  return who.kind === 'account'
    ? `does not leave ${action} to the account's own policies`
    : `does not let ${nameOf(who)} call ${action}`;
}

function nameOf(who: Requester): string {
  if (who.kind === 'service') return `${who.service}.amazonaws.com`;
  return who.kind === 'account' ? "the account's own policies" : 'the role';
}

interface Cover {
  readonly answer: Answer;
  /** What is not known. */
  readonly because: string;
}

/** Whether a statement is about a request. */
function covers(statement: Statement, request: PolicyRequest, action: string, known: KnownNames): Cover {
  const { ofAction, ofPrincipals } = addressed(statement, request.who, action, known);
  if (ofAction === 'no' || ofPrincipals === 'no') return isNoCover;
  const { resources, conditions } = statement;
  const ofResources =
    resources === undefined || request.resource === undefined ? 'yes' : fits(resources, request.resource);
  if (ofResources === 'no') return isNoCover;
  let open: string | undefined;
  if (ofPrincipals === 'unknown') open = 'who its principals are';
  else if (ofAction === 'unknown') open = 'which actions it names';
  else if (ofResources === 'unknown') open = 'which resource it names';
  for (const condition of conditions) {
    const answer = holds(condition, request.context);
    if (answer === 'no') return isNoCover;
    if (answer === 'unknown') open ??= `the condition ${condition.key || 'it has'}`;
  }
  return open === undefined ? isCover : { answer: 'unknown', because: open };
}

interface Addressed {
  readonly ofAction: Answer;
  readonly ofPrincipals: Answer;
}

const addressedKnown = new WeakMap<Statement, Map<string, Addressed>>();

/** Whom and what a statement is about is the same for all that one service does for a hundred log groups. */
function addressed(statement: Statement, who: Requester, action: string, known: KnownNames): Addressed {
  return kept(addressedKnown, statement, `${action} ${known.region} ${known.account} ${keyOf(who)}`, () => {
    // The actions first, which most statements differ in; what is not known is told in the order of the parts.
    const ofAction = fits(statement.actions, [action.toLowerCase()]);
    return {
      ofAction,
      ofPrincipals: ofAction === 'no' ? 'no' : concerns(statement.principals, who, known),
    };
  });
}

function keyOf(who: Requester): string {
  if (who.kind === 'service') return who.service;
  return who.kind === 'role' ? `role ${who.arns.join(' ')}` : '';
}

const isCover: Cover = { answer: 'yes', because: '' };
const isNoCover: Cover = { answer: 'no', because: '' };

function concerns(principals: Principals, who: Requester, known: KnownNames): Answer {
  if (principals.isUnread) return 'unknown';
  const named = principals.isEverybody ? 'yes' : isNamed(principals, who, known);
  return principals.isNegated ? opposite(named) : named;
}

function isNamed({ services, identities }: Principals, who: Requester, known: KnownNames): Answer {
  if (who.kind === 'service') return anyOf(services, (text) => isService(text, who.service, known));
  if (who.kind === 'account') return anyOf(identities, (text) => isOwnAccount(text, known));
  return anyOf(identities, (text) => {
    if (who.arns.includes(text)) return 'yes';
    const isAnother = /^\$\{[^?}][^}]*\}$/.test(text);
    const mayBe = (arn: string) => arn.startsWith('arn:') && canMatch(text, arn);
    return !isAnother && (isOpen(text) || who.arns.some(isOpen)) && who.arns.some(mayBe) ? 'unknown' : 'no';
  });
}

/** `logs.amazonaws.com` stands for the service in every Region, `logs.eu-west-1.amazonaws.com` in its own. */
function isService(text: string, service: string, { region }: KnownNames): Answer {
  if (text === '*') return 'yes';
  const name = /^(.*)\.amazonaws\.com$/.exec(text)?.[1];
  if (name === undefined)
    return isOpen(text) && canMatch(text, `${service}.amazonaws.com`) ? 'unknown' : 'no';
  if (name === service || name === `${service}.${region ?? regionHole}`) return 'yes';
  if (!name.startsWith(`${service}.`)) return 'no';
  const isElsewhere = region !== undefined && !isOpen(name);
  return isElsewhere || name.slice(service.length + 1).includes('.') ? 'no' : 'unknown';
}

const regionHole = '${AWS::Region}';
const accountHole = '${AWS::AccountId}';

function isOwnAccount(text: string, { account }: KnownNames): Answer {
  const named = /^arn:(?:\$\{[^}]*\}|[^:]*):iam::(.+):root$/.exec(text)?.[1] ?? text;
  if (named === (account ?? accountHole)) return 'yes';
  if (/^\d{12}$/.test(named)) return account === undefined ? 'unknown' : 'no';
  return isOpen(named) && !named.includes(':') && !named.includes('@') ? 'unknown' : 'no';
}

function fits({ isNegated, patterns }: Entries, texts: readonly string[]): Answer {
  const answers = texts.map((text) => anyOf(patterns, (pattern) => matches(pattern, text)));
  const every = answers.every((answer) => answer === answers[0]) ? (answers[0] ?? 'unknown') : 'unknown';
  return isNegated ? opposite(every) : every;
}

/** The best answer of several patterns; a pattern that may come to several texts is sure only where all of them are. */
function anyOf(patterns: readonly Pattern[], test: (text: string) => Answer): Answer {
  let best: Answer = 'no';
  for (const { texts, isSometimes } of patterns) {
    const answers = texts.map(test);
    if (texts.length === 0) best = atLeast(best, 'unknown');
    else if (answers.every((answer) => answer === 'yes'))
      best = atLeast(best, isSometimes ? 'unknown' : 'yes');
    else if (answers.some((answer) => answer !== 'no')) best = atLeast(best, 'unknown');
  }
  return best;
}

function atLeast(left: Answer, right: Answer): Answer {
  if (left === 'yes' || right === 'yes') return 'yes';
  return left === 'unknown' ? left : right;
}

function opposite(answer: Answer): Answer {
  if (answer === 'unknown') return answer;
  return answer === 'yes' ? 'no' : 'yes';
}

function holds(
  { operator, key, values, isIfExists, isForAll }: StatementCondition,
  context: PolicyRequest['context'],
): Answer {
  const sent = Object.hasOwn(context, key) ? context[key] : undefined;
  if (operator === 'null') {
    if (sent === undefined) return 'unknown';
    return anyOf(values, (text) => (text === String(sent === null) ? 'yes' : 'no'));
  }
  const isNegated = /not(?=equals|like)/.test(operator);
  const compare = comparisons[operator.replace(/not(?=equals|like)/, '')];
  if (compare === undefined || sent === undefined) return 'unknown';
  if (sent === null) return isIfExists || isForAll || isNegated ? 'yes' : 'no';
  const answer = anyOf(values, (text) => compare(text, sent));
  return isNegated ? opposite(answer) : answer;
}
