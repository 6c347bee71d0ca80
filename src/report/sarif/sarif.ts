import { createHash } from 'node:crypto';
import { dirname, isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lineOf } from '../../document/locate.js';
import { IdpFixError } from '../../errors.js';
import { jsonText, visible } from '../../escape.js';
import type { TextEdit } from '../../patch/editing.js';
import { applyEdits, editText } from '../../patch/verify.js';
import type { Finding, Patch } from '../../plan/document.js';
import { pathFromWorkingFolder } from '../../plan/paths.js';
import type { PatchedFile } from '../../plan/written.js';
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
import { equivalentIds, riskLevels } from '../words.js';

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
    carrier === undefined
      ? ''
      : ` [The fix](sarif:/runs/0/results/${carrier}) is attached to another result.`;
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

/** Edits of one file that are made together, in the order of the text; no two of them touch. */
interface FileEdits {
  readonly file: PatchedFile;
  readonly edits: readonly TextEdit[];
}

/** Patches that can only be applied together, because they need each other or write at the same place. */
export interface Bundle {
  /** Ids, in the order of the plan. */
  readonly patches: readonly string[];
  readonly files: readonly FileEdits[];
}

/**
 * The edits of a plan in the smallest sets that may be applied alone. All sets together are what `--apply` writes, and no
 * edit is in two of them.
 */
export function bundlesOf({ document, files, includeReview }: ReportedPlan): readonly Bundle[] {
  const owned: { readonly file: PatchedFile; readonly edit: TextEdit; readonly owners: readonly string[] }[] =
    [];
  const groups = new Groups();
  for (const { template, patches } of document.stacks) {
    const file = files.find(({ path }) => path === template);
    const written = patches.filter(({ risk }) => risk === 'safe' || (risk === 'review' && includeReview));
    for (const { id, requires } of written) {
      groups.join([id, ...requires.filter((other) => includeReview || !other.includes('#review'))]);
    }
    if (file === undefined) continue;
    for (const { edit, owners } of ownersOf(file, written)) {
      groups.join(owners);
      owned.push({ file, edit, owners });
    }
  }
  const ids = document.stacks.flatMap(({ patches }) => patches.map(({ id }) => id));
  return groups.all().map((members) => {
    const own = owned.filter(({ owners }) => owners.some((owner) => members.has(owner)));
    return {
      patches: ids.filter((id) => members.has(id)),
      files: [...new Set(own.map(({ file }) => file))].map((file) => ({
        file,
        edits: own.filter((each) => each.file === file).map(({ edit }) => edit),
      })),
    };
  });
}

interface OwnedEdit {
  readonly edit: TextEdit;
  /** Ids of the patches that have a part in it. */
  readonly owners: readonly string[];
}

/** Which patch has made which edit: seen from what each adds to the text when they are applied one after the other. */
function ownersOf(file: PatchedFile, patches: readonly Patch[]): readonly OwnedEdit[] {
  const { document } = file;
  const edits = withoutTouching(file.edits);
  const owners = new Map(edits.map((edit) => [edit, new Set<string>()]));
  const said = new Map(edits.map((edit) => [edit, document.source.text.slice(edit.start, edit.end)]));
  let operations: Patch['operations'] = [];
  for (const { id, operations: added, removedComments } of patches) {
    operations = [...operations, ...added];
    const soFar = editsOrNothing(file, operations);
    for (const edit of edits) {
      const now = soFar === undefined ? undefined : textWithin(edit, soFar, document.source.text);
      if (now === undefined || now !== said.get(edit)) owners.get(edit)?.add(id);
      if (now !== undefined) said.set(edit, now);
      if (removedComments.some(({ line }) => standsIn(edit, line, file))) owners.get(edit)?.add(id);
    }
  }
  const all = patches.map(({ id }) => id);
  return edits.map((edit) => {
    const own = [...(owners.get(edit) ?? [])];
    return { edit, owners: own.length > 0 ? own : all };
  });
}

/** `undefined` where the first patches cannot be written without those that follow: then all belong together. */
function editsOrNothing(
  { document }: PatchedFile,
  operations: Patch['operations'],
): readonly TextEdit[] | undefined {
  try {
    return editText(document, operations);
  } catch (error) {
    if (error instanceof IdpFixError && error.code === 'edit-refused') return undefined;
    throw error;
  }
}

function textWithin({ start, end }: TextEdit, edits: readonly TextEdit[], text: string): string {
  const inner = edits
    .filter((edit) => start <= edit.start && edit.end <= end)
    .map((edit) => ({ start: edit.start - start, end: edit.end - start, text: edit.text }));
  return applyEdits(text.slice(start, end), inner);
}

function standsIn(edit: TextEdit, line: number, { document: { source } }: PatchedFile): boolean {
  return lineOf(source, edit.start) <= line && line <= lineOf(source, edit.end);
}

/** Edits that touch become one, so that nobody has to know in which order to insert at one place. */
function withoutTouching(edits: readonly TextEdit[]): readonly TextEdit[] {
  const merged: TextEdit[] = [];
  for (const edit of edits) {
    const last = merged.at(-1);
    if (last === undefined || last.end < edit.start) merged.push(edit);
    else merged[merged.length - 1] = { start: last.start, end: edit.end, text: last.text + edit.text };
  }
  return merged;
}

/** Sets of names that are joined where they share one. */
class Groups {
  private sets: Set<string>[] = [];

  join(names: readonly string[]): void {
    if (names.length === 0) return;
    const touched = this.sets.filter((set) => names.some((name) => set.has(name)));
    const joined = new Set([...touched.flatMap((set) => [...set]), ...names]);
    const at = touched[0] === undefined ? this.sets.length : this.sets.indexOf(touched[0]);
    this.sets = [...this.sets.slice(0, at), joined, ...this.sets.slice(at)].filter(
      (set) => !touched.includes(set),
    );
  }

  all(): readonly ReadonlySet<string>[] {
    return this.sets;
  }
}
