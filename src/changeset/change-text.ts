import type { Paint } from '../report/paint.js';
import { count, hang } from '../report/words.js';
import type { ChangeSetRecord, ReviewedChange } from './record.js';
import { inOrderOfInterest, nameOfChange, openLosses } from './review.js';

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
  const fate = modified ? `, ${replacements[replacement]}` : '';
  const head = `${action} ${name} ${brush.dim(type)}${replacement === 'will' ? brush.red(fate) : fate}`;
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
