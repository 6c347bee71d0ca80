import { questions } from '../plan/checklist.js';
import type { ChecklistItemId } from '../policy/sections.js';
import type { Paint } from '../report/paint.js';
import { hang } from '../report/words.js';
import type { Proof, ProofStatus } from './proof.js';
import type { Verification } from './verify.js';

export const statuses = ['dead', 'unknown', 'unproven', 'alive'] as const satisfies readonly ProofStatus[];

export const titles: Readonly<Record<ProofStatus, string>> = {
  dead: 'Does not work',
  unknown: 'AWS could not be asked',
  unproven: 'Nothing has happened yet that would show',
  alive: 'Works',
};

/** What a verification says for one item of the production checklist. */
export interface Evidence {
  readonly item: ChecklistItemId;
  readonly title: string;
  /** The worst of its proofs. */
  readonly status: ProofStatus;
  /** `2 dead, 5 alive`. */
  readonly summary: string;
}

/** Items of the checklist that something was looked at for, in the order of the checklist. */
export function evidence(proofs: readonly Proof[]): readonly Evidence[] {
  return questions.flatMap(({ id, title }): readonly Evidence[] => {
    const own = proofs.filter(({ item }) => item === id);
    const status = statuses.find((each) => own.some((proof) => proof.status === each));
    return status === undefined ? [] : [{ item: id, title, status, summary: tally(own) }];
  });
}

/** `2 dead, 5 alive`. */
export function tally(proofs: readonly Proof[]): string {
  return statuses
    .map((status) => [proofs.filter((proof) => proof.status === status).length, status] as const)
    .filter(([number]) => number > 0)
    .map(([number, status]) => `${number} ${status}`)
    .join(', ');
}

/** How a resource is called: `Child/Logs`, and in the root `Logs`. */
export function nameOfProof({ stack, logicalId }: Proof): string {
  return [stack, logicalId ?? ''].filter((part) => part !== '').join('/');
}

/** For programs, with the evidence for the checklist. */
export function verificationJson({ proofs, ...rest }: Verification): object {
  return { format: 'idp-fix/verification', version: 1, ...rest, evidence: evidence(proofs), proofs };
}

/** For reading; what does not work comes first. */
export function verificationText(
  { stack, from, to, proofs }: Verification,
  brush: Paint,
  columns: number,
): string {
  const colours = { dead: brush.red, unknown: brush.yellow, unproven: brush.yellow, alive: brush.green };
  const lines = [
    `${brush.bold(stack.name)} from ${from.slice(0, 10)} to ${to.slice(0, 10)}: ${tally(proofs)}`,
  ];
  for (const status of statuses) {
    const own = proofs.filter((proof) => proof.status === status);
    if (own.length === 0) continue;
    lines.push('', colours[status](`${titles[status]} (${status})`));
    for (const proof of own) {
      const name = nameOfProof(proof);
      const text = `${name === '' ? '' : `${name}: `}${proof.check}: ${proof.because}`;
      lines.push(...hang(text, 2, 4, columns));
      if (proof.hint !== undefined) lines.push(...hang(`→ ${proof.hint}`, 4, 6, columns).map(brush.dim));
    }
  }
  const shown = evidence(proofs);
  if (shown.length > 0) lines.push('', brush.bold('Evidence for the production checklist'));
  for (const { title, summary } of shown) lines.push(...hang(`${title}: ${summary}`, 2, 4, columns));
  return `${lines.join('\n')}\n`;
}
