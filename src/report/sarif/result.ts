import { createHash } from 'node:crypto';
import { visible } from '../../escape.js';
import type { Finding } from '../../plan/document.js';
import { byteRegionOf, regionOf } from '../region.js';
import { type ReportedFinding, sentence } from '../reported.js';
import { riskLevels } from '../risk-levels.js';
import type { Bundle } from './fixes.js';
import type { LocationBases } from './locations.js';

export interface ResultContext {
  readonly ruleIndex: number;
  /** The fix this result carries. */
  readonly fix: Bundle | undefined;
  /** Place of the result that carries the fix of this one. */
  readonly carrier: number | undefined;
  readonly bases: LocationBases;
}

/** A finding as a SARIF result. */
export function resultOf(reported: ReportedFinding, { ruleIndex, fix, carrier, bases }: ResultContext) {
  const { finding, fate, plan, file, path, source, span, risk, fixedBy } = reported;
  const suppressions = suppressionsOf(finding);
  const elsewhere =
    carrier === undefined ? '' : ` [The fix](sarif:/runs/0/results/${carrier}) stands with another result.`;
  return {
    ruleId: finding.remediation,
    ruleIndex,
    // What could not be decided is neither a failure nor in order.
    ...(fate === 'unknown'
      ? { kind: 'open', level: 'none' }
      : { kind: 'fail', level: riskLevels[risk].sarif }),
    message: { text: `${escaped(sentence(reported))}${elsewhere}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: bases.locationOf(plan.root, file.path),
          region: { ...regionOf(source, span), ...byteRegionOf(source, span) },
        },
        ...(finding.logicalId !== '' && {
          logicalLocations: [
            {
              name: finding.logicalId,
              fullyQualifiedName: `Resources/${finding.logicalId}`,
              kind: 'resource',
            },
          ],
        }),
      },
    ],
    partialFingerprints: {
      'idpFixFinding/v1': finding.fingerprint,
      // The one that code scanning goes by; two files with the same finding are not the same.
      primaryLocationLineHash: `${hash(path, finding.fingerprint)}:1`,
    },
    ...(suppressions.length > 0 && { suppressions }),
    ...(fix !== undefined && { fixes: [fixOf(fix, reported, bases)] }),
    properties: {
      verdict: finding.verdict,
      resourceType: finding.resourceType,
      ...(fixedBy !== undefined && { patch: fixedBy.id, patchRisk: fixedBy.risk, update: fixedBy.update }),
      ...(plan.document.baseline !== null && { known: finding.known }),
      ...(plan.document.foreignFindings !== null && { foundBy: othersWith(reported) }),
    },
  };
}

/** The findings of other tools that were handed in and are this one: `Checkov CKV_AWS_173`. */
function othersWith({ finding, file, plan }: ReportedFinding): readonly string[] {
  const same = (plan.document.foreignFindings ?? []).filter(
    ({ remediation, template, logicalId }) =>
      remediation === finding.remediation && template === file.path && logicalId === finding.logicalId,
  );
  return [...new Set(same.map(({ tool, rule }) => `${tool} ${rule}`))];
}

/** `[` opens a link in the text of a SARIF message. */
export function escaped(text: string): string {
  return visible(text).replaceAll('\\', '\\\\').replaceAll('[', '\\[').replaceAll(']', '\\]');
}

function hash(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

/** In the file, when a skip there is honoured; outside of it, when the policy has a deviation. */
function suppressionsOf({ verdict, because, suppression }: Finding) {
  if (verdict !== 'accepted') return [];
  const kind = suppression === null ? 'external' : 'inSource';
  const justification = suppression === null ? because : suppression.reason || because;
  return [{ kind, status: 'accepted', justification }];
}

function fixOf({ patches, files }: Bundle, { plan }: ReportedFinding, bases: LocationBases) {
  return {
    description: { text: `Applies ${patches.join(', ')}.` },
    artifactChanges: files.map(({ file, edits }) => ({
      artifactLocation: bases.locationOf(plan.root, file.path),
      replacements: edits.map(({ start, end, text }) => ({
        deletedRegion: regionOf(file.document.source, { start, end }),
        ...(text !== '' && { insertedContent: { text } }),
      })),
    })),
  };
}
