/**
 * Conditions as formulas over what is not known when a template is read: the values parameters will have, the region,
 * attributes of resources. Small enough to be decided by trying the values that make a difference.
 */
export interface Variable {
  /** For reading and sorting: `template.yaml#Environment`. */
  readonly id: string;
  /** The only values it can have, where they are listed. */
  readonly allowed: readonly string[] | undefined;
  /** The value it has unless somebody gives another one. */
  readonly default: string | undefined;
}

export type Formula =
  | { readonly kind: 'constant'; readonly value: boolean }
  | Test
  | { readonly kind: 'not'; readonly inner: Formula }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Formula[] };

export interface Test {
  readonly kind: 'test';
  readonly variable: Variable;
  /** The values the answer depends on. */
  readonly texts: readonly string[];
  /** `undefined` in: any value but those named anywhere. `undefined` out: cannot be told. */
  holds(text: string | undefined): boolean | undefined;
}

/** A formula that is to be true, or to be false. */
export interface Assertion {
  /** `template#Condition`. */
  readonly key: string;
  readonly formula: Formula;
  readonly value: boolean;
}

/** Any value that no formula names. */
export const other = Symbol('other');
export type Choice = string | typeof other;

/** What says that a parameter has no value; where only some values are allowed, an empty one has a name. */
export function isNothing(choice: Choice): boolean {
  return choice === '' || (typeof choice === 'string' && /^none$/i.test(choice));
}

/** Whether a variable may have a value at all; everything its domain has, unless said otherwise. */
export type Admits = (variable: Variable, choice: Choice) => boolean;

export const always: Formula = { kind: 'constant', value: true };
export const never: Formula = { kind: 'constant', value: false };

export function not(inner: Formula): Formula {
  if (inner.kind === 'constant') return inner.value ? never : always;
  return inner.kind === 'not' ? inner.inner : { kind: 'not', inner };
}

export function all(parts: readonly Formula[]): Formula {
  if (parts.includes(never)) return never;
  const open = parts.filter((part) => part !== always);
  return open.length <= 1 ? (open[0] ?? always) : { kind: 'all', parts: open };
}

export function any(parts: readonly Formula[]): Formula {
  if (parts.includes(always)) return always;
  const open = parts.filter((part) => part !== never);
  return open.length <= 1 ? (open[0] ?? never) : { kind: 'any', parts: open };
}

/** A statement nothing is known of; the same id means the same statement. */
export function opaque(id: string): Formula {
  const variable = { id, allowed: ['true', 'false'], default: undefined };
  return { kind: 'test', variable, texts: ['true', 'false'], holds: (text) => text === 'true' };
}

/**
 * Steps left for a plan: a step is one expression, formula or variable looked at. Shared by everything that asks about
 * the templates, in every state they go through while they are planned, so that no template can make a plan take
 * minutes; past it every question counts as possible, every value is unknown, and the finding says so.
 */
export interface Budget {
  steps: number;
}

export function newBudget(): Budget {
  return { steps: 2_000_000 };
}

export function isSpent(budget: Budget): boolean {
  return budget.steps <= 0;
}

/**
 * Three-valued: `undefined` when the choices made so far do not settle it. A formula that stands in several places is
 * looked at once.
 */
export function evaluate(
  formula: Formula,
  choose: (variable: Variable) => Choice | undefined,
  budget: Budget = newBudget(),
): boolean | undefined {
  return evaluateShared(formula, choose, budget, new Map());
}

function evaluateShared(
  formula: Formula,
  choose: (variable: Variable) => Choice | undefined,
  budget: Budget,
  known: Map<Formula, boolean | undefined>,
): boolean | undefined {
  budget.steps--;
  switch (formula.kind) {
    case 'constant':
      return formula.value;
    case 'test': {
      const choice = choose(formula.variable);
      return choice === undefined ? undefined : formula.holds(choice === other ? undefined : choice);
    }
    case 'not': {
      const inner = evaluateShared(formula.inner, choose, budget, known);
      return inner === undefined ? undefined : !inner;
    }
    default: {
      if (known.has(formula)) return known.get(formula);
      const settling = formula.kind === 'any';
      let value: boolean | undefined = !settling;
      for (const part of formula.parts) {
        const inner = evaluateShared(part, choose, budget, known);
        if (inner === undefined) value = undefined;
        if (inner !== settling) continue;
        value = settling;
        break;
      }
      known.set(formula, value);
      return value;
    }
  }
}

/** The variables of formulas, by id, with the values that make a difference to any of them. */
export function domainsOf(formulas: readonly Formula[]): ReadonlyMap<string, Domain> {
  const found = new Map<string, { variable: Variable; texts: Set<string> }>();
  for (const formula of formulas) {
    for (const { variable, texts } of testsIn(formula)) {
      const known = found.get(variable.id) ?? { variable, texts: new Set<string>() };
      if (variable.default !== undefined) known.texts.add(variable.default);
      for (const text of texts) known.texts.add(text);
      found.set(variable.id, known);
    }
  }
  return new Map([...found].map(([id, each]) => [id, { variable: each.variable, choices: choicesOf(each) }]));
}

export interface Domain {
  readonly variable: Variable;
  readonly choices: readonly Choice[];
}

const tests = new WeakMap<Formula, readonly Test[]>();

/** In the order in which they stand, each once. */
function testsIn(formula: Formula): readonly Test[] {
  const known = tests.get(formula);
  if (known !== undefined) return known;
  const found = new Set<Test>();
  const seen = new Set<Formula>();
  const collect = (inner: Formula): void => {
    if (inner.kind === 'test') found.add(inner);
    if (inner.kind === 'not') collect(inner.inner);
    if ((inner.kind !== 'all' && inner.kind !== 'any') || seen.has(inner)) return;
    seen.add(inner);
    for (const part of inner.parts) collect(part);
  };
  collect(formula);
  tests.set(formula, [...found]);
  return [...found];
}

const variableIds = new WeakMap<Formula, ReadonlySet<string>>();

export function variableIdsIn(formula: Formula): ReadonlySet<string> {
  const ids = variableIds.get(formula) ?? new Set(testsIn(formula).map(({ variable }) => variable.id));
  variableIds.set(formula, ids);
  return ids;
}

function choicesOf({
  variable,
  texts,
}: {
  variable: Variable;
  texts: ReadonlySet<string>;
}): readonly Choice[] {
  const { allowed } = variable;
  if (allowed === undefined) return [...texts, other];
  const named = [...texts].filter((text) => allowed.includes(text) || text === variable.default);
  return allowed.every((text) => texts.has(text)) ? named : [...named, other];
}

/** Bounds one search; what is not decided by then counts as possible. */
const mostChoices = 5_000;

/** Whether there are values under which all assertions come out as they should. */
export function isSatisfiable(
  assertions: readonly Assertion[],
  admits: Admits = () => true,
  budget: Budget = newBudget(),
): boolean {
  if (contradict(assertions)) return false;
  const formulas = new Map<Formula, boolean>();
  for (const { formula, value } of assertions) {
    if (formulas.has(formula) && formulas.get(formula) !== value) return false;
    formulas.set(formula, value);
  }
  const wanted = [...formulas].map(([formula, value]) => ({ formula, value }));
  for (const { formula } of wanted) budget.steps -= variableIdsIn(formula).size;
  if (isSpent(budget)) return true;
  return independent(wanted).every((part) => isPartSatisfiable(part, admits, budget));
}

interface Wanted {
  readonly formula: Formula;
  readonly value: boolean;
}

/** Formulas that share a variable stay together; the others do not constrain each other. */
function independent(wanted: readonly Wanted[]): readonly (readonly Wanted[])[] {
  let parts: { readonly ids: ReadonlySet<string>; readonly wanted: Wanted[] }[] = [];
  for (const each of wanted) {
    const ids = variableIdsIn(each.formula);
    const touching = parts.filter((part) => [...ids].some((id) => part.ids.has(id)));
    const joined = {
      ids: new Set([...touching.flatMap((part) => [...part.ids]), ...ids]),
      wanted: [...touching.flatMap((part) => part.wanted), each],
    };
    parts = [...parts.filter((part) => !touching.includes(part)), joined];
  }
  return parts.map((part) => part.wanted);
}

function isPartSatisfiable(wanted: readonly Wanted[], admits: Admits, budget: Budget): boolean {
  const chosen = new Map<string, Choice>();
  const choose = ({ id }: Variable): Choice | undefined => chosen.get(id);
  /** `false` when refuted, `undefined` while open. */
  const outcome = (): boolean | undefined => {
    let isOpen = false;
    for (const { formula, value } of wanted) {
      const is = evaluate(formula, choose, budget);
      if (is === !value) return false;
      isOpen ||= is === undefined;
    }
    return isOpen ? undefined : true;
  };
  const domains = [...domainsOf(wanted.map(({ formula }) => formula)).values()];
  budget.steps -= domains.reduce((sum, domain) => sum + domain.choices.length, 0);
  let choices = 0;
  const search = (depth: number): boolean => {
    const known = outcome();
    if (known !== undefined) return known;
    const domain = domains[depth];
    if (domain === undefined) return true;
    for (const choice of domain.choices) {
      if (!admits(domain.variable, choice)) continue;
      if (++choices > mostChoices || isSpent(budget)) return true;
      chosen.set(domain.variable.id, choice);
      if (search(depth + 1)) return true;
    }
    chosen.delete(domain.variable.id);
    return false;
  };
  return search(0);
}

/** The same condition cannot be both, even where nobody can tell which it is. */
function contradict(assertions: readonly Assertion[]): boolean {
  const values = new Map<string, boolean>();
  return assertions.some(({ key, value }) => {
    const known = values.get(key);
    values.set(key, value);
    return known !== undefined && known !== value;
  });
}
