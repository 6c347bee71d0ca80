import type { Risk } from '../../contract/remediation.js';
import type { Update } from '../../data/updates.js';
import { type Fate, openFates } from '../fate.js';
import { html, type Markup, type Piece } from './page.js';

/** What becomes of findings, in the order a reviewer should look at them. */
export const fates: readonly Fate[] = [...openFates, 'accepted', 'compliant', 'not-applicable'];

/** These leave nothing to do. */
export const quietFates: ReadonlySet<Fate> = new Set<Fate>(['compliant', 'not-applicable']);

const updates: Readonly<Record<Exclude<Update, 'none'>, string>> = {
  'some-interruption': 'interrupts',
  'may-replace': 'may replace',
  replace: 'replaces',
};

const risks: Readonly<Record<Risk, string>> = {
  safe: 'auto-fix',
  review: 'needs approval',
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
