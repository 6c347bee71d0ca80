/**
 * For the tests of a remediation of your own (`idp-fix/testing`): runs its case file as idp-fix runs those of the
 * units it comes with. A second entry beside `index.ts`, so that a program that plans loads none of it.
 */
import { fileURLToPath } from 'node:url';
import { remediations as shipped } from '../remediations/index.js';
import { nodeFiles } from './adapters/node-files.js';
import type { Remediation } from './contract/remediation.js';
import { loadPolicy } from './policy/load.js';
import type { FileStore } from './ports.js';
import { parseCases, type RemediationCase } from './testing/cases.js';
import { checkCase } from './testing/check-case.js';

export { type CasePage, formatCases, parseCases, type RemediationCase } from './testing/cases.js';
export type { CaseOutcome } from './testing/check-case.js';

export interface CheckedCase extends RemediationCase {
  /** Unified diff and finding lines as they came out; those of the case file are `diff` and `findings`. */
  readonly actual: { readonly diff: string; readonly findings: string };
  /** Promises that were not kept, in words; none when the case is in order. */
  readonly broken: readonly string[];
}

/**
 * Runs every case of a case file: Markdown with a `##` section per case and fenced blocks `yaml policy`, `yaml template`
 * (or `json template`, with `path=…` for nested ones), `diff` and `findings`.
 * @param page text of the case file
 * @param remediation the unit the file is about
 * @throws IdpFixError when a policy or template of a case cannot be read
 */
export async function checkCases(page: string, remediation: Remediation): Promise<readonly CheckedCase[]> {
  const units = [...shipped.filter(({ id }) => id !== remediation.id), remediation];
  const checked: CheckedCase[] = [];
  for (const example of parseCases(page).cases) {
    const policy = await loadPolicy(
      withFile(nodeFiles(), casePolicy, example.policy === '' ? '{}' : example.policy),
      { remediations: units, policiesFolder },
      { named: casePolicy, folder: '.' },
    );
    const { diff, findings, broken } = checkCase(example, remediation.id, policy, units);
    const golden = [
      ...(diff === example.diff ? [] : ['the diff is the one of the case file']),
      ...(findings === example.findings ? [] : ['the findings are those of the case file']),
    ];
    checked.push({ ...example, actual: { diff, findings }, broken: [...golden, ...broken] });
  }
  return checked;
}

const policiesFolder = fileURLToPath(new URL('../policies/', import.meta.url));
const casePolicy = 'the policy of the case';

/** The files there are, and one more that exists in memory alone. */
function withFile(files: FileStore, path: string, text: string): FileStore {
  return {
    ...files,
    kindOf: async (asked) => (asked === path ? 'file' : files.kindOf(asked)),
    read: async (asked) => (asked === path ? new TextEncoder().encode(text) : files.read(asked)),
  };
}
