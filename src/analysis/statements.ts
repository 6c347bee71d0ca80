import samPolicyTemplates from '../data/sam-policy-templates.json' with { type: 'json' };
import { kept } from '../document/kept.js';
import { isEqual, isList, isMap, type Value, type ValueMap } from '../document/value.js';
import { textPatternsOf } from '../expressions/patterns.js';
import { resolve } from '../expressions/resolve.js';
import type { Stack } from '../template/template.js';
import { isServicePolicy, managedPolicyActions, managedPolicyName } from './managed-policies.js';

/** One statement of an identity policy, in the terms of the template it stands in. */
export interface PolicyStatement {
  readonly stack: Stack;
  readonly effect: 'Allow' | 'Deny';
  /** Patterns as written; `undefined` for `NotAction` and for what is no text. */
  readonly actions: readonly string[] | undefined;
  /** Patterns of `NotAction`: every other action is meant. */
  readonly allBut?: readonly string[];
  /** `undefined` for `NotResource`. */
  readonly resources: readonly Value[] | undefined;
  /** Holds only under an IAM `Condition`. */
  readonly isConditional?: boolean;
  /** The condition is that a request is sent without TLS, which no SDK does. */
  readonly isWithoutTls?: boolean;
  /** For what Lambda itself does around the function, not for what its code calls. */
  readonly isForLambda?: boolean;
  /** Conditions of the template under which the statement is there at all. */
  readonly when: readonly Assumption[];
  /** For reading: `Policies of Handler`, `managed policy AmazonS3FullAccess`. */
  readonly origin: string;
}

export interface Assumption {
  readonly condition: string;
  readonly is: boolean;
}

/** What a set of policies says, and which of them are not known. */
export interface Permissions {
  readonly statements: readonly PolicyStatement[];
  /** Policies whose content is not at hand. */
  readonly unknown: readonly string[];
}

/** Where a policy stands. */
export interface Origin {
  readonly stack: Stack;
  readonly when: readonly Assumption[];
  readonly origin: string;
}

/** A value with each `Fn::If` in it taken apart; `AWS::NoValue` falls away, lists are spread. */
export function alternatives(value: Value | undefined, from: Origin): readonly Alternative[] {
  const found: Alternative[] = [];
  collectAlternatives(value, from, found);
  return found;
}

interface Alternative {
  readonly value: Value;
  readonly from: Origin;
}

function collectAlternatives(value: Value | undefined, from: Origin, found: Alternative[]): void {
  if (value === undefined || value === null) return;
  if (isList(value)) {
    for (const item of value) collectAlternatives(item, from, found);
    return;
  }
  if (isMap(value) && isList(value['Fn::If'])) {
    const [condition, yes, no] = value['Fn::If'];
    const under = (is: boolean): Origin =>
      typeof condition === 'string' ? { ...from, when: [...from.when, { condition, is }] } : from;
    collectAlternatives(yes, under(true), found);
    collectAlternatives(no, under(false), found);
    return;
  }
  if (isMap(value) && value.Ref === 'AWS::NoValue') return;
  found.push({ value, from });
}

/** The statements of a policy document. */
export function documentStatements(document: Value | undefined, from: Origin): readonly PolicyStatement[] {
  return alternatives(document, from).flatMap(({ value, from: documentFrom }) =>
    isMap(value)
      ? alternatives(value.Statement, documentFrom).flatMap((statement) =>
          isMap(statement.value) ? [readStatement(statement.value, statement.from)] : [],
        )
      : [],
  );
}

type Said = Omit<PolicyStatement, keyof Origin>;

const saidKnown = new WeakMap<ValueMap, Said>();

function readStatement(statement: ValueMap, from: Origin): PolicyStatement {
  const said = saidKnown.get(statement) ?? whatIsSaid(statement);
  saidKnown.set(statement, said);
  return { ...from, ...said };
}

/** Of a statement, wherever it stands. */
function whatIsSaid(statement: ValueMap): Said {
  const {
    Effect: effect,
    Action: action,
    NotAction: others,
    Resource: resource,
    Condition: condition,
  } = statement;
  const allBut = patternsOf(others);
  return {
    effect: effect === 'Deny' ? 'Deny' : 'Allow',
    actions: patternsOf(action),
    ...(allBut !== undefined && { allBut }),
    resources: resource === undefined ? undefined : isList(resource) ? resource : [resource],
    isConditional: condition !== undefined,
    isWithoutTls: isList(condition) ? false : isEqual(lowered(condition), withoutTls),
  };
}

function patternsOf(value: Value | undefined): readonly string[] | undefined {
  const patterns = spread(value);
  return patterns.length > 0 && patterns.every((each) => typeof each === 'string') ? patterns : undefined;
}

/** The same values as the alternatives of something, in whatever circumstances. */
function spread(value: Value | undefined): readonly Value[] {
  if (value === undefined || value === null) return [];
  if (isList(value)) return value.flatMap(spread);
  if (!isMap(value)) return [value];
  const choice = value['Fn::If'];
  if (isList(choice)) return choice.slice(1, 3).flatMap(spread);
  return value.Ref === 'AWS::NoValue' ? [] : [value];
}

const withoutTls = { bool: { 'aws:securetransport': 'false' } };

/** Operators and keys of conditions are not case-sensitive, and booleans may be written as text. */
function lowered(value: Value | undefined): Value {
  if (isMap(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key.toLowerCase(), lowered(each)]));
  }
  if (isList(value)) return value.length === 1 ? lowered(value[0]) : value;
  return String(value ?? '').toLowerCase();
}

/** A SAM `Policies` property: documents, names, ARNs and policy templates, one or a list of them. */
export function samPolicies(policies: Value | undefined, from: Origin): Permissions {
  return merge(alternatives(policies, from).map(({ value, from: at }) => samPolicy(value, at)));
}

function samPolicy(policy: Value, from: Origin): Permissions {
  if (!isMap(policy) || isReference(policy)) return managedPolicies(policy, from);
  if ('Statement' in policy) return { statements: documentStatements(policy, from), unknown: [] };
  return merge(
    Object.entries(policy).map(([name, parameters]) =>
      Object.hasOwn(samPolicyTemplates, name)
        ? {
            statements: templateStatements(name, isMap(parameters) ? parameters : noParameters, from),
            unknown: [],
          }
        : { statements: [], unknown: [`policy template ${name}`] },
    ),
  );
}

const noParameters: ValueMap = {};

function isReference(value: ValueMap): boolean {
  return 'Ref' in value || Object.keys(value).some((key) => key.startsWith('Fn::'));
}

interface TemplateStatement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditional?: boolean;
}

/**
 * @source https://github.com/aws/serverless-application-model/blob/develop/samtranslator/policy_templates_data/policy_templates.json
 * (1.115.0); the table holds the actions and the shape of the ARNs, with the template's parameters as `${…}`.
 */
function templateStatements(name: string, parameters: ValueMap, from: Origin): readonly PolicyStatement[] {
  return kept(templatesKnown, parameters, name, () => filledTemplate(name, parameters)).map((said) => ({
    ...from,
    ...said,
    origin: `${name} of ${from.origin}`,
  }));
}

const templatesKnown = new WeakMap<ValueMap, Map<string, readonly Said[]>>();

function filledTemplate(name: string, parameters: ValueMap): readonly Said[] {
  const table: Readonly<Record<string, readonly TemplateStatement[]>> = samPolicyTemplates;
  const statements = Object.hasOwn(table, name) ? (table[name] ?? []) : [];
  return statements.map(({ actions, resources, conditional = false }) => ({
    effect: 'Allow',
    actions,
    resources: resources.map((resource) => ({ 'Fn::Sub': [resource, parameters] })),
    isConditional: conditional,
  }));
}

/** A policy given by name or ARN: an AWS-managed one, or a managed policy of the stack tree. */
export function managedPolicies(policy: Value, from: Origin): Permissions {
  const [branch] = resolve(policy, from.stack);
  if (branch?.outcome.kind === 'resource') {
    const { stack, logicalId } = branch.outcome;
    return managedPolicyOf(stack, logicalId, from.when);
  }
  return merge(
    textPatternsOf(policy, from.stack).map((text) => {
      const name = managedPolicyName(text);
      const actions = name === undefined ? undefined : managedPolicyActions(name);
      if (actions === undefined) return { statements: [], unknown: [`managed policy ${name ?? text}`] };
      return { statements: [awsManaged(name ?? text, actions, from)], unknown: [] };
    }),
  );
}

/** A statement as SAM or an AWS-managed policy gives it. */
export function awsManaged(name: string, actions: readonly string[], from: Origin): PolicyStatement {
  const origin = `managed policy ${name}`;
  return { ...from, effect: 'Allow', actions, resources: ['*'], isForLambda: isServicePolicy(name), origin };
}

/** The document of an `AWS::IAM::ManagedPolicy`, `AWS::IAM::Policy` or `AWS::IAM::RolePolicy`. */
export function managedPolicyOf(
  stack: Stack,
  logicalId: string,
  when: readonly Assumption[] = [],
): Permissions {
  const resource = stack.template.resources.get(logicalId);
  const document = resource?.properties.PolicyDocument;
  if (resource === undefined || document === undefined) return { statements: [], unknown: [logicalId] };
  const own = resource.condition === undefined ? [] : [{ condition: resource.condition, is: true }];
  return {
    statements: documentStatements(document, { stack, when: [...when, ...own], origin: logicalId }),
    unknown: [],
  };
}

export function merge(parts: readonly Permissions[]): Permissions {
  return {
    statements: parts.flatMap(({ statements }) => statements),
    unknown: parts.flatMap(({ unknown }) => unknown),
  };
}
