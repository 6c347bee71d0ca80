import type { Facts } from '../../src/remediation.js';

/** One function and the executions it may come to reserve. */
export interface Claim {
  /** Position among all functions of the tree. */
  readonly member: number;
  readonly minimum: number;
  readonly maximum: number;
}

export interface Allotment {
  /** Executions by claim; what is missing here did not fit. */
  readonly granted: ReadonlyMap<Claim, number>;
  /** What the set that wants most would reserve if every claim got its minimum. */
  readonly wanted: number;
}

/** What functions of this tree may reserve, whatever combination of them is deployed. */
export function availableFor({ settings }: Facts): number {
  return Math.max(
    0,
    settings.concurrencyLimit - settings.concurrencyUnreservedMinimum - settings.concurrencyReservedElsewhere,
  );
}

/**
 * Serves claims in the order given, minimum by minimum, so that no set of functions that can exist at once reserves
 * more than there is; what is left then raises them evenly, where that is wanted.
 * @param reserved what functions have already, by member
 * @param sets of members that can exist at once
 */
export function allot(
  claims: readonly Claim[],
  reserved: ReadonlyMap<number, number>,
  sets: readonly (readonly number[])[],
  available: number,
  raises: boolean,
): Allotment {
  const used = sets.map((set) => set.reduce((sum, member) => sum + (reserved.get(member) ?? 0), 0));
  const wanted = sets.map((set, index) => {
    const minima = claims.filter(({ member }) => set.includes(member)).map(({ minimum }) => minimum);
    return (used[index] ?? 0) + minima.reduce((sum, minimum) => sum + minimum, 0);
  });
  const setsOf = (member: number) => sets.flatMap((set, index) => (set.includes(member) ? [index] : []));
  const granted = new Map<Claim, number>();
  const fits = (claim: Claim, more: number) =>
    setsOf(claim.member).every((index) => (used[index] ?? 0) + more <= available);
  const take = (claim: Claim, more: number) => {
    for (const index of setsOf(claim.member)) used[index] = (used[index] ?? 0) + more;
    granted.set(claim, (granted.get(claim) ?? 0) + more);
  };
  for (const claim of claims) if (fits(claim, claim.minimum)) take(claim, claim.minimum);
  for (let hasRaised = raises; hasRaised; ) {
    hasRaised = false;
    for (const [claim, executions] of granted) {
      if (executions >= claim.maximum || !fits(claim, 1)) continue;
      take(claim, 1);
      hasRaised = true;
    }
  }
  return { granted, wanted: Math.max(0, ...wanted) };
}
