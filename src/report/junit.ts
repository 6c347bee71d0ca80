import { regionOf } from './region.js';
import type { Report, ReportOptions } from './report.js';
import { isOpen, type ReportedFinding, reportedFindings, sentence } from './reported.js';

/**
 * JUnit XML: a suite per template, a case per finding. Failed is what is open; skipped what was accepted, does not apply
 * or is known to the baseline; an error what could not be decided. There are no times, so that two runs say the same.
 * @source https://github.com/testmoapp/junitxml
 */
export const junitReport: Report = (plans, options) => {
  const suites = new Map<string, ReportedFinding[]>();
  for (const each of reportedFindings(plans, options)) {
    suites.set(each.path, [...(suites.get(each.path) ?? []), each]);
  }
  const cases = [...suites.values()].flat();
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    element(
      'testsuites',
      { name: 'idp-fix', ...counts(cases, options) },
      [...suites].map(([path, own]) =>
        element(
          'testsuite',
          { name: path, file: path, ...counts(own, options) },
          own.map((each) => testCase(each, options)),
        ),
      ),
    ),
    '',
  ].join('\n');
};

type Outcome = 'passed' | 'failure' | 'error' | 'skipped';

function outcomeOf(reported: ReportedFinding, options: ReportOptions): Outcome {
  const { fate, finding } = reported;
  if (fate === 'accepted' || fate === 'not-applicable' || finding.known) return 'skipped';
  if (!isOpen(reported, options)) return 'passed';
  return fate === 'unknown' ? 'error' : 'failure';
}

function counts(findings: readonly ReportedFinding[], options: ReportOptions) {
  const count = (wanted: Outcome) =>
    String(findings.filter((each) => outcomeOf(each, options) === wanted).length);
  return {
    tests: String(findings.length),
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
  };
}

function testCase(reported: ReportedFinding, options: ReportOptions): string {
  const { finding, path, source, span, remediation } = reported;
  const attributes = {
    name: `${finding.remediation}: ${finding.logicalId === '' ? 'the whole template' : finding.logicalId}`,
    classname: path,
    file: path,
    line: String(regionOf(source, span).startLine),
  };
  const outcome = outcomeOf(reported, options);
  if (outcome === 'passed') return element('testcase', attributes, []);
  const message = sentence(reported);
  if (outcome === 'skipped') {
    const known = finding.known ? 'Known to the baseline. ' : '';
    return element('testcase', attributes, [element('skipped', { message: known + message }, [])]);
  }
  const body = `${path}:${attributes.line}\n${message}\nWhy: ${remediation.why}.`;
  return element('testcase', attributes, [
    element(outcome, { message, type: finding.verdict }, [escapedText(body)]),
  ]);
}

function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  content: readonly string[],
): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const open = `<${name}${written.join('')}`;
  if (content.length === 0) return `${open}/>`;
  const isText = content.every((each) => !each.startsWith('<'));
  return isText ? `${open}>${content.join('')}</${name}>` : `${open}>\n${content.join('\n')}\n</${name}>`;
}

/** XML has no way to say most control characters, lone surrogates and U+FFFE; a replacement character stands for them. */
function escapedText(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;');
}

function escaped(text: string): string {
  return escapedText(text).replaceAll('"', '&quot;').replaceAll('\t', '&#9;').replaceAll('\n', '&#10;');
}
