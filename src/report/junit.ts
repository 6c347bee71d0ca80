import { visible } from '../escape.js';
import type { Report, ReportOptions } from './report.js';
import {
  isOpen,
  type Place,
  type ReportedFinding,
  reportedFindings,
  sentence,
  type Unchecked,
  uncheckedResources,
} from './reported.js';

/**
 * JUnit XML: a suite per template, a case per finding. Failed is what is open; skipped what was accepted, is
 * known to the baseline, or could not be looked at; an error what could not be decided. What does not apply is no case. There are no times, so that two
 * runs say the same.
 * @source https://github.com/testmoapp/junitxml
 */
export const junitReport: Report = (plans, options) => {
  const cases = [
    ...reportedFindings(plans, options)
      .filter(({ status }) => status !== 'not-applicable')
      .map((each) => caseOf(each, options)),
    ...uncheckedResources(plans, options).map(caseOfUnchecked),
  ];
  const paths = [...new Set(cases.map(({ path }) => path))];
  const suites = paths.map((path) => {
    const own = cases.filter((each) => each.path === path);
    return element('testsuite', { name: path, file: path, ...counts(own) }, own.map(testCase));
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    element('testsuites', { name: 'idp-fix', ...counts(cases) }, suites),
    '',
  ].join('\n');
};

type Outcome = 'passed' | 'failure' | 'error' | 'skipped';

interface Case extends Pick<Place, 'path' | 'line'> {
  readonly name: string;
  readonly outcome: Outcome;
  readonly type: string;
  readonly message: string;
  readonly why: string;
}

function caseOf(reported: ReportedFinding, options: ReportOptions): Case {
  const { finding, path, line, remediation } = reported;
  return {
    path,
    line,
    name: `${finding.remediation}: ${finding.logicalId === '' ? 'the whole template' : finding.logicalId}`,
    outcome: outcomeOf(reported, options),
    type: finding.verdict,
    message: `${finding.known ? 'Known to the baseline. ' : ''}${sentence(reported)}`,
    why: remediation.why,
  };
}

function caseOfUnchecked({ path, line, logicalId, message }: Unchecked): Case {
  return { path, line, name: `not checked: ${logicalId}`, outcome: 'skipped', type: '', message, why: '' };
}

function outcomeOf(reported: ReportedFinding, options: ReportOptions): Outcome {
  const { status, finding } = reported;
  if (status === 'accepted' || finding.known) return 'skipped';
  if (!isOpen(reported, options)) return 'passed';
  return status === 'unknown' ? 'error' : 'failure';
}

function counts(cases: readonly Case[]) {
  const count = (wanted: Outcome) => String(cases.filter(({ outcome }) => outcome === wanted).length);
  return {
    tests: String(cases.length),
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
  };
}

function testCase({ path, line, name, outcome, type, message, why }: Case): string {
  const attributes = { name, classname: path, file: path, line: String(line) };
  if (outcome === 'passed') return element('testcase', attributes, []);
  const detail =
    outcome === 'skipped'
      ? element('skipped', { message }, [])
      : element(outcome, { message, type }, [escapedText(`${path}:${line}\n${message}\nWhy: ${why}.`)]);
  return element('testcase', attributes, [detail]);
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

/** XML has no way to say most control characters, lone surrogates and U+FFFE: some are made visible, a replacement character stands for the rest. */
function escapedText(text: string): string {
  return visible(text)
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

function escaped(text: string): string {
  return escapedText(text).replaceAll('"', '&quot;').replaceAll('\t', '&#9;').replaceAll('\n', '&#10;');
}
