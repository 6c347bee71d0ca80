import type { Remediation } from '../contract/remediation.js';
import { IdpFixError } from '../errors.js';
import type { Finding, ForeignFinding, ForeignSnippet, PlanDocument, PlanStack } from '../plan/document.js';
import type { PatchedFile } from '../plan/written.js';
import * as z from '../zod.js';
import type { FindingsReader, ImportedFile, ImportedFinding } from './imported.js';
import { type KnownTemplate, knownTemplates, type Location, locate } from './locate.js';
import { asff } from './readers/asff.js';
import { cdk } from './readers/cdk.js';
import { ocsf } from './readers/ocsf.js';
import { cfnLint, cfnNag, checkov, kics, sarif } from './readers/scanners.js';
import { securityHubRemediations } from './readers/security-hub-remediations.js';
import { judgeSnippet, type SnippetSetting } from './snippets.js';

const readers: readonly FindingsReader[] = [
  ...[sarif, checkov, ocsf, asff, cfnNag, cfnLint, kics, cdk],
  securityHubRemediations,
];

/**
 * The findings another tool has written down; which tool, and in which form, the content says.
 * @throws IdpFixError `findings-invalid`
 */
export function readFindings(path: string, bytes: Uint8Array): ImportedFile {
  const content = parseJson(path, bytes);
  // Several tools write an empty list when they have found nothing.
  if (Array.isArray(content) && content.length === 0) return { tool: 'another tool', findings: [] };
  const reader = readers.find((each) => each.recognizes(content));
  if (reader === undefined) throw invalid(path, 'this is not a file of findings that idp-fix can read');
  try {
    return reader.read(content);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    const where = issue === undefined ? '' : `: ${issue.path.join('.') || 'the whole'}: ${issue.message}`;
    throw invalid(path, `this looks like the findings of ${reader.name}, and is not valid${where}`);
  }
}

function parseJson(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalid(path, 'this is not a file of findings: it is not JSON');
  }
}

function invalid(file: string, message: string): IdpFixError {
  return new IdpFixError('findings-invalid', message, {
    place: { file },
    hint: `give a file of ${readers.map(({ name }) => name).join('; ')}`,
  });
}

interface PlannedTree {
  /** Root template as the user named it. */
  readonly root: string;
  readonly document: PlanDocument;
  readonly files: readonly PatchedFile[];
  /** For what other tools propose. */
  readonly setting: Omit<SnippetSetting, 'document' | 'remediations'>;
}

/**
 * The plan documents with what they do about the findings of other tools. A finding is in the document whose templates it
 * is about; what is about none of them is in the first.
 * @param sources results by the name of their file, in the order they were given
 */
export function withForeignFindings(
  trees: readonly PlannedTree[],
  sources: readonly (readonly [source: string, file: ImportedFile])[],
  remediations: readonly Remediation[],
): readonly PlanDocument[] {
  const settings = new Map(trees.map(({ document, setting }) => [document, setting]));
  const templates = trees.flatMap(({ root, document, files }) => knownTemplates(root, document, files));
  const found = new Map<PlanDocument, ForeignFinding[]>(trees.map(({ document }) => [document, []]));
  for (const [source, { findings }] of sources) {
    for (const finding of findings) {
      const location = locate(finding, templates);
      const document = 'template' in location ? location.template.document : trees[0]?.document;
      if (document === undefined) continue;
      const snippet = snippetOf(finding, location, settings.get(document), document, remediations);
      found.get(document)?.push(answered(finding, snippet, source, location, remediations));
    }
  }
  return trees.map(({ document }) => ({ ...document, foreignFindings: found.get(document) ?? [] }));
}

/** What the tool proposes, judged where the finding is. */
function snippetOf(
  { snippet: text }: ImportedFinding,
  location: Location,
  setting: PlannedTree['setting'] | undefined,
  document: PlanDocument,
  remediations: readonly Remediation[],
): ForeignSnippet | undefined {
  if (text === undefined || setting === undefined) return undefined;
  if (!('template' in location))
    return { text, closes: [], because: 'it is for no resource of these templates' };
  const { template, logicalId = '' } = location;
  return judgeSnippet(text, template.template, logicalId, { ...setting, document, remediations });
}

type Covering = Pick<Remediation, 'id' | 'equivalents'>;

/** What the plan does about a finding of another tool. */
type Answer = Pick<ForeignFinding, 'outcome' | 'because' | 'remediation' | 'patch'>;

/** Best first: what a patch fixes outweighs what another remediation leaves alone. */
const preference: readonly Finding['verdict'][] = [
  'fixable',
  'manual',
  'unknown',
  'accepted',
  'compliant',
  'not-applicable',
];

/** A finding of another tool with what becomes of it. */
function answered(
  finding: ImportedFinding,
  snippet: ForeignSnippet | undefined,
  source: string,
  location: Location,
  remediations: readonly Covering[],
): ForeignFinding {
  const { tool, rule, title, file, line, logicalId, physicalId, construct } = finding;
  const covering = remediations.filter(
    (remediation) => covers(remediation, finding) || snippet?.closes.includes(remediation.id),
  );
  const isFound = 'template' in location;
  return {
    source,
    tool,
    rule,
    title,
    said: physicalId ?? construct ?? [file ?? '', line ?? ''].filter((part) => part !== '').join(':'),
    template: isFound ? location.template.template : null,
    logicalId: (isFound ? location.logicalId : logicalId) ?? null,
    line: isFound ? lineIn(location.template, location.logicalId, line) : null,
    ...(isFound
      ? answer(location.template, location.logicalId, rule, covering)
      : { outcome: 'not-found', because: location.missing, remediation: null, patch: null }),
    ...(snippet !== undefined && { snippet }),
  };
}

function covers({ id, equivalents }: Covering, { idsOf, rule, aliases = [] }: ImportedFinding): boolean {
  if (idsOf === 'none') return false;
  const known = idsOf === undefined ? Object.values(equivalents).flat() : (equivalents[idsOf] ?? []);
  // A log of idp-fix itself has the ids of the remediations.
  return [rule, ...aliases].some((name) => name === id || known.includes(name));
}

function lineIn(
  { lines }: KnownTemplate,
  logicalId: string | undefined,
  line: number | undefined,
): number | null {
  return lines.get(logicalId ?? '')?.[0] ?? line ?? null;
}

function answer(
  { document, template }: KnownTemplate,
  logicalId: string | undefined,
  rule: string,
  covering: readonly Covering[],
): Answer {
  const ids = covering.map(({ id }) => id);
  const none = { remediation: ids[0] ?? null, patch: null };
  if (ids.length === 0) {
    return { outcome: 'not-covered', because: `no remediation covers ${rule}`, ...none };
  }
  const own = findingsOn(document, template, logicalId, ids);
  const best = [...own].sort(
    (left, right) => preference.indexOf(left.verdict) - preference.indexOf(right.verdict),
  )[0];
  if (best !== undefined) return answerOf(best, document);
  const isPlanned = ids.some((id) => document.summary.byRemediation[id] !== undefined);
  const because = isPlanned
    ? `${ids.join(' and ')} covers ${rule}, but does not look at this resource`
    : `${ids.join(' and ')} covers ${rule}, and is left out of this plan or looks at nothing here`;
  return { outcome: 'not-covered', because, ...none };
}

/** On the resource and the log groups that belong to it; else on the template as a whole. */
function findingsOn(
  { stacks }: PlanDocument,
  template: string,
  logicalId: string | undefined,
  ids: readonly string[],
): readonly Finding[] {
  const stack = stacks.find((each) => each.template === template);
  if (stack === undefined) return [];
  const groups = stack.logGroups.filter(({ owner }) => owner !== null && owner === logicalId);
  const places = [logicalId ?? '', ...groups.map((group) => group.logicalId)];
  const own = places.flatMap((place) => findingsAt(stack, place, ids));
  return own.length > 0 ? own : findingsAt(stack, '', ids);
}

function findingsAt({ findings }: PlanStack, logicalId: string, ids: readonly string[]): readonly Finding[] {
  return findings.filter((finding) => finding.logicalId === logicalId && ids.includes(finding.remediation));
}

function answerOf({ verdict, because, remediation, patch }: Finding, { stacks }: PlanDocument): Answer {
  const base = { because, remediation, patch };
  switch (verdict) {
    case 'fixable': {
      const risk = stacks.flatMap(({ patches }) => patches).find(({ id }) => id === patch)?.risk;
      if (risk === 'blocked')
        return { ...base, outcome: 'not-fixable', because: `${because}; it may destroy data` };
      const consent = risk === 'review' ? ', with --include review' : '';
      return { ...base, outcome: 'fixed', because: `patch ${patch} fixes it${consent}: ${because}` };
    }
    case 'manual':
    case 'unknown':
      return { ...base, outcome: 'not-fixable' };
    case 'accepted':
      return { ...base, outcome: 'accepted' };
    case 'not-applicable':
      return { ...base, outcome: 'not-applicable' };
    case 'compliant':
      return { ...base, outcome: 'in-order' };
  }
}
