import type { Basis } from '../contract/classes.js';
import type { Remediation } from '../contract/remediation.js';
import { terminalValues } from '../escape.js';
import type { Patch, PlanStack } from '../plan/document.js';
import type { FindingEdit } from '../plan/finding-edits.js';
import { type Fate, nameOfFate } from './fate.js';
import type { PlacedFinding } from './group.js';
import { diffLines, type Paint } from './paint.js';
import { contextLines, costOf } from './remediation-lines.js';
import { sourceLines } from './remediation-page.js';
import { hang, listed, say, section, shorten } from './words.js';

/** A finding with all that can be said about it. */
export interface ExplainedFinding {
  readonly finding: PlacedFinding;
  readonly fate: Fate;
  readonly remediation: Remediation;
  readonly stack: PlanStack;
  readonly edits: readonly FindingEdit[];
  /** What the policy sets for the remediation, and where: `ranges.debug.minimumDays: 7 (preset production:120)`. */
  readonly settings: readonly string[];
}

/** As much of a value as a page takes. */
const longestValue = 600;

/** Why a finding is one, what is written for it, what that risks, how it is taken back, where it is written down. */
export function findingPage(found: ExplainedFinding, brush: Paint, columns: number): readonly string[] {
  const { remediation, edits } = found;
  const [finding, stack, settings] = terminalValues([found.finding, found.stack, found.settings] as const);
  const explained = { ...found, finding, stack, settings };
  const { logicalId, resourceType, path, line, fixedBy, severity } = finding;
  const subject = logicalId === '' ? 'the whole template' : `${logicalId} (${resourceType})`;
  const block = (heading: string, entries: readonly string[]) =>
    section(brush.bold(heading), entries, columns);
  return [
    brush.bold(brush.cyan(remediation.id)),
    `  ${brush.dim(`${path}:${line}`)}`,
    ...hang(subject, 2, 4, columns).map(brush.bold),
    ...hang(`${remediation.title} (${severity ?? remediation.guideRisk} severity)`, 2, 2, columns),
    ...hang(`Why it matters: ${remediation.why}`, 2, 2, columns),
    ...block('Why it applies here', applies(explained)),
    ...block('Set by the policy', settings),
    ...(edits.length > 0 ? ['', `  ${brush.bold('The edit')}`, ...diffLines(edits, brush)] : []),
    ...block('With it', fixedBy === undefined ? [] : companionsOf(fixedBy)),
    ...block('Risk', riskOf(explained)),
    ...block('How to undo it', undoOf(explained)),
    ...sourceLines(remediation, brush, columns),
  ];
}

const fates: Readonly<Partial<Record<Fate, string>>> = {
  written: 'auto-fix: idp-fix --apply writes it',
  review: 'needs approval: idp-fix --apply --include review writes it',
  blocked: 'never written, because data could be lost',
  input: 'needs input: an answer in the policy settles it',
  manual: 'manual: work outside the template',
};

const known: Readonly<Record<Basis, string>> = {
  stated: 'known from the template and the policy',
  read: 'known from the code beside the template',
  assumed: 'assumed: by a name, or because nothing says otherwise',
};

function applies({ finding, fate, stack }: ExplainedFinding): readonly string[] {
  const { logicalId, because, current, target, verdict, decidedBy, basis } = finding;
  const lines = [because, fates[fate] ?? nameOfFate(fate), known[basis]];
  if (verdict === 'fixable')
    lines.push(`now: ${say(current, longestValue)}`, `wanted: ${say(target, longestValue)}`);
  else if (current !== null) lines.push(`now: ${say(current, longestValue)}`);
  const found = stack.functions.find((each) => each.logicalId === logicalId);
  if (found !== undefined) {
    const evidence =
      found.evidence.length === 0 ? 'nothing in the template says otherwise' : found.evidence.join('; ');
    lines.push(`classified as ${found.type}, invoked ${invoked[found.invocation]}: ${evidence}`);
  }
  const group = stack.logGroups.find((each) => each.logicalId === logicalId);
  if (group !== undefined) {
    lines.push(
      `classified as a log group of class ${group.class}${group.owner === null ? '' : `, of ${group.owner}`}`,
    );
  }
  if (found !== undefined || group !== undefined) {
    lines.push(
      `if that is wrong, the policy can say so (${found === undefined ? 'logGroups' : 'functions'})`,
    );
  }
  for (const key of decidedBy) lines.push(`the policy decides it with ${key}`);
  return [...lines, ...excuses(finding)];
}

const invoked = {
  sync: 'synchronously',
  async: 'asynchronously',
  both: 'both ways',
  unknown: 'in a way that is not known',
} as const;

function excuses({ suppression, context, expiredDeviation, known }: PlacedFinding): readonly string[] {
  const lines = context === undefined ? [] : [...contextLines(context)];
  if (suppression !== null) {
    const { tool, id, line, reason, handling } = suppression;
    lines.push(
      `line ${line} tells ${tool} to skip ${id}${reason === '' ? '' : ` (${shorten(reason, longestValue)})`}; ${handling}`,
    );
  }
  if (expiredDeviation !== null) {
    const { owner, expires, reason } = expiredDeviation;
    lines.push(`${owner} accepted it until ${expires}, which has passed: ${reason}`);
  }
  if (known) lines.push('the baseline has it');
  return lines;
}

function companionsOf({ companions, prerequisites, requires }: Patch): readonly string[] {
  return [
    ...companions.map((text) => `adds ${text}`),
    ...prerequisites.map(({ what, check }) => `first: ${what} (${check})`),
    ...(requires.length === 0 ? [] : [`only together with ${listed(requires)}`]),
  ];
}

function riskOf({ finding: { fixedBy }, remediation }: ExplainedFinding): readonly string[] {
  if (fixedBy === undefined) return [];
  const { risk, riskBecause, update, leaves, fixes } = fixedBy;
  return [
    risk === 'safe' ? 'safe: in place, and taken back by its inverse' : `${risk}: ${riskBecause.join('; ')}`,
    update === 'none'
      ? 'the update interrupts nothing'
      : `the update comes with ${update.replaceAll('-', ' ')}`,
    fixes.length > 1 ? `${costOf(fixedBy)}, for all ${fixes.length} that the patch fixes` : costOf(fixedBy),
    `outside production first: ${remediation.tryFirst}`,
    ...leaves.map((text) => `stays with you: ${text}`),
  ];
}

function undoOf({ finding: { fixedBy }, edits }: ExplainedFinding): readonly string[] {
  if (fixedBy === undefined) return [];
  const inFiles =
    edits.length === 0
      ? []
      : ['in the files: idp-fix undo, which restores every byte as long as no file has changed since'];
  const inStack =
    fixedBy.update === 'replace' || fixedBy.update === 'may-replace'
      ? 'in the stack: what was replaced does not come back by itself; take a copy of the data first'
      : 'in the stack: deploy the template as it was; the resource stays the same one';
  return [
    ...inFiles,
    inStack,
    `as RFC 6902: the inverse of ${fixedBy.id}, which idp-fix --format patch and --format json print`,
  ];
}
