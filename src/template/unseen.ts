import { isList, isMap, type Value } from '../document/value.js';
import { referencesIn } from './consumers.js';
import { loopTransform } from './loops.js';
import { isMacroCall } from './open.js';
import type { Template, TemplateResource } from './template.js';

/** A part of a template whose content is not judged, with the reason. */
export interface UnseenPart {
  /** Of a resource; the name of a section where it is none. */
  readonly logicalId: string;
  readonly because: string;
}

/** What these transforms come to is worked out, or is nothing that is judged. */
const seenTransforms: ReadonlySet<string> = new Set([
  'AWS::Serverless-2016-10-31',
  'AWS::LanguageExtensions',
  'AWS::CodeDeployBlueGreen',
]);

/** Templates of their own, deployed elsewhere or by somebody else. */
const otherTemplates: Readonly<Record<string, string>> = {
  'AWS::CloudFormation::StackSet':
    'the template of a stack set is deployed to other accounts and Regions; name it on its own to check it',
  'AWS::ServiceCatalog::CloudFormationProduct': 'the template of the product is not checked',
  'AWS::ServiceCatalog::CloudFormationProvisionedProduct': 'the template of the product is not checked',
};

/** What nothing in the template shows: only CloudFormation knows what it makes of these. */
export function unseenParts(template: Template): readonly UnseenPart[] {
  const { value, transforms, resources, openLoops } = template;
  const macros = transforms
    .filter((name) => !seenTransforms.has(name))
    .map((name) => ({ logicalId: 'Transform', because: changes(name) }));
  const section = isMap(value.Resources) ? value.Resources : {};
  const generated = Object.entries(section)
    .filter(([logicalId, body]) => isMacroCall(logicalId, body))
    .flatMap(([logicalId, body]) =>
      logicalId.startsWith('Fn::ForEach')
        ? unexpanded(logicalId, transforms)
        : transformsIn({ [logicalId]: body }).map((name) => ({ logicalId, because: changes(name) })),
    );
  const elsewhere = Object.entries(value)
    .filter(([name]) => name !== 'Resources' && name !== 'Transform')
    .flatMap(([name, part]) =>
      transformsIn(part).map((macro) => ({ logicalId: name, because: changes(macro) })),
    );
  const loops = openLoops.map(({ section: part, name, because }) => ({
    logicalId: part === 'Resources' ? name : part,
    because: `what ${name} makes is not checked: ${because}`,
  }));
  const lacking = lackingIn(template).map((because) => ({ logicalId: 'Resources', because }));
  return [
    ...macros,
    ...generated,
    ...loops,
    ...elsewhere,
    ...lacking,
    ...[...resources.values()].flatMap(unseenIn),
  ];
}

/** Without its transform a loop is no loop. */
function unexpanded(logicalId: string, transforms: readonly string[]): readonly UnseenPart[] {
  if (transforms.includes(loopTransform)) return [];
  return [
    { logicalId, because: `what it makes is not checked: the template has no Transform: ${loopTransform}` },
  ];
}

function unseenIn({ logicalId, type, body }: TemplateResource): readonly UnseenPart[] {
  const other = Object.hasOwn(otherTemplates, type) ? otherTemplates[type] : undefined;
  const reasons = [
    ...(other === undefined ? [] : [other]),
    ...(type.endsWith('::MODULE') ? ['the resources of the module are not checked'] : []),
    ...transformsIn(body).map(changes),
  ];
  return reasons.map((because) => ({ logicalId, because }));
}

function changes(macro: string): string {
  return macro.startsWith('AWS::Include')
    ? `what ${macro} adds is not checked`
    : `the macro ${macro} changes it when it is deployed, and what it makes is not checked`;
}

/** The macros that are called anywhere in a value. */
const transformsIn = collecting((key, inner) =>
  key === 'Fn::Transform' ? (isList(inner) ? inner : [inner]).map(transformName) : undefined,
);

/**
 * Collects from a value, in the order of the text. Values are frozen, and patches leave most of a template alone, so what
 * a part has is kept.
 * @param look what an entry has, in the place of what is in it
 */
function collecting(
  look: (key: string, inner: Value) => readonly string[] | undefined,
): (value: Value | undefined) => readonly string[] {
  const known = new WeakMap<object, readonly string[]>();
  const collect = (value: Value | undefined): readonly string[] => {
    if (typeof value !== 'object' || value === null) return none;
    const before = known.get(value);
    if (before !== undefined) return before;
    const parts = isList(value)
      ? value.map(collect)
      : Object.keys(value).map((key) => look(key, value[key] ?? null) ?? collect(value[key]));
    const filled = parts.filter((part) => part.length > 0);
    const found = filled.length <= 1 ? (filled[0] ?? none) : filled.flat();
    known.set(value, found);
    return found;
  };
  return collect;
}

const none: readonly string[] = [];

/** With what is included: `AWS::Include of api.yaml`. */
function transformName(call: Value | undefined): string {
  const { Name: name, Parameters: parameters } = isMap(call) ? call : {};
  const location = isMap(parameters) ? parameters.Location : undefined;
  const what = typeof name === 'string' ? name : 'Fn::Transform';
  return typeof location === 'string' ? `${what} of ${location}` : what;
}

const lackingKnown = new WeakMap<Template, readonly string[]>();

/** Why CloudFormation refuses a template as it is: something has to be put together with it first. */
export function lackingIn(template: Template): readonly string[] {
  const known = lackingKnown.get(template) ?? findLacking(template);
  lackingKnown.set(template, known);
  return known;
}

function findLacking(template: Template): readonly string[] {
  const { resources, isSam } = template;
  const undeclared = undeclaredNames(template);
  const samOnly = [...resources.values()].filter(
    ({ type }) => !isSam && type.startsWith('AWS::Serverless::'),
  );
  return [
    ...(undeclared.length === 0
      ? []
      : [
          `the template refers to ${firstOf(undeclared)}, which it does not declare: CloudFormation refuses it alone, and what a bigger template adds to it is not known here`,
        ]),
    ...(samOnly.length === 0
      ? []
      : [
          `the template has resources of SAM (${firstOf(samOnly.map(({ logicalId }) => logicalId))}) and no Transform: AWS::Serverless-2016-10-31, without which CloudFormation refuses it`,
        ]),
  ];
}

/** Enough names to find the place. */
function firstOf(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}

/**
 * Names that a template refers to and does not declare, each once, in the order of the text: CloudFormation refuses it
 * alone, so it is a part of a bigger one. None where a macro may bring them in.
 */
export function undeclaredNames(template: Template): readonly string[] {
  const { value, parameters, resources, conditions, transforms } = template;
  if (transforms.some((name) => !seenTransforms.has(name)) || isList(value.Resources)) return [];
  const section = isMap(value.Resources) ? value.Resources : {};
  if (Object.keys(section).some((key) => key.startsWith('Fn::')) || transformsIn(value).length > 0) return [];
  const parts = [section, value.Conditions, value.Outputs];
  const needed = [...resources.values()].flatMap(({ dependsOn }) => dependsOn);
  const usesSam = [...resources.values()].some(({ type }) => type.startsWith('AWS::Serverless::'));
  const names = [...parts.flatMap(referencesIn), ...needed].filter(
    (name) =>
      !parameters.has(name) &&
      !resources.has(name) &&
      !isOfModule(name, template) &&
      !(usesSam && isGenerated(name, template)),
  );
  const wanted = [
    ...[...resources.values()].flatMap(({ condition }) => (condition === undefined ? [] : [condition])),
    ...parts.flatMap(conditionsNamed),
  ].filter((name) => !conditions.has(name));
  return [...new Set([...names, ...wanted])];
}

/** Resources of a module are named after it, with or without a period between. */
function isOfModule(name: string, { resources }: Template): boolean {
  return [...resources.values()].some(
    ({ type, logicalId }) => type.endsWith('::MODULE') && name.startsWith(logicalId),
  );
}

/** SAM names what it makes after what it is made for, and what APIs share after nothing. */
function isGenerated(name: string, { resources }: Template): boolean {
  if (/^Serverless(?:RestApi|HttpApi|UsagePlan|ApiKey)/.test(name)) return true;
  return [...resources.keys()].some((logicalId) => name.startsWith(logicalId));
}

/** The conditions that `Fn::If` names. */
const conditionsNamed = collecting((key, inner) => {
  const name = key === 'Fn::If' && isList(inner) ? inner[0] : undefined;
  return typeof name === 'string' ? [name, ...conditionsNamed(inner)] : undefined;
});
