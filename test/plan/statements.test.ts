import { describe, expect, it } from 'vitest';
import type { Facts } from '../../src/contract/facts.js';
import type { Value, ValueMap } from '../../src/document/value.js';
import { addStatement, nothing } from '../../src/plan/statements.js';
import { treeOf } from '../template/trees.js';

const statement = {
  Sid: 'AllowLogs',
  Effect: 'Allow',
  Principal: { Service: 'logs' },
  Action: 'kms:Decrypt',
  Resource: '*',
};
const held = { Sid: 'Root', Effect: 'Allow', Principal: { AWS: 'root' }, Action: 'kms:*', Resource: '*' };

/** What becomes of the statement of a key whose properties are these. */
function added(properties: ValueMap, otherwise?: readonly ValueMap[], wanted: ValueMap = statement) {
  const value: Value = { Resources: { Key: { Type: 'AWS::KMS::Key', Properties: properties } } };
  const { root } = treeOf({ 't.json': JSON.stringify(value) });
  const companion = {
    kind: 'statement',
    logicalId: 'Key',
    path: ['Properties', 'KeyPolicy', 'Statement'],
    statement: wanted,
    in: root,
    ...(otherwise !== undefined && { otherwise }),
  } as const;
  // A statement looks at no facts.
  const target = { stack: root, facts: {} as Facts, value: () => value };
  return addStatement(companion, root, target);
}

const policy = (statements: Value): ValueMap => ({
  KeyPolicy: { Version: '2012-10-17', Statement: statements },
});
const path = ['Resources', 'Key', 'Properties', 'KeyPolicy', 'Statement'];
const companions = ['a statement in the policy of Key'];
const append = (value: Value) => ({
  changes: [{ kind: 'append', template: 't.json', path, value, placement: 'resource' }],
  companions,
});
const set = (value: Value, at = path) => ({
  changes: [{ kind: 'set', template: 't.json', path: at, value, placement: 'resource' }],
  companions,
});

describe('a statement for the policy of a resource', () => {
  it('is added to those that are there', () => {
    expect(added(policy([held]))).toEqual(append(statement));
    expect(added(policy(held))).toEqual(set([held, statement]));
    expect(added(policy([]))).toEqual(append(statement));
  });

  it('makes a policy that says as well what held before, only where there is none', () => {
    const document = { Version: '2012-10-17', Statement: [held, statement] };
    expect(added({}, [held])).toEqual(set(document, path.slice(0, -1)));
    const other = { ...held, Sid: 'Other' };
    expect(added(policy([other]), [held])).toEqual(append(statement));
    expect(added({})).toEqual(append(statement));
  });

  it('is not added twice, whatever its Sid', () => {
    expect(added(policy([held, statement]))).toBe(nothing);
    expect(added(policy([{ ...statement, Sid: 'Mine' }]))).toBe(nothing);
    const { Sid: _, ...nameless } = statement;
    expect(added(policy(nameless))).toBe(nothing);
    expect(added(policy([{ ...statement, Action: 'kms:Encrypt' }]))).not.toBe(nothing);
    expect(nothing).toEqual({ changes: [], companions: [] });
  });

  it('gets a Sid that no other has', () => {
    const taken = (...sids: readonly string[]) => policy(sids.map((sid) => ({ ...held, Sid: sid })));
    expect(added(taken('AllowLogs'))).toEqual(append({ ...statement, Sid: 'AllowLogs2' }));
    expect(added(taken('AllowLogs', 'AllowLogs2', 'AllowLogs4'))).toEqual(
      append({ ...statement, Sid: 'AllowLogs3' }),
    );
    const { Sid: _, ...nameless } = statement;
    expect(added(taken('AllowLogs'), undefined, nameless)).toEqual(append(nameless));
  });

  it('is refused where the statements are not written out, or have no room for it', () => {
    expect(added(policy({ 'Fn::If': ['C', [held], []] }))).toEqual({
      refused: 'the policy of Key is not written out in the template',
    });
    const long = (count: number) =>
      policy(
        Array.from({ length: count }, (_, index) => ({
          ...held,
          Sid: `S${index}`,
          Action: `kms:${'x'.repeat(900)}`,
        })),
      );
    expect(added(long(40))).toEqual({
      refused: expect.stringMatching(
        /^the policy of Key would have about \d+ bytes, and AWS::KMS::Key takes 32768$/,
      ),
    });
    expect(added(long(5))).toEqual(append(statement));
  });
});
