import { describe, expect, test } from 'vitest';
import { resourceRemediation } from '../../src/contract/remediation.js';
import * as z from '../../src/zod.js';
import { described, planWith, testPolicy, verdictsOf } from './stub-plan.js';

/** Adds an alarm for each topic; `size` characters of description make it large. */
const adding = (id: string, guideRisk: 'high' | 'low', size = 1) =>
  resourceRemediation<unknown>({
    ...described,
    id,
    guideRisk,
    target: z.unknown(),
    appliesTo: ['AWS::SNS::Topic'],
    judge: (view, _target, facts) => {
      const logicalId = `${view.logicalId}${id}`;
      return facts.resource(view.stack, logicalId) === undefined
        ? {
            verdict: {
              verdict: 'fixable',
              because: 'no alarm',
              edits: [],
              companions: [
                {
                  kind: 'resource',
                  logicalId,
                  body: {
                    Type: 'AWS::CloudWatch::Alarm',
                    Properties: { AlarmDescription: 'x'.repeat(size) },
                  },
                },
              ],
            },
          }
        : { verdict: { verdict: 'compliant', because: 'an alarm' } };
    },
  });

const topics = (count: number) =>
  `Resources:\n${Array.from({ length: count }, (_, index) => `  T${index}: {Type: AWS::SNS::Topic}`).join('\n')}\n`;

const fixed = (lines: readonly string[], id: string) =>
  lines.filter((line) => line.startsWith(`${id} of`) && line.includes(': fixable:')).length;

describe('room in a template', () => {
  test.each([
    [0, 500],
    [10, 450],
    [20, 400],
  ])('with %i percent kept free: up to %i resources', async (headroomPercent, most) => {
    const policy = await testPolicy(`limits: {headroomPercent: ${headroomPercent}}`);
    const plan = planWith({ 'template.yaml': topics(300) }, [adding('a', 'low')], policy);
    expect(fixed(verdictsOf(plan), 'a')).toBe(most - 300);
    expect(plan.document.stacks[0]?.resourcesAfterTransform).toBe(most);
  });

  test('goes to what the guide ranks higher, whatever its name', async () => {
    const policy = await testPolicy();
    const plan = planWith(
      { 'template.yaml': topics(300) },
      [adding('a', 'low'), adding('b', 'high')],
      policy,
    );
    const lines = verdictsOf(plan);
    expect([fixed(lines, 'a'), fixed(lines, 'b')]).toEqual([0, 150]);
    expect(lines.find((line) => line.startsWith('a of T0:'))).toBe(
      'a of T0: manual: no alarm; not fixed: template.yaml has no room for it: CloudFormation takes 500 resources after the transforms, of which the policy keeps 50 free (limits.headroomPercent), and more important findings and the template itself have what there is',
    );
  });

  test('is not asked of what adds nothing, however full the template is', async () => {
    const policy = await testPolicy();
    const naming = resourceRemediation<unknown>({
      ...described,
      id: 'naming',
      target: z.unknown(),
      appliesTo: ['AWS::SNS::Topic'],
      judge: (view) =>
        view.properties.DisplayName === undefined
          ? {
              verdict: {
                verdict: 'fixable',
                because: 'no name',
                edits: [{ path: ['Properties', 'DisplayName'], value: 'n' }],
              },
            }
          : { verdict: { verdict: 'compliant', because: 'a name' } },
    });
    const plan = planWith({ 'template.yaml': topics(499) }, [naming, adding('a', 'low')], policy);
    const lines = verdictsOf(plan);
    expect([fixed(lines, 'naming'), fixed(lines, 'a')]).toEqual([499, 0]);
  });

  test('counts bytes', async () => {
    const policy = await testPolicy();
    const plan = planWith({ 'template.yaml': topics(20) }, [adding('a', 'low', 100_000)], policy);
    const [file] = plan.files;
    expect(fixed(verdictsOf(plan), 'a')).toBe(8);
    expect(Buffer.byteLength(file?.text ?? '')).toBeLessThanOrEqual(900_000);
  });

  test('counts bytes exactly where nothing is kept free', async () => {
    const policy = await testPolicy('limits: {headroomPercent: 0}');
    // As JSON the texts are shorter than in the YAML that is written: what was estimated to fit does not.
    const quoted = adding('a', 'low', 100_000);
    const plan = planWith({ 'template.yaml': topics(20) }, [quoted], policy);
    expect(Buffer.byteLength(plan.files[0]?.text ?? '')).toBeLessThanOrEqual(1_000_000);
  });
});
