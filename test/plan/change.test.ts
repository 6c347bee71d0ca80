import { describe, expect, it } from 'vitest';
import type { Fix, Judgment } from '../../src/contract/remediation.js';
import type { Value } from '../../src/document/value.js';
import { applyPatch } from '../../src/patch/json-patch.js';
import { classed, heavierUpdate, type TreeChange, translate, valueAt } from '../../src/plan/change.js';
import { treeOf } from '../template/trees.js';

const at = { template: 't.yaml', placement: 'resource' } as const;
const set = (path: readonly string[], value: Value): TreeChange => ({ kind: 'set', path, value, ...at });
const append = (path: readonly string[], value: Value, index?: number): TreeChange => ({
  kind: 'append',
  path,
  value,
  ...(index !== undefined && { index }),
  ...at,
});
const remove = (path: readonly string[], item: Value, keep: number): TreeChange => ({
  kind: 'remove-item',
  template: 't.yaml',
  path,
  item,
  keep,
});

describe('the value at a path', () => {
  const root: Value = { list: [{ a: 1 }], text: 'abc' };

  it('is looked up by name and by position', () => {
    expect(valueAt(root, [])).toBe(root);
    expect(valueAt(root, ['list', '0', 'a'])).toBe(1);
  });

  it.each([[['list', '1']], [['list', 'length']], [['text', 'length']], [['constructor']], [['text', '0']]])(
    'is nothing at %j',
    (path) => {
      expect(valueAt(root, path)).toBeUndefined();
    },
  );

  it('is nothing where nothing is', () => {
    expect(valueAt(undefined, ['a'])).toBeUndefined();
    expect(valueAt(undefined, [])).toBeUndefined();
  });
});

describe('a value that is set', () => {
  it('is no operation where it is there', () => {
    expect(translate({ a: { b: 1, c: 2 } }, set(['a'], { c: 2, b: 1 }))).toEqual({ operations: [] });
  });

  it('replaces the one that is there, if that is still the same', () => {
    expect(translate({ a: { b: 1 } }, set(['a', 'b'], 2))).toEqual({
      operations: [
        { op: 'test', path: '/a/b', value: 1 },
        { op: 'replace', path: '/a/b', value: 2 },
      ],
    });
  });

  it('is added with the parents that are missing', () => {
    expect(translate({ a: {} }, set(['a', 'b'], 1))).toEqual({
      operations: [{ op: 'add', path: '/a/b', value: 1 }],
    });
    expect(translate({ a: { x: 1 } }, set(['a', 'b', 'c', 'd'], 1))).toEqual({
      operations: [{ op: 'add', path: '/a/b', value: { c: { d: 1 } } }],
    });
    expect(translate({}, set(['a', 'b'], 1))).toEqual({
      operations: [{ op: 'add', path: '/a', value: { b: 1 } }],
    });
  });

  it('makes a map of a parent that is written out as nothing', () => {
    expect(translate({ a: { b: null } }, set(['a', 'b', 'c', 'd'], 1))).toEqual({
      operations: [
        { op: 'test', path: '/a/b', value: null },
        { op: 'replace', path: '/a/b', value: { c: { d: 1 } } },
      ],
    });
  });

  it.each<[string, Value, readonly string[], string]>([
    ['a text', { a: 'x' }, ['a', 'b'], '/a is not a plain map, so /a/b cannot be added'],
    ['a list', { a: [] }, ['a', 'b'], '/a is not a plain map, so /a/b cannot be added'],
    [
      'an intrinsic function',
      { a: { Ref: 'P' } },
      ['a', 'b', 'c'],
      '/a is not a plain map, so /a/b/c cannot be added',
    ],
    ['no map of the template', 'x', ['b'], 'the template is not a plain map, so /b cannot be added'],
  ])('is refused below %s', (_, root, path, refused) => {
    expect(translate(root, set(path, 1))).toEqual({ refused });
  });

  it('is refused beside a loop that may make it, but not beside one that makes resources', () => {
    const loop = { 'Fn::ForEach::Tags': ['T', ['x'], {}] };
    const root: Value = { Resources: { A: { Properties: { Other: 1, ...loop } }, ...loop } };
    expect(translate(root, set(['Resources', 'A', 'Properties', 'Name'], 'n'))).toEqual({
      refused:
        'Fn::ForEach::Tags in /Resources/A/Properties makes what is there, and may make /Resources/A/Properties/Name',
    });
    expect(translate(root, set(['Resources', 'B'], {}))).toEqual({
      operations: [{ op: 'add', path: '/Resources/B', value: {} }],
    });
    expect(translate(root, set(['Resources', 'A', 'Metadata'], {}))).toHaveProperty('operations');
  });
});

describe('an item that is appended', () => {
  it('is added at the end, or where it belongs', () => {
    const added = (index?: number) => translate({ a: ['x', 'y'] }, append(['a'], 'z', index));
    const operation = (path: string) => ({ operations: [{ op: 'add', path, value: 'z' }] });
    expect(added()).toEqual(operation('/a/-'));
    expect(added(0)).toEqual(operation('/a/0'));
    expect(added(1)).toEqual(operation('/a/1'));
    expect(added(2)).toEqual(operation('/a/-'));
    expect(added(9)).toEqual(operation('/a/-'));
  });

  it('is not added twice', () => {
    expect(translate({ a: ['x', { b: 1 }] }, append(['a'], { b: 1 }))).toEqual({ operations: [] });
  });

  it('makes the list where there is none', () => {
    expect(translate({}, append(['a'], 'z'))).toEqual({
      operations: [{ op: 'add', path: '/a', value: ['z'] }],
    });
    expect(translate({ a: null }, append(['a'], 'z'))).toEqual({
      operations: [
        { op: 'test', path: '/a', value: null },
        { op: 'replace', path: '/a', value: ['z'] },
      ],
    });
  });

  it('is refused where no list is', () => {
    expect(translate({ a: { Ref: 'P' } }, append(['a'], 'z'))).toEqual({ refused: '/a is not a list' });
  });
});

describe('an item that is removed', () => {
  const path = ['R', 'A', 'Metadata', 'skip'];
  const patched = (root: Value, keep: number) => {
    const outcome = translate(root, remove(path, 'x', keep));
    return 'operations' in outcome ? applyPatch(root, outcome.operations) : outcome;
  };
  const root = (metadata: Value): Value => ({ R: { A: { Metadata: metadata } } });

  it('leaves what is beside it', () => {
    expect(translate(root({ skip: ['w', 'x'] }), remove(path, 'x', 2))).toEqual({
      operations: [
        { op: 'test', path: '/R/A/Metadata/skip/1', value: 'x' },
        { op: 'remove', path: '/R/A/Metadata/skip/1' },
      ],
    });
    expect(patched(root({ skip: ['x', 'y'], other: 1 }), 2)).toEqual(root({ skip: ['y'], other: 1 }));
  });

  it('takes with it what would be empty, as far as that may go', () => {
    expect(patched(root({ skip: ['x'], other: 1 }), 2)).toEqual(root({ other: 1 }));
    expect(patched(root({ skip: ['x'] }), 2)).toEqual({ R: { A: {} } });
    expect(patched(root({ skip: ['x'] }), 3)).toEqual(root({}));
    expect(patched(root({ skip: ['x'] }), 4)).toEqual(root({ skip: [] }));
  });

  it('is no operation where it is not', () => {
    for (const value of [{ skip: ['y'] }, { skip: 'x' }, { skip: [] }, {}]) {
      expect(translate(root(value), remove(path, 'x', 2))).toEqual({ operations: [] });
    }
  });
});

it('the heavier of two updates counts', () => {
  expect(heavierUpdate('none', 'some-interruption')).toBe('some-interruption');
  expect(heavierUpdate('replace', 'may-replace')).toBe('replace');
  expect(heavierUpdate('some-interruption', 'may-replace')).toBe('may-replace');
  expect(heavierUpdate('none', 'none')).toBe('none');
});

describe('the class of a fix', () => {
  const { root: stack } = treeOf({
    't.yaml': `Resources:
  Alarm: {Type: AWS::CloudWatch::Alarm}
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: old, SSESpecification: {SSEEnabled: true}}}
  Server:
    Type: AWS::EC2::Instance
    Properties: {BlockDeviceMappings: [{DeviceName: d, Ebs: {KmsKeyId: k, Encrypted: true}}]}
  Capacity:
    Type: AWS::ECS::CapacityProvider
    Properties: {AutoScalingGroupProvider: {AutoScalingGroupArn: a, ManagedDraining: DISABLED}}
  Empty: {Type: AWS::ECS::CapacityProvider}
`,
  });
  const judgment = (logicalId: string | null, fix: Partial<Fix>, more: Partial<Judgment> = {}): Judgment => ({
    stack,
    logicalId,
    verdict: { verdict: 'fixable', because: 'it is old', edits: [], ...fix },
    ...more,
  });
  const fixOf = (logicalId: string, fix: Partial<Fix>, more?: Partial<Judgment>) =>
    classed(judgment(logicalId, fix, more)).verdict;
  const edit = (property: string, value: Value, ...rest: readonly string[]) => ({
    edits: [{ path: ['Properties', property, ...rest], value }],
  });

  it('is what the remediation says where an update does nothing to the resource', () => {
    const plain = judgment('Alarm', edit('Period', 60));
    expect(classed(plain)).toEqual(plain);
    const heavier = fixOf('Alarm', { ...edit('Period', 60), update: 'some-interruption' });
    expect(heavier).toMatchObject({
      update: 'some-interruption',
      risk: 'review',
      riskBecause: 'the update would interrupt the resource',
    });
  });

  it('is left alone where nothing is fixed', () => {
    const open: Judgment = { stack, logicalId: 'Alarm', verdict: { verdict: 'manual', because: 'm' } };
    expect(classed(open)).toBe(open);
    expect(classed({ ...open, basis: 'assumed' }).verdict).toEqual(open.verdict);
  });

  it('needs approval for what replaces the resource, with the reason of the remediation where it has one', () => {
    expect(fixOf('Alarm', edit('AlarmName', 'n'))).toMatchObject({
      update: 'replace',
      risk: 'review',
      riskBecause: 'the update would replace the resource',
    });
    expect(fixOf('Alarm', { ...edit('AlarmName', 'n'), riskBecause: 'mine' })).toMatchObject({
      risk: 'review',
      riskBecause: 'mine',
    });
    expect(fixOf('Table', edit('SSESpecification', { SSEEnabled: false }))).toMatchObject({
      update: 'some-interruption',
      riskBecause: 'the update would interrupt the resource',
    });
  });

  it('is manual where data would be lost, be it of another resource', () => {
    const lost = {
      verdict: 'manual',
      because: 'it is old; to change TableName would replace the resource and lose what it holds',
    };
    expect(fixOf('Table', edit('TableName', 'new'))).toEqual(lost);
    const [path, value] = [['Properties', 'TableName'], 'new'];
    expect(fixOf('Alarm', { edits: [{ logicalId: 'Table', path, value }] })).toEqual(lost);
    expect(classed(judgment(null, { edits: [{ path, value }] })).verdict).toMatchObject({
      verdict: 'fixable',
    });
  });

  it('looks at properties alone', () => {
    const path = ['Metadata', 'TableName'];
    expect(fixOf('Table', { edits: [{ path, value: 'n' }] })).toMatchObject({ verdict: 'fixable' });
  });

  it('goes by every property that differs, however deep it is', () => {
    const updateOf = (logicalId: string, property: string, value: Value, ...rest: readonly string[]) =>
      (fixOf(logicalId, edit(property, value, ...rest)) as Fix).update ?? 'none';
    const provider = (value: Value) => updateOf('Capacity', 'AutoScalingGroupProvider', value);
    // Set, changed, dropped, and left as it is.
    expect(provider({ AutoScalingGroupArn: 'b', ManagedDraining: 'DISABLED' })).toBe('replace');
    expect(provider({ ManagedDraining: 'ENABLED' })).toBe('replace');
    expect(provider({ AutoScalingGroupArn: 'a', ManagedDraining: 'ENABLED' })).toBe('none');
    expect(provider({ AutoScalingGroupArn: 'a', ManagedScaling: {} })).toBe('none');
    expect(provider({ Ref: 'P' })).toBe('replace');
    const either = { 'Fn::If': ['C', { AutoScalingGroupArn: 'b' }, { Ref: 'AWS::NoValue' }] };
    expect(updateOf('Empty', 'AutoScalingGroupProvider', either)).toBe('replace');
    const disks = (value: Value) => updateOf('Server', 'BlockDeviceMappings', value);
    expect(disks([{ DeviceName: 'd', Ebs: { KmsKeyId: 'k', Encrypted: true } }])).toBe('none');
    expect(disks([{ DeviceName: 'd' }, { Ebs: { KmsKeyId: 'l' } }])).not.toBe('none');
    expect(disks([])).not.toBe('none');
    expect(updateOf('Server', 'BlockDeviceMappings', 'l', '0', 'Ebs', 'KmsKeyId')).not.toBe('none');
    expect(updateOf('Server', 'BlockDeviceMappings', true, '0', 'Ebs', 'Encrypted')).toBe('none');
    // An empty value is one.
    expect(fixOf('Table', edit('KeySchema', []))).toMatchObject({ verdict: 'manual' });
    expect(fixOf('Table', edit('ImportSourceSpecification', {}))).toMatchObject({ verdict: 'manual' });
  });

  it('needs approval for what rests on an assumption', () => {
    const assumed = { basis: 'assumed' } as const;
    expect(fixOf('Alarm', edit('Period', 60), assumed)).toMatchObject({
      risk: 'review',
      riskBecause: expect.stringContaining('its class is assumed'),
    });
    expect(fixOf('Alarm', { riskBecause: 'mine' }, assumed)).toMatchObject({
      risk: 'review',
      riskBecause: 'mine',
    });
    const reviewed = fixOf('Alarm', { risk: 'review' }, assumed);
    expect(reviewed).not.toHaveProperty('riskBecause');
    expect(fixOf('Alarm', edit('Period', 60), { basis: 'stated' })).not.toHaveProperty('risk');
  });

  it('needs the approval that a companion needs', () => {
    const resource = (riskBecause?: string) =>
      ({ kind: 'resource', logicalId: 'Q', body: {}, ...(riskBecause && { riskBecause }) }) as const;
    const permission = {
      kind: 'permission',
      logicalId: 'F',
      actions: ['a:B'],
      resource: '*',
    } as const;
    expect(fixOf('Alarm', { companions: [permission, resource()] })).not.toHaveProperty('risk');
    expect(fixOf('Alarm', { companions: [permission, resource(), resource('it costs')] })).toMatchObject({
      risk: 'review',
      riskBecause: 'it costs',
    });
    expect(fixOf('Alarm', { companions: [resource('it costs')], riskBecause: 'mine' })).toMatchObject({
      riskBecause: 'mine; it costs',
    });
  });
});
