import { withByteOrderMark } from '../../document/encode.js';
import { unifiedDiff } from '../../patch/diff.js';
import type { ForeignOutcome, PlanDocument } from '../../plan/document.js';
import type { PatchedFile } from '../../plan/written.js';
import { outcomeWords } from '../foreign-lines.js';
import type { Fate, PlacedFinding, PlacedPatch, RemediationGroup } from '../group.js';
import { count, listed, say } from '../words.js';
import { block, code, text } from './escape.js';
import type { Part } from './fit.js';

/** In the order a reviewer looks at them; what needs nobody is counted only. */
const openFates = ['blocked', 'review', 'person', 'unknown', 'written'] as const satisfies readonly Fate[];

type OpenFate = (typeof openFates)[number];

function nameOfFate(fate: OpenFate, isWritten: boolean): string {
  return fate === 'written' && !isWritten ? 'to fix' : fateNames[fate];
}

const fateNames: Readonly<Record<OpenFate, string>> = {
  written: 'fixed',
  review: 'needs consent',
  blocked: 'never written',
  person: 'for a person',
  unknown: 'undecided',
};

/** Folded, with its rows inside. */
function folded(name: string, rows: readonly string[]): Part {
  return {
    name,
    head: `<details><summary>${name}</summary>\n\n`,
    rows: rows.map((row) => `${row}\n`),
    foot: '\n</details>\n\n',
  };
}

/** Remediations that found something open, with their numbers; always shown. */
export function totalsPart(groups: readonly RemediationGroup[], isWritten: boolean): Part {
  const shown = openFates.filter((fate) => groups.some(({ findings }) => findings[fate].length > 0));
  const open = groups.filter(({ findings }) => shown.some((fate) => findings[fate].length > 0));
  const order = ['high', 'medium', 'low'];
  const rows = [...open]
    .sort((left, right) => order.indexOf(left.guideRisk) - order.indexOf(right.guideRisk))
    .map(({ id, guideRisk, findings }) =>
      cells([code(id), guideRisk, ...shown.map((fate) => String(findings[fate].length || ''))]),
    );
  if (rows.length === 0) return { name: 'totals', head: '', rows: [], foot: '' };
  return {
    name: 'totals',
    head: `${cells(['remediation', 'risk', ...shown.map((fate) => nameOfFate(fate, isWritten))])}|---|---|${'--:|'.repeat(shown.length)}\n`,
    rows,
    foot: '\n',
  };
}

function cells(texts: readonly string[]): string {
  return `| ${texts.join(' | ')} |\n`;
}

/** What waits for consent, and what has to be true before what is written. */
export function decisionParts(groups: readonly RemediationGroup[], includeReview: boolean): readonly Part[] {
  const patches = groups.flatMap((group) => group.patches);
  const waiting = patches.filter(({ risk }) => risk === 'blocked' || (risk === 'review' && !includeReview));
  const checks = new Map<string, string>();
  for (const patch of patches.filter((each) => !waiting.includes(each)))
    for (const { what, check } of patch.prerequisites) checks.set(what, check);
  return [
    folded('Patches that need consent', waiting.map(consentRow)),
    folded(
      'To be sure of before deploying',
      [...checks].map(([what, check]) => `- ${text(what)} (${code(check)})`),
    ),
  ].filter(({ rows }) => rows.length > 0);
}

function consentRow({ id, risk, update, riskBecause }: PlacedPatch): string {
  const marks = [
    risk === 'blocked' ? 'never written' : '',
    update === 'none' ? '' : update.replaceAll('-', ' '),
  ];
  const said = [...marks.filter((mark) => mark !== ''), ...riskBecause.map(text)];
  return `- ${code(id)}: ${said.join('; ')}`;
}

export function stepsPart({ steps }: PlanDocument): Part {
  return folded(
    'What to do first',
    steps.map(({ step, kind, remediations, guideRisk, findings, update, after }) => {
      const facts = [`${guideRisk} risk`, count(findings, 'finding')];
      if (kind !== 'safe') facts.push(kind === 'review' ? 'needs consent' : 'by hand');
      if (update !== 'none') facts.push(update.replaceAll('-', ' '));
      if (after.length > 0) facts.push(`after ${listed(after.map(String))}`);
      return `${step}. ${remediations.map(code).join(', ')}: ${facts.join(', ')}`;
    }),
  );
}

const marks = { done: 'x', open: ' ', 'accepted-risk': 'x' } as const;

export function checklistPart({ checklist }: PlanDocument): Part {
  return folded(
    'Production checklist',
    checklist.map(
      ({ title, status, evidence }) =>
        `- [${marks[status]}] ${text(title)}${status === 'accepted-risk' ? ' (accepted risk)' : ''}: ${text(evidence)}`,
    ),
  );
}

export function deviationsPart({ deviations }: PlanDocument): Part {
  return folded(
    'Accepted risks',
    deviations.map(
      ({ remediation, template, logicalId, state, owner, expires, reason }) =>
        `- ${code(remediation)} ${text(logicalId ?? template ?? 'everything')}: ${state.replaceAll('-', ' ')}, ${text(owner)} until ${expires}: ${text(reason)}`,
    ),
  );
}

export function figuresPart({ figures, summary }: PlanDocument): Part {
  const rows = figures.flatMap(({ title, unit, limit, rows }) =>
    rows.map(
      ({ label, before, after, detail }) =>
        `- ${text(title)}, ${text(label)}${detail === '' ? '' : ` (${text(detail)})`}: ${before ?? 'none'} → ${after ?? 'none'}${limit === null ? '' : ` of ${limit.amount}`} ${text(unit)}`,
    ),
  );
  return folded('In numbers', [...rows, ...summary.notes.map((note) => `- ${text(note)}`)]);
}

/** Open findings of one remediation; those that say the same of several resources in one row. */
export function findingsPart({ id, title, why, findings }: RemediationGroup, isWritten: boolean): Part {
  const rows = openFates.flatMap((fate) => {
    const same = new Map<string, PlacedFinding[]>();
    // What is new comes before what the baseline has.
    const newFirst = [...findings[fate]].sort((left, right) => Number(left.known) - Number(right.known));
    for (const finding of newFirst) {
      const key = `${finding.known ? '(known) ' : ''}${changeOf(finding)}${text(finding.because)}`;
      same.set(key, [...(same.get(key) ?? []), finding]);
    }
    return [...same].map(([what, found]) => {
      const shown = found.slice(0, mostPlaces).map(subject).join(', ');
      const more = found.length > mostPlaces ? ` and ${found.length - mostPlaces} more` : '';
      return `- **${nameOfFate(fate, isWritten)}** ${what}: ${shown}${more}`;
    });
  });
  const part = folded(code(id), rows);
  return {
    ...part,
    head: `<details><summary><b>${text(title)}</b></summary>\n\n${part.name}: ${text(why)}.\n\n`,
  };
}

function changeOf({ verdict, current, target }: PlacedFinding): string {
  return verdict === 'fixable' ? `${code(say(current))} → ${code(say(target))} ` : '';
}

const mostPlaces = 60;

function subject({ logicalId, template, line }: PlacedFinding): string {
  const name = logicalId === '' ? 'the whole template' : `**${text(logicalId)}**`;
  return `${name} ${code(`${template}:${line}`)}`;
}

/** What becomes of the findings of other tools, one rule and outcome a row. */
export function foreignPart({ foreignFindings }: PlanDocument): Part {
  const rows = (Object.keys(outcomeWords) as ForeignOutcome[]).flatMap((outcome) => {
    const byRule = new Map<string, string[]>();
    for (const { tool, rule, logicalId, said, outcome: own } of foreignFindings ?? []) {
      if (own !== outcome) continue;
      const name = `${text(tool)} ${code(rule)}`;
      byRule.set(name, [...(byRule.get(name) ?? []), text(logicalId ?? said)]);
    }
    return [...byRule].map(([name, subjects]) => {
      const shown = subjects.slice(0, mostPlaces).join(', ');
      const more = subjects.length > mostPlaces ? ` and ${subjects.length - mostPlaces} more` : '';
      return `- **${outcomeWords[outcome].summary}** ${name}: ${shown}${more}`;
    });
  });
  return folded('Findings of other tools', rows);
}

export function uncheckedPart({ coverage }: PlanDocument): Part {
  return folded('Not checked', [
    ...coverage.notEvaluated.map(
      ({ template, logicalId, because }) => `- ${code(template)} ${text(logicalId)}: ${text(because)}`,
    ),
    ...(coverage.code?.notes ?? []).map(({ file, because }) => `- ${code(file)}: ${text(because)}`),
  ]);
}

export function parametersPart({ stacks }: PlanDocument): Part {
  const values = stacks.flatMap(({ parameterValues }) => Object.entries(parameterValues));
  return folded(
    'Values for the deployed stack',
    values.map(([name, value]) => `- ${code(`${name}=${value}`)}`),
  );
}

/** A diff is shown whole or not at all, so that what is shown can be applied. */
export function diffParts(files: readonly PatchedFile[]): readonly Part[] {
  return files
    .filter(({ changed }) => changed)
    .map(({ path, text: after, document: { source } }) => {
      const diff = unifiedDiff(
        path,
        withByteOrderMark(source.text, source),
        withByteOrderMark(after, source),
      );
      return {
        name: `the diff of ${code(path)}`,
        head: `<details><summary>Diff of ${text(path)}</summary>\n\n${block('diff', diff)}\n\n</details>\n\n`,
        rows: [],
        foot: '',
      };
    });
}
