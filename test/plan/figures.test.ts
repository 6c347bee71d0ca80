import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planFile } from '../whole-runs/plan-file.js';

const template = `AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Mode:
    Type: String
    AllowedValues: [fast, slow]
Conditions:
  IsFast: !Equals [!Ref Mode, fast]
  IsSlow: !Equals [!Ref Mode, slow]
Resources:
  Fast:
    Type: AWS::Lambda::Function
    Condition: IsFast
    Properties:
      Role: arn:aws:iam::111122223333:role/worker
      ReservedConcurrentExecutions: 40
  Slow:
    Type: AWS::Lambda::Function
    Condition: IsSlow
    Properties:
      Role: arn:aws:iam::111122223333:role/worker
  Logs:
    Type: AWS::Logs::LogGroup
    Properties:
      RetentionInDays: 30
  OldLogs:
    Type: AWS::Logs::LogGroup
`;

const policy = (deviations: string) => `extends: production
deviations:
${deviations}`;

describe('figures and deviations', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'idp-fix-figures-'));
    writeFileSync(join(folder, 'template.yaml'), template);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const plan = async (deviations?: string) => {
    if (deviations === undefined) return (await planFile(join(folder, 'template.yaml'))).document;
    const file = join(folder, 'own.policy.yaml');
    writeFileSync(file, policy(deviations));
    return (await planFile(join(folder, 'template.yaml'), { policy: file })).document;
  };

  it('measures every combination that can be deployed, before and after', async () => {
    const { figures } = await plan();
    const budget = figures.find(({ unit }) => unit === 'executions');
    expect(budget?.limit?.amount).toBe(900);
    expect(budget?.rows).toMatchObject([
      { label: 'with Fast', before: 40, detail: '1 function' },
      { label: 'with Slow', before: 0, detail: '1 function' },
    ]);
    for (const { before, after } of budget?.rows ?? [])
      expect(Number(after)).toBeGreaterThanOrEqual(Number(before));
  });

  it('measures how long logs are kept by class, and the range that is asked for', async () => {
    const { figures } = await plan();
    expect(figures.find(({ unit }) => unit === 'days')?.rows).toMatchObject([
      { label: 'application', before: 30, after: 365, wanted: { minimum: 365, maximum: 3653 } },
    ]);
  });

  it('lists the deviations of the policy with owner, last day and what they accept', async () => {
    const entry = (more: string) =>
      `  - {remediation: log-retention, reason: kept elsewhere, owner: Ada, date: '2025-01-01', ${more}}\n`;
    const { deviations } = await plan(
      entry("logicalId: Logs, expires: '2026-06-30'") +
        entry("logicalId: OldLogs, expires: '2025-12-31'") +
        entry("logicalId: OldLogs, expires: '2026-12-31', fingerprint: '000000000000'") +
        entry("logicalId: Gone, expires: '2026-12-31'"),
    );
    expect(deviations.map(({ logicalId, state, findings }) => [logicalId, state, findings])).toEqual([
      ['Logs', 'in-force', 1],
      ['OldLogs', 'expired', 0],
      ['OldLogs', 'changed', 0],
      ['Gone', 'unused', 0],
    ]);
    expect(deviations[0]).toMatchObject({ reason: 'kept elsewhere', owner: 'Ada', expires: '2026-06-30' });
  });
});
