import type { Deviation } from '../../policy/policy.js';
import { z } from '../../remediation.js';
import { ask, type Talk } from './talk.js';

export type Acceptance = Pick<Deviation, 'reason' | 'owner' | 'date' | 'expires'>;

/**
 * Why a risk is accepted, by whom and until when.
 * @param last what was said before, of which owner and last day are likely the same
 */
export function* askAcceptance(today: string, last: Acceptance | undefined): Talk<Acceptance> {
  const reason = yield* ask({ kind: 'text', message: 'Why is the risk accepted?', problemWith: needed });
  const owner = yield* ask({
    kind: 'text',
    message: 'Who accepts it?',
    ...(last !== undefined && { preset: last.owner }),
    problemWith: needed,
  });
  const expires = yield* ask({
    kind: 'text',
    message: 'Until which day does it count?',
    preset: last?.expires ?? aYearAfter(today),
    problemWith: (text) => {
      if (!z.iso.date().safeParse(text.trim()).success) return 'a day is written YYYY-MM-DD';
      return text.trim() < today ? 'that day is over' : undefined;
    },
  });
  return { reason: reason.trim(), owner: owner.trim(), date: today, expires: expires.trim() };
}

function needed(text: string): string | undefined {
  return text.trim() === '' ? 'somebody will ask; say it in a few words' : undefined;
}

function aYearAfter(day: string): string {
  const [year = '', ...rest] = day.split('-');
  return `${Number(year) + 1}-${rest.join('-').replace('02-29', '02-28')}`;
}
