/** The parts of `idp-fix --help` that are not derived from the flags. */
export const examples = `
Examples:
  idp-fix template.yaml                      what falls short, and the patch for it
  idp-fix --apply --dry-run template.yaml    the exact diff
  idp-fix --apply template.yaml              write it; idp-fix undo takes it back
  idp-fix --skip ID --format json template.yaml
  idp-fix --policy production --parameters LogLevel=INFO template.yaml
  idp-fix --apply --dry-run template.yaml | git apply
`;

export const exitCodes = `Exit codes:
  0   nothing is left to do, or all that was asked is done
  1   findings remain
  2   wrong usage, bad policy, unreadable or unparseable template
  3   refused for safety (changed since it was read, edit not possible, verification failed)
  4   the disk (or AWS) failed
  70  a defect in idp-fix
`;
