import { describe, expect, test } from 'vitest';
import type { Companion } from '../../src/contract/facts.js';
import { type Fix, resourceRemediation } from '../../src/contract/remediation.js';
import type { Value } from '../../src/document/value.js';
import { noLessons, openAttempt } from '../../src/plan/attempt.js';
import { reserveRoom } from '../../src/plan/budget.js';
import type { Fixable } from '../../src/plan/finding.js';
import type { Policy } from '../../src/policy/policy.js';
import type { StackTree } from '../../src/template/template.js';
import * as z from '../../src/zod.js';
import { treeOf } from '../template/trees.js';
import { described, findingOf, planWith, testPolicy, verdictsOf } from './stub-plan.js';

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

describe('room for one finding', () => {
  const refusals = (tree: StackTree, findings: readonly Fixable[], original = tree, headroomPercent = 0) => {
    const policy = { limits: { headroomPercent } } as Policy;
    const attempt = { ...openAttempt(original, noLessons()), tree };
    return reserveRoom(findings, original, policy, attempt);
  };
  /** A template of so many bytes. */
  const sized = (bytes: number, text = 'Resources: {T: {Type: AWS::SNS::Topic}}\n') =>
    treeOf({ 't.yaml': `${text}#${'x'.repeat(bytes - text.length - 1)}` });
  const limit = 1_000_000;
  const fits = (tree: StackTree, fix: Partial<Fix>, original?: StackTree) =>
    refusals(tree, [findingOf(tree.root, 'T', fix)], original).size === 0;
  const editing = (value: Value): Partial<Fix> => ({ edits: [{ path: ['Properties', 'P'], value }] });
  const bringing = (...companions: readonly Companion[]): Partial<Fix> => ({ companions });

  test.each<[Value]>([
    ['text with \u00e4 and "quotes"'],
    [7],
    [null],
    [{}],
    [[]],
    [{ a: 1, b: { c: [1, 2, {}], d: [] } }],
    [['one', { two: [{ three: null }] }]],
  ])('takes as many bytes as %j has as indented JSON', (value) => {
    const bytes = Buffer.byteLength(JSON.stringify(value, null, 2));
    expect(fits(sized(limit - bytes), editing(value))).toBe(true);
    expect(fits(sized(limit - bytes + 1), editing(value))).toBe(false);
    const statement = { a: value };
    const size = Buffer.byteLength(JSON.stringify(statement, null, 2));
    const companion: Companion = { kind: 'statement', logicalId: 'T', path: ['P'], statement };
    expect(fits(sized(limit - size), bringing(companion))).toBe(true);
    expect(fits(sized(limit - size + 1), bringing(companion))).toBe(false);
  });

  test('is less by what the plan has added already', () => {
    const patched = 'Resources: {T: {Type: AWS::SNS::Topic, Properties: {DisplayName: four}}}\n';
    const text = 'Resources: {T: {Type: AWS::SNS::Topic}}\n';
    const [now, before] = [patched, text].map((each) => treeOf({ 't.yaml': each }).root.template.value);
    const lengthOf = (value?: Value) => JSON.stringify(value, null, 2).length;
    const added = lengthOf(now) - lengthOf(before);
    const rest = (bytes: number) => fits(treeOf({ 't.yaml': patched }), editing(7), sized(bytes));
    expect(rest(limit - 1 - added)).toBe(true);
    expect(rest(limit - added)).toBe(false);
  });

  const many = (section: string, count: number, text = '') =>
    `${section}:\n${Array.from({ length: count }, (_, index) => `  A${index}: {Type: String}\n`).join('')}${text}`;
  const parameter = (name: string): Companion => ({
    kind: 'parameter',
    name,
    definition: { Type: 'String' },
  });

  test('counts parameters that are new, each once, whoever asks for it', () => {
    const text = many(
      'Parameters',
      199,
      'Resources: {T: {Type: AWS::SNS::Topic}, U: {Type: AWS::SNS::Topic}}\n',
    );
    const tree = treeOf({ 't.yaml': text });
    expect(fits(tree, bringing(parameter('A0'), parameter('New')))).toBe(true);
    expect(fits(tree, bringing(parameter('New'), parameter('Other')))).toBe(false);
    const asking = (logicalId: string, name: string) =>
      findingOf(tree.root, logicalId, bringing(parameter(name)));
    expect(refusals(tree, [asking('T', 'New'), asking('U', 'New')]).size).toBe(0);
    expect([...refusals(tree, [asking('T', 'New'), asking('U', 'Other')])]).toEqual([
      [
        'stub t.yaml U',
        't.yaml has no room for it: CloudFormation takes 200 parameters, and more important findings and the template itself have what there is',
      ],
    ]);
  });

  test('goes first to what its remediation says is first', () => {
    const tree = treeOf({
      't.yaml': many(
        'Parameters',
        199,
        'Resources: {T: {Type: AWS::SNS::Topic}, U: {Type: AWS::SNS::Topic}}\n',
      ),
    });
    const asking = (logicalId: string, priority: number) =>
      findingOf(tree.root, logicalId, bringing(parameter(`${logicalId}P`)), { priority });
    const refused = (first: number, second: number) =>
      [...refusals(tree, [asking('T', first), asking('U', second)]).keys()].map((key) => key.slice(-1));
    expect(refused(2, 1)).toEqual(['T']);
    expect(refused(1, 2)).toEqual(['U']);
    expect(refused(1, 1)).toEqual(['U']);
  });

  test('is looked for in the template a companion is for', () => {
    const child = many('Parameters', 200, 'Resources: {T: {Type: AWS::SNS::Topic}}\n');
    const parent = `Resources:
  T: {Type: AWS::SNS::Topic}
  Child: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child.yaml}}
`;
    const tree = treeOf({ 'template.yaml': parent, 'child.yaml': child });
    const nested = tree.stacks.find(({ template }) => template.path === 'child.yaml');
    const companion = parameter('New');
    expect(fits(tree, bringing(companion))).toBe(true);
    const elsewhere = nested === undefined ? companion : { ...companion, in: nested };
    expect([...refusals(tree, [findingOf(tree.root, 'T', bringing(elsewhere))]).values()]).toEqual([
      expect.stringContaining('child.yaml has no room for it'),
    ]);
    // What is there in the one is not in the other.
    expect(fits(tree, bringing({ ...elsewhere, name: 'A0' } as Companion))).toBe(true);
  });

  test('is needed for a resource only where it is new', () => {
    const tree = treeOf({ 't.yaml': topics(500) });
    const resource = (logicalId: string): Companion => ({
      kind: 'resource',
      logicalId,
      body: { Type: 'AWS::SNS::Topic' },
    });
    expect(fits(tree, bringing(resource('T0')))).toBe(true);
    expect(fits(tree, bringing(resource('New')))).toBe(false);
    const permission: Companion = { kind: 'permission', logicalId: 'F', actions: ['a:B'], resource: '*' };
    expect(fits(tree, bringing(permission))).toBe(true);
  });

  test('counts what SAM makes of a resource, and of a property', () => {
    const sam = (count: number) => `Transform: AWS::Serverless-2016-10-31
${topics(count)}  F: {Type: AWS::Serverless::Function, Properties: {Handler: a.b, Runtime: python3.12, CodeUri: .}}
  L: {Type: AWS::Lambda::Function, Properties: {}}
`;
    const events = { Timer: { Type: 'Schedule', Properties: { Schedule: 'rate(1 day)' } } };
    // The function has a role; an event makes a rule and a permission.
    const editing = (logicalId: string): Partial<Fix> => ({
      edits: [{ logicalId, path: ['Properties', 'Events'], value: events }],
    });
    expect(fits(treeOf({ 't.yaml': sam(497 - 2) }), editing('F'))).toBe(true);
    expect(fits(treeOf({ 't.yaml': sam(497 - 1) }), editing('F'))).toBe(false);
    expect(fits(treeOf({ 't.yaml': sam(497) }), editing('L'))).toBe(true);
    expect(fits(treeOf({ 't.yaml': sam(497) }), editing('Unknown'))).toBe(true);
    // Less of what SAM makes gives nobody else room in the same round.
    const body = { Type: 'AWS::Serverless::Function', Properties: {} };
    const companion: Companion = { kind: 'resource', logicalId: 'G', body };
    expect(fits(treeOf({ 't.yaml': sam(497 - 2) }), bringing(companion))).toBe(true);
    expect(fits(treeOf({ 't.yaml': sam(497 - 1) }), bringing(companion))).toBe(false);
  });

  test('is asked of templates of the tree alone', () => {
    const [tree, other] = [treeOf({ 't.yaml': topics(1) }), treeOf({ 'u.yaml': topics(1) })];
    expect(() => refusals(tree, [findingOf(tree.root, 'T0', editing(1))], other)).toThrow(
      'no template t.yaml',
    );
  });
});
