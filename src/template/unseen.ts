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
export function unseenParts({ value, transforms, resources, openLoops }: Template): readonly UnseenPart[] {
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
  return [...macros, ...generated, ...loops, ...elsewhere, ...[...resources.values()].flatMap(unseenIn)];
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
function transformsIn(value: Value | undefined): readonly string[] {
  if (isList(value)) return value.flatMap(transformsIn);
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'Fn::Transform' ? (isList(inner) ? inner : [inner]).map(transformName) : transformsIn(inner),
  );
}

/** With what is included: `AWS::Include of api.yaml`. */
function transformName(call: Value | undefined): string {
  const { Name: name, Parameters: parameters } = isMap(call) ? call : {};
  const location = isMap(parameters) ? parameters.Location : undefined;
  const what = typeof name === 'string' ? name : 'Fn::Transform';
  return typeof location === 'string' ? `${what} of ${location}` : what;
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
    (name) => !parameters.has(name) && !resources.has(name) && !(usesSam && isGenerated(name, template)),
  );
  const wanted = [
    ...[...resources.values()].flatMap(({ condition }) => (condition === undefined ? [] : [condition])),
    ...parts.flatMap(conditionsNamed),
  ].filter((name) => !conditions.has(name));
  return [...new Set([...names, ...wanted])];
}

/** SAM names what it makes after what it is made for, and what APIs share after nothing. */
function isGenerated(name: string, { resources }: Template): boolean {
  if (/^Serverless(?:RestApi|HttpApi|UsagePlan|ApiKey)/.test(name)) return true;
  return [...resources.keys()].some((logicalId) => name.startsWith(logicalId));
}

/** The conditions that `Fn::If` names. */
function conditionsNamed(value: Value | undefined): readonly string[] {
  if (isList(value)) return value.flatMap(conditionsNamed);
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const name = key === 'Fn::If' && isList(inner) ? inner[0] : undefined;
    return [...(typeof name === 'string' ? [name] : []), ...conditionsNamed(inner)];
  });
}
