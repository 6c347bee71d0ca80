import { terminalValues } from '../escape.js';
import { type FleetOutcome, noCounts, type OutcomeCounts, outcomes, type RootDigest } from './record.js';

/** Sums over all root templates of a run. Relied on from outside: extend, don't rename. */
export interface FleetSummary {
  readonly format: 'idp-fix/fleet';
  readonly version: 1;
  readonly roots: { readonly planned: number; readonly failed: number };
  readonly findings: OutcomeCounts;
  /** Those with most to do first. */
  readonly remediations: readonly (OutcomeCounts & {
    readonly id: string;
    /** Root templates with something to do. */
    readonly roots: number;
  })[];
  /** The root templates with most to do, at most ten. */
  readonly worst: readonly { readonly root: string; readonly open: number; readonly autoFix: number }[];
  /** What one key of the policy would decide, most findings first. */
  readonly decisions: readonly { readonly key: string; readonly findings: number; readonly roots: number }[];
  /** Resources that could not be looked at, such as nested stacks whose template is not at hand. */
  readonly notEvaluated: number;
  /** At most a hundred, in the order of the run. */
  readonly failures: readonly { readonly root: string; readonly code: string; readonly message: string }[];
}

const mostWorst = 10;
const mostFailures = 100;
const openOutcomes: readonly FleetOutcome[] = ['autoFix', 'needsApproval', 'needsInput', 'manual', 'unknown'];

interface Tally {
  readonly counts: Record<FleetOutcome, number>;
  roots: number;
}

/** Takes digests one by one, in memory that does not grow with their number. */
export function fleetTally() {
  let planned = 0;
  let failed = 0;
  let notEvaluated = 0;
  const total = noCounts();
  const byRemediation = new Map<string, Tally>();
  const byKey = new Map<string, { findings: number; roots: number }>();
  let worst: FleetSummary['worst'] = [];
  const failures: { root: string; code: string; message: string }[] = [];

  function add(digest: RootDigest): void {
    const { root } = digest;
    if (digest.failed !== null) {
      failed++;
      const { code, message } = digest.failed;
      if (failures.length < mostFailures) failures.push({ root, code, message });
      return;
    }
    planned++;
    notEvaluated += digest.notEvaluated;
    let open = 0;
    let autoFix = 0;
    for (const [id, counts] of Object.entries(digest.findings)) {
      const tally = byRemediation.get(id) ?? { counts: noCounts(), roots: 0 };
      byRemediation.set(id, tally);
      for (const outcome of outcomes) {
        tally.counts[outcome] += counts[outcome];
        total[outcome] += counts[outcome];
      }
      const own = openIn(counts);
      if (own > 0) tally.roots++;
      open += own;
      autoFix += counts.autoFix;
    }
    for (const [key, findings] of Object.entries(digest.decidedBy)) {
      const known = byKey.get(key) ?? { findings: 0, roots: 0 };
      byKey.set(key, { findings: known.findings + findings, roots: known.roots + 1 });
    }
    if (open > 0)
      worst = [...worst, { root, open, autoFix }]
        .sort((left, right) => right.open - left.open)
        .slice(0, mostWorst);
  }

  function summary(): FleetSummary {
    const remediations = [...byRemediation]
      .map(([id, { counts, roots }]) => ({ id, roots, ...counts }))
      .sort((left, right) => openIn(right) - openIn(left) || (left.id < right.id ? -1 : 1));
    const decisions = [...byKey]
      .map(([key, counts]) => ({ key, ...counts }))
      .sort((left, right) => right.findings - left.findings || (left.key < right.key ? -1 : 1));
    return {
      format: 'idp-fix/fleet',
      version: 1,
      roots: { planned, failed },
      findings: total,
      remediations,
      worst,
      decisions,
      notEvaluated,
      failures,
    };
  }

  return { add, summary };
}

export function openIn(counts: OutcomeCounts): number {
  return openOutcomes.reduce((sum, outcome) => sum + counts[outcome], 0);
}

const mostShown = 10;

/** The summary for a person. */
export function fleetText(summary: FleetSummary): string {
  const { roots, findings, remediations, worst, decisions, failures, notEvaluated } = terminalValues(summary);
  const open = openIn(findings);
  const lines = [
    `${count(roots.planned, 'root template')} planned${roots.failed > 0 ? `, ${roots.failed} could not be` : ''}`,
    `${count(open, 'finding')} open: ${findings.autoFix} auto-fix, ${findings.needsApproval} needs approval, ${findings.needsInput} needs input, ${findings.manual} manual, ${findings.unknown} unknown; ${findings.accepted} accepted, ${findings.pass} pass`,
    ...(notEvaluated > 0 ? [`${count(notEvaluated, 'resource')} could not be looked at`] : []),
  ];
  const withWork = remediations.filter((each) => openIn(each) > 0);
  if (withWork.length > 0) {
    lines.push('', 'By remediation:');
    lines.push(
      ...table(
        ['', 'open', 'auto-fix', 'approval', 'input', 'manual', 'unknown', 'templates'],
        withWork.map((each) => [
          each.id,
          openIn(each),
          each.autoFix,
          each.needsApproval,
          each.needsInput,
          each.manual,
          each.unknown,
          each.roots,
        ]),
      ),
    );
  }
  if (worst.length > 0) {
    lines.push('', 'Most to do:');
    lines.push(
      ...table(
        ['', 'open', 'auto-fix'],
        worst.map(({ root, open: own, autoFix }) => [root, own, autoFix]),
      ),
    );
  }
  if (decisions.length > 0) {
    lines.push('', 'One entry in the policy decides:');
    lines.push(
      ...table(
        ['', 'findings', 'templates'],
        decisions
          .slice(0, mostShown)
          .map(({ key, findings: decided, roots: touched }) => [key, decided, touched]),
      ),
    );
  }
  if (failures.length > 0) {
    lines.push('', 'Not planned:');
    lines.push(...failures.slice(0, mostShown).map(({ root, message }) => `  ${root}: ${message}`));
    if (roots.failed > mostShown) lines.push(`  and ${roots.failed - mostShown} more`);
  }
  return `${lines.join('\n')}\n`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): readonly string[] {
  const texts = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...texts.map((row) => (row[column] ?? '').length)));
  return texts.map((row) =>
    `  ${row.map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart((widths[column] ?? 0) + 2))).join('')}`.trimEnd(),
  );
}
