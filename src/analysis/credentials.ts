/** Words that make a name that of a credential, and those that make it something about one. */
const credentialWords =
  /(^|_)(pass(word|wd|phrase|code)?|pwd|secret|token|credentials?|(api|auth|access|secret|private|signing|license|client)_?key|apikey|connection_?string|bearer)s?($|_)/;
/** What models are given and give. */
const ofModels = /(^|_)tokens($|_)/;
const aboutOne =
  /(^|_)(arn|name|id|path|url|uri|endpoint|host|port|parameter|param|ref|prefix|suffix|table|bucket|key_id|length|ttl|expiry|expiration|expires|timeout|limit|max|min|count|size|days|seconds|enabled|policy|version|type|file|header|issuer|audience|usage|price|cost|budget|index)s?$|^(max|min|num|total|count|input|output|enable|use|is|has)_/;

/** `DbPassword`, `DB_PASSWORD` and `db-password` are one name. */
export function isCredentialName(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase();
  return credentialWords.test(words) && !aboutOne.test(words) && !ofModels.test(words);
}

/** Texts that are credentials whatever they are called. */
export const credentialForms: readonly RegExp[] = [
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^-]*-----END [A-Z ]*PRIVATE KEY-----)?/,
  /\bgh[pousr]_[A-Za-z0-9]{36,}/,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/,
  /\bsk_live_[A-Za-z0-9]{16,}/,
  /\bAIza[A-Za-z0-9_-]{35}\b/,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/,
  /(?<=[a-z][a-z0-9+.-]*:\/\/[^\s:/@${]+:)[^\s:/@${]+(?=@)/,
];

/** Whether a text is a credential by its form. */
export function hasCredentialForm(text: string): boolean {
  return credentialForms.some((each) => each.test(text));
}

/** Not a switch, a number, an ARN, a name of something or a reference: by itself it may be a secret. */
export function isSecretText(text: string): boolean {
  const isElse =
    /^(|true|false|yes|no|on|off|none|null|\d+(\.\d+)?)$/i.test(text) ||
    /^(arn:|https?:\/\/|\/|\{\{|\$\{)/.test(text) ||
    /^[a-z0-9-]+(\/[a-z0-9-]+)+$/i.test(text);
  return !isElse;
}
