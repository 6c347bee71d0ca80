import { isList, isMap, type Value, type ValueMap } from '../../src/remediation.js';
import type { Metric } from '../kit/monitoring/rule.js';
import { spelled } from '../kit/monitoring/watched.js';
import type { Body } from './body.js';
import { placeholderFor } from './widgets.js';

/** Whether a dashboard shows a metric: as a line of a graph, by a search for all of them, or as what an alarm watches. */
export function isShown(metric: Metric, alarms: readonly string[], bodies: readonly Body[]): boolean {
  return bodies.some(
    (body) =>
      alarms.some((alarm) => body.text.includes(`\${${alarm}.Arn}`)) ||
      linesIn(body).some((line) => isLineOf(line, metric, body.variables)),
  );
}

const lines = new WeakMap<Body, readonly (readonly Value[])[]>();

/** Of all graphs; each body is looked through once. */
function linesIn(body: Body): readonly (readonly Value[])[] {
  const known = lines.get(body) ?? body.widgets.flatMap(linesOf);
  lines.set(body, known);
  return known;
}

/** The lines of a graph, each written out: CloudWatch lets a line repeat what the one above says. */
function linesOf(widget: Value): readonly (readonly Value[])[] {
  const properties = isMap(widget) ? widget.properties : undefined;
  const listed = isMap(properties) ? properties.metrics : undefined;
  const lines: (readonly Value[])[] = [];
  for (const line of isList(listed) ? listed : []) {
    if (!isList(line)) continue;
    const above = (lines.at(-1) ?? []).filter((part) => typeof part === 'string');
    const dots = line.indexOf('...');
    // Three dots stand for as many parts as the line above has more.
    const spread =
      dots < 0
        ? line
        : [...above.slice(0, above.length - (named(line).length - 1 - dots)), ...line.slice(dots + 1)];
    lines.push(spread.map((part, index) => (part === '.' ? (above[index] ?? part) : part)));
  }
  return lines;
}

function named(line: readonly Value[]): readonly Value[] {
  return line.filter((part) => typeof part === 'string');
}

function isLineOf(
  line: readonly Value[],
  { namespace, name, dimensions }: Metric,
  variables: ValueMap,
): boolean {
  const [first] = line;
  if (isMap(first) && typeof first.expression === 'string')
    return searches(first.expression, namespace, name);
  const [space, metric, ...pairs] = named(line);
  if (space !== namespace || metric !== name) return false;
  return dimensions.every(({ Name, Value: wanted }) =>
    pairs.some(
      (part, index) => index % 2 === 0 && part === Name && isSame(pairs[index + 1], wanted, variables),
    ),
  );
}

function isSame(found: Value | undefined, wanted: Value, variables: ValueMap): boolean {
  if (typeof found !== 'string') return false;
  if (found === wanted || found === placeholderFor(wanted)) return true;
  const variable = /^\$\{(\w+)\}$/.exec(found)?.[1];
  const behind = variable === undefined ? undefined : variables[variable];
  return behind !== undefined && branchesOf(behind).some((branch) => spelled(branch) === spelled(wanted));
}

/** What stands behind a variable: itself, or what `Fn::If` chooses from. */
function branchesOf(value: Value): readonly Value[] {
  const choice = isMap(value) ? value['Fn::If'] : undefined;
  return isList(choice) ? choice.slice(1).flatMap(branchesOf) : [value];
}

/** `SEARCH('{AWS/Lambda,FunctionName} MetricName="Errors"', 'Sum')` finds those of every function. */
function searches(expression: string, namespace: string, name: string): boolean {
  return (
    expression.includes('SEARCH(') &&
    expression.includes(`{${namespace},`) &&
    expression.includes(`"${name}"`)
  );
}
