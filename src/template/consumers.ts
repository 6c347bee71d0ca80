import { intrinsicName } from '../document/intrinsics.js';
import { isEqual, isList, isMap, type Path, type Value, type ValueMap } from '../document/value.js';
import { substitutionParts } from './mentions.js';
import type { Parameter, Scope, ScopeLink, Stack, StackTree, Template } from './template.js';

/** A place that changes when a parameter does. */
interface Consumer {
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

export function rootOf<Nested extends { readonly parents: readonly { readonly stack: Nested }[] }>(
  stack: Nested,
): Nested {
  const [parent] = stack.parents;
  return parent === undefined ? stack : rootOf(parent.stack);
}

/** What a parent passes for a parameter; `undefined` when it leaves it to the default. */
export function passedBy({ stack, logicalId }: ScopeLink, name: string): Value | undefined {
  const passed = stack.template.resources.get(logicalId)?.properties.Parameters;
  const value = isMap(passed) && Object.hasOwn(passed, name) ? passed[name] : undefined;
  return value === null || isEqual(value, { Ref: 'AWS::NoValue' }) ? undefined : value;
}

/** Its value is stored in the parameter store and read at deployment. */
export function isStored(type: string): boolean {
  return type.startsWith('AWS::SSM::Parameter::Value<');
}

/**
 * Nobody here looks at its value: it is read at deployment, or it was given and is secret. What is not looked at is in no
 * report.
 */
export function isHidden({ name, type, noEcho }: Parameter, stack: Scope): boolean {
  return isStored(type) || (noEcho && stack.knownParameters.has(name));
}

/** What a list parameter holds. */
export function itemsOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(',').map((item) => item.trim());
}

/** Parameters and comparisons are text, whatever the template writes. */
export function textOf(value: Value): string {
  if (isList(value)) return value.map(textOf).join(',');
  return isMap(value) ? JSON.stringify(value) : String(value ?? '');
}

const inside = new WeakMap<object, readonly string[]>();

/**
 * The names a value refers to through `Ref`, `Fn::GetAtt` and `Fn::Sub`: logical ids and parameters, each once, in
 * the order of the text. Pseudo parameters and the variables a `Fn::Sub` brings along are left out.
 */
export function referencesIn(value: Value | undefined): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const known = inside.get(value);
  if (known !== undefined) return known;
  const found = isMap(value) ? (named(value) ?? below(Object.values(value))) : below(value);
  inside.set(value, found);
  return found;
}

function below(values: readonly Value[]): readonly string[] {
  const found = values.map(referencesIn).filter((names) => names.length > 0);
  return found.length <= 1 ? (found[0] ?? []) : [...new Set(found.flat())];
}

/** What an intrinsic names; `undefined` for a map that is none of the three. */
function named(value: Readonly<Record<string, Value>>): readonly string[] | undefined {
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Sub': substitution } = value;
  if (typeof ref === 'string') return isPseudo(ref) ? [] : [owner(ref)];
  if (typeof attribute === 'string') return [owner(attribute)];
  if (isList(attribute)) {
    const [first, ...rest] = attribute;
    const names = typeof first === 'string' ? [owner(first)] : [];
    return [...new Set([...names, ...below(rest)])];
  }
  if (substitution === undefined) return undefined;
  const [text, variables] = isList(substitution) ? substitution : [substitution];
  const own = isMap(variables) ? variables : {};
  const parts = typeof text === 'string' ? substitutionParts(text) : [];
  const names = parts.flatMap((part) =>
    'name' in part && !Object.hasOwn(own, part.name) ? [part.name] : [],
  );
  const ids = names.filter((name) => !isPseudo(name)).map(owner);
  return [...new Set([...ids, ...below(Object.values(own))])];
}

function isPseudo(name: string): boolean {
  return name.startsWith('AWS::');
}

/** `Function.Alias` and `Api.Stage` are how SAM names what it makes for a resource. */
function owner(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? name : name.slice(0, dot);
}
