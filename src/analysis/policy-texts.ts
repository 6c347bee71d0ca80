import { matchesWildcard } from '../template/mentions.js';
import type { Stack } from '../template/template.js';

/** What is known of the place a stack is deployed to. */
export interface KnownNames {
  readonly region?: string | undefined;
  readonly account?: string | undefined;
}

/** @param region where the policy says it */
export function knownNamesOf({ knownParameters }: Stack, region?: string): KnownNames {
  const known = (name: string) => {
    const value = knownParameters.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  return { region: known('AWS::Region') ?? region, account: known('AWS::AccountId') };
}

/**
 * A text of a policy in the one spelling everything is compared in: `amazonaws.com` for the suffix of every partition,
 * the partition of an ARN left open, Region and account filled in where they are known.
 */
export function plainText(text: string, { region, account }: KnownNames): string {
  const spelled = text
    .replaceAll('${AWS::URLSuffix}', 'amazonaws.com')
    .replace(/\.amazonaws\.com\.cn$/, '.amazonaws.com')
    .replace(/^arn:aws(?:-[a-z]+)*:/, 'arn:${AWS::Partition}:');
  const placed = region === undefined ? spelled : spelled.replaceAll('${AWS::Region}', region);
  return account === undefined ? placed : placed.replaceAll('${AWS::AccountId}', account);
}

/** Something in it is known at deployment only. */
export function isOpen(text: string): boolean {
  return text.includes('${');
}

/** Larger comparisons than this are not made: the texts may match, for all that is known. */
const mostSteps = 1_000_000;

/**
 * Whether two texts can come out equal: `*` and `?` are wildcards in both, what is open has any value it can have. In
 * time proportional to the product of their lengths.
 */
export function canMatch(left: string, right: string): boolean {
  const [first, second] = [pieces(left), pieces(right)];
  if (first.length * second.length > mostSteps) return true;
  let above = [true];
  for (const [index, piece] of second.entries()) above.push(above[index] === true && isMany(piece));
  for (const piece of first) {
    const row = [above[0] === true && isMany(piece)];
    for (const [index, other] of second.entries()) {
      const [both, one, two] = [above[index] === true, above[index + 1] === true, row[index] === true];
      // A piece that stands for many takes in the other text's piece, or nothing at all.
      const takes =
        (isMany(piece) && two && isSatisfiedBy(piece, other)) ||
        (isMany(other) && one && isSatisfiedBy(other, piece));
      const isSkipped = (isMany(piece) && one) || (isMany(other) && two);
      row.push(takes || isSkipped || (both && isSame(piece, other)));
    }
    above = row;
  }
  return above.at(-1) === true;
}

function pieces(text: string): readonly string[] {
  return text.match(/\$\{[^}]*\}|./gs) ?? [];
}

function isMany(piece: string): boolean {
  return piece === '*' || piece.length > 2;
}

/** What the names CloudFormation fills in are made of. */
const alphabets: readonly (readonly [RegExp, RegExp])[] = [
  [/^\$\{AWS::StackName\b/, /[A-Za-z0-9-]/],
  [/^\$\{AWS::Region\b/, /[a-z0-9-]/],
  [/^\$\{AWS::Partition\b/, /[a-z-]/],
  [/^\$\{AWS::AccountId\b/, /[0-9]/],
];

function isSatisfiedBy(many: string, other: string): boolean {
  if (other.length !== 1 || other === '*' || other === '?') return true;
  const alphabet = alphabets.find(([name]) => name.test(many))?.[1];
  return alphabet === undefined || alphabet.test(other);
}

function isSame(left: string, right: string): boolean {
  return left === right || (!isMany(left) && !isMany(right) && (left === '?' || right === '?'));
}

export type Answer = 'yes' | 'no' | 'unknown';

/** Whether a text is what a pattern with wildcards says. */
export function matches(pattern: string, text: string): Answer {
  if (matchesWildcard(pattern, text)) return 'yes';
  return (isOpen(pattern) || isOpen(text)) && canMatch(pattern, text) ? 'unknown' : 'no';
}

/** How an operator compares; what is not here is not weighed. */
export const comparisons: Readonly<Record<string, (pattern: string, text: string) => Answer>> = {
  stringequals: equals,
  stringequalsignorecase: (pattern, text) => equals(pattern.toLowerCase(), text.toLowerCase()),
  stringlike: matches,
  arnequals: matchesArn,
  arnlike: matchesArn,
  bool: (pattern, text) => equals(pattern.toLowerCase(), text.toLowerCase()),
};

/** A `*` is no wildcard here; taken for any one character where something else is open. */
function equals(text: string, sent: string): Answer {
  if (text === sent) return 'yes';
  return (isOpen(text) || isOpen(sent)) && canMatch(text.replaceAll('*', '?'), sent) ? 'unknown' : 'no';
}

/** ARNs are compared part by part, so that a wildcard ends at the next colon; the sixth part is the rest. */
function matchesArn(pattern: string, text: string): Answer {
  if (pattern === '*') return 'yes';
  const [wanted, found] = [arnParts(pattern), arnParts(text)];
  const isWhole = !isOpen(`${pattern}${text}`.replaceAll('${AWS::Partition}', ''));
  if (wanted.length < 6 || found.length < 6) return isWhole ? 'no' : 'unknown';
  const answers = wanted.map((part, index) => matches(part, found[index] ?? ''));
  if (answers.includes('no')) return 'no';
  return answers.includes('unknown') ? 'unknown' : 'yes';
}

/** Colons inside `${…}` separate nothing. */
function arnParts(arn: string): readonly string[] {
  const parts = arn.split(/:(?![^{]*\})/);
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}
