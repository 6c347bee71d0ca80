import { describe, expect, it } from 'vitest';
import type { Finding, Patch, PlanDocument, PlanVerdict } from '../../src/plan/document.js';
import type { TextOptions } from '../../src/report/options.js';
import { textReport } from '../../src/report/text.js';

const unit = {
  id: 'some-unit',
  title: 'Queues are encrypted',
  why: 'an unencrypted queue can be read by whoever reaches the disk',
  guideRisk: 'high',
  sources: [],
  equivalents: {},
} as const;

const options: TextOptions = {
  root: 'app/template.yaml',
  remediations: [unit, { ...unit, id: 'idle-unit' }],
  columns: 80,
  colour: false,
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
  because: 'it has no key',
  current: null,
  target: { 'Fn::GetAtt': ['Key', 'Arn'] },
  patch: verdict === 'fixable' ? 'some-unit@template.yaml' : null,
  decidedBy: [],
  suppression: null,
  fingerprint: logicalId.padEnd(16, '0'),
  resourceFingerprint: '000000000000',
  known: false,
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
  it('says per remediation what falls short, what changes and what is left for a person', () => {
    const document = planOf(
      [
        finding('Queue', 'fixable'),
        finding('Old', 'manual', { because: 'its key belongs to another account' }),
      ],
      [patch],
      ['90 of 900 executions are reserved'],
    );
    expect(textReport(document, options)).toBe(`app/template.yaml · policy production

some-unit
  Queues are encrypted (high risk)
  Why: an unencrypted queue can be read by whoever reaches the disk
  1 to fix, 1 for a person

  will change
    template.yaml:7 Queue: none → !GetAtt Key.Arn; it has no key

  left for a person
    template.yaml:7 Old: its key belongs to another account

  patches
    some-unit@template.yaml: 1 operation at parameter default and resource;
        about 1.00 USD a month (1 key × 1.00)
      brings: kms:Decrypt for the role of Sender
      takes out: line 3 # checkov:skip=CKV_1: not yet
      first: the key is enabled (aws kms describe-key)
      left for a person: messages already in the queue stay as they are

notes
  90 of 900 executions are reserved

parameter values
  A stack that is deployed keeps its parameter values. Give it these with the
  next update:
    Days=365

Checked 3 resources in 1 template; remediations look at 1 of them.
  1 part not checked:
    template.yaml Child: its template is not at hand

1 finding to fix, 1 for a person.
Write them: idp-fix --apply template.yaml
`);
  });

  it('folds long lists and says which flag unfolds them', () => {
    const many = Array.from({ length: 20 }, (_, index) => finding(`Queue${index}`, 'fixable'));
    const folded = textReport(planOf(many), options);
    expect(folded).toContain('… and 14 more; --verbose shows all');
    expect(folded).not.toContain('Queue6');
    const unfolded = textReport(planOf(many), { ...options, verbose: true });
    for (const { logicalId } of many) expect(unfolded).toContain(` ${logicalId}: `);
    expect(unfolded).not.toContain('--verbose');
  });

  it('keeps within the width', () => {
    const because = 'a long reason that goes on and on, '.repeat(10);
    const report = textReport(planOf([finding('Queue', 'fixable', { because })]), options);
    expect(Math.max(...report.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it.each([
    ['review', false, 'will change with --include review'],
    ['review', true, 'will change'],
    ['blocked', true, 'never written, because it may destroy something'],
  ] as const)('tells a %s patch apart, included: %s', (risk, includeReview, heading) => {
    const report = textReport(
      planOf([finding('Queue', 'fixable')], [{ ...patch, risk, riskBecause: ['it costs'] }]),
      {
        ...options,
        includeReview,
      },
    );
    expect(report).toContain(`\n  ${heading}\n`);
    expect(report).toContain('needs consent: it costs');
  });

  it('lists what is in order and what does not apply only when asked to', () => {
    const document = planOf([finding('Fine', 'compliant'), finding('Other', 'not-applicable')], []);
    expect(textReport(document, options)).not.toContain('Fine');
    expect(textReport(document, options)).toContain(
      'Nothing is left to do in what could be checked; 1 part could not.',
    );
    expect(textReport(document, { ...options, verbose: true })).toMatch(/in order[\s\S]*Fine: it has no key/);
  });

  it('shows suppressions with what was made of them', () => {
    const suppression = {
      tool: 'checkov',
      id: 'CKV_1',
      reason: 'later',
      line: 6,
      handling: 'overridden',
    } as const;
    expect(textReport(planOf([finding('Queue', 'fixable', { suppression })]), options)).toContain(
      '[skip of\n        checkov CKV_1 overridden: later]',
    );
  });

  it('says what has been done after it is written', () => {
    const report = textReport(planOf([finding('Queue', 'fixable')]), {
      ...options,
      outcome: { written: true },
    });
    expect(report).toContain('\n  changed\n');
    expect(report).toContain('1 finding fixed.');
    expect(report).not.toContain('--apply');
  });

  it('uses colour only when told to, and never for a meaning', () => {
    const document = planOf([finding('Queue', 'fixable')]);
    const coloured = textReport(document, { ...options, colour: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what colours are made of
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(textReport(document, options));
    expect(coloured).not.toBe(textReport(document, options));
  });
});
