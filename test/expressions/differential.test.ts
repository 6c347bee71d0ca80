import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { physicalNames } from '../../src/changeset/physical.js';
import { deepFreeze, isMap, type Value, type ValueMap } from '../../src/document/value.js';
import { textPatternsOf } from '../../src/expressions/patterns.js';
import { conditionValues, resolve, scalarText } from '../../src/expressions/resolve.js';
import { openTemplate } from '../../src/template/open.js';
import { joinStackTree } from '../../src/template/stack-tree.js';
import type { Stack } from '../../src/template/template.js';
import { read } from '../document/reading.js';
import { anyText, declarations, expressionsIn, fixtures, parameterValues } from './expressions.js';

/** A root with conditions on top of those a template has. */
function stackOf(
  template: ValueMap,
  probes: ValueMap = {},
  parameters: Readonly<Record<string, Value>> = {},
): Stack {
  const document = read('Resources: {A: {Type: T}}');
  const own = isMap(template.Conditions) ? template.Conditions : {};
  const value = deepFreeze(structuredClone({ ...template, Conditions: { ...own, ...probes } }));
  const opened = openTemplate({ ...document, source: { ...document.source, path: 't.yaml' }, value });
  return joinStackTree('t.yaml', new Map([['t.yaml', opened]]), {
    parameters: new Map(Object.entries(parameters)),
  }).root;
}

interface Claim {
  readonly expression: Value;
  readonly text: string;
  readonly by: string;
}

/** Each text that a projection says an expression can come to. */
function claimsOf(expression: Value, stack: Stack): readonly Claim[] {
  const resolved = resolve(expression, stack).flatMap(({ outcome }) => scalarText(outcome) ?? []);
  const patterns = textPatternsOf(expression, stack).filter((text) => !text.includes('${'));
  const physical = physicalNames({ nested: new Map() }, { account: '111122223333', region: 'eu-west-1' });
  const name = physical.text(expression, stack);
  return [
    ...resolved.map((text) => ({ expression, text, by: 'resolve' })),
    ...patterns.map((text) => ({ expression, text, by: 'patterns' })),
    ...(name === undefined || mentionsPseudo(expression)
      ? []
      : [{ expression, text: name, by: 'physical names' }]),
  ];
}

/** The account and the Region are known to the one who asks for physical names, and to nobody else. */
function mentionsPseudo(expression: Value): boolean {
  return JSON.stringify(expression).includes('AWS::');
}

/** Claims that a condition on the same expression excludes, or a `not equal` that it excludes. */
function contradictions(template: ValueMap, claims: readonly Claim[]): readonly Claim[] {
  const probes = claims.map(
    ({ expression, text }, index) => [`Probe${index}`, { 'Fn::Equals': [expression, text] }] as const,
  );
  const stack = stackOf(template, Object.fromEntries(probes));
  return claims.filter((_, index) => !conditionValues(`Probe${index}`, stack).includes(true));
}

describe('every way to look at an expression', () => {
  it('says the same of generated ones', () => {
    fc.assert(
      fc.property(anyText, (expression) => {
        const stack = stackOf(declarations);
        expect(contradictions(declarations, claimsOf(expression, stack))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('says of open parameters what it says once they are given', () => {
    const given = fc.record(
      Object.fromEntries(
        Object.entries(parameterValues).map(([name, values]) => [name, fc.constantFrom(...values)]),
      ),
    );
    fc.assert(
      fc.property(anyText, given, (expression, parameters) => {
        const closed = stackOf(declarations, {}, parameters);
        fc.pre(resolve(expression, closed).length === 1);
        const claims = claimsOf(expression, closed);
        const [first] = claims;
        fc.pre(first !== undefined);
        expect(new Set(claims.map(({ text }) => text)).size).toBe(1);
        const open = stackOf(declarations, { Probe: { 'Fn::Equals': [expression, first?.text ?? ''] } });
        expect(conditionValues('Probe', open)).toContain(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('says the same of those that stand in templates', () => {
    const found = fixtures();
    expect(found.length).toBeGreaterThan(100);
    const wrong = found.flatMap(([name, template]) => {
      const stack = stackOf(template);
      const every = expressionsIn(template.Resources ?? null);
      const expressions = new Map(every.map((each) => [JSON.stringify(each), each])).values();
      const claims = [...expressions].flatMap((expression) => claimsOf(expression, stack));
      return contradictions(template, claims).map((claim) => [name, claim]);
    });
    expect(wrong).toEqual([]);
  });
});
