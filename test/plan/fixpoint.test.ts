import { beforeAll, describe, expect, it } from 'vitest';
import type { Cost } from '../../src/contract/facts.js';
import {
  type Fix,
  type Remediation,
  resourceRemediation,
  treeRemediation,
} from '../../src/contract/remediation.js';
import type { Value, ValueMap } from '../../src/document/value.js';
import { type AcceptedFix, type Lessons, noLessons } from '../../src/plan/attempt.js';
import { judgeWithExceptions, learn, planToFixpoint, tryPlan } from '../../src/plan/fixpoint.js';
import { runsOf } from '../../src/plan/patches.js';
import type { Policy } from '../../src/policy/policy.js';
import * as z from '../../src/zod.js';
import { treeOf } from '../template/trees.js';
import { described, testPolicy } from './stub-plan.js';

let policy: Policy;
beforeAll(async () => {
  policy = await testPolicy();
});

const options = { today: '2026-01-01' };
type Resource = Extract<Remediation, { kind: 'resource' }>;
type Definition = Partial<Omit<Resource, 'kind' | 'id' | 'judge'>>;

const unit = (id: string, judge: Resource['judge'], more: Definition = {}): Resource =>
  resourceRemediation<unknown>({
    ...described,
    id,
    target: z.unknown(),
    appliesTo: ['AWS::SNS::Topic'],
    judge,
    ...more,
  });

/** Wants a property to have a value, which may depend on the others. */
const wanting = (
  id: string,
  property: string,
  value: (properties: ValueMap) => Value,
  fix: Partial<Fix> = {},
  more: Definition = {},
) =>
  unit(
    id,
    ({ properties }) => {
      const wanted = value(properties);
      return properties[property] === wanted
        ? { verdict: { verdict: 'compliant', because: `${property} is right` } }
        : {
            current: properties[property] ?? null,
            verdict: {
              verdict: 'fixable',
              because: `${property} is not ${JSON.stringify(wanted)}`,
              edits: [{ path: ['Properties', property], value: wanted }],
              ...fix,
            },
          };
    },
    more,
  );

/** Whatever is there, it is wrong. */
const blind = (id: string, property: string) =>
  unit(id, () => ({
    verdict: {
      verdict: 'fixable',
      because: 'it is never right',
      edits: [{ path: ['Properties', property], value: 'x' }],
    },
  }));

const unitsOf = (remediations: readonly Remediation[]) =>
  remediations.map((remediation) => ({ remediation, target: {} }));
const topic = 'Resources:\n  T: {Type: AWS::SNS::Topic}\n';

function attempted(
  remediations: readonly Remediation[],
  {
    text = topic,
    lessons = noLessons(),
    by = policy,
  }: { text?: string; lessons?: Lessons; by?: Policy } = {},
) {
  const tree = treeOf({ 't.yaml': text });
  const attempt = planToFixpoint(tree, by, unitsOf(remediations), options, lessons);
  const fixed = [...attempt.accepted].map(
    ([key, { patch }]) =>
      `${key.split(' ')[0]} ${key.split(' ')[2]} ${patch.endsWith('#review') ? 'review' : 'safe'}`,
  );
  return { attempt, fixed, lessons };
}

describe('a fix that the patched templates speak against', () => {
  const following = (by: string, fix: Partial<Fix> = {}) =>
    wanting('following', 'B', (properties) => `for ${properties[by] ?? 'none'}`, fix);

  it('is made later, while one that does not do what it is for by itself is withdrawn at once', () => {
    const { fixed, lessons } = attempted([
      following('C'),
      blind('blind', 'A'),
      wanting('leading', 'C', () => 'c'),
    ]);
    expect(fixed).toEqual(['leading T safe', 'following T safe']);
    expect([...lessons.withdrawn]).toEqual([
      ['blind t.yaml T', 'writing Properties/A of T would not change that'],
    ]);
    expect([...lessons.late]).toEqual([['following t.yaml T', 1]]);
  });

  it('is made last of all where it is one that needs approval that speaks against it', () => {
    const { fixed, lessons } = attempted([
      following('C'),
      wanting('leading', 'C', () => 'c', { risk: 'review' }),
    ]);
    expect(fixed).toEqual(['leading T review', 'following T review']);
    expect([...lessons.late]).toEqual([['following t.yaml T', 2]]);
    expect(lessons.withdrawn.size).toBe(0);
  });

  it('skips the end of a phase that is over', () => {
    const lessons = noLessons();
    const fix = (patch: string) => ({ patch }) as AcceptedFix;
    const accepted = new Map([
      ['a', fix('r@t.yaml')],
      ['b', fix('r@t.yaml#review')],
    ]);
    const all = ['a', 'b', 'c'].map((key) => ({ fix: key, because: 'x' }));
    learn(lessons, all, { accepted, phase: 'review' });
    expect([...lessons.late]).toEqual([
      ['a', 2],
      ['b', 1],
      ['c', 1],
    ]);
    learn(lessons, all, { accepted, phase: 'safe' });
    expect([...lessons.late.values()]).toEqual([2, 2, 2]);
    expect([...lessons.withdrawn.keys()]).toEqual(['a']);
  });

  it('is not taken for hopeless where it is another fix that makes it one', () => {
    const after = unit('after', ({ properties }) => ({
      verdict:
        properties.A === undefined
          ? { verdict: 'unknown', because: 'no A' }
          : { verdict: 'fixable', because: 'with A', edits: [{ path: ['Properties', 'B'], value: 1 }] },
    }));
    const { fixed, lessons } = attempted([after, wanting('a', 'A', () => 1)]);
    expect(fixed).toEqual(['a T safe']);
    expect([...lessons.withdrawn.keys()]).toEqual(['after t.yaml T']);
    expect([...lessons.late.keys()]).toEqual(['after t.yaml T']);
  });

  it('is withdrawn at once where what it brings along is not what its own remediation wants', () => {
    const adding = unit(
      'adding',
      ({ stack, type }) => ({
        verdict:
          type === 'AWS::SQS::Queue'
            ? { verdict: 'manual', because: 'it is no good' }
            : stack.template.resources.has('Q')
              ? { verdict: 'compliant', because: 'Q' }
              : {
                  verdict: 'fixable',
                  because: 'no Q',
                  edits: [],
                  companions: [{ kind: 'resource', logicalId: 'Q', body: { Type: 'AWS::SQS::Queue' } }],
                },
      }),
      { appliesTo: ['AWS::SNS::Topic', 'AWS::SQS::Queue'] },
    );
    const { lessons } = attempted([adding]);
    expect([...lessons.withdrawn]).toEqual([
      ['adding t.yaml T', 'Q would not pass adding with it: it is no good'],
    ]);
    expect(lessons.late.size).toBe(0);
  });

  it('ends the attempt in its phase', () => {
    const tree = treeOf({ 't.yaml': topic });
    const units = unitsOf([blind('blind', 'A'), wanting('other', 'B', () => 'b', { risk: 'review' })]);
    const { attempt, contradictions } = tryPlan(tree, policy, units, options, noLessons(), [
      'safe',
      'review',
    ]);
    expect(contradictions.map(({ fix }) => fix)).toEqual(['blind t.yaml T']);
    expect([...attempt.accepted.keys()]).toEqual(['blind t.yaml T']);
  });
});

describe('the order of fixes', () => {
  const plain = (id: string, fix: Partial<Fix> = {}, more: Definition = {}) =>
    wanting(id, id, () => 1, fix, more);

  it('is that of the remediations, first what is safe', () => {
    expect(attempted([plain('a'), plain('b', { risk: 'review' }), plain('c')]).fixed).toEqual([
      'a T safe',
      'c T safe',
      'b T review',
    ]);
  });

  it('puts what is late at the end: of its phase, or of all', () => {
    const late = new Map<string, 1 | 2>([
      ['b t.yaml T', 1],
      ['a t.yaml T', 2],
      ['f t.yaml T', 1],
    ]);
    const after = plain('d', {}, { comesAfterOthers: true });
    const { fixed } = attempted(
      [
        plain('a'),
        plain('b'),
        plain('c'),
        after,
        plain('e', { risk: 'review' }),
        plain('f', { risk: 'review' }),
      ],
      {
        lessons: { ...noLessons(), late },
      },
    );
    expect(fixed).toEqual(['c T safe', 'd T safe', 'b T safe', 'e T review', 'f T review', 'a T review']);
  });

  it('has what goes by what the others bring after them, and says of it what the template as read says', () => {
    const counting = wanting(
      'counting',
      'Count',
      (properties) => Object.keys(properties).filter((name) => name !== 'Count').length,
      {},
      { comesAfterOthers: true },
    );
    const { attempt, fixed, lessons } = attempted([counting, plain('a'), plain('b')], {
      text: 'Resources:\n  T: {Type: AWS::SNS::Topic, Properties: {Count: 7}}\n',
    });
    expect(fixed).toEqual(['a T safe', 'b T safe', 'counting T safe']);
    expect(lessons.late.size).toBe(0);
    expect(attempt.judged.get('counting t.yaml T')).toMatchObject({
      current: 7,
      evidence: { current: 7 },
      verdict: {
        because: 'Count is not 0',
        edits: [{ path: ['Properties', 'Count'], value: 2 }],
      },
    });
  });

  it('has what another fix makes fixable, with what that says and the evidence as read', () => {
    const second = unit('second', ({ properties }) =>
      properties.a === undefined
        ? { current: 'as read', verdict: { verdict: 'unknown', because: 'nobody can tell' } }
        : properties.S === 1
          ? { verdict: { verdict: 'compliant', because: 'S' } }
          : {
              current: 'later',
              verdict: {
                verdict: 'fixable',
                because: 'no S',
                edits: [{ path: ['Properties', 'S'], value: 1 }],
              },
            },
    );
    const { attempt, fixed } = attempted([second, plain('a')]);
    expect(fixed).toEqual(['a T safe', 'second T safe']);
    expect(attempt.judged.get('second t.yaml T')).toMatchObject({
      current: 'later',
      evidence: { current: 'as read' },
      verdict: { verdict: 'fixable', because: 'no S' },
    });
    expect(attempt.patchedJudged.get('second t.yaml T')?.verdict.verdict).toBe('compliant');
  });

  it('has all for a resource together where one of its fixes follows the others', () => {
    const text = 'Resources:\n  T: {Type: AWS::SNS::Topic}\n  U: {Type: AWS::SNS::Topic}\n';
    const follows = unit('follows', ({ logicalId, properties }) =>
      logicalId !== 'T' || properties.F === 1
        ? { verdict: { verdict: 'compliant', because: 'F' } }
        : {
            verdict: {
              verdict: 'fixable',
              because: 'no F',
              edits: [{ path: ['Properties', 'F'], value: 1 }],
              followsOthers: true,
            },
          },
    );
    expect(attempted([plain('a'), follows], { text }).fixed).toEqual([
      'a U safe',
      'a T safe',
      'follows T safe',
    ]);
  });

  it('ends where nothing settles', () => {
    const chain = (length: number) =>
      unit('chain', ({ logicalId, stack }) => {
        const next = `T${logicalId.length}${'T'.repeat(logicalId.length - 1)}`;
        return stack.template.resources.has(next) || stack.template.resources.size > length
          ? { verdict: { verdict: 'compliant', because: 'there is a next one' } }
          : {
              verdict: {
                verdict: 'fixable',
                because: 'no next one',
                edits: [],
                companions: [{ kind: 'resource', logicalId: next, body: { Type: 'AWS::SNS::Topic' } }],
              },
            };
      });
    expect(attempted([chain(19)]).fixed).toHaveLength(19);
    expect(() => attempted([chain(20)])).toThrow('nothing has settled after 20 rounds');
  });
});

describe('what needs approval for its cost', () => {
  const text = 'Resources:\n  T: {Type: AWS::SNS::Topic}\n  U: {Type: AWS::SNS::Topic}\n';
  const cost = (monthlyUsd: number | null): Cost => ({ monthlyUsd, formula: 'so much' });
  const costing = (id: string, fix: Partial<Fix>) => wanting(id, id, () => 1, fix);
  const upTo = (safeUpToUsdPerMonth: number): Policy => ({ ...policy, costs: { safeUpToUsdPerMonth } });
  const fixedUpTo = (limit: number, ...remediations: readonly Remediation[]) =>
    attempted(remediations, { text, by: upTo(limit) });

  it('is all of the patch once it costs more than the policy lets pass', () => {
    expect(fixedUpTo(6, costing('a', { cost: cost(3) })).fixed).toEqual(['a T safe', 'a U safe']);
    const { fixed, attempt } = fixedUpTo(5.99, costing('a', { cost: cost(3) }));
    expect(fixed).toEqual(['a T review', 'a U review']);
    expect([...attempt.costly]).toEqual([
      [
        'a@t.yaml',
        'it costs about 6.00 USD a month, more than the 5.99 the policy lets pass (costs.safeUpToUsdPerMonth)',
      ],
    ]);
  });

  it('is not another remediation, nor what costs nothing or nobody can tell', () => {
    const [a, b] = [costing('a', { cost: cost(3) }), costing('b', { cost: cost(2) })];
    expect(fixedUpTo(5, a, b).fixed).toEqual(['b T safe', 'b U safe', 'a T review', 'a U review']);
    const free = unit('a', ({ logicalId, properties }) =>
      properties.a === 1
        ? { verdict: { verdict: 'compliant', because: 'a' } }
        : {
            verdict: {
              verdict: 'fixable',
              because: 'no a',
              edits: [{ path: ['Properties', 'a'], value: 1 }],
              cost: cost(logicalId === 'T' ? null : 9),
            },
          },
    );
    expect(fixedUpTo(5, free).fixed).toEqual(['a T safe', 'a U review']);
    expect(fixedUpTo(0, costing('a', {})).fixed).toEqual(['a T safe', 'a U safe']);
  });

  it('is of one template', () => {
    const nested =
      'Resources:\n  T: {Type: AWS::SNS::Topic}\n  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: c.yaml}}\n';
    const tree = treeOf({ 'template.yaml': nested, 'c.yaml': topic });
    const units = unitsOf([costing('a', { cost: cost(3) })]);
    const { accepted } = planToFixpoint(tree, upTo(5), units, options, noLessons());
    expect([...accepted.values()].map(({ patch }) => patch)).toEqual(['a@template.yaml', 'a@c.yaml']);
  });

  it('counts what comes along', () => {
    const fix = (each: number | null): Partial<Fix> => ({
      companions: [
        {
          kind: 'resource',
          logicalId: 'Q',
          body: { Type: 'AWS::SQS::Queue' },
          isShared: true,
          cost: cost(each),
        },
        { kind: 'resource', logicalId: 'R', body: { Type: 'AWS::SQS::Queue' }, isShared: true },
        { kind: 'condition', name: 'C', definition: { 'Fn::Equals': ['a', 'a'] } },
      ],
    });
    expect(fixedUpTo(5, costing('a', fix(2.5))).fixed).toEqual(['a T safe', 'a U safe']);
    expect(fixedUpTo(5, costing('a', fix(3))).fixed).toEqual(['a T review', 'a U review']);
    expect(fixedUpTo(5, costing('a', fix(null))).fixed).toEqual(['a T safe', 'a U safe']);
  });

  it('counts what has been fixed in the rounds before', () => {
    // U can be fixed once T is.
    const one = unit('one', ({ logicalId, properties, stack }) =>
      properties.a === 1
        ? { verdict: { verdict: 'compliant', because: 'a' } }
        : logicalId === 'U' && stack.template.resources.get('T')?.properties.a !== 1
          ? { verdict: { verdict: 'unknown', because: 'not yet' } }
          : {
              verdict: {
                verdict: 'fixable',
                because: 'no a',
                edits: [{ path: ['Properties', 'a'], value: 1 }],
                cost: cost(3),
              },
            },
    );
    expect(fixedUpTo(5, one).fixed).toEqual(['one T safe', 'one U review']);
    expect(fixedUpTo(6, one).fixed).toEqual(['one T safe', 'one U safe']);
  });
});

describe('what is judged', () => {
  it('is nothing but the open questions where the policy has not decided', () => {
    const judge = () => {
      throw new Error('nobody asks');
    };
    const undecided = (more: Definition) =>
      unit('undecided', judge, { undecided: () => 'what is it to be?', ...more });
    const verdictOf = (more: Definition) =>
      attempted([undecided(more)]).attempt.judged.get('undecided t.yaml ')?.verdict;
    expect(verdictOf({})).toEqual({ verdict: 'manual', because: 'what is it to be?', decidedBy: [] });
    const questions = [
      { path: ['days'], ask: 'How many?', example: '7' },
      { path: [], ask: 'What?', example: 'this' },
    ];
    expect(verdictOf({ questions } as Definition)).toMatchObject({ decidedBy: ['days'] });
  });

  it('is a tree at once, and again what of it is open', () => {
    const naming = treeRemediation<unknown>({
      ...described,
      id: 'naming',
      target: z.unknown(),
      judge: ({ root }) =>
        [...root.template.resources.values()].map(({ logicalId, properties }) => ({
          stack: root,
          logicalId,
          verdict:
            properties.N === undefined
              ? {
                  verdict: 'fixable',
                  because: 'no N',
                  edits: [{ path: ['Properties', 'N'], value: logicalId }],
                }
              : { verdict: 'compliant', because: 'N' },
        })),
    });
    const text =
      'Resources:\n  T: {Type: AWS::SNS::Topic}\n  Q: {Type: AWS::SQS::Queue, Properties: {N: q}}\n';
    const { attempt, fixed } = attempted([naming], { text });
    expect(fixed).toEqual(['naming T safe']);
    const { original } = attempt;
    const judged = judgeWithExceptions(
      original,
      original,
      policy,
      unitsOf([naming]),
      options,
      new Set(['naming t.yaml Q']),
    );
    expect(judged.map(({ key }) => key)).toEqual(['naming t.yaml Q']);
    expect([...attempt.patchedJudged.values()].map(({ verdict }) => verdict.verdict)).toEqual([
      'compliant',
      'compliant',
    ]);
  });

  it('is asked for once, and only what is wanted where it is not all', () => {
    const asked: string[] = [];
    const counting = (id: string) =>
      unit(id, ({ logicalId }) => {
        asked.push(`${id} ${logicalId}`);
        return { verdict: { verdict: 'manual', because: 'm' } };
      });
    const text = 'Resources:\n  T: {Type: AWS::SNS::Topic}\n  U: {Type: AWS::SNS::Topic}\n';
    const tree = treeOf({ 't.yaml': text });
    const units = unitsOf([counting('a'), counting('ab')]);
    const judge = (only?: ReadonlySet<string>) =>
      judgeWithExceptions(tree, tree, policy, units, options, only).map(({ key }) => key);
    expect(judge(new Set(['a t.yaml T', 'elsewhere t.yaml U']))).toEqual(['a t.yaml T']);
    expect(asked).toEqual(['a T']);
    expect(judge()).toEqual(['a t.yaml T', 'a t.yaml U', 'ab t.yaml T', 'ab t.yaml U']);
    expect(asked).toEqual(['a T', 'a U', 'ab T', 'ab U']);
    expect(judge(new Set(['ab t.yaml U']))).toEqual(['ab t.yaml U']);
    expect(asked).toHaveLength(4);
  });

  it('is accepted as long as the policy does that day', () => {
    const open = unit('open', () => ({ verdict: { verdict: 'manual', because: 'm' } }));
    const deviation = {
      remediation: 'open',
      reason: 'r',
      owner: 'o',
      date: '2025-01-01',
      expires: '2026-01-01',
    };
    const by = { ...policy, deviations: [deviation] } as unknown as Policy;
    const tree = treeOf({ 't.yaml': topic });
    const units = unitsOf([open]);
    const verdictAt = (today: string) =>
      judgeWithExceptions(tree, tree, by, units, { today }).map(({ verdict }) => verdict.verdict);
    expect(verdictAt('2026-01-01')).toEqual(['accepted']);
    expect(verdictAt('2026-01-02')).toEqual(['manual']);
    expect(verdictAt('2026-01-01')).toEqual(['accepted']);
  });
});

it('what has no room is refused and not tried', () => {
  const topics = Array.from({ length: 500 }, (_, index) => `  Q${index}: {Type: AWS::SQS::Queue}\n`).join('');
  const adding = unit('adding', () => ({
    verdict: {
      verdict: 'fixable',
      because: 'nothing watches it',
      edits: [],
      companions: [{ kind: 'resource', logicalId: 'New', body: { Type: 'AWS::CloudWatch::Alarm' } }],
    },
  }));
  const { attempt, fixed } = attempted([adding], { text: `${topic}${topics}` });
  expect(fixed).toEqual([]);
  expect(attempt.refused.get('adding t.yaml T')?.because).toContain('t.yaml has no room for it');
  expect(runsOf(attempt, 't.yaml', {})).toEqual([]);
});
