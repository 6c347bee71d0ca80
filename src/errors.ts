/**
 * Everything that can go wrong by somebody else's doing, with the exit code it leads to. An error that is not an
 * `IdpFixError` is a defect in idp-fix (exit code 70).
 */
export const errorCodes = {
  usage: 2,
  'file-not-found': 2,
  'file-unreadable': 2,
  'file-too-large': 2,
  'template-unparseable': 2,
  'template-invalid': 2,
  'template-outside-root': 2,
  'policy-invalid': 2,
  'parameters-invalid': 2,
  'stacks-invalid': 2,
  'baseline-invalid': 2,
  'findings-invalid': 2,
  'plugin-invalid': 2,
  'unknown-remediation': 2,
  'edit-refused': 3,
  'verification-failed': 3,
  stale: 3,
  'no-terminal': 3,
  'not-confirmed': 3,
  'not-packaged': 3,
  'stack-not-ready': 3,
  'prerequisite-failed': 3,
  'replacement-blocked': 3,
  'change-set-gone': 3,
  'change-set-foreign': 3,
  'write-failed': 4,
  'fetch-failed': 4,
  'aws-credentials': 4,
  'aws-denied': 4,
  'aws-timeout': 4,
  'aws-failed': 4,
  'change-set-failed': 4,
  'execution-failed': 4,
  defect: 70,
} as const;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorPlace {
  readonly file: string;
  /** One-based. */
  readonly line?: number;
  /** One-based. */
  readonly column?: number;
}

/** What happened (lower case, no period), where, and what to do about it. One line each. */
export class IdpFixError extends Error {
  override readonly name = 'IdpFixError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: { readonly place?: ErrorPlace; readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
  }

  get exitCode(): number {
    return errorCodes[this.code];
  }
}
