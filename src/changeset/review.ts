import type { RawChange } from '../aws-ports.js';
import { isAlwaysInPlace, isStateful } from '../data/updates.js';
import { type Attribution, attribute } from './attribution.js';
import { differencesOf, type TemplateSides } from './property-changes.js';
import type { ReviewedChange } from './record.js';

/** The changes of one stack of a change set. */
export interface StackChanges {
  /** Logical ids from the root down; empty for the root. */
  readonly way: readonly string[];
  readonly changes: readonly RawChange[];
}

/**
 * Puts what a change set does beside what the plan asked for. What no patch explains is a surprise.
 * @param hide takes secrets out of a text
 */
export function review(
  { way, changes }: StackChanges,
  sides: TemplateSides | undefined,
  hide: (text: string) => string,
): readonly ReviewedChange[] {
  const told = changes.map((change) => ({ change, differences: differencesOf(change, sides, hide) }));
  const attributed = attribute(told, sides);
  return told.map(({ change, differences }, index): ReviewedChange => {
    const { whole, properties: each } = attributed[index] ?? { whole: unasked, properties: [] };
    const properties = differences.map(({ path, before, after, cause }, at) => {
      const { remediations, surprise } = each[at] ?? unasked;
      return { path, before, after, cause, remediations: [...remediations], surprise };
    });
    const all = [whole, ...each];
    const surprises = [drift(change), ...all.map(({ surprise }) => surprise)].filter((why) => why !== null);
    const { replacement, because } = replacementOf(change);
    return {
      stack: way.join('/'),
      logicalId: change.logicalId,
      type: change.type,
      physicalId: change.physicalId ?? null,
      action: change.action,
      replacement,
      because,
      properties,
      remediations: [...new Set(all.flatMap(({ remediations }) => remediations))].sort(),
      surprise: surprises.length === 0 ? null : [...new Set(surprises)].join('; '),
      loses: losesState(change, replacement),
    };
  });
}

const unasked: Attribution = { remediations: [], surprise: null };

/** What a person should look at first: surprises, then what is replaced, then by stack and name. */
export function inOrderOfInterest(changes: readonly ReviewedChange[]): readonly ReviewedChange[] {
  const rank = ({ surprise, loses, replacement }: ReviewedChange) => {
    if (surprise !== null) return 0;
    if (loses) return 1;
    if (replacement === 'will') return 2;
    return replacement === 'may' ? 3 : 4;
  };
  const key = ({ stack, logicalId }: ReviewedChange) => `${stack}\0${logicalId}`;
  return [...changes].sort((left, right) => rank(left) - rank(right) || (key(left) < key(right) ? -1 : 1));
}

/** Changes that lose something stateful and that nobody has agreed to. */
export function openLosses(
  changes: readonly ReviewedChange[],
  allowed: readonly string[],
): readonly ReviewedChange[] {
  return changes.filter((change) => change.loses && !allowed.includes(nameOfChange(change)));
}

/** How a change is called: `Child/Logs`, and in the root `Logs`. */
export function nameOfChange({ stack, logicalId }: Pick<ReviewedChange, 'stack' | 'logicalId'>): string {
  return stack === '' ? logicalId : `${stack}/${logicalId}`;
}

/**
 * What may be replaced counts as replaced, because nobody wants to find out afterwards; unless the schemas of the
 * resources know that none of these properties ever does that.
 */
function losesState(change: RawChange, replacement: ReviewedChange['replacement']): boolean {
  if (!isStateful(change.type)) return false;
  if (change.action === 'Remove') return !isKept(change);
  // A nested stack is updated in place; what is lost within it is listed for itself.
  if (change.type === 'AWS::CloudFormation::Stack') return replacement === 'will';
  return replacement === 'will' || (replacement === 'may' && !isInPlaceBySchema(change));
}

function isInPlaceBySchema({ type, details }: RawChange): boolean {
  return (
    details.length > 0 &&
    details.every(
      ({ attribute, name }) =>
        attribute !== 'Properties' || (name !== undefined && isAlwaysInPlace(type, name)),
    )
  );
}

function isKept({ policyAction }: RawChange): boolean {
  return policyAction === 'Retain';
}

function replacementOf(change: RawChange): Pick<ReviewedChange, 'replacement' | 'because'> {
  const { details, replacement, policyAction = '' } = change;
  const causes = details
    .filter(({ recreation }) => recreation === 'Always' || recreation === 'Conditionally')
    .map(({ name, attribute, recreation, cause }) => {
      const what = recreation === 'Always' ? 'always replaces' : 'may replace';
      return `${name ?? attribute} ${what}${cause === undefined ? '' : `, through ${cause}`}`;
    });
  // Said with its cause, it need not be said without.
  const because = [...new Set(causes)].filter(
    (cause) => !causes.some((other) => other.startsWith(`${cause}, through`)),
  );
  if (change.action === 'Remove') {
    return {
      replacement: 'wont',
      because: [isKept(change) ? 'it leaves the stack and is kept (DeletionPolicy)' : 'it is deleted'],
    };
  }
  if (change.action === 'Import')
    return { replacement: 'wont', because: ['it exists already, and the stack takes it over'] };
  if (replacement === 'True' || policyAction.startsWith('Replace')) return { replacement: 'will', because };
  // Told of the whole resource; where every property says otherwise, the properties know better.
  const isInPlace = details.length > 0 && details.every(({ recreation }) => recreation === 'Never');
  if (replacement === 'Conditional' && !isInPlace) {
    const doubt = isInPlaceBySchema(change) ? ['by the schema of the resource none of these can'] : [];
    return { replacement: 'may', because: [...because, ...doubt] };
  }
  return { replacement: 'wont', because: [] };
}

function drift({ driftStatus }: RawChange): string | null {
  return driftStatus === 'MODIFIED' || driftStatus === 'DELETED'
    ? `it has drifted: it is ${driftStatus.toLowerCase()} outside CloudFormation`
    : null;
}
