/** What becomes of a finding. `input`: an answer in the policy settles it. `manual`: work outside the template. */
export type Fate =
  | 'written'
  | 'review'
  | 'blocked'
  | 'input'
  | 'manual'
  | 'unknown'
  | 'accepted'
  | 'not-applicable'
  | 'compliant';

/** Those that leave something to do, in the order a reader should see them. */
export const openFates = ['blocked', 'review', 'input', 'manual', 'unknown', 'written'] as const;

const fateWords: Readonly<Record<Fate, string>> = {
  written: 'auto-fix',
  review: 'needs approval',
  blocked: 'never written',
  input: 'needs input',
  manual: 'manual',
  unknown: 'unknown',
  accepted: 'accepted',
  'not-applicable': 'n/a',
  compliant: 'pass',
};

/** What becomes of a finding, in the one word for it. */
export function nameOfFate(fate: Fate, isWritten = false): string {
  return fate === 'written' && isWritten ? 'fixed' : fateWords[fate];
}

/** `1 needs approval`, `34 need approval`. */
export function countOfFate(number: number, fate: Fate, isWritten = false): string {
  const name = nameOfFate(fate, isWritten);
  return `${number} ${number === 1 ? name : name.replace(/^needs /, 'need ')}`;
}
