import { isAlwaysInPlace, isStateful } from '../data/updates.js';
import type { AskedFor } from './asked-for.js';
import type { RawChange } from './ports.js';
import { propertyChanges } from './property-changes.js';
import type { ReviewedChange } from './record.js';

/** The changes of one stack of a change set. */
export interface StackChanges {
  /** Logical ids from the root down; empty for the root. */
  readonly way: readonly string[];
  readonly changes: readonly RawChange[];
}

/** What is known of the templates on both sides of a change. */
export interface TemplateSides {
  readonly path: string;
  readonly asked: AskedFor;
  /** Logical ids as written, before any transform. */
  readonly declared: ReadonlySet<string>;
  /** Functions as written, which `Globals` reach. */
  readonly functions: ReadonlySet<string>;
  /** The stack gets tags, and hands them on. */
  readonly isTagged: boolean;
  /** Parameters a person gives another value than the stack has. */
  readonly given: ReadonlySet<string>;
  /** Where the template that was read differs from the deployed one before any patch. */
  readonly differing: ReadonlySet<string>;
  /** The template as deployed and as submitted, for values CloudFormation does not tell. */
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
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
  const askers = explain(changes, sides);
  return changes.map((change): ReviewedChange => {
    const remediations = [...(askers.get(change.logicalId) ?? [])].sort();
    const properties = propertyChanges(change, sides, hide);
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
      remediations,
      surprise: remediations.length > 0 ? drift(change) : surpriseOf(change, sides),
      loses: losesState(change, replacement),
    };
  });
}

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

/** By logical id; a change that follows from an explained one is explained by the same remediations. */
function explain(
  changes: readonly RawChange[],
  sides: TemplateSides | undefined,
): ReadonlyMap<string, ReadonlySet<string>> {
  const askers = new Map<string, Set<string>>();
  if (sides === undefined) return askers;
  for (const change of changes) askers.set(change.logicalId, new Set(directAskers(change, sides)));
  for (let grew = true; grew; ) {
    grew = false;
    for (const { logicalId, details } of changes) {
      const own = askers.get(logicalId) ?? new Set();
      const sizeBefore = own.size;
      for (const { source, cause } of details) {
        if (source !== 'ResourceReference' && source !== 'ResourceAttribute') continue;
        const [causing = ''] = (cause ?? '').split('.');
        if (causing !== logicalId) for (const remediation of askers.get(causing) ?? []) own.add(remediation);
      }
      grew ||= own.size > sizeBefore;
    }
  }
  return askers;
}

function directAskers(
  { logicalId, type, details }: RawChange,
  { asked, declared, functions }: TemplateSides,
): string[] {
  const found = [...(asked.resources.get(logicalId) ?? [])];
  for (const { source, cause } of details) {
    if (source === 'ParameterReference') found.push(...(asked.parameters.get(cause ?? '') ?? []));
  }
  if (functions.has(logicalId)) found.push(...asked.functions);
  if (declared.has(logicalId)) return found;
  // SAM names what it generates after the resource it generates it for.
  for (const [source, remediations] of asked.resources) {
    if (logicalId.startsWith(source) && isGenerated(type)) found.push(...remediations);
  }
  if ([...functions].some((source) => logicalId.startsWith(source)) && isGenerated(type))
    found.push(...asked.functions);
  return found;
}

function isGenerated(type: string): boolean {
  return /^AWS::(?:IAM::|Lambda::|ApiGateway|Events::|Scheduler::|SQS::|SNS::|StepFunctions::|CodeDeploy::|Logs::)/.test(
    type,
  );
}

function drift({ driftStatus }: RawChange): string | null {
  return driftStatus === 'MODIFIED' || driftStatus === 'DELETED'
    ? `it has drifted: it is ${driftStatus.toLowerCase()} outside CloudFormation`
    : null;
}

function surpriseOf(change: RawChange, sides: TemplateSides | undefined): string | null {
  const drifted = drift(change);
  if (drifted !== null) return drifted;
  const isNestedStack = change.type === 'AWS::CloudFormation::Stack';
  // CloudFormation lists every nested stack as modified when it cannot tell; what happens in it is listed below.
  if (isNestedStack && change.action === 'Modify' && change.replacement !== 'True') return null;
  const isByTags = change.details.length > 0 && change.details.every(({ attribute }) => attribute === 'Tags');
  if (sides?.isTagged && isByTags) return null;
  const given = change.details.flatMap(({ source, cause = '' }) =>
    source === 'ParameterReference' && sides?.given.has(cause) ? [cause] : [],
  );
  if (given.length > 0) return `the value given for ${[...new Set(given)].join(', ')} changes it`;
  if (sides?.differing.has(change.logicalId)) return 'the local template differs from the deployed one here';
  if (change.action === 'Remove') return 'no patch removes it';
  const dynamic = change.details.length > 0 && change.details.every(({ source }) => source === 'Automatic');
  if (dynamic) return 'CloudFormation changes it on its own account';
  return 'no patch asks for it: drift, a transform, or a macro';
}
