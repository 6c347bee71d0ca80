import { describe, expect, test } from 'vitest';
import type { Value } from '../../src/document/value.js';
import type { Change } from '../../src/plan/change.js';
import { accept, openPlanState, valueIn, writersOf } from '../../src/plan/state.js';

const template = 't.yaml';
const start: Value = { Resources: { A: { Type: 'T', Properties: { Tags: ['x'] } } } };
const open = () => openPlanState(new Map([[template, start]]));
const patchOf = (patch: string) => () => patch;

const set = (path: readonly string[], value: Value): Change => ({
  kind: 'set',
  template,
  path: ['Resources', ...path],
  value,
  placement: 'resource',
});
const parameter = (value: string): Change => ({ kind: 'parameter-value', template, name: 'P', value });

describe('what is accepted', () => {
  test('two patches do not give one parameter two values', () => {
    const state = open();
    expect(accept(state, 'one', patchOf('p1'), [parameter('7')])).toEqual({ kind: 'accepted' });
    expect(accept(state, 'two', patchOf('p2'), [parameter('30')])).toEqual({
      kind: 'conflict',
      with: 'one',
      because: 'parameter P is wanted both as 7 and as 30',
    });
    expect(accept(state, 'three', patchOf('p3'), [parameter('7')])).toEqual({ kind: 'accepted' });
    expect(state.parameterValues.get('P')).toEqual({ value: '7', patch: 'p1', finding: 'one' });
  });

  test('is all of a finding or nothing', () => {
    const state = open();
    accept(state, 'one', patchOf('p1'), [set(['A', 'Properties', 'Name'], 'a')]);
    const before = valueIn(state, template);
    const outcome = accept(state, 'two', patchOf('p2'), [
      set(['B'], { Type: 'T' }),
      set(['A', 'Properties', 'Name'], 'b'),
    ]);
    expect(outcome).toEqual({
      kind: 'conflict',
      with: 'one',
      because: '/Resources/A/Properties/Name of t.yaml is wanted with two different values',
    });
    expect(valueIn(state, template)).toBe(before);
    expect(state.templates.get(template)?.entries).toHaveLength(1);
  });

  test('a value of the template may be replaced, one of the plan not', () => {
    const state = open();
    expect(accept(state, 'one', patchOf('p1'), [set(['A', 'Type'], 'U')]).kind).toBe('accepted');
    expect(accept(state, 'two', patchOf('p2'), [set(['A', 'Type'], 'V')]).kind).toBe('conflict');
    expect(accept(state, 'three', patchOf('p3'), [set(['A', 'Type'], 'U')]).kind).toBe('accepted');
  });

  test('a patch that relies on what another one wrote requires it', () => {
    const state = open();
    accept(state, 'one', patchOf('p1'), [set(['Q'], { Type: 'Queue' })]);
    accept(state, 'two', patchOf('p2'), [
      set(['Q'], { Type: 'Queue' }),
      set(['A', 'Properties', 'Dlq'], { Ref: 'Q' }),
    ]);
    expect([...(state.requires.get('p2') ?? [])]).toEqual(['p1']);
    expect([...(state.requires.get('p1') ?? [])]).toEqual([]);
  });

  test('who writes to a resource, and who relies on what stands there, is known', () => {
    const state = open();
    accept(state, 'one', patchOf('p1'), [set(['Q'], { Type: 'Queue' })]);
    accept(state, 'two', patchOf('p2'), [set(['Q'], { Type: 'Queue' })]);
    expect([...writersOf(state, template, 'Q')]).toEqual(['one', 'two']);
    expect([...writersOf(state, template, 'A')]).toEqual([]);
  });

  test('a template that is not at hand is refused', () => {
    const change: Change = {
      kind: 'set',
      template: 'other.yaml',
      path: ['A'],
      value: 1,
      placement: 'resource',
    };
    expect(accept(open(), 'one', patchOf('p1'), [change])).toEqual({
      kind: 'refused',
      because: 'other.yaml is not at hand',
    });
  });
});
