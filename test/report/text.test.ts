import { describe, expect, it } from 'vitest';
import type { Finding, Patch, PlanDocument, PlanVerdict } from '../../src/plan/document.js';
import type { TextOptions } from '../../src/report/report.js';
import { textReport } from '../../src/report/text.js';

const unit = {
  id: 'some-unit',
  title: 'Queues are encrypted',
  why: 'an unencrypted queue can be read by whoever reaches the disk',
  guideRisk: 'high',
  sources: [],
  equivalents: {},
  questions: [{ path: ['emails'], ask: 'Who is notified?' }],
} as const;

const options: TextOptions = {
  root: 'app/template.yaml',
  remediations: [unit, { ...unit, id: 'idle-unit' }],
  columns: 80,
  color: false,
  verbose: false,
  includeReview: false,
  outcome: { written: false, command: 'idp-fix --apply template.yaml' },
};

const finding = (logicalId: string, verdict: PlanVerdict, rest: Partial<Finding> = {}): Finding => ({
  remediation: unit.id,
  logicalId,
  resourceType: 'AWS::SQS::Queue',
  line: 7,
  verdict,
  severity: 'high',
  because: 'it has no key',
  current: null,
  target: { 'Fn::GetAtt': ['Key', 'Arn'] },
  patch: verdict === 'fixable' ? 'some-unit@template.yaml' : null,
  decidedBy: [],
  suppression: null,
  fingerprint: logicalId.padEnd(16, '0'),
  resourceFingerprint: '000000000000',
  known: false,
  basis: 'stated',
  expiredDeviation: null,
  ...rest,
});

const patch: Patch = {
  id: 'some-unit@template.yaml',
  remediation: unit.id,
  title: unit.title,
  placement: ['parameter-default', 'resource'],
  fixes: ['Queue'],
  operations: [
    { op: 'test', path: '/Resources/Queue/Properties/KmsMasterKeyId', value: 'x' },
    { op: 'replace', path: '/Resources/Queue/Properties/KmsMasterKeyId', value: 'y' },
  ],
  inverse: [],
  removedComments: [{ line: 3, text: '# checkov:skip=CKV_1: not yet' }],
  update: 'none',
  risk: 'safe',
  riskBecause: [],
  cost: { monthlyUsd: 1, formula: '1 key × 1.00' },
  prerequisites: [{ what: 'the key is enabled', check: 'aws kms describe-key' }],
  companions: ['kms:Decrypt for the role of Sender'],
  requires: [],
  leaves: ['messages already in the queue stay as they are'],
};

function planOf(
  findings: readonly Finding[],
  patches: readonly Patch[] = [patch],
  notes: readonly string[] = [],
): PlanDocument {
  return {
    format: 'idp-fix/plan',
    version: 1,
    tool: { name: 'idp-fix', version: '1.2.3' },
    policy: { name: 'production', source: 'preset production', sha256: '0' },
    prices: {},
    stacks: [
      {
        template: 'template.yaml',
        sha256: '0',
        parent: null,
        resources: 3,
        resourcesAfterTransform: 3,
        functions: [],
        logGroups: [],
        findings,
        patches,
        stackTags: {},
        parameterValues: { Days: '365' },
        patchedSha256: '0',
      },
    ],
    steps: [],
    checklist: [],
    baseline: null,
    foreignFindings: null,
    deviations: [],
    figures: [],
    coverage: {
      files: 1,
      resources: 3,
      evaluated: 1,
      notEvaluated: [
        { template: 'template.yaml', logicalId: 'Child', because: 'its template is not at hand' },
      ],
    },
    summary: {
      verdicts: { compliant: 0, fixable: 0, manual: 0, 'not-applicable': 0, accepted: 0, unknown: 0 },
      patches: patches.length,
      byRemediation: {},
      notes,
    },
  };
}

describe('textReport', () => {
  it('shows the worst first, each reason once, and what to do next', () => {
    const answered = ['remediations.some-unit.emails'];
    const document = planOf(
      [
        finding('Queue', 'fixable'),
        finding('Old', 'manual', { because: 'its key belongs to another account', severity: 'critical' }),
        finding('First', 'manual', { because: 'no target', decidedBy: answered }),
        finding('Second', 'manual', { because: 'no target either', decidedBy: answered }),
        finding('Odd', 'unknown', { because: 'its key (AKey) is not known', severity: 'medium' }),
        finding('Other', 'unknown', { because: 'its key (BKey) is not known', severity: 'medium' }),
      ],
      [patch],
      ['90 of 900 executions are reserved'],
    );
    expect(textReport(document, options)).toBe(`app/template.yaml · 3 resources · policy production
  1 auto-fix · 2 need input · 1 manual · 2 unknown
  auto-fix: about 1.00 USD a month · no replacements

Broken today
  Old  app/template.yaml:7  [manual]
      its key belongs to another account

Auto-fix                        severity  findings
  some-unit                     high             1  none → !GetAtt Key.Arn, 1.0…

Needs input: 1 answer settles 2 findings  severity  findings
  some-unit.emails                        high             2
      Who is notified?

Manual: work outside the template
  some-unit (critical) Old: its key belongs to another account

Unknown: cannot be told from the template
  some-unit (2, medium) Odd, Other: its key is not known

Pass with the next update, since a deployed stack keeps its parameter values:
  Days=365
Checked 1 of 3 resources in 1 template.
  1 part not checked:
    template.yaml Child: its template is not at hand
90 of 900 executions are reserved

1 auto-fix · 2 need input · 1 manual · 2 unknown
  preview  idp-fix --apply --dry-run template.yaml
  apply    idp-fix --apply template.yaml
  answer   idp-fix wizard app/template.yaml
  details  --verbose, or idp-fix explain ID TEMPLATE
`);
  });

  it('counts the key of the policy as one answer, whichever remediations ask for it', () => {
    const missing = { because: 'there is no key', decidedBy: ['encryption.key'] };
    const document = planOf([
      finding('Queue', 'manual', missing),
      finding('Table', 'manual', { ...missing, remediation: 'idle-unit' }),
    ]);
    const report = textReport(document, options);
    expect(report).toContain('Needs input: 1 answer settles 2 findings');
    expect(report).toMatch(/\n {2}encryption\.key +high +2\n {6}Which KMS key should new encryption use\?\n/);
  });

  it('has a line or two for any number of findings, and all of them with --verbose', () => {
    const many = Array.from({ length: 200 }, (_, index) => finding(`Queue${index}`, 'fixable'));
    const short = textReport(planOf(many), options);
    expect(short.split('\n').length).toBeLessThan(25);
    expect(short).toMatch(/some-unit +high +200/);
    const whole = textReport(planOf(many), { ...options, verbose: true });
    for (const { logicalId } of many) expect(whole).toContain(` ${logicalId}: `);
    expect(whole).toContain('check first: the key is enabled (aws kms describe-key)');
    expect(whole).toContain('removes: line 3 # checkov:skip=CKV_1: not yet');
  });

  it('lists what a baseline does not have', () => {
    const document = {
      ...planOf([finding('Queue', 'fixable', { known: true }), finding('Fresh', 'fixable')]),
      baseline: { known: 1, new: 1, gone: [] },
    };
    const report = textReport(document, options);
    expect(report).toMatch(/New since the baseline\n {2}Fresh {2}app\/template\.yaml:7 {2}\[auto-fix\]/);
    expect(report).not.toContain('Queue ');
  });

  it('keeps within the width', () => {
    const because = 'a long reason that goes on and on, '.repeat(10);
    const findings = [finding('Queue', 'fixable', { because, severity: 'critical' })];
    for (const verbose of [true, false]) {
      const report = textReport(planOf(findings), { ...options, verbose });
      const longest = Math.max(...report.split('\n').map((line) => line.length));
      expect(longest).toBeLessThanOrEqual(80);
    }
  });

  it.each([
    ['review', false, 'Needs approval: --include review'],
    ['review', true, 'Auto-fix'],
    ['blocked', true, 'Never written, because data could be lost'],
  ] as const)('tells a %s patch apart, included: %s', (risk, includeReview, heading) => {
    const report = textReport(
      planOf([finding('Queue', 'fixable')], [{ ...patch, risk, riskBecause: ['it costs'] }]),
      { ...options, includeReview },
    );
    expect(report).toMatch(new RegExp(`^${heading} +severity`, 'm'));
    expect(report.includes('it costs')).toBe(heading !== 'Auto-fix');
  });

  it('lists what passes and what does not apply only when asked to', () => {
    const document = planOf([finding('Fine', 'compliant'), finding('Other', 'not-applicable')], []);
    expect(textReport(document, options)).not.toContain('Fine');
    expect(textReport(document, options)).toContain(
      'No open findings in what could be checked; 1 part could not.',
    );
    expect(textReport(document, { ...options, verbose: true })).toMatch(/pass[\s\S]*Fine: it has no key/);
  });

  it('shows suppressions with what was made of them', () => {
    const suppression = {
      tool: 'checkov',
      id: 'CKV_1',
      reason: 'later',
      line: 6,
      handling: 'overridden',
    } as const;
    const document = planOf([finding('Queue', 'fixable', { suppression })]);
    const report = textReport(document, { ...options, verbose: true });
    expect(report.replaceAll(/\s+/g, ' ')).toContain('[skip of checkov CKV_1 overridden: later]');
  });

  it('says what has been done after it is written, and what is left over', () => {
    const report = textReport(planOf([finding('Queue', 'fixable'), finding('Old', 'manual')]), {
      ...options,
      outcome: { written: true },
    });
    expect(report).toMatch(/^Fixed +severity/m);
    expect(report).toMatch(/^Left over\n {2}1 manual /m);
    expect(report).toContain('1 fixed · 1 manual');
    expect(report).not.toContain('--apply');
  });

  it('uses color only when told to, and never for a meaning', () => {
    const document = planOf([finding('Queue', 'fixable')]);
    const colored = textReport(document, { ...options, color: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what colors are made of
    expect(colored.replaceAll(/\u001b\[\d+m/g, '')).toBe(textReport(document, options));
    expect(colored).not.toBe(textReport(document, options));
  });
});
