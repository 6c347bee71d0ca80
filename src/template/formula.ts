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

/** Three-valued: `undefined` when the choices made so far do not settle it. */
export function evaluate(
  formula: Formula,
  choose: (variable: Variable) => Choice | undefined,
): boolean | undefined {
  switch (formula.kind) {
    case 'constant':
      return formula.value;
    case 'test': {
      const choice = choose(formula.variable);
      return choice === undefined ? undefined : formula.holds(choice === other ? undefined : choice);
    }
    case 'not': {
      const inner = evaluate(formula.inner, choose);
      return inner === undefined ? undefined : !inner;
    }
    default: {
      const settling = formula.kind === 'any';
      let isOpen = false;
      for (const part of formula.parts) {
        const value = evaluate(part, choose);
        if (value === settling) return settling;
        isOpen ||= value === undefined;
      }
      return isOpen ? undefined : !settling;
    }
  }
}

/** The variables of formulas, by id, with the values that make a difference to any of them. */
export function domainsOf(formulas: readonly Formula[]): ReadonlyMap<string, Domain> {
  const texts = new Map<string, { variable: Variable; texts: Set<string> }>();
  for (const formula of formulas) collectTexts(formula, texts);
  return new Map(
    [...texts].map(([id, found]) => [id, { variable: found.variable, choices: choicesOf(found) }]),
  );
}

export interface Domain {
  readonly variable: Variable;
  readonly choices: readonly Choice[];
}

function collectTexts(formula: Formula, into: Map<string, { variable: Variable; texts: Set<string> }>): void {
  if (formula.kind === 'not') collectTexts(formula.inner, into);
  if (formula.kind === 'all' || formula.kind === 'any')
    for (const part of formula.parts) collectTexts(part, into);
  if (formula.kind !== 'test') return;
  const { variable } = formula;
  const known = into.get(variable.id) ?? { variable, texts: new Set<string>() };
  if (variable.default !== undefined) known.texts.add(variable.default);
  for (const text of formula.texts) known.texts.add(text);
  into.set(variable.id, known);
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

/** Bounds the search; what is not decided by then counts as possible. */
const mostSteps = 5_000;

/** Whether there are values under which all assertions come out as they should. */
export function isSatisfiable(assertions: readonly Assertion[], admits: Admits = () => true): boolean {
  const chosen = new Map<string, Choice>();
  const choose = ({ id }: Variable): Choice | undefined => chosen.get(id);
  const isRefuted = () => assertions.some(({ formula, value }) => evaluate(formula, choose) === !value);
  const isMet = () => assertions.every(({ formula, value }) => evaluate(formula, choose) === value);
  if (isRefuted() || contradict(assertions)) return false;
  if (isMet()) return true;
  const domains = [...domainsOf(assertions.map(({ formula }) => formula)).values()];
  let steps = 0;
  const search = (depth: number): boolean => {
    const domain = domains[depth];
    if (domain === undefined || isMet()) return true;
    const { variable, choices } = domain;
    for (const choice of choices.filter((each) => admits(variable, each))) {
      if (++steps > mostSteps) return true;
      chosen.set(variable.id, choice);
      if (!isRefuted() && search(depth + 1)) return true;
    }
    chosen.delete(variable.id);
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
