import { describe, expect, it } from 'vitest';
import type { Finding, Patch } from '../../src/plan/document.js';
import type { Origin } from '../../src/plan/written.js';
import { claimantsOf } from '../../src/report/origins.js';
import type { ReportedPlan } from '../../src/report/report.js';

const patch = 'unit@template.yaml';
const finding = (logicalId: string) => ({ remediation: 'unit', logicalId, patch }) as Finding;
const origin = (path: string, placement: Origin['placement'], by = 'One'): Origin => ({
  patch,
  finding: `unit template.yaml ${by}`,
  operation: { op: 'add', path, value: 'x' },
  placement,
});

const globals = origin('/Globals/Function/KmsKeyArn', 'globals');
const exempt = origin('/Resources/Other/IgnoreGlobals', 'globals');
const permission = origin('/Resources/Role/Properties/Policies', 'resource');
const own = origin('/Resources/Three/Properties/KmsKeyArn', 'resource', 'Three');

const plan = {
  document: {
    stacks: [
      {
        template: 'template.yaml',
        findings: ['One', 'Two', 'Three'].map(finding),
        patches: [{ id: patch } as Patch],
      },
    ],
  },
  files: [{ path: 'template.yaml', origins: [globals, exempt, permission, own] }],
} as unknown as ReportedPlan;

describe('the findings an operation is for', () => {
  const claimants = claimantsOf(plan);
  const names = (each: Origin) => claimants(each).map((key) => key.split(' ').at(-1));

  it('are all that share a value, but those with a value of their own', () => {
    expect(names(globals)).toEqual(['One', 'Two']);
    expect(names(exempt)).toEqual(['One', 'Two']);
  });

  it('is the one that asked for it, on a resource', () => {
    expect(names(permission)).toEqual(['One']);
    expect(names(own)).toEqual(['Three']);
  });
});
