import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Admits,
  all,
  always,
  any,
  type Choice,
  domainsOf,
  evaluate,
  type Formula,
  isNothing,
  isSatisfiable,
  never,
  newBudget,
  not,
  opaque,
  other,
  type Variable,
} from '../../src/expressions/formula.js';

const open: Variable = { id: 'open', allowed: undefined, default: 'a' };
const listed: Variable = { id: 'listed', allowed: ['a', 'b', 'c'], default: 'd' };
const closed: Variable = { id: 'closed', allowed: ['a', 'b'], default: 'a' };
const bare: Variable = { id: 'bare', allowed: undefined, default: undefined };

const choices: ReadonlyMap<string, readonly Choice[]> = new Map([
  ['open', ['a', 'b', 'c', other]],
  ['listed', ['a', 'b', 'c', 'd']],
  ['closed', ['a', 'b']],
  ['bare', ['a', 'b', 'c', other]],
  ['nobody knows', ['true', 'false']],
]);

function is(variable: Variable, ...texts: readonly string[]): Formula {
  return { kind: 'test', variable, texts, holds: (text) => text !== undefined && texts.includes(text) };
}

const { formula: anyFormula } = fc.letrec<{ formula: Formula }>((tie) => ({
  formula: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc
      .tuple(fc.constantFrom(open, listed, closed, bare), fc.constantFrom('a', 'b', 'c'))
      .map(([variable, text]) => is(variable, text)),
    fc.constantFrom(always, never, opaque('nobody knows')),
    tie('formula').map(not),
    fc.array(tie('formula'), { maxLength: 3 }).map(all),
    fc.array(tie('formula'), { maxLength: 3 }).map(any),
  ),
}));

/** Every way to choose, one after the other. */
function assignments(): readonly ReadonlyMap<string, Choice>[] {
  return [...choices].reduce<readonly ReadonlyMap<string, Choice>[]>(
    (sofar, [id, values]) => sofar.flatMap((each) => values.map((value) => new Map([...each, [id, value]]))),
    [new Map()],
  );
}

const every = assignments();

function under(formula: Formula, chosen: ReadonlyMap<string, Choice>): boolean | undefined {
  return evaluate(formula, ({ id }) => chosen.get(id));
}

/** What the parts say, by the definition of each. */
function byDefinition(formula: Formula, chosen: ReadonlyMap<string, Choice>): boolean {
  switch (formula.kind) {
    case 'constant':
      return formula.value;
    case 'test': {
      const choice = chosen.get(formula.variable.id);
      return formula.holds(typeof choice === 'string' ? choice : undefined) === true;
    }
    case 'not':
      return !byDefinition(formula.inner, chosen);
    case 'all':
      return formula.parts.every((part) => byDefinition(part, chosen));
    case 'any':
      return formula.parts.some((part) => byDefinition(part, chosen));
  }
}

describe('a formula', () => {
  it('can come out as asked exactly when some choice makes it', () => {
    const assertions = fc.array(fc.tuple(anyFormula, fc.boolean()), { minLength: 1, maxLength: 3 });
    const admitted = fc.constantFrom<Admits>(
      () => true,
      (_, choice) => choice !== 'a',
      ({ id }, choice) => id !== 'bare' || choice === other,
    );
    fc.assert(
      fc.property(assertions, admitted, (wanted, admits) => {
        const variables = [open, listed, closed, bare];
        const isAdmitted = (chosen: ReadonlyMap<string, Choice>) =>
          variables.every((variable) => admits(variable, chosen.get(variable.id) ?? other));
        const isSo = (chosen: ReadonlyMap<string, Choice>) =>
          wanted.every(([formula, value]) => byDefinition(formula, chosen) === value);
        const found = isSatisfiable(
          wanted.map(([formula, value], index) => ({ key: String(index), formula, value })),
          admits,
        );
        expect(found).toBe(every.some((chosen) => isAdmitted(chosen) && isSo(chosen)));
      }),
      { numRuns: 150 },
    );
  });

  it('is settled by part of the choices only where the others make no difference', () => {
    fc.assert(
      fc.property(anyFormula, fc.constantFrom(...every), fc.boolean(), (formula, chosen, hides) => {
        expect(under(formula, chosen)).toBe(byDefinition(formula, chosen));
        const partly = new Map([...chosen].filter(([id]) => id !== (hides ? 'open' : 'closed')));
        const settled = under(formula, partly);
        if (settled !== undefined) expect(settled).toBe(byDefinition(formula, chosen));
      }),
      { numRuns: 300 },
    );
  });

  it('stays as small as it can be', () => {
    const part = is(open, 'a');
    expect([not(always), not(never), not(not(part))]).toEqual([never, always, part]);
    expect(all([])).toBe(always);
    expect(any([])).toBe(never);
    expect(all([always, part, always])).toBe(part);
    expect(any([never, part, never])).toBe(part);
    expect(all([part, never])).toBe(never);
    expect(any([part, always])).toBe(always);
    const two = [part, is(bare, 'b')];
    expect(all([always, ...two])).toEqual({ kind: 'all', parts: two });
    expect(any([never, ...two])).toEqual({ kind: 'any', parts: two });
  });

  it('is open where what it says of a choice is not known', () => {
    const unsure: Formula = { kind: 'test', variable: open, texts: ['a'], holds: () => undefined };
    const chosen = new Map<string, Choice>([['open', 'a']]);
    expect(under(unsure, chosen)).toBeUndefined();
    expect(under(not(unsure), chosen)).toBeUndefined();
    expect(under(all([unsure, is(open, 'b')]), chosen)).toBe(false);
    expect(under(any([unsure, is(open, 'b')]), chosen)).toBeUndefined();
    expect(under(any([unsure, is(open, 'a')]), chosen)).toBe(true);
    expect(isSatisfiable([{ key: 'k', formula: unsure, value: true }])).toBe(true);
    expect(isSatisfiable([{ key: 'k', formula: unsure, value: false }])).toBe(true);
  });

  it('cannot be both, even under two keys, nor one key under two formulas', () => {
    const unsure: Formula = { kind: 'test', variable: open, texts: ['a'], holds: () => undefined };
    const asserted = (key: string, formula: Formula, value: boolean) => ({ key, formula, value });
    expect(isSatisfiable([asserted('j', unsure, true), asserted('k', unsure, false)])).toBe(false);
    expect(isSatisfiable([asserted('j', unsure, true), asserted('k', unsure, true)])).toBe(true);
    const alike: Formula = { ...unsure };
    expect(isSatisfiable([asserted('k', unsure, true), asserted('k', alike, false)])).toBe(false);
    expect(isSatisfiable([asserted('k', unsure, false), asserted('k', alike, false)])).toBe(true);
  });
});

it('counts with what formulas have in common by way of others', () => {
  const chain = [
    any([is(open, 'a'), is(bare, 'a')]),
    all([is(bare, 'b'), any([is(closed, 'a'), is(closed, 'b')])]),
  ];
  const asserted = (...formulas: readonly Formula[]) =>
    isSatisfiable(formulas.map((formula, index) => ({ key: String(index), formula, value: true })));
  expect(asserted(...chain, is(open, 'a'))).toBe(true);
  expect(asserted(...chain, is(open, 'b'))).toBe(false);
  expect(asserted(is(open, 'b'), ...chain)).toBe(false);
});

describe('the choices of a variable', () => {
  const choicesOf = (...formulas: readonly Formula[]) =>
    [...domainsOf(formulas)].map(([id, domain]) => [id, ...domain.choices]);

  it('are the values that make a difference, its default and one for all others', () => {
    expect(choicesOf(is(open, 'b'), not(is(open, 'c')), all([is(bare, 'x'), is(open, 'b')]))).toEqual([
      ['open', 'a', 'b', 'c', other],
      ['bare', 'x', other],
    ]);
  });

  it('are allowed ones, and its default', () => {
    expect(choicesOf(is(listed, 'a', 'x'))).toEqual([['listed', 'd', 'a', other]]);
    expect(choicesOf(is(listed, 'a', 'b', 'c'))).toEqual([['listed', 'd', 'a', 'b', 'c']]);
    expect(choicesOf(is(closed, 'b'))).toEqual([['closed', 'a', 'b']]);
  });
});

describe('steps', () => {
  const formula = all([is(open, 'a'), is(bare, 'b')]);
  const wanted = [{ key: 'k', formula, value: true }];

  it('are taken by all that is looked at', () => {
    const budget = newBudget();
    const before = budget.steps;
    evaluate(formula, () => undefined, budget);
    expect(before - budget.steps).toBe(3);
    isSatisfiable(wanted, undefined, budget);
    expect(before - budget.steps).toBeGreaterThan(10);
  });

  it('leave everything possible once there are none', () => {
    const impossible = [{ key: 'k', formula: all([is(open, 'a'), is(open, 'b')]), value: true }];
    expect(isSatisfiable(impossible)).toBe(false);
    expect(isSatisfiable(impossible, undefined, { steps: 0 })).toBe(true);
    expect(isSatisfiable(impossible, undefined, { steps: 2 })).toBe(true);
    expect(isSatisfiable(impossible, undefined, { steps: 40 })).toBe(false);
  });

  it('are not taken twice for a formula that stands in several places', () => {
    const doubled = Array.from({ length: 40 }).reduce<Formula>(
      (inner, _, index) => any([all([inner, is(bare, `${index}`)]), all([inner, is(open, `${index}`)])]),
      is(open, 'a'),
    );
    const budget = newBudget();
    const before = budget.steps;
    evaluate(doubled, () => undefined, budget);
    expect(before - budget.steps).toBeLessThan(400);
    expect(domainsOf([doubled]).size).toBe(2);
  });

  it('of one search are bounded', () => {
    const parts = Array.from({ length: 14 }, (_, index): Formula => {
      const variable = { id: `v${index}`, allowed: ['a', 'b'], default: undefined };
      return { kind: 'test', variable, texts: ['a', 'b'], holds: () => undefined };
    });
    const hard = all([...parts, is(open, 'a'), is(open, 'b')]);
    const last = all([...parts, any([is(closed, 'c'), is(closed, 'd')])]);
    expect(isSatisfiable([{ key: 'k', formula: last, value: true }])).toBe(true);
    expect(isSatisfiable([{ key: 'k', formula: hard, value: true }])).toBe(true);
  });
});

it.each([
  ['', true],
  ['none', true],
  ['NONE', true],
  ['nonexistent', false],
  ['and none', false],
  ['x', false],
])('a value of %j says that there is none: %s', (text, expected) => {
  expect(isNothing(text)).toBe(expected);
  expect(isNothing(other)).toBe(false);
});
