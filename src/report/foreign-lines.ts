import { isOpen } from '../baseline/baseline.js';
import type { ForeignFinding, ForeignOutcome, PlanDocument } from '../plan/document.js';
import type { TextOptions } from './options.js';
import type { Paint } from './paint.js';
import { fold } from './remediation-lines.js';
import { count, hang } from './words.js';

/** What becomes of a finding of another tool, in words; `summary` stands behind a number. */
export const outcomeWords: Readonly<
  Record<ForeignOutcome, { readonly summary: string; readonly heading: string }>
> = {
  fixed: { summary: 'fixed by a patch', heading: 'fixed by a patch' },
  'not-fixable': { summary: 'not fixable', heading: 'not fixable by a patch' },
  'not-found': {
    summary: 'not found here',
    heading: 'not about these templates, or not to be told which resource is meant',
  },
  'not-applicable': { summary: 'not applicable', heading: 'not applicable' },
  'in-order': { summary: 'pass here', heading: 'pass by the policy' },
  accepted: { summary: 'accepted', heading: 'accepted' },
  'not-covered': { summary: 'that no remediation covers', heading: 'covered by no remediation' },
};

/** The findings that were handed in: what becomes of each, and how many of ours nobody else has. */
export function foreignLines(document: PlanDocument, brush: Paint, options: TextOptions): readonly string[] {
  const { foreignFindings } = document;
  if (foreignFindings === null) return [];
  const { columns } = options;
  const lines = [brush.bold('findings of other tools')];
  for (const [source, own] of bySource(foreignFindings)) {
    lines.push(...hang(`${source} (${own[0]?.tool}): ${tally(own)}`, 2, 4, columns));
  }
  for (const [outcome, { heading }] of Object.entries(outcomeWords)) {
    const findings = foreignFindings.filter((finding) => finding.outcome === outcome);
    if (findings.length === 0) continue;
    lines.push(
      '',
      `  ${heading}`,
      ...fold([...new Set(findings.map(lineOf))], options, (each) => hang(each, 4, 8, columns)),
    );
  }
  const unseen = count(unseenBy(document).length, 'open finding');
  return [
    ...lines,
    '',
    ...hang(
      `${unseen} of this plan ${unseen.startsWith('1 ') ? 'is' : 'are'} in none of these files.`,
      2,
      2,
      columns,
    ),
  ];
}

/** Open findings that no file handed in has. */
export function unseenBy({ stacks, foreignFindings }: PlanDocument) {
  const seen = new Set(
    (foreignFindings ?? []).map(
      ({ remediation, template, logicalId }) => `${remediation} ${template} ${logicalId ?? ''}`,
    ),
  );
  return stacks.flatMap(({ template, findings }) =>
    findings
      .filter(isOpen)
      .filter(({ remediation, logicalId }) => !seen.has(`${remediation} ${template} ${logicalId}`)),
  );
}

function bySource(findings: readonly ForeignFinding[]): ReadonlyMap<string, readonly ForeignFinding[]> {
  const sources = new Map<string, ForeignFinding[]>();
  for (const finding of findings)
    sources.set(finding.source, [...(sources.get(finding.source) ?? []), finding]);
  return sources;
}

function tally(findings: readonly ForeignFinding[]): string {
  const parts = Object.entries(outcomeWords).flatMap(([outcome, { summary }]) => {
    const number = findings.filter((finding) => finding.outcome === outcome).length;
    return number === 0 ? [] : [`${number} ${summary}`];
  });
  return `${count(findings.length, 'finding')}: ${parts.join(', ')}`;
}

function lineOf(finding: ForeignFinding): string {
  const { template, line, logicalId, said, rule, title, remediation, because, outcome } = finding;
  const place = template === null ? said : `${template}${line === null ? '' : `:${line}`}`;
  const subject = logicalId === null ? '' : ` ${logicalId}`;
  // That no remediation covers it, the heading says already.
  const isPlain = outcome === 'not-covered' && remediation === null;
  // Some tools have nothing but a UUID to call a rule by.
  const name = /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(rule) ? title : rule;
  return `${place}${subject}: ${name} (${isPlain ? title : because})`;
}
