import type { GuideRisk } from '../contract/remediation.js';

/** How other tools call the three levels of risk. */
interface RiskLevel {
  /** Of a SARIF result, and of a workflow annotation where a note is called a notice. */
  readonly sarif: 'error' | 'warning' | 'note';
  /** On the scale of CVSS, which code scanning sorts by: from 7.0 high, from 4.0 medium, below that low. */
  readonly securitySeverity: string;
  readonly annotation: 'error' | 'warning' | 'notice';
  readonly gitlab: 'critical' | 'major' | 'minor';
}

export const riskLevels: Readonly<Record<GuideRisk, RiskLevel>> = {
  high: { sarif: 'error', securitySeverity: '8.0', annotation: 'error', gitlab: 'critical' },
  medium: { sarif: 'warning', securitySeverity: '5.5', annotation: 'warning', gitlab: 'major' },
  low: { sarif: 'note', securitySeverity: '2.0', annotation: 'notice', gitlab: 'minor' },
};
