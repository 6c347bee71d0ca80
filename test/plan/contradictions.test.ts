import { beforeAll, describe, expect, test } from 'vitest';
import { type Remediation, resourceRemediation } from '../../src/contract/remediation.js';
import { noLessons } from '../../src/plan/attempt.js';
import { learn } from '../../src/plan/fixpoint.js';
import type { Policy } from '../../src/policy/policy.js';
import * as z from '../../src/zod.js';
import { described, planWith, testPolicy, verdictsOf } from './stub-plan.js';

let policy: Policy;
beforeAll(async () => {
  policy = await testPolicy();
});

const topic = `Resources:
  T:
    Type: AWS::SNS::Topic
    Properties: {DisplayName: old}
`;

type Resource = Extract<Remediation, { kind: 'resource' }>;

interface Rule {
  readonly id: string;
  readonly type?: string;
  readonly judge: Resource['judge'];
}

const unit = ({ id, type = 'AWS::SNS::Topic', judge }: Rule): Resource =>
  resourceRemediation<unknown>({ ...described, id, target: z.unknown(), appliesTo: [type], judge });

/** Wants a display name. */
const naming = (id: string, wanted: string) =>
  unit({
    id,
    judge: (view) =>
      view.properties.DisplayName === wanted
        ? { verdict: { verdict: 'compliant', because: `it is called ${wanted}` } }
        : {
            verdict: {
              verdict: 'fixable',
              because: `it is not called ${wanted}`,
              edits: [{ path: ['Properties', 'DisplayName'], value: wanted }],
            },
          },
  });

describe('a fix is not made', () => {
  test('when its own finding says the same with it', () => {
    const blind = unit({
      id: 'blind',
      judge: () => ({
        verdict: {
          verdict: 'fixable',
          because: 'it is never right',
          edits: [{ path: ['Properties', 'DisplayName'], value: 'new' }],
        },
      }),
    });
    const plan = planWith({ 'template.yaml': topic }, [blind], policy);
    expect(verdictsOf(plan)).toEqual([
      'blind of T: manual: it is never right; not fixed: writing Properties/DisplayName of T would not change that',
    ]);
    expect(plan.files.map(({ text }) => text)).toEqual([topic]);
  });

  test.each(['manual', 'unknown'] as const)('when its own finding is %s with it', (verdict) => {
    const shifting = unit({
      id: 'shifting',
      judge: (view) =>
        view.properties.DisplayName === 'new'
          ? { verdict: { verdict, because: 'a person has to choose' } }
          : {
              verdict: {
                verdict: 'fixable',
                because: 'it is old',
                edits: [{ path: ['Properties', 'DisplayName'], value: 'new' }],
              },
            },
    });
    const plan = planWith({ 'template.yaml': topic }, [shifting], policy);
    expect(verdictsOf(plan)).toEqual([
      'shifting of T: manual: it is old; not fixed: writing Properties/DisplayName of T would leave it so: a person has to choose',
    ]);
    expect(plan.files.map(({ text }) => text)).toEqual([topic]);
  });

  test('when it makes something else that was compliant a matter for a person', () => {
    const keeper = unit({
      id: 'keeper',
      judge: (view) =>
        view.properties.DisplayName === 'old'
          ? { verdict: { verdict: 'compliant', because: 'it has its old name' } }
          : { verdict: { verdict: 'manual', because: 'its old name is printed on paper' } },
    });
    const plan = planWith({ 'template.yaml': topic }, [naming('naming', 'new'), keeper], policy);
    expect(verdictsOf(plan)).toEqual([
      'keeper of T: compliant: it has its old name',
      'naming of T: manual: it is not called new; not fixed: T would not pass keeper with it: its old name is printed on paper',
    ]);
    expect(plan.files.map(({ text }) => text)).toEqual([topic]);
  });

  test('when another finding wants something else there: neither is', () => {
    const plan = planWith({ 'template.yaml': topic }, [naming('a', 'one'), naming('b', 'two')], policy);
    const [first, second] = verdictsOf(plan);
    expect(first).toContain('a of T: manual: it is not called one; not fixed: ');
    expect(second).toContain('b of T: manual: it is not called two; not fixed: ');
    expect(plan.files.map(({ text }) => text)).toEqual([topic]);
  });
});

describe('a fix that others undo when it comes first', () => {
  /** Names topics after how many alarms there are, so what is counted too early is wrong later. */
  const counting = unit({
    id: 'counting',
    judge: (view, _target, facts) => {
      const count = facts.resources('AWS::CloudWatch::Alarm').length;
      return view.properties.DisplayName === `alarms ${count}`
        ? { verdict: { verdict: 'compliant', because: 'it says how many there are' } }
        : {
            verdict: {
              verdict: 'fixable',
              because: 'it does not say how many there are',
              edits: [{ path: ['Properties', 'DisplayName'], value: `alarms ${count}` }],
            },
          };
    },
  });
  const watching = unit({
    id: 'watching',
    type: 'AWS::SQS::Queue',
    judge: (view, _target, facts) =>
      facts.resource(view.stack, `${view.logicalId}Alarm`) === undefined
        ? {
            verdict: {
              verdict: 'fixable',
              because: 'no alarm watches it',
              edits: [],
              companions: [
                {
                  kind: 'resource',
                  logicalId: `${view.logicalId}Alarm`,
                  body: { Type: 'AWS::CloudWatch::Alarm' },
                },
              ],
            },
          }
        : { verdict: { verdict: 'compliant', because: 'an alarm watches it' } },
  });

  test('is made after them', () => {
    const text = `${topic}  Q:\n    Type: AWS::SQS::Queue\n`;
    const plan = planWith({ 'template.yaml': text }, [counting, watching], policy);
    expect(verdictsOf(plan)).toEqual([
      'counting of T: fixable: it does not say how many there are',
      'watching of Q: fixable: no alarm watches it',
    ]);
    expect(plan.files[0]?.text).toContain('DisplayName: alarms 1');
    // Late in its phase, not in the phase of what needs approval.
    expect(plan.document.stacks[0]?.patches.map(({ id }) => id)).toEqual([
      'counting@template.yaml',
      'watching@template.yaml',
    ]);
  });
});

describe('a resource that a fix adds', () => {
  type Judge = Rule['judge'];
  const topicJudge =
    (period: number): Judge =>
    (view, _target, facts) =>
      facts.resource(view.stack, 'Added') === undefined
        ? {
            verdict: {
              verdict: 'fixable',
              because: 'nothing watches it',
              edits: [],
              companions: [
                {
                  kind: 'resource',
                  logicalId: 'Added',
                  body: { Type: 'AWS::CloudWatch::Alarm', Properties: { Period: period } },
                },
              ],
            },
          }
        : { verdict: { verdict: 'compliant', because: 'Added watches it' } };
  const alarmJudge: Judge = (view) =>
    view.properties.Period === 60
      ? { verdict: { verdict: 'compliant', because: 'it looks every minute' } }
      : { verdict: { verdict: 'manual', because: 'it looks too seldom' } };
  const alarmType = 'AWS::CloudWatch::Alarm';

  /** One remediation for topics and alarms, as those that watch things are. */
  const oneForBoth = (period: number): readonly Remediation[] => [
    {
      ...unit({
        id: 'watching',
        judge: (view, target, facts) =>
          (view.type === alarmType ? alarmJudge : topicJudge(period))(view, target, facts),
      }),
      appliesTo: ['AWS::SNS::Topic', alarmType],
    },
  ];
  const oneForEach = (period: number): readonly Remediation[] => [
    unit({ id: 'watching', judge: topicJudge(period) }),
    unit({ id: 'looking', type: alarmType, judge: alarmJudge }),
  ];

  test('is not written when the remediation that adds it would not pass it', () => {
    const plan = planWith({ 'template.yaml': topic }, oneForBoth(300), policy);
    expect(verdictsOf(plan)).toEqual([
      'watching of T: manual: nothing watches it; not fixed: Added would not pass watching with it: it looks too seldom',
    ]);
    expect(plan.files.map(({ text }) => text)).toEqual([topic]);
  });

  test('is written, and what is left to do on it said, when another remediation would not pass it', () => {
    const plan = planWith({ 'template.yaml': topic }, oneForEach(300), policy);
    expect(verdictsOf(plan)).toEqual(['watching of T: fixable: nothing watches it']);
    expect(plan.document.stacks[0]?.patches[0]?.leaves).toEqual([
      'Added is new and does not pass looking: it looks too seldom',
    ]);
  });

  test('says nothing when it passes', () => {
    const plan = planWith({ 'template.yaml': topic }, oneForEach(60), policy);
    expect(plan.document.stacks[0]?.patches[0]?.leaves).toEqual([]);
  });
});

test.each(['manual', 'unknown'] as const)(
  'what is %s with a fix and without it says nothing against it',
  (verdict) => {
    const always = unit({
      id: 'always',
      judge: () => ({ verdict: { verdict, because: 'nobody can tell' } }),
    });
    const plan = planWith({ 'template.yaml': topic }, [always, naming('naming', 'new')], policy);
    expect(verdictsOf(plan)).toEqual([
      `always of T: ${verdict}: nobody can tell`,
      'naming of T: fixable: it is not called new',
    ]);
    expect(plan.files.map(({ text }) => text)).toEqual([topic.replace('old', 'new')]);
  },
);

test('a fix that is spoken against is made later, then last of all, then not at all', () => {
  const lessons = noLessons();
  const against = (because: string) =>
    learn(lessons, [
      { fix: 'a', because: 'first' },
      { fix: 'a', because },
    ]);
  against('x');
  expect([lessons.late.get('a'), lessons.withdrawn.size]).toEqual([1, 0]);
  against('y');
  expect([lessons.late.get('a'), lessons.withdrawn.size]).toEqual([2, 0]);
  against('z');
  expect([...lessons.withdrawn]).toEqual([['a', 'z']]);
});
