/**
 * What is worked out once for an owner and a key, and kept for as long as the owner is there. Only for what follows from
 * the two alone: owners are frozen.
 */
export function kept<Owner extends object, Key, Made>(
  known: WeakMap<Owner, Map<Key, Made>>,
  owner: Owner,
  key: Key,
  make: () => Made,
): Made {
  let ofOwner = known.get(owner);
  if (ofOwner === undefined) {
    ofOwner = new Map<Key, Made>();
    known.set(owner, ofOwner);
  }
  const before = ofOwner.get(key);
  if (before !== undefined) return before;
  const made = make();
  ofOwner.set(key, made);
  return made;
}
