import { toJSONSchema } from 'zod';
import type { Basis } from '../contract/facts.js';
import type { Remediation } from '../contract/remediation.js';
import { terminalValues } from '../escape.js';
import type { Patch, PlanStack } from '../plan/document.js';
import type { FindingEdit } from '../plan/patches.js';
import type { PlacedFinding } from './group.js';
import { diffLines, type Paint } from './paint.js';
import { contextLines, costOf } from './remediation-lines.js';
import { type FindingStatus, nameOfStatus } from './report.js';
import { hang, listed, say, section, shorten } from './words.js';

/** A finding with all that can be said about it. */
interface ExplainedFinding {
  readonly finding: PlacedFinding;
  readonly status: FindingStatus;
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

const statuses: Readonly<Partial<Record<FindingStatus, string>>> = {
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

function applies({ finding, status, stack }: ExplainedFinding): readonly string[] {
  const { logicalId, because, current, target, verdict, decidedBy, basis } = finding;
  const lines = [because, statuses[status] ?? nameOfStatus(status), known[basis]];
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
    const said = tool === 'cdk' ? `the app acknowledges ${id}` : `line ${line} tells ${tool} to skip ${id}`;
    lines.push(`${said}${reason === '' ? '' : ` (${shorten(reason, longestValue)})`}; ${handling}`);
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

/** What a remediation asks for, why, and where it is written down. */
export function remediationPage(remediation: Remediation, brush: Paint, columns: number): readonly string[] {
  const { id, title, why, guideRisk } = remediation;
  const block = (heading: string, entries: readonly string[]) =>
    section(brush.bold(heading), entries, columns);
  return [
    brush.bold(brush.cyan(id)),
    ...hang(`${title} (${guideRisk} risk)`, 2, 2, columns),
    ...hang(`Why: ${why}`, 2, 2, columns),
    ...(remediation.kind === 'resource' ? block('Looks at', remediation.appliesTo) : []),
    ...block('Set by the policy', fieldsOf(remediation.target)),
    ...sourceLines(remediation, brush, columns),
  ];
}

/** Where it is written down, by other tools and by AWS. */
function sourceLines(remediation: Remediation, brush: Paint, columns: number): readonly string[] {
  return [
    ...section(brush.bold('The same in other tools'), equivalentsOf(remediation), columns),
    // An address that is broken can be neither clicked nor copied.
    ...section(brush.bold('Sources'), remediation.sources, Number.POSITIVE_INFINITY),
  ];
}

const toolNames = {
  checkov: 'Checkov',
  cfnNag: 'cfn_nag',
  cdkNag: 'cdk-nag',
  guard: 'AWS Guard rules registry',
  config: 'AWS Config',
  securityHub: 'Security Hub',
  kics: 'KICS',
  prowler: 'Prowler',
} as const;

function equivalentsOf({ equivalents }: Remediation): readonly string[] {
  return Object.entries(toolNames).flatMap(([tool, name]) => {
    const ids = equivalents[tool as keyof typeof toolNames] ?? [];
    return ids.length === 0 ? [] : [`${name}: ${ids.join(', ')}`];
  });
}

interface FieldSchema {
  readonly description?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
}

/** One line per field that can be set: `ranges.debug.minimumDays: shortest retention, in days (1 to 3653)`. */
function fieldsOf(target: Remediation['target']): readonly string[] {
  const fields: string[] = [];
  const visit = (schema: FieldSchema, path: readonly string[]): void => {
    const properties = Object.entries(schema.properties ?? {});
    for (const [name, field] of properties) visit(field, [...path, name]);
    if (properties.length === 0 && path.length > 0) {
      fields.push(
        `${path.join('.')}: ${[schema.description ?? '', limitsOf(schema)].filter(Boolean).join(' ')}`,
      );
    }
  };
  visit(toJSONSchema(target, { unrepresentable: 'any' }) as FieldSchema, []);
  return fields;
}

function limitsOf({ enum: choices, type, minimum, maximum }: FieldSchema): string {
  if (choices !== undefined) return `(${choices.join(' or ')})`;
  const isBounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER) {
    return isBounded ? `(${minimum} to ${maximum})` : `(${minimum} or more)`;
  }
  if (isBounded) return `(${maximum} at most)`;
  return type === 'boolean' ? '(true or false)' : '';
}
