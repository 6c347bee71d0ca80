import { expect, it } from 'vitest';
import { remediationSkeleton } from '../../src/dev/remediation-skeleton.js';
import { parseCases } from '../../src/testing/cases.js';

it('lays out a case file that the harness understands', () => {
  const page = remediationSkeleton('topic-encryption')['test/remediations/topic-encryption.md'] ?? '';
  expect(parseCases(page).cases).toMatchObject([
    {
      name: 'what is missing is set',
      templates: { 'template.yaml': expect.stringContaining('Resources:') },
      findings: expect.stringContaining('Thing: not-applicable'),
    },
  ]);
});
