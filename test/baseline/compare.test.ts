import { describe, expect, it } from 'vitest';
import {
  type BaselineFinding,
  baselineFindings,
  baselineText,
  compareWithBaseline,
  readBaseline,
  upgraded,
} from '../../src/baseline/baseline.js';
import type { Finding, PlanDocument } from '../../src/plan/document.js';
import { findingFingerprint } from '../../src/plan/finding.js';

interface Found {
  readonly template?: string;
  readonly logicalId?: string;
  readonly remediation?: string;
  readonly because?: string;
  readonly verdict?: Finding['verdict'];
  readonly resource?: string;
  readonly expired?: true;
}

function planOf(...found: readonly Found[]): PlanDocument {
  const templates = [...new Set(found.map(({ template = 'a.yaml' }) => template))];
  const stacks = templates.map((template) => ({
    template,
    findings: found
      .filter((each) => (each.template ?? 'a.yaml') === template)
      .map(
        ({
          logicalId = 'Queue',
          remediation = 'some-unit',
          because = 'it has no key',
          verdict = 'fixable',
          resource = '000000000000',
          expired,
        }) => ({
          remediation,
          logicalId,
          verdict,
          because,
          fingerprint: findingFingerprint({ remediation, template, logicalId, current: because, lacks: [] }),
          resourceFingerprint: resource,
          known: false,
          expiredDeviation: expired ? { reason: 'r', owner: 'o', expires: '2025-01-01' } : null,
        }),
      ),
  }));
  return { stacks, baseline: null } as unknown as PlanDocument;
}

const all = () => true;

/** The logical ids that count, and what the baseline has in vain. */
function compared(before: PlanDocument, after: PlanDocument, isInScope: (id: string) => boolean = all) {
  const { stacks, baseline } = compareWithBaseline(after, baselineFindings(before), isInScope);
  const fresh = stacks.flatMap(({ template, findings }) =>
    findings
      .filter(({ known, verdict }) => !known && verdict === 'fixable')
      .map(({ logicalId }) => `${template} ${logicalId}`),
  );
  return { fresh, gone: baseline?.gone.map(({ template, logicalId }) => `${template} ${logicalId}`) };
}

describe('findingFingerprint', () => {
  const evidence = {
    remediation: 'some-unit',
    template: 'a.yaml',
    logicalId: 'Queue',
    lacks: ['Errors'],
    current: { b: 1, a: [null, 'x'] },
  };

  it('is sixteen hex digits of what is found and where', () => {
    const own = findingFingerprint(evidence);
    expect(own).toMatch(/^[0-9a-f]{16}$/);
    for (const change of [
      { remediation: 'other-unit' },
      { template: 'b.yaml' },
      { logicalId: 'Topic' },
      { lacks: ['Errors', 'Throttles'] },
      { current: null },
    ]) {
      expect(findingFingerprint({ ...evidence, ...change })).not.toBe(own);
    }
  });

  it('knows no order of keys', () => {
    const same = { ...evidence, current: { a: [null, 'x'], b: 1 } };
    expect(findingFingerprint(same)).toBe(findingFingerprint(evidence));
  });
});

describe('upgraded', () => {
  it('knows the findings of a baseline of version 1 by their place', () => {
    const now = planOf({ logicalId: 'Queue' }, { logicalId: 'Topic' });
    const former = [{ ...baselineFindings(now)[0], fingerprint: 'f'.repeat(16) }] as BaselineFinding[];
    const { baseline } = compareWithBaseline(now, upgraded(former, 1, now), all);
    expect(baseline).toEqual({ known: 1, new: 1, gone: [] });
    expect(upgraded(former, 2, now)).toBe(former);
  });
});

describe('compareWithBaseline', () => {
  it('knows what it has, and counts what it has not', () => {
    const before = planOf({}, { logicalId: 'Topic' });
    expect(compared(before, before)).toEqual({ fresh: [], gone: [] });
    const after = planOf({}, { logicalId: 'Topic' }, { logicalId: 'Stream' });
    expect(compared(before, after)).toEqual({ fresh: ['a.yaml Stream'], gone: [] });
  });

  it('counts a finding whose evidence has changed', () => {
    const after = planOf({ because: 'its key is disabled' });
    expect(compared(planOf({}), after)).toEqual({ fresh: ['a.yaml Queue'], gone: ['a.yaml Queue'] });
  });

  it('says what is no longer found, or no longer open', () => {
    const before = planOf({}, { logicalId: 'Topic' });
    expect(compared(before, planOf({ verdict: 'compliant' }))).toEqual({
      fresh: [],
      gone: ['a.yaml Queue', 'a.yaml Topic'],
    });
  });

  it('does not let a renamed resource stand for another one', () => {
    expect(compared(planOf({ logicalId: 'Old' }), planOf({ logicalId: 'New' }))).toEqual({
      fresh: ['a.yaml New'],
      gone: ['a.yaml Old'],
    });
  });

  it('follows a resource that moves to another template unchanged', () => {
    const after = planOf({ template: 'b.yaml' });
    expect(compared(planOf({}), after)).toEqual({ fresh: [], gone: [] });
  });

  it.each([
    ['it has changed on the way', planOf({}), planOf({ template: 'b.yaml', resource: '111111111111' })],
    ['two have come', planOf({}), planOf({ template: 'b.yaml' }, { template: 'c.yaml' })],
    ['two have gone', planOf({}, { template: 'b.yaml' }), planOf({ template: 'c.yaml' })],
    [
      'the old one is still there, and in order',
      planOf({}),
      planOf({ verdict: 'accepted' }, { template: 'b.yaml' }),
    ],
  ])('takes it for new when %s', (_, before, after) => {
    const added = after.stacks.flatMap(({ template, findings }) =>
      findings
        .filter(({ verdict }) => verdict === 'fixable')
        .map(({ logicalId }) => `${template} ${logicalId}`),
    );
    expect(compared(before, after).fresh).toEqual(added);
  });

  it('never knows what was accepted for a time that has passed', () => {
    const expired = planOf({ expired: true });
    expect(baselineFindings(expired)).toEqual([]);
    expect(compared(planOf({}), expired).fresh).toEqual(['a.yaml Queue']);
  });

  it('misses nothing that this run has not looked for', () => {
    const before = planOf({ remediation: 'other-unit' }, {});
    expect(compared(before, planOf({}), (id) => id === 'some-unit')).toEqual({ fresh: [], gone: [] });
  });
});

describe('a baseline file', () => {
  const finding = (logicalId: string): BaselineFinding => ({
    template: 'a.yaml',
    logicalId,
    remediation: 'some-unit',
    fingerprint: '0123456789abcdef',
    resourceFingerprint: '0123456789ab',
  });
  const written = (...roots: readonly [string, readonly BaselineFinding[]][]) =>
    baselineText({
      format: 'idp-fix/baseline',
      version: 1,
      roots: roots.map(([root, findings]) => ({ root, findings: [...findings] })),
    });

  it('has a line for each finding, in an order of its own', () => {
    const text = written(
      ['b.yaml', [finding('Z'), finding('A')]],
      ['a.yaml', [finding('M')]],
      ['c.yaml', []],
    );
    expect(text).toBe(written(['a.yaml', [finding('M')]], ['b.yaml', [finding('A'), finding('Z')]]));
    expect(text.split('\n').filter((line) => line.includes('"logicalId"'))).toHaveLength(3);
    const read = readBaseline('b.json', new TextEncoder().encode(text));
    expect(
      read.roots.map(({ root, findings }) => [root, findings.map(({ logicalId }) => logicalId)]),
    ).toEqual([
      ['a.yaml', ['M']],
      ['b.yaml', ['A', 'Z']],
    ]);
    expect(JSON.parse(written())).toMatchObject({ roots: [] });
  });

  it.each([
    ['', /it is not JSON/],
    ['{}', /not a baseline of idp-fix \(format: /],
    ['{"format": "idp-fix/plan", "version": 1}', /format: /],
    [
      written(['a.yaml', [{ ...finding('A'), fingerprint: 'short' }]]),
      /roots\.0\.findings\.0\.fingerprint: a fingerprint is 16 hex digits/,
    ],
  ])('refuses %s', (text, message) => {
    expect(() => readBaseline('b.json', new TextEncoder().encode(text))).toThrow(message);
  });
});
