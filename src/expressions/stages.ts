import { intrinsicName } from '../document/intrinsics.js';
import { isList, isMap, type Value } from '../document/value.js';
import { passedBy, rootOf, textOf } from '../template/consumers.js';
import { referencesIn } from '../template/references.js';
import type { Stack, Template } from '../template/template.js';
import { conditionsOf } from './conditions.js';
import { domainsOf } from './formula.js';
import { resolve } from './resolve.js';

/**
 * What a template knows of stages (development, production …). Which of them a stack is the operator knows: it is never
 * chosen for them, and what is written into a template of several stages counts for each.
 */

const stage =
  /^(dev|develop|development|test|testing|qa|uat|int|integration|acc|acceptance|sandbox|sbx|stg|stag(e|ing)?|((pre|non)-?)?(prod|prd|production)|live|alpha|beta|gamma|demo)$/i;
const asksForStage = /^(is)?-?(((pre|non)-?)?(prod|prd|production)|dev|development|staging)$/i;
const namesStage = /(^|[a-z_-])(env|environment|environmentname|stage|stagename)$/i;

export function isStageName(text: string): boolean {
  return stage.test(text);
}

/** The key of a tag whose value is the stage. */
export function isStageTag(key: string): boolean {
  return /^(environment|env|stage)$/i.test(key);
}

/** A parameter that says which stage a stack is, by its name or by the values it can have. */
export function isStageParameter({ parameters }: Template, name: string): boolean {
  const { allowedValues = [], default: usual = '' } = parameters.get(name) ?? {};
  const isByValue = [...allowedValues, usual].some((value) => stage.test(textOf(value)));
  return isByValue || namesStage.test(name) || asksForStage.test(name);
}

/** A template that is deployed once for each of several stages. */
export interface Stages {
  /** For reading: `parameter Stage`, `mapping Sizes`, `condition IsProduction`. */
  readonly because: string;
  /** A parameter of the template whose value is the name of the stage, and nothing else. */
  readonly parameter?: string;
}

const knownStages = new WeakMap<Stack, Stages | 'none'>();

/** Which stages a template serves, by its own text and by those it is nested in; `undefined` where nothing says several. */
export function stagesOf(stack: Stack): Stages | undefined {
  const known = knownStages.get(stack) ?? findStages(stack) ?? 'none';
  knownStages.set(stack, known);
  return known === 'none' ? undefined : known;
}

function findStages(stack: Stack): Stages | undefined {
  const { template } = stack;
  const parameter = [...template.parameters.keys()].find((name) => isNameOfStage(template, name));
  if (parameter !== undefined) return { because: `parameter ${parameter}`, parameter };
  const because = severalBecause(template);
  if (because !== undefined) return { because };
  for (const { stack: parent } of stack.parents) {
    const inherited = stagesOf(parent);
    if (inherited !== undefined) return { because: inherited.because };
  }
  return undefined;
}

/** A stage of an API has a name of its own kind. */
function isOfApi(name: string): boolean {
  return /^(http|rest|web-?socket)?_?api|gateway/i.test(name);
}

/** Called after the stage, and every value it is known to take is one; more than one may be given. */
function isNameOfStage({ parameters }: Template, name: string): boolean {
  const { type, allowedValues, default: usual, noEcho } = parameters.get(name) ?? {};
  const values = [...(allowedValues ?? []), ...(usual === undefined ? [] : [usual])].map(textOf);
  return (
    type === 'String' &&
    noEcho === false &&
    namesStage.test(name) &&
    !isOfApi(name) &&
    allowedValues?.length !== 1 &&
    values.length > 0 &&
    values.every((value) => stage.test(value))
  );
}

function severalBecause(template: Template): string | undefined {
  const { parameters, mappings, conditions } = template;
  const parameter = [...parameters.values()].find(({ name, allowedValues }) => {
    const stages = (allowedValues ?? []).filter((value) => stage.test(textOf(value)));
    const isNamed = (namesStage.test(name) && !isOfApi(name)) || asksForStage.test(name);
    return stages.length > 1 || (isNamed && allowedValues?.length !== 1);
  });
  if (parameter !== undefined) return `parameter ${parameter.name}`;
  const mapping = Object.keys(mappings).find((name) => hasStages(mappings[name]));
  if (mapping !== undefined) return `mapping ${mapping}`;
  const condition = [...conditions].find(([, definition]) => comparesStage(definition));
  return condition && `condition ${condition[0]}`;
}

/** Rows or columns that are called after stages, or after the accounts they are in. */
function hasStages(mapping: Value | undefined): boolean {
  if (!isMap(mapping)) return false;
  const levels = [
    Object.keys(mapping),
    ...Object.values(mapping).map((row) => (isMap(row) ? Object.keys(row) : [])),
  ];
  return levels.some((keys) => keys.filter((key) => mentionsStage(key) || isAccount(key)).length > 1);
}

function isAccount(text: string): boolean {
  return /^\d{12}$/.test(text);
}

/** `orders-prod` */
function mentionsStage(text: string): boolean {
  return text.split(/[^A-Za-z0-9]+/).some((word) => stage.test(word));
}

const tellsStage: ReadonlySet<unknown> = new Set(['AWS::StackName', 'AWS::AccountId']);

/** A condition that asks for a stage by its name, or for one by the stack or the account it is in. */
function comparesStage(definition: Value): boolean {
  if (isList(definition)) return definition.some(comparesStage);
  if (!isMap(definition)) return false;
  const sides = definition['Fn::Equals'];
  if (!isList(sides)) return Object.values(definition).some(comparesStage);
  const literals = sides.filter((side) => typeof side !== 'object');
  if (literals.length !== 1) return false;
  return literals.some((literal) => stage.test(textOf(literal))) || sides.some(isStackOrAccount);
}

function isStackOrAccount(value: Value): boolean {
  if (isList(value)) return value.some(isStackOrAccount);
  if (!isMap(value)) return typeof value === 'string' && /\$\{AWS::(StackName|AccountId)\}/.test(value);
  return tellsStage.has(value.Ref) || Object.values(value).some(isStackOrAccount);
}

/**
 * What chooses a value by the stage, for reading; `undefined` where nothing does, or where the stage is known. A list or a
 * map is chosen as a whole or not: what is inside is not looked at.
 */
export function chosenByStage(expression: Value | undefined, stack: Stack): string | undefined {
  const name = intrinsicName(expression);
  if (!isMap(expression) || name === undefined) return undefined;
  const argument = expression[name];
  const list = isList(argument) ? argument : [];
  if (name === 'Fn::If') {
    const [condition, ...branches] = list;
    return conditionByStage(condition, stack) ?? firstOf(branches, stack);
  }
  if (name === 'Fn::FindInMap') return lookupByStage(list, stack);
  if (name !== 'Ref' || typeof argument !== 'string') return firstOf(list, stack);
  return firstIn(stack.parents, (link) => chosenByStage(passedBy(link, argument), link.stack));
}

function firstOf(expressions: readonly Value[], stack: Stack): string | undefined {
  return firstIn(expressions, (each) => chosenByStage(each, stack));
}

function firstIn<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function conditionByStage(condition: Value | undefined, stack: Stack): string | undefined {
  if (typeof condition !== 'string') return undefined;
  if (resolve({ 'Fn::If': [condition, '1', '2'] }, stack).length < 2) return undefined;
  const root = rootOf(stack);
  const prefix = `${root.template.path}#`;
  const isByStage = [...domainsOf([conditionsOf(stack).formula(stack, condition)]).values()].some(
    ({ variable: { id }, choices }) =>
      tellsStage.has(id) ||
      (id.startsWith(prefix) && isStageParameter(root.template, id.slice(prefix.length))) ||
      choices.some((choice) => typeof choice === 'string' && stage.test(choice)),
  );
  return isByStage ? `condition ${condition}` : undefined;
}

function lookupByStage([mapping, ...keys]: readonly Value[], stack: Stack): string | undefined {
  const isOpen = keys.some((key) => {
    const branches = resolve(key, stack);
    return (
      branches.length > 1 ||
      branches.some(
        ({ outcome, parameters }) =>
          outcome.kind === 'unknown' ||
          parameters.some(
            ({ stack: owner, name }) => owner.parents.length === 0 && !owner.knownParameters.has(name),
          ),
      )
    );
  });
  if (!isOpen || typeof mapping !== 'string') return undefined;
  const isKey = keys.some(
    (key) =>
      isStackOrAccount(key) || referencesIn(key).some((name) => isStageParameter(stack.template, name)),
  );
  return isKey || hasStages(stack.template.mappings[mapping]) ? `mapping ${mapping}` : undefined;
}
