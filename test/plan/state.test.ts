import { describe, expect, test } from 'vitest';
import type { Value } from '../../src/document/value.js';
import type { Change } from '../../src/plan/change.js';
import { accept, isTaken, openPlanState, valueIn, writersOf } from '../../src/plan/state.js';

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
const append = (value: Value): Change => ({
  kind: 'append',
  template,
  path: ['Resources', 'A', 'Properties', 'Tags'],
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

  test('one patch does not give one parameter two values either', () => {
    const state = open();
    const changes = [set(['B'], { Type: 'T' }), parameter('7'), parameter('30')];
    expect(accept(state, 'one', patchOf('p1'), changes)).toEqual({
      kind: 'refused',
      because: 'parameter P is wanted both as 7 and as 30',
    });
    expect(state.parameterValues.size).toBe(0);
    expect(valueIn(state, template)).toBe(start);
    expect(accept(state, 'one', patchOf('p1'), [parameter('7'), parameter('7')]).kind).toBe('accepted');
  });

  test('one finding does not give one place two values, but may add to what it writes', () => {
    const state = open();
    const properties = ['A', 'Properties'];
    const because = '/Resources/A/Properties/M of t.yaml is wanted with two different values';
    const twice = (first: Value, second: Value) =>
      accept(state, 'one', patchOf('p1'), [
        set([...properties, 'M'], first),
        set([...properties, 'M'], second),
      ]);
    expect(twice(7, 30)).toEqual({ kind: 'refused', because });
    expect(twice({ x: 1 }, { x: 1, y: 2 })).toEqual({ kind: 'refused', because });
    expect(
      accept(state, 'one', patchOf('p1'), [set([...properties, 'M', 'x'], 1), set([...properties, 'M'], {})]),
    ).toEqual({ kind: 'refused', because });
    expect(accept(state, 'one', patchOf('p1'), [append('y'), set([...properties, 'Tags'], ['x'])]).kind).toBe(
      'refused',
    );
    expect(valueIn(state, template)).toBe(start);
    expect(twice(7, 7).kind).toBe('accepted');
    expect(
      accept(state, 'two', patchOf('p2'), [
        set([...properties, 'N'], { x: 1 }),
        set([...properties, 'N', 'y'], 2),
        set([...properties, 'O', 'x'], 1),
        set([...properties, 'O'], { x: 1, y: 2 }),
      ]).kind,
    ).toBe('accepted');
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

  test('what cannot be written refuses all of it', () => {
    const state = open();
    const outcome = accept(state, 'one', patchOf('p1'), [
      parameter('7'),
      set(['B'], { Type: 'T' }),
      set(['A', 'Type', 'Inner'], 'x'),
    ]);
    expect(outcome.kind).toBe('refused');
    expect(valueIn(state, template)).toBe(start);
    expect(state.parameterValues.size).toBe(0);
    expect([...writersOf(state, template, 'B')]).toEqual([]);
  });

  test.each<[string, Change, Change, 'accepted' | 'conflict']>([
    [
      'adds to a map',
      set(['A', 'Properties', 'M'], { x: 1 }),
      set(['A', 'Properties', 'M', 'y'], 2),
      'accepted',
    ],
    [
      'is a map with it',
      set(['A', 'Properties', 'M', 'x'], 1),
      set(['A', 'Properties', 'M'], { x: 1, y: 2 }),
      'accepted',
    ],
    [
      'is a map without it',
      set(['A', 'Properties', 'M', 'x'], 1),
      set(['A', 'Properties', 'M'], { y: 2 }),
      'conflict',
    ],
    [
      'is another map in its place',
      set(['A', 'Properties', 'M'], { x: 1 }),
      set(['A', 'Properties', 'M'], { x: 1, y: 2 }),
      'conflict',
    ],
    [
      'is inside of it',
      set(['A', 'Properties', 'M'], { x: 1 }),
      set(['A', 'Properties', 'M', 'x'], 2),
      'conflict',
    ],
    ['is another item', append('a'), append('b'), 'accepted'],
    ['is the same item', append('a'), append('a'), 'accepted'],
    [
      'is a list in the place of one with an item',
      append('a'),
      set(['A', 'Properties', 'Tags'], ['x', 'a', 'b']),
      'conflict',
    ],
    ['changes an item that was there', append('a'), set(['A', 'Properties', 'Tags', '0'], 'y'), 'accepted'],
    [
      'has a name that starts alike',
      set(['A', 'Properties', 'Tag'], 1),
      set(['A', 'Properties', 'Tags'], ['z']),
      'accepted',
    ],
    [
      'has a name that goes on',
      set(['A', 'Properties', 'TagsOf'], 1),
      set(['A', 'Properties', 'Tags'], ['z']),
      'accepted',
    ],
  ])('what %s after another patch', (_, first, second, expected) => {
    const state = open();
    expect(accept(state, 'one', patchOf('p1'), [first]).kind).toBe('accepted');
    const before = valueIn(state, template);
    const outcome = accept(state, 'two', patchOf('p2'), [second]);
    expect(outcome.kind).toBe(expected);
    if (expected === 'conflict') expect(valueIn(state, template)).toBe(before);
  });

  test('the first that wrote at a place is who the others rely on', () => {
    const state = open();
    accept(state, 'one', patchOf('p1'), [set(['A', 'Properties', 'M'], { x: 1 })]);
    accept(state, 'two', patchOf('p2'), [set(['A', 'Properties', 'M', 'y'], 2)]);
    accept(state, 'three', patchOf('p3'), [
      set(['A', 'Properties', 'M'], { x: 1, y: 2 }),
      set(['B'], { Type: 'T' }),
    ]);
    accept(state, 'four', patchOf('p4'), [set(['B', 'Properties'], { Ref: 'A' }), set(['A', 'Type'], 'V')]);
    const required = (patch: string) => [...(state.requires.get(patch) ?? [])];
    expect(required('p2')).toEqual(['p1']);
    expect(required('p3')).toEqual(['p1']);
    expect(required('p4')).toEqual(['p3']);
  });

  test('sections other than resources have no writers', () => {
    const state = open();
    const condition: Change = {
      kind: 'set',
      template,
      path: ['Conditions', 'A'],
      value: {},
      placement: 'resource',
    };
    const whole: Change = { kind: 'set', template, path: ['Resources'], value: {}, placement: 'resource' };
    accept(state, 'one', patchOf('p1'), [condition]);
    accept(state, 'two', patchOf('p2'), [whole]);
    expect(state.writers.size).toBe(0);
    accept(state, 'three', patchOf('p3'), [append('a')]);
    expect([...writersOf(state, template, 'A')]).toEqual(['three']);
  });

  test('a comment is taken out once, whoever asks for it', () => {
    const state = open();
    const comment = (start: number, id: string): Change => ({
      kind: 'comment',
      template,
      span: { start, end: start + 5 },
      id,
      line: 1,
    });
    accept(state, 'one', patchOf('p1'), [comment(3, 'a')]);
    accept(state, 'two', patchOf('p2'), [comment(3, 'a'), comment(3, 'b'), comment(9, 'a')]);
    const taken = state.templates
      .get(template)
      ?.comments.map(({ patch, change }) => `${patch} ${change.span.start} ${change.id}`);
    expect(taken).toEqual(['p1 3 a', 'p2 3 b', 'p2 9 a']);
    expect(valueIn(state, template)).toBe(start);
  });

  test('a template nobody opened has no state', () => {
    expect(() => valueIn(open(), 'other.yaml')).toThrow('no state for other.yaml');
  });
});

test('a place is taken where the plan has another value there already', () => {
  const state = open();
  const name = (value: Value) => set(['A', 'Properties', 'Name'], value);
  expect(isTaken(state, parameter('7'))).toBe(false);
  expect(isTaken(state, name('a'))).toBe(false);
  expect(isTaken(state, set(['A', 'Type'], 'U'))).toBe(false);
  accept(state, 'one', patchOf('p1'), [parameter('7'), name('a'), append('a')]);
  expect(isTaken(state, parameter('7'))).toBe(false);
  expect(isTaken(state, parameter('8'))).toBe(true);
  expect(isTaken(state, name('a'))).toBe(false);
  expect(isTaken(state, name('b'))).toBe(true);
  expect(isTaken(state, append('b'))).toBe(false);
  expect(isTaken(state, { ...name('b'), template: 'other.yaml' } as Change)).toBe(false);
});
