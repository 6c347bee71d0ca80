import type { Remediation, Severity } from '../contract/remediation.js';
import { isList, isMap, type Value } from '../document/value.js';

/** Breaks a text at blanks. A word longer than a line stands alone on its own. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A text with its first line at one indentation and what follows at another; widths in characters. */
export function hang(text: string, first: number, rest: number, columns: number): string[] {
  const width = Math.max(columns - Math.max(first, rest), 30);
  return wrap(text, width).map((line, index) => ' '.repeat(index === 0 ? first : rest) + line);
}

/** A heading with entries below it; nothing where there are none. */
export function section(heading: string, entries: readonly string[], columns: number): readonly string[] {
  if (entries.length === 0) return [];
  return ['', `  ${heading}`, ...entries.flatMap((entry) => hang(entry, 4, 8, columns))];
}

/** What `encryption.key` of the policy answers. */
export const keyQuestion = 'Which KMS key should new encryption use?';

/** What a plan is measured against: a file can call itself as it likes, so where it lies is said as well. */
export function policyWords({ name, source }: { readonly name: string; readonly source: string }): string {
  if (source.startsWith('preset ')) return `policy ${name}`;
  return source.endsWith(name) ? `policy ${source}` : `policy ${name} (${source})`;
}

/** `1 template`, `7 templates`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

const longestValue = 48;

/** A value as a person would say it: short tags for intrinsics, `none` for nothing, cut when long. */
export function say(value: Value, longest = longestValue): string {
  return shorten(sayInFull(value), longest);
}

/** The same, however long it gets. */
export function sayInFull(value: Value): string {
  if (value === null) return 'none';
  if (isList(value)) return `[${value.map(sayInFull).join(', ')}]`;
  if (!isMap(value)) return String(value);
  const [[key, argument] = ['', null], ...others] = Object.entries(value);
  if (others.length === 0 && key === 'Ref') return `!Ref ${sayInFull(argument)}`;
  if (others.length === 0 && key === 'Fn::GetAtt' && isList(argument))
    return `!GetAtt ${argument.map(sayInFull).join('.')}`;
  if (others.length === 0 && key.startsWith('Fn::')) return `!${key.slice(4)} ${sayInFull(argument)}`;
  return `{${Object.entries(value)
    .map(([name, item]) => `${name}: ${sayInFull(item)}`)
    .join(', ')}}`;
}

/** A text that somebody else wrote, cut when it is long. */
export function shorten(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

/** How other tools call a severity. */
interface SeverityLevel {
  /** Of a SARIF result, and of a workflow annotation where a note is called a notice. */
  readonly sarif: 'error' | 'warning' | 'note';
  /** On the scale of CVSS, which code scanning sorts by: from 7.0 high, from 4.0 medium, below that low. */
  readonly securitySeverity: string;
  readonly annotation: 'error' | 'warning' | 'notice';
  readonly gitlab: 'blocker' | 'critical' | 'major' | 'minor';
}

/** What is broken today is critical; the guide's three levels of risk are severities too. */
export const severityLevels: Readonly<Record<Severity, SeverityLevel>> = {
  critical: { sarif: 'error', securitySeverity: '9.5', annotation: 'error', gitlab: 'blocker' },
  high: { sarif: 'error', securitySeverity: '8.0', annotation: 'error', gitlab: 'critical' },
  medium: { sarif: 'warning', securitySeverity: '5.5', annotation: 'warning', gitlab: 'major' },
  low: { sarif: 'note', securitySeverity: '2.0', annotation: 'notice', gitlab: 'minor' },
};

/** How every other tool calls what a remediation looks for, each id once. */
export function equivalentIds({ equivalents }: Pick<Remediation, 'equivalents'>): readonly string[] {
  return [...new Set(Object.values(equivalents).flat())];
}
