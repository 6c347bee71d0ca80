import { visible } from '../../escape.js';

/** What no text needs more of in a comment. */
const longestText = 400;
const longestCode = 160;

/** A value as plain text on one line: nothing in it formats, links, mentions or is HTML. */
export function text(value: string): string {
  return cell(cut(oneLine(value), longestText))
    .replaceAll(/[@#](?=\w)/g, (sign) => `${sign}${invisible}`)
    .replaceAll(/(?<=:)\/(?=\/)|(?<=www)\./gi, (sign) => `${invisible}${sign}`);
}

/** The same in full, with its addresses as they are, for a document of one's own: nothing in it formats or is HTML. */
export function cell(value: string): string {
  return oneLine(value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_[\]|~$]/g, (character) => `\\${character}`);
}

/** A value as code on one line, in a table or outside. */
export function code(value: string): string {
  const content = cut(oneLine(value), longestCode).replaceAll('|', '\\|');
  const longestRun = Math.max(0, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longestRun + 1);
  // A blank keeps backticks at either end from running into the fence.
  const pad = longestRun > 0 || content === '' ? ' ' : '';
  return `${fence}${pad}${content}${pad}${fence}`;
}

/** A block of code with a fence that nothing in it can close. */
export function block(language: string, value: string): string {
  const content = visible(value).replace(/\n$/, '');
  const longestRun = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longestRun + 1);
  return `${fence}${language}\n${content}\n${fence}`;
}

/** A value inside an HTML comment, from which it cannot get out. */
export function inComment(value: string): string {
  return encodeURIComponent(visible(value)).replaceAll('%2F', '/').replaceAll('-', '%2D');
}

/** Between a sign and a name, so that nobody is called and nothing is linked. */
const invisible = '\u200b';

function oneLine(value: string): string {
  return visible(value).replaceAll(/\s+/g, ' ').trim();
}

function cut(value: string, length: number): string {
  // Half of a character that takes two units is left out as well.
  return value.length > length ? `${value.slice(0, length - 1).replace(/\p{Cs}$/u, '')}…` : value;
}
