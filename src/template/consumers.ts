import { intrinsicName } from '../document/intrinsics.js';
import type { Path } from '../document/pointer.js';
import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import { substitutionParts } from './mentions.js';
import type { Stack, StackTree, Template } from './template.js';

/** A place that changes when a parameter does. */
export interface Consumer {
  readonly stack: Stack;
  /** `null` for a condition, an output, a rule or `Globals`. */
  readonly logicalId: string | null;
  /** From the root of the template to the expression: `['Resources', 'Logs', 'Properties', 'RetentionInDays']`. */
  readonly path: Path;
  /** The condition it goes through, for what only depends on the parameter by way of one. */
  readonly condition?: string;
  /** The parameter is a key of a mapping there, so that its value means something of its own. */
  readonly isKey?: true;
}

/**
 * Every place that uses a parameter: properties, outputs, conditions and what depends on those, in this stack and in
 * the nested stacks it is passed on to. Passing it on is itself a use only where the nested template is not at hand.
 */
export function consumers(tree: StackTree, stack: Stack, parameter: string): readonly Consumer[] {
  const found: Consumer[] = [];
  const seen = new Set<string>();
  const visit = (at: Stack, name: string, condition?: string, asKey = false): void => {
    const key = JSON.stringify([at.template.path, name, condition !== undefined, asKey]);
    if (seen.has(key)) return;
    seen.add(key);
    const uses = usesIn(at.template);
    const places = (condition === undefined ? uses.parameters : uses.conditions).get(name) ?? [];
    for (const path of places) {
      const [section, id = ''] = path;
      const isKey = asKey || path.includes('Fn::FindInMap');
      const through = { ...(condition !== undefined && { condition }), ...(isKey && { isKey }) };
      if (section === 'Conditions') {
        found.push({ stack: at, logicalId: null, path, ...through });
        visit(at, id, condition ?? id, isKey);
        continue;
      }
      const passed =
        section === 'Resources' && path[2] === 'Properties' && path[3] === 'Parameters' ? path[4] : undefined;
      const child = at.children.get(id);
      if (passed !== undefined && child?.template.parameters.has(passed))
        visit(child, passed, undefined, isKey);
      else found.push({ stack: at, logicalId: section === 'Resources' ? id : null, path, ...through });
    }
  };
  visit(stack, parameter);
  return inTreeOrder(tree, found);
}

function inTreeOrder(tree: StackTree, found: readonly Consumer[]): readonly Consumer[] {
  return tree.stacks.flatMap((stack) => found.filter((consumer) => consumer.stack === stack));
}

interface Uses {
  readonly parameters: ReadonlyMap<string, readonly Path[]>;
  readonly conditions: ReadonlyMap<string, readonly Path[]>;
}

const known = new WeakMap<Template, Uses>();
const sections = ['Conditions', 'Globals', 'Rules', 'Resources', 'Outputs'] as const;

/** One walk over a template for all its parameters and conditions. */
function usesIn(template: Template): Uses {
  const cached = known.get(template);
  if (cached !== undefined) return cached;
  const parameters = new Map<string, Path[]>();
  const conditions = new Map<string, Path[]>();
  const note = (uses: Map<string, Path[]>, name: string, path: Path): void => {
    const places = uses.get(name);
    if (places === undefined) uses.set(name, [path]);
    else places.push(path);
  };
  const path: string[] = [];
  const walk = (value: Value | undefined): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const name of parametersNamed(value))
      if (template.parameters.has(name)) note(parameters, name, [...path]);
    const condition = conditionNamed(value, path);
    if (condition !== undefined && template.conditions.has(condition)) note(conditions, condition, [...path]);
    for (const key of Object.keys(value)) below(value, key);
  };
  const below = (value: ValueMap | readonly Value[], key: string): void => {
    path.push(key);
    walk(isMap(value) ? value[key] : value[Number(key)]);
    path.pop();
  };
  for (const section of sections) below(template.value, section);
  const uses = { parameters, conditions };
  known.set(template, uses);
  return uses;
}

function parametersNamed(value: Value): readonly string[] {
  const name = intrinsicName(value);
  if (!isMap(value) || (name !== 'Ref' && name !== 'Fn::Sub')) return [];
  const argument = value[name];
  if (name === 'Ref') return typeof argument === 'string' ? [argument] : [];
  const [text, given] = isList(argument) ? argument : [argument];
  const own = isMap(given) ? given : {};
  const parts = typeof text === 'string' ? substitutionParts(text) : [];
  return [
    ...new Set(
      parts.flatMap((part) => ('name' in part && !Object.hasOwn(own, part.name) ? [part.name] : [])),
    ),
  ];
}

/** The condition an `Fn::If`, a condition, a resource or an output goes by. */
function conditionNamed(value: Value, path: Path): string | undefined {
  if (!isMap(value)) return undefined;
  const choice = value['Fn::If'];
  const [first] = isList(choice) ? choice : [];
  if (typeof first === 'string') return first;
  const { Condition: condition } = value;
  const [section] = path;
  const isOwner = (section === 'Resources' || section === 'Outputs') && path.length === 2;
  const isReference = section === 'Conditions' && Object.keys(value).length === 1;
  return typeof condition === 'string' && (isOwner || isReference) ? condition : undefined;
}
