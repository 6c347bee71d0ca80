import { IdpFixError } from '../errors.js';

const hidden = '(hidden)';

/** Takes the values of `NoEcho` parameters out of a text. */
export function hiding(secrets: readonly string[]): (text: string) => string {
  return (text) => secrets.reduce((shown, secret) => shown.replaceAll(secret, hidden), text);
}

/** CloudFormation may quote a value in what it says is wrong with it. */
export function withoutSecrets(error: unknown, secrets: readonly string[]): unknown {
  if (!(error instanceof IdpFixError) || secrets.length === 0) return error;
  const hide = hiding(secrets);
  const { hint, place } = error.details;
  return new IdpFixError(error.code, hide(error.message), {
    ...(place !== undefined && { place }),
    ...(hint !== undefined && { hint: hide(hint) }),
  });
}
