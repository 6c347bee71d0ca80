import { createHash } from 'node:crypto';
import { basename, dirname, isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Basis } from '../../contract/facts.js';
import { repositoryAddress } from '../../contract/links.js';
import type { Span } from '../../document/syntax.js';
import { parsePointer } from '../../document/value.js';
import { jsonText, visible } from '../../escape.js';
import { pathFromWorkingFolder } from '../../paths.js';
import { valueAt } from '../../plan/change.js';
import type { Finding } from '../../plan/document.js';
import { keyOf } from '../../plan/finding.js';
import type { PatchedFile } from '../../plan/written.js';
import { claimantsOf, spanOfEntry } from '../origins.js';
import type { Report, ReportedPlan, ReportOptions } from '../report.js';
import {
  byteRegionOf,
  isOpen,
  type ReportedFinding,
  regionOf,
  reportedFindings,
  sentence,
  uncheckedResources,
} from '../reported.js';
import { equivalentIds, severityLevels } from '../words.js';
import { type Bundle, bundlesOf } from './bundles.js';

/**
 * A SARIF 2.1.0 log with one run. Results are what is open and what somebody has accepted; what is in order, or does not
 * apply, is none. A fix stands with the first result of those it serves, so that no edit is in the log twice: all fixes
 * together make of the files what `--apply` makes of them.
 * @source https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
 */
export const sarifReport: Report = (plans, options) => {
  const bases = locationBases(plans.map(({ root }) => root));
  const listed = reportedFindings(plans, options).filter(
    (each) => isOpen(each, options) || each.status === 'accepted',
  );
  const rules = options.remediations.filter(({ id }) =>
    listed.some(({ finding }) => finding.remediation === id),
  );
  const carriers = options.outcome.written ? new Map<number, Bundle>() : fixCarriers(listed);
  const related = new Map(
    options.outcome.written ? [] : plans.map((plan) => [plan, writtenElsewhere(plan)] as const),
  );
  const results = listed.map((each, index) =>
    resultOf(each, {
      ruleIndex: rules.indexOf(each.remediation),
      fix: carriers.get(index),
      carrier: carrierOf(index, listed, carriers),
      bases,
      elsewhere: related.get(each.plan)?.get(keyOfReported(each)) ?? [],
    }),
  );
  const [first] = plans;
  const [only, ...others] = plans.map(({ root }) => root);
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'idp-fix',
            version: first?.document.tool.version ?? '0.0.0',
            semanticVersion: first?.document.tool.version ?? '0.0.0',
            informationUri: repositoryAddress,
            rules: rules.map((rule) => ruleOf(rule, precisionOf(listed, rule.id))),
          },
        },
        // Runs on the same root are the same kind of analysis, whatever else is analyzed beside it.
        automationDetails: {
          id: `idp-fix/${only === undefined || others.length > 0 ? '' : `${uriOf(isAbsolute(only) ? basename(only) : pathFromWorkingFolder(only, basename(only)))}/`}`,
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
  if (own?.status !== 'written' || carriers.has(index)) return undefined;
  const serves = ([at, { patches }]: readonly [number, Bundle]) =>
    listed[at]?.plan === own.plan && patches.includes(own.finding.patch ?? '');
  return [...carriers].find(serves)?.[0];
}

/** A remediation as a SARIF rule: what it asks for, why, and where that is written down. */
function ruleOf(remediation: ReportOptions['remediations'][number], precision: Precision) {
  const { id, title, why, guideRisk, sources, isSecurity, helpUri = sources[0] } = remediation;
  const level = severityLevels[guideRisk];
  const others = equivalentIds(remediation);
  const said = `${title}. Why: ${why}.`;
  return {
    id,
    name: id.replaceAll(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: `${title}.` },
    fullDescription: { text: said },
    ...(helpUri !== undefined && { helpUri }),
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
    defaultConfiguration: { level: level.sarif },
    properties: {
      tags: [...(isSecurity ? ['security'] : []), 'cloudformation', ...others],
      precision,
      'problem.severity': level.sarif === 'note' ? 'recommendation' : level.sarif,
      ...(isSecurity && { 'security-severity': level.securitySeverity }),
    },
  };
}

type Precision = 'very-high' | 'high' | 'medium';

const precisions: Readonly<Record<Basis, Precision>> = {
  stated: 'very-high',
  read: 'high',
  assumed: 'medium',
};

/** A rule is as precise as what the least certain of its results rests on. */
function precisionOf(listed: readonly ReportedFinding[], rule: string): Precision {
  const found = new Set(
    listed.flatMap(({ finding }) => (finding.remediation === rule ? precisions[finding.basis] : [])),
  );
  return (['medium', 'high'] as const).find((each) => found.has(each)) ?? 'very-high';
}

/** Places other than its own resource that are written for a finding, by its key: a default further up, a role. */
function writtenElsewhere(plan: ReportedPlan): ReadonlyMap<string, readonly Elsewhere[]> {
  const claimants = claimantsOf(plan);
  const found = new Map<string, Elsewhere[]>();
  for (const file of plan.files) {
    for (const origin of file.origins) {
      if (origin.operation.op === 'test') continue;
      const path = parsePointer(origin.operation.path);
      const span = spanOfEntry(file.document, path.slice(0, path[0] === 'Resources' ? 2 : 3));
      // A resource that is added has no place in the file as it is read.
      if (path[0] === 'Resources' && valueAt(file.document.value, path.slice(0, 2)) === undefined) continue;
      for (const key of claimants(origin)) {
        if (key.endsWith(` ${file.path} ${path[1]}`)) continue;
        const places = found.get(key) ?? [];
        found.set(key, places);
        if (!places.some((each) => each.file === file && each.span.start === span.start))
          places.push({ file, span, name: path.slice(0, 2).join('/') });
      }
    }
  }
  return found;
}

interface Elsewhere {
  readonly file: PatchedFile;
  readonly span: Span;
  readonly name: string;
}

const mostRelated = 10;

function keyOfReported({ finding, file }: ReportedFinding): string {
  return keyOf(finding.remediation, file.path, finding.logicalId);
}

export interface ResultContext {
  readonly ruleIndex: number;
  /** The fix this result carries. */
  readonly fix: Bundle | undefined;
  /** Place of the result that carries the fix of this one. */
  readonly carrier: number | undefined;
  readonly bases: LocationBases;
  /** What its fix writes outside its own resource. */
  readonly elsewhere: readonly Elsewhere[];
}

/** A finding as a SARIF result. */
function resultOf(
  reported: ReportedFinding,
  { ruleIndex, fix, carrier, bases, elsewhere: places }: ResultContext,
) {
  const { finding, status, plan, file, path, source, span, severity, fixedBy } = reported;
  const suppressions = suppressionsOf(finding);
  const elsewhere =
    carrier === undefined
      ? ''
      : ` [The fix](sarif:/runs/0/results/${carrier}) is attached to another result.`;
  return {
    ruleId: finding.remediation,
    ruleIndex,
    // What could not be decided is neither a failure nor in order.
    ...(status === 'unknown'
      ? { kind: 'open', level: 'none' }
      : { kind: 'fail', level: severityLevels[severity].sarif }),
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
    ...(places.length > 0 && {
      relatedLocations: places.slice(0, mostRelated).map((each, id) => ({
        id,
        message: { text: escaped(`The fix writes to ${each.name} of ${each.file.path}.`) },
        physicalLocation: {
          artifactLocation: bases.locationOf(plan.root, each.file.path),
          region: regionOf(each.file.document.source, each.span),
        },
      })),
    }),
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
      ...(finding.severity !== null && { severity: finding.severity }),
      basis: finding.basis,
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

/** In the file, when a skip there is honored; outside of it, when the policy has a deviation. */
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

/** How a SARIF log says where files are. */
export interface LocationBases {
  /** `originalUriBaseIds`. */
  readonly described: Readonly<Record<string, unknown>>;
  /** An artifact location with a relative URI, and what it is relative to. */
  locationOf(root: string, template: string): { readonly uri: string; readonly uriBaseId: string };
}

const workingFolder = '%SRCROOT%';

/**
 * Roots that were named by a relative path are below `%SRCROOT%`, whose place the log leaves to its reader, so that it
 * says the same on every machine. A root that was named by an absolute path has its own folder as base.
 */
export function locationBases(roots: readonly string[]): LocationBases {
  const folders = [...new Set(roots.filter((root) => isAbsolute(root)).map((root) => dirname(root)))];
  const idOf = (folder: string) => {
    const at = folders.indexOf(folder);
    return at === 0 ? '%ROOT%' : `%ROOT${at + 1}%`;
  };
  const described: Record<string, unknown> = {};
  if (roots.some((root) => !isAbsolute(root))) {
    described[workingFolder] = { description: { text: 'The folder idp-fix was started in.' } };
  }
  for (const folder of folders) {
    described[idOf(folder)] = {
      uri: `${pathToFileURL(folder).href.replace(/\/$/, '')}/`,
      description: { text: 'The folder of a root template.' },
    };
  }
  return {
    described,
    locationOf(root, template) {
      if (isAbsolute(root) && !isAbsolute(template)) {
        return { uri: uriOf(template), uriBaseId: idOf(dirname(root)) };
      }
      return { uri: uriOf(pathFromWorkingFolder(root, template)), uriBaseId: workingFolder };
    },
  };
}

function uriOf(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
