import { equivalentIds } from '../equivalents.js';
import type { ReportOptions } from '../report.js';
import { riskLevels } from '../risk-levels.js';

/** A remediation as a SARIF rule: what it asks for, why, and where that is written down. */
export function ruleOf(remediation: ReportOptions['remediations'][number]) {
  const { id, title, why, guideRisk, sources } = remediation;
  const others = equivalentIds(remediation);
  const said = `${title}. Why: ${why}.`;
  return {
    id,
    name: id.replaceAll(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: `${title}.` },
    fullDescription: { text: said },
    ...(sources[0] !== undefined && { helpUri: sources[0] }),
    help: {
      text: [said, `idp-fix explain ${id} says more.`, ...sources].join('\n'),
      markdown: [
        said,
        '',
        `\`idp-fix explain ${id}\` says more.`,
        '',
        ...sources.map((source) => `- <${source}>`),
        ...(others.length > 0 ? ['', `The same in other tools: ${others.join(', ')}`] : []),
      ].join('\n'),
    },
    defaultConfiguration: { level: riskLevels[guideRisk].sarif },
    properties: {
      tags: ['security', 'cloudformation', ...others],
      precision: 'very-high',
      'problem.severity':
        riskLevels[guideRisk].sarif === 'note' ? 'recommendation' : riskLevels[guideRisk].sarif,
      'security-severity': riskLevels[guideRisk].securitySeverity,
    },
  };
}
