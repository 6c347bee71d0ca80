import { jsonText } from '../../escape.js';
import { regionOf } from '../region.js';
import type { Report } from '../report.js';
import { isOpen, type ReportedFinding, reportedFindings, uncheckedResources } from '../reported.js';
import { type Bundle, bundlesOf } from './fixes.js';
import { locationBases } from './locations.js';
import { escaped, resultOf } from './result.js';
import { ruleOf } from './rule.js';

/**
 * A SARIF 2.1.0 log with one run. Results are what is open and what somebody has accepted; what is in order, or does not
 * apply, is none. A fix stands with the first result of those it serves, so that no edit is in the log twice: all fixes
 * together make of the files what `--apply` makes of them.
 * @source https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
 */
export const sarifReport: Report = (plans, options) => {
  const bases = locationBases(plans.map(({ root }) => root));
  const listed = reportedFindings(plans, options).filter(
    (each) => isOpen(each, options) || each.fate === 'accepted',
  );
  const rules = options.remediations.filter(({ id }) =>
    listed.some(({ finding }) => finding.remediation === id),
  );
  const carriers = options.outcome.written ? new Map<number, Bundle>() : fixCarriers(listed);
  const results = listed.map((each, index) =>
    resultOf(each, {
      ruleIndex: rules.indexOf(each.remediation),
      fix: carriers.get(index),
      carrier: carrierOf(index, listed, carriers),
      bases,
    }),
  );
  const [first] = plans;
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'idp-fix',
            semanticVersion: first?.document.tool.version ?? '0.0.0',
            rules: rules.map(ruleOf),
          },
        },
        // What could not be looked at is said here, so that a log without results does not pass for a clean one.
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: uncheckedResources(plans, options).map(
              ({ plan, file, message, source, span }) => ({
                level: 'warning',
                message: { text: escaped(message) },
                locations: [
                  {
                    physicalLocation: {
                      artifactLocation: bases.locationOf(plan.root, file.path),
                      region: regionOf(source, span),
                    },
                  },
                ],
              }),
            ),
          },
        ],
        columnKind: 'utf16CodeUnits',
        defaultEncoding: 'utf-8',
        originalUriBaseIds: bases.described,
        artifacts: plans.flatMap(({ root, files }) =>
          files.map(({ path, document: { source } }) => ({
            location: bases.locationOf(root, path),
            hashes: { 'sha-256': source.sha256 },
            encoding: 'utf-8',
          })),
        ),
        results,
      },
    ],
  };
  return `${jsonText(log)}\n`;
};

/** Which result carries which fix, by its place in the list. */
function fixCarriers(listed: readonly ReportedFinding[]): ReadonlyMap<number, Bundle> {
  const carriers = new Map<number, Bundle>();
  for (const plan of new Set(listed.map((each) => each.plan))) {
    for (const bundle of bundlesOf(plan)) {
      if (bundle.files.length === 0) continue;
      const at = listed.findIndex(
        (each) => each.plan === plan && bundle.patches.includes(each.finding.patch ?? ''),
      );
      if (at >= 0) carriers.set(at, bundle);
    }
  }
  return carriers;
}

/** Where the fix of a result stands when it is not with the result itself. */
function carrierOf(
  index: number,
  listed: readonly ReportedFinding[],
  carriers: ReadonlyMap<number, Bundle>,
): number | undefined {
  const own = listed[index];
  if (own?.fate !== 'written' || carriers.has(index)) return undefined;
  const serves = ([at, { patches }]: readonly [number, Bundle]) =>
    listed[at]?.plan === own.plan && patches.includes(own.finding.patch ?? '');
  return [...carriers].find(serves)?.[0];
}
