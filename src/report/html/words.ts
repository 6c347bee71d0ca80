import type { Risk } from '../../contract/remediation.js';
import type { Update } from '../../data/updates.js';
import type { Fate } from '../group.js';
import { html, type Markup, type Piece } from './page.js';

/** What becomes of findings, in the order a reviewer should look at them. */
export const fates: readonly Fate[] = [
  'blocked',
  'review',
  'person',
  'unknown',
  'written',
  'accepted',
  'compliant',
  'not-applicable',
];

/** Nobody has to do anything about these. */
export const quietFates: ReadonlySet<Fate> = new Set<Fate>(['compliant', 'not-applicable']);

const names: Readonly<Record<Fate, string>> = {
  written: 'will be written',
  review: 'needs consent',
  blocked: 'never written',
  person: 'for a person',
  unknown: 'undecided',
  accepted: 'accepted',
  'not-applicable': 'not applicable',
  compliant: 'in order',
};

export function nameOfFate(fate: Fate, isWritten: boolean): string {
  return fate === 'written' && isWritten ? 'written' : names[fate];
}

/** `1 needs consent`, `34 need consent`. */
export function countOfFate(count: number, fate: Fate, isWritten: boolean): string {
  return `${count} ${fate === 'review' && count !== 1 ? 'need consent' : nameOfFate(fate, isWritten)}`;
}

const updates: Readonly<Record<Exclude<Update, 'none'>, string>> = {
  'some-interruption': 'interrupts',
  'may-replace': 'may replace',
  replace: 'replaces',
};

const risks: Readonly<Record<Risk, string>> = {
  safe: 'safe',
  review: 'needs consent',
  blocked: 'never written',
};

/** A word in a frame; colour never says more than the word does. */
export function mark(kind: string, text: Piece): Markup {
  return html`<span class="mark ${kind}">${text}</span>`;
}

export function riskMark(risk: Risk): Markup {
  return mark({ safe: 'written', review: 'review', blocked: 'blocked' }[risk], risks[risk]);
}

/** Nothing where the update interrupts and replaces nothing. */
export function updateMark(update: Update): Markup | undefined {
  return update === 'none' ? undefined : mark(update, updates[update]);
}

export function usd(amount: number): string {
  return `${amount.toFixed(2)} USD a month`;
}
