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
