import type { Facts } from '../../src/remediation.js';

/** One function of the tree, as the budget sees it. */
export interface Member {
  /** Executions it reserves already, or keeps in some deployments. */
  readonly reserved: number;
  /** How often it exists at once: more than once in a template that is nested several times. */
  readonly copies: number;
}

/** What one function asks for. */
export interface Claim {
  /** Position among all functions of the tree. */
  readonly member: number;
  readonly minimum: number;
  readonly maximum: number;
}

export interface Allotment<C extends Claim> {
  /** Executions by claim; what is missing here did not fit. */
  readonly granted: ReadonlyMap<C, number>;
  /** What the set that wants most would reserve if every claim got its minimum. */
  readonly wanted: number;
  /** What the set that gets most reserves then. */
  readonly reserved: number;
}

/**
 * What functions of this tree may reserve, whatever combination of them is deployed.
 * @param pool executions that stay unreserved, where that is more than must
 */
export function availableFor({ settings }: Facts, pool = 0): number {
  const unreserved = Math.max(settings.concurrencyUnreservedMinimum, pool);
  return Math.max(0, settings.concurrencyLimit - unreserved - settings.concurrencyReservedElsewhere);
}

/** What each set of functions that can exist at once reserves as the templates stand. */
export function reservedBy(
  sets: readonly (readonly number[])[],
  members: readonly Member[],
): readonly number[] {
  return sets.map((set) =>
    set.reduce((sum, index) => {
      const { reserved = 0, copies = 1 } = members[index] ?? {};
      return sum + reserved * copies;
    }, 0),
  );
}

/**
 * Serves claims in the order given, minimum by minimum, so that no set of functions that can exist at once reserves
 * more than there is; what is left then raises them evenly, where that is wanted.
 * @param sets of members that can exist at once
 */
export function allot<C extends Claim>(
  claims: readonly C[],
  members: readonly Member[],
  sets: readonly (readonly number[])[],
  available: number,
  raises: boolean,
): Allotment<C> {
  const used = [...reservedBy(sets, members)];
  const setsOf = members.map((_, member) =>
    sets.flatMap((set, index) => (set.includes(member) ? [index] : [])),
  );
  const granted = new Map<C, number>();
  /** What the budget loses when a claim comes to hold this many; what it keeps anyway is paid for. */
  const priceOf = (claim: C, executions: number): number => {
    const { reserved = 0, copies = 1 } = members[claim.member] ?? {};
    const held = Math.max(reserved, granted.get(claim) ?? 0);
    return Math.max(0, executions - held) * copies;
  };
  const wanted = sets.map((set, index) =>
    claims
      .filter(({ member }) => set.includes(member))
      .reduce((sum, claim) => sum + priceOf(claim, claim.minimum), used[index] ?? 0),
  );
  const grant = (claim: C, executions: number): boolean => {
    const price = priceOf(claim, executions);
    const touched = setsOf[claim.member] ?? [];
    if (price > 0 && touched.some((index) => (used[index] ?? 0) + price > available)) return false;
    for (const index of touched) used[index] = (used[index] ?? 0) + price;
    granted.set(claim, executions);
    return true;
  };
  for (const claim of claims) grant(claim, claim.minimum);
  for (let growing = raises ? [...granted.keys()] : []; growing.length > 0; ) {
    growing = growing.filter((claim) => {
      const next = (granted.get(claim) ?? 0) + 1;
      return next <= claim.maximum && grant(claim, next);
    });
  }
  return { granted, wanted: Math.max(0, ...wanted), reserved: Math.max(0, ...used) };
}
