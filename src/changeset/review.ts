import type { RawChange } from '../aws-ports.js';
import { isAlwaysInPlace, isStateful } from '../data/updates.js';
import type { Paint } from '../report/paint.js';
import { count, hang } from '../report/words.js';
import type { Stack } from '../template/template.js';
import { type Attribution, attribute } from './attribution.js';
import { type Deployment, hiding } from './deployed.js';
import type { Prepared } from './prepare.js';
import { differencesOf, type TemplateSides } from './property-changes.js';
import type { ChangeSetRecord, ReviewedChange } from './record.js';
import { tagsToAdd } from './stack-tags.js';

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

/** What is done to which resources: the same of a record and of the change set it is of. */
export function actionsOf(changes: readonly ReviewedChange[]): string {
  return changes
    .map((change) => `${change.action} ${nameOfChange(change)}`)
    .sort()
    .join();
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

/** Every change of a change set, with what asked for it, in the order in which a person should look at them. */
export function reviewChanges(
  tree: readonly StackChanges[],
  prepared: Prepared,
  deployment: Deployment,
): ReviewedChange[] {
  const sides = new Map(
    prepared.tree.stacks.flatMap((stack) => waysOf(stack).map((way) => [way, stack] as const)),
  );
  const hide = hiding(prepared.secrets);
  const changes = tree.flatMap((each) => {
    const stack = sides.get(each.way.join('/'));
    return review(
      each,
      stack === undefined ? undefined : sidesOf(stack, each.way, prepared, deployment),
      hide,
    );
  });
  return [...inOrderOfInterest(changes)];
}

/** A template that is used more than once stands in several places. */
function waysOf(stack: Stack): readonly string[] {
  if (stack.parents.length === 0) return [''];
  return stack.parents.flatMap(({ stack: parent, logicalId }) =>
    waysOf(parent).map((way) => (way === '' ? logicalId : `${way}/${logicalId}`)),
  );
}

function sidesOf(
  stack: Stack,
  way: readonly string[],
  prepared: Prepared,
  { nested, isNew, stack: { tags } }: Deployment,
): TemplateSides {
  const { template } = stack;
  const deployed = [...nested.values()].find((each) => each.way.join('/') === way.join('/'))?.template;
  const submitted = prepared.submitted.stacks.find((each) => each.template.path === template.path)?.template;
  return {
    asked: prepared.asked.get(template.path) ?? {
      resources: new Map(),
      parameters: new Map(),
      functions: [],
    },
    isNew,
    isSam: template.isSam,
    tags: tagsToAdd(prepared, tags),
    given: way.length === 0 ? prepared.given : new Set(),
    before: deployed?.value ?? {},
    local: template.value,
    after: submitted?.value ?? {},
  };
}

const longestShown = 120;

const replacements = { will: 'will be replaced', may: 'may be replaced', wont: "won't be replaced" } as const;

/** A reviewed change set for reading: surprises first, then every change with its values, before and after. */
export function changeSetText(record: ChangeSetRecord, brush: Paint, columns: number): string {
  const changes = inOrderOfInterest(record.changes);
  const surprises = changes.filter(({ surprise }) => surprise !== null);
  const expected = changes.flatMap(askedPart);
  const stackCount = new Set(changes.map(({ stack }) => stack)).size;
  const lines = [
    brush.bold(
      `${record.name} on ${record.stack.name}: ${count(changes.length, 'change')} in ${count(stackCount, 'stack')}${unaskedText(surprises.length)}`,
    ),
    ...values(record),
    ...tags(record),
  ];
  const open = openLosses(changes, record.allowed);
  if (open.length > 0) {
    const names = open.map(nameOfChange).join(', ');
    lines.push(
      '',
      ...hang(
        brush.red(`Blocked: this loses, or may lose, what ${names} ${open.length === 1 ? 'holds' : 'hold'}`),
        0,
        2,
        columns,
      ),
    );
  }
  lines.push(
    ...section('No patch asks for these', surprises.map(unaskedPart)),
    ...section('Asked for', expected),
  );
  if (record.warnings.length > 0) {
    lines.push('', brush.bold('CloudFormation warns'));
    lines.push(...record.warnings.flatMap((warning) => hang(brush.yellow(warning), 2, 4, columns)));
  }
  if (record.prerequisites.length > 0) {
    lines.push('', brush.bold('Before anybody executes it'));
    for (const { what, check } of record.prerequisites)
      lines.push(...hang(`${what} (${check})`, 2, 4, columns));
  }
  return `${lines.join('\n')}\n`;

  function section(heading: string, part: readonly ReviewedChange[]): readonly string[] {
    if (part.length === 0) return [];
    return ['', brush.bold(heading), ...part.flatMap((change) => changeLines(change, brush, columns))];
  }
}

function values({ values: set, parameters }: ChangeSetRecord): readonly string[] {
  return Object.entries(set).map(
    ([name, value]) => `  parameter ${name}: ${parameters[name] ?? 'not set'} → ${value}`,
  );
}

function tags({ tags: changed }: ChangeSetRecord): readonly string[] {
  return changed.map(
    ({ key, before, after }) =>
      `  tag ${key} of the stack: ${before ?? 'not set'} → ${after ?? 'taken away'}`,
  );
}

function unaskedText(surprises: number): string {
  return surprises === 0 ? '' : `, ${surprises} of them not, or not wholly, asked for by a patch`;
}

/** Of a change that a patch explains in part, the rest; all of one where the surprise is not in a property. */
function unaskedPart(change: ReviewedChange): ReviewedChange {
  const properties = change.properties.filter(({ surprise }) => surprise !== null);
  return properties.length === 0 ? change : { ...change, properties, remediations: [] };
}

function askedPart(change: ReviewedChange): readonly ReviewedChange[] {
  if (change.surprise === null) return [change];
  const properties = change.properties.filter(({ surprise }) => surprise === null);
  const isMixed = properties.length > 0 && properties.length < change.properties.length;
  const remediations = [...new Set(properties.flatMap((each) => each.remediations))].sort();
  return isMixed ? [{ ...change, properties, remediations, surprise: null, because: [] }] : [];
}

function changeLines(change: ReviewedChange, brush: Paint, columns: number): readonly string[] {
  const { action, type, replacement, because, surprise, remediations, properties } = change;
  const name = nameOfChange(change);
  const modified = action === 'Modify' || action === 'Dynamic';
  const status = modified ? `, ${replacements[replacement]}` : '';
  const head = `${action} ${name} ${brush.dim(type)}${replacement === 'will' ? brush.red(status) : status}`;
  const reasons = [
    ...(surprise === null ? [] : [brush.yellow(surprise)]),
    ...because,
    ...(remediations.length === 0 ? [] : [`asked for by ${remediations.join(', ')}`]),
  ];
  return [
    `  ${head}`,
    ...reasons.flatMap((reason) => hang(reason, 4, 6, columns)),
    ...properties.map(({ path, before, after, cause }) => {
      const behind = cause === null ? '' : brush.dim(` (${cause})`);
      // Written the same on both sides, it changes with what it refers to.
      if (before === after && cause !== null) return `      ${path}: follows ${cause}`;
      return `      ${path}: ${brush.red(cut(before))} → ${brush.green(cut(after))}${behind}`;
    }),
  ];
}

function cut(text: string | null): string {
  if (text === null) return 'not told';
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > longestShown ? `${line.slice(0, longestShown - 1)}…` : line;
}
