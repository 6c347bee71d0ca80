import { describe, expect, it } from 'vitest';
import { compareFindings, countChanges } from '../../src/compare/compare.js';
import type { Finding, PlanDocument, PlanVerdict } from '../../src/plan/document.js';

interface Found {
  readonly template?: string;
  readonly logicalId?: string;
  readonly resourceType?: string;
  readonly verdict: PlanVerdict;
  readonly resource?: string;
  readonly isBlocked?: true;
}

function release(root: string, ...found: readonly Found[]): PlanDocument {
  const templates = [...new Set([root, ...found.map(({ template = root }) => template)])];
  const stacks = templates.map((template) => {
    const own = found.filter((each) => (each.template ?? root) === template);
    return {
      template,
      findings: own.map(
        ({ logicalId = 'Queue', resourceType = 'AWS::SQS::Queue', verdict, resource = '0', isBlocked }) =>
          ({
            remediation: 'some-unit',
            logicalId,
            resourceType,
            line: 1,
            verdict,
            because: verdict,
            patch: verdict === 'fixable' ? `some-unit@${template}${isBlocked ? '#blocked' : ''}` : null,
            resourceFingerprint: resource,
          }) as unknown as Finding,
      ),
      patches: [
        { id: `some-unit@${template}`, risk: 'safe' },
        { id: `some-unit@${template}#blocked`, risk: 'blocked' },
      ],
    };
  });
  return { stacks } as unknown as PlanDocument;
}

const changesOf = (before: PlanDocument, after: PlanDocument) =>
  compareFindings(before, after).map(
    ({ change, template, logicalId, movedFrom }) =>
      `${change} ${template} ${logicalId}${movedFrom === null ? '' : ` from ${movedFrom}`}`,
  );

describe('compareFindings', () => {
  it.each([
    ['fixable', 'fixable', ['again a.yaml Queue']],
    ['accepted', 'fixable', ['again a.yaml Queue']],
    ['manual', 'fixable', ['now-fixable a.yaml Queue']],
    ['compliant', 'fixable', ['regressed a.yaml Queue']],
    ['not-applicable', 'fixable', ['covered a.yaml Queue']],
    [undefined, 'fixable', ['covered a.yaml Queue']],
    ['fixable', 'manual', ['conflict a.yaml Queue']],
    ['fixable', 'unknown', ['conflict a.yaml Queue']],
    ['unknown', 'manual', ['open a.yaml Queue']],
    ['compliant', 'manual', ['regressed a.yaml Queue']],
    [undefined, 'manual', ['uncovered a.yaml Queue']],
    ['fixable', 'compliant', ['upstream a.yaml Queue']],
    ['manual', 'compliant', ['upstream a.yaml Queue']],
    ['accepted', 'compliant', ['upstream a.yaml Queue']],
    ['fixable', 'not-applicable', ['ceased a.yaml Queue']],
    ['fixable', undefined, ['gone a.yaml Queue']],
    ['manual', undefined, ['gone a.yaml Queue']],
    ['accepted', 'accepted', ['accepted a.yaml Queue']],
    ['compliant', 'compliant', []],
    ['compliant', undefined, []],
    [undefined, 'compliant', []],
    ['not-applicable', 'compliant', []],
  ] as const)('%s before and %s after', (before, after, expected) => {
    const at = (verdict: PlanVerdict | undefined) =>
      release('a.yaml', ...(verdict === undefined ? [] : [{ verdict }]));
    expect(changesOf(at(before), at(after))).toEqual(expected);
  });

  it('takes what is never written for something a person has to do', () => {
    const fixed = release('a.yaml', { verdict: 'fixable' });
    const blocked = release('a.yaml', { verdict: 'fixable', isBlocked: true });
    expect(changesOf(fixed, blocked)).toEqual(['conflict a.yaml Queue']);
    expect(changesOf(blocked, fixed)).toEqual(['now-fixable a.yaml Queue']);
  });

  it('has an accepted risk looked at again when its resource has changed', () => {
    const at = (resource: string, logicalId = 'Queue') =>
      release('a.yaml', { verdict: 'accepted', resource, logicalId });
    expect(changesOf(at('0'), at('1'))).toEqual(['accepted-changed a.yaml Queue']);
    // A whole template is another one in every release.
    expect(changesOf(at('0', ''), at('1', ''))).toEqual(['accepted a.yaml ']);
  });

  it('knows a resource that has moved to another template', () => {
    const before = release('root.yaml', { verdict: 'fixable', template: 'old.yaml' });
    const after = release('root.yaml', { verdict: 'fixable', template: 'new.yaml' });
    expect(changesOf(before, after)).toEqual(['again new.yaml Queue from old.yaml']);
  });

  it.each([
    [
      'its type is another one',
      [{ template: 'new.yaml', resourceType: 'AWS::SNS::Topic' }],
      ['covered new.yaml Queue', 'gone old.yaml Queue'],
    ],
    [
      'it may be either of two',
      [{ template: 'new.yaml' }, { template: 'other.yaml' }],
      ['covered new.yaml Queue', 'covered other.yaml Queue', 'gone old.yaml Queue'],
    ],
    [
      'it is still there as well',
      [{ template: 'new.yaml' }, { template: 'old.yaml' }],
      ['covered new.yaml Queue', 'again old.yaml Queue'],
    ],
  ])('takes it for new when %s', (_, found, expected) => {
    const before = release('root.yaml', { verdict: 'fixable', template: 'old.yaml' });
    const after = release('root.yaml', ...found.map((each) => ({ verdict: 'fixable' as const, ...each })));
    expect(changesOf(before, after)).toEqual(expected);
  });

  it('does not mind what the root template is called', () => {
    const before = release('v1.yaml', { verdict: 'fixable' }, { verdict: 'manual', logicalId: '' });
    const after = release('v2.yaml', { verdict: 'fixable' }, { verdict: 'manual', logicalId: '' });
    expect(changesOf(before, after)).toEqual(['open v2.yaml ', 'again v2.yaml Queue']);
  });

  it('counts every change there can be', () => {
    const counts = countChanges(
      compareFindings(release('a.yaml'), release('a.yaml', { verdict: 'fixable' })),
    );
    expect(counts.covered).toBe(1);
    expect(Object.values(counts).reduce((sum, each) => sum + each, 0)).toBe(1);
  });
});
