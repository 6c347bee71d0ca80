import { isEqual, isList, isMap, type Value } from '../document/value.js';
import { substitutedExpression, substitutionParts } from './mentions.js';
import { type Outcome, unknown } from './outcome.js';
import { textOf } from './parameter-passing.js';
import type { Stack } from './template.js';
import type { Found, World } from './world.js';

/** Functions whose result is put together from their arguments. */
export const foldable: ReadonlySet<string> = new Set([
  'Fn::Sub',
  'Fn::Join',
  'Fn::Select',
  'Fn::Split',
  'Fn::FindInMap',
]);

/** More branches than this are not told apart. */
export const mostBranches = 64;

type Evaluate = (expression: Value | undefined, world: World) => readonly Found[];

/** Several expressions in one world after the other, so that they agree on the conditions they share. */
interface Together {
  readonly outcomes: readonly Outcome[];
  readonly world: World;
  readonly parameters: Found['parameters'];
}

export function fold(
  name: string,
  argument: Value,
  world: World,
  stack: Stack,
  evaluate: Evaluate,
): readonly Found[] {
  const list = isList(argument) ? argument : [];
  switch (name) {
    case 'Fn::Sub':
      return substitute(argument, world, evaluate);
    case 'Fn::Join':
      return join(list, world, evaluate);
    case 'Fn::Split':
      return found(together(list, world, evaluate), ([delimiter, text]) => split(delimiter, text));
    case 'Fn::Select':
      return select(list, world, evaluate);
    default:
      return findInMap(list, world, stack, evaluate);
  }
}

function together(expressions: readonly Value[], world: World, evaluate: Evaluate): readonly Together[] {
  let ways: readonly Together[] = [{ outcomes: [], world, parameters: [] }];
  for (const expression of expressions) {
    ways = ways.flatMap((way) =>
      evaluate(expression, way.world).map((branch) => ({
        outcomes: [...way.outcomes, branch.outcome],
        world: branch.world,
        parameters: unique([...way.parameters, ...branch.parameters]),
      })),
    );
    if (ways.length > mostBranches) {
      return [
        { outcomes: expressions.map(() => unknown('it has too many branches')), world, parameters: [] },
      ];
    }
  }
  return ways;
}

function unique(parameters: Found['parameters']): Found['parameters'] {
  return parameters.filter(
    ({ stack, name }, index) =>
      parameters.findIndex((other) => other.stack === stack && other.name === name) === index,
  );
}

function found(
  ways: readonly Together[],
  outcomeOf: (outcomes: readonly Outcome[]) => Outcome,
): readonly Found[] {
  return ways.map(({ outcomes, world, parameters }) => ({
    outcome: outcomeOf(outcomes),
    path: [],
    world,
    parameters,
  }));
}

function substitute(argument: Value, world: World, evaluate: Evaluate): readonly Found[] {
  const [template, given] = isList(argument) ? argument : [argument];
  if (typeof template !== 'string') {
    return [{ outcome: unknown('Fn::Sub has no text'), path: [], world, parameters: [] }];
  }
  const own = isMap(given) ? given : {};
  const parts = substitutionParts(template);
  const names = parts.flatMap((part) => ('name' in part ? [part.name] : []));
  const expressions = names.map(
    (name) => (Object.hasOwn(own, name) ? own[name] : undefined) ?? substitutedExpression(name),
  );
  return found(together(expressions, world, evaluate), (outcomes) => {
    const [only] = outcomes;
    if (only !== undefined && parts.length === 1) return only;
    const left = [...outcomes];
    const pieces = parts.map((part): Piece => {
      if ('text' in part) return part;
      return pieceOf(left.shift() ?? { kind: 'absent' }, `\${${part.name}}`);
    });
    return glued(pieces, '');
  });
}

interface Piece {
  readonly text: string;
  /** Why the text is but a placeholder. */
  readonly because?: string;
}

function pieceOf(outcome: Outcome, placeholder: string): Piece {
  switch (outcome.kind) {
    case 'value':
      if (typeof outcome.value === 'object')
        return { text: placeholder, because: 'a list or map stands in a text' };
      return { text: String(outcome.value) };
    case 'absent':
      return { text: '' };
    case 'resource':
      return { text: placeholder, because: `${outcome.logicalId} is named by the service` };
    case 'unknown':
      return { text: outcome.text ?? placeholder, because: outcome.because };
  }
}

/** No property holds a longer text. */
const longestText = 1_000_000;

function glued(pieces: readonly Piece[], delimiter: string): Outcome {
  const length = pieces.reduce((sum, piece) => sum + piece.text.length + delimiter.length, 0);
  if (length > longestText) return unknown('the text is too long');
  const text = pieces.map((piece) => piece.text).join(delimiter);
  const because = pieces.find((piece) => piece.because !== undefined)?.because;
  return because === undefined ? { kind: 'value', value: text } : unknown(because, text);
}

function join([delimiter, items]: readonly Value[], world: World, evaluate: Evaluate): readonly Found[] {
  const separator = typeof delimiter === 'string' ? delimiter : '';
  if (isList(items)) {
    return found(together(items, world, evaluate), (outcomes) => joined(outcomes, separator));
  }
  return found(together(items === undefined ? [] : [items], world, evaluate), ([list]) => {
    if (list?.kind !== 'value') return list ?? unknown('Fn::Join has no list');
    if (!isList(list.value)) return unknown('Fn::Join has no list');
    return joined(
      list.value.map((value) => ({ kind: 'value', value })),
      separator,
    );
  });
}

/** A list among the items, such as a list parameter, is joined as if its items were written there. */
function joined(outcomes: readonly Outcome[], delimiter: string): Outcome {
  const pieces = outcomes
    .filter(({ kind }) => kind !== 'absent')
    .flatMap((outcome): readonly Outcome[] =>
      outcome.kind === 'value' && isList(outcome.value)
        ? outcome.value.map((value) => ({ kind: 'value', value }))
        : [outcome],
    );
  return glued(
    pieces.map((outcome) => pieceOf(outcome, '${…}')),
    delimiter,
  );
}

function split(delimiter: Outcome | undefined, text: Outcome | undefined): Outcome {
  if (delimiter?.kind !== 'value' || typeof delimiter.value !== 'string' || delimiter.value === '') {
    return unknown('Fn::Split has no delimiter');
  }
  if (text?.kind !== 'value') return withoutText(text);
  return { kind: 'value', value: textOf(text.value).split(delimiter.value) };
}

function withoutText(outcome: Outcome | undefined): Outcome {
  if (outcome?.kind === 'unknown') return unknown(outcome.because);
  return outcome?.kind === 'resource'
    ? unknown(`${outcome.logicalId} is named by the service`)
    : (outcome ?? unknown('an argument is missing'));
}

function select([position, items]: readonly Value[], world: World, evaluate: Evaluate): readonly Found[] {
  if (isList(items)) {
    return evaluate(position, world).flatMap((at): readonly Found[] => {
      const index = at.outcome.kind === 'value' ? textOf(at.outcome.value) : undefined;
      if (index === undefined) return [{ ...at, outcome: withoutText(at.outcome), path: [] }];
      const path = ['Fn::Select', '1', index];
      return evaluate(items[Number(index)], at.world).map((branch) => ({
        ...branch,
        path: [...path, ...branch.path],
      }));
    });
  }
  return found(together([position ?? null, items ?? null], world, evaluate), ([at, list]) => {
    if (at?.kind !== 'value' || list?.kind !== 'value') return withoutText(at?.kind === 'value' ? list : at);
    const value = isList(list.value) ? list.value[Number(textOf(at.value))] : undefined;
    return value === undefined
      ? unknown('Fn::Select looks behind the end of its list')
      : { kind: 'value', value };
  });
}

function findInMap(
  [map, ...keys]: readonly Value[],
  world: World,
  stack: Stack,
  evaluate: Evaluate,
): readonly Found[] {
  const [first = null, second = null, options] = keys;
  return together([map ?? null, first, second], world, evaluate).flatMap(({ outcomes, ...way }) => {
    const [name, ...chosen] = outcomes.map((outcome) =>
      outcome.kind === 'value' ? textOf(outcome.value) : undefined,
    );
    const table = name === undefined ? undefined : stack.template.mappings[name];
    const leaves = leavesOf(table, chosen);
    if (leaves.length > 0)
      return leaves.map((value): Found => ({ ...way, outcome: { kind: 'value', value }, path: [] }));
    const fallback = isMap(options) ? options.DefaultValue : undefined;
    if (fallback !== undefined)
      return evaluate(fallback, way.world).map((branch) => ({ ...branch, path: [] }));
    return [{ ...way, outcome: unknown(`mapping ${name ?? 'names'} cannot be looked up`), path: [] }];
  });
}

/** The values a mapping can give, each once; an unknown key may be any. */
function leavesOf(table: Value | undefined, keys: readonly (string | undefined)[]): readonly Value[] {
  const [key, ...rest] = keys;
  if (table === undefined) return [];
  if (keys.length === 0) return [table];
  const rows = !isMap(table)
    ? []
    : key === undefined
      ? Object.values(table)
      : Object.hasOwn(table, key)
        ? [table[key]]
        : [];
  const leaves = rows.flatMap((row) => leavesOf(row, rest));
  return leaves.filter((leaf, index) => leaves.findIndex((other) => isEqual(other, leaf)) === index);
}
