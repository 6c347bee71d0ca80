import { isMap, type Value } from '../document/value.js';
import { resourcesAfterTransform } from './sam.js';
import type { Template } from './template.js';

/** @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
export const limits = {
  resources: 500,
  parameters: 200,
  outputs: 200,
  mappings: 200,
  mappingAttributes: 200,
  descriptionBytes: 1_024,
  parameterValueBytes: 4_096,
  nameCharacters: 255,
  templateBytes: 1_000_000,
  /** Of a template that is sent with the request instead of being read from S3. */
  inlineBytes: 51_200,
} as const;

/** What of a template exceeds a limit of CloudFormation, one sentence each; none when it can be deployed. */
export function limitProblems(template: Template): readonly string[] {
  const { path, parameters, outputs, mappings, document } = template;
  const count = (what: string, found: number, limit: number): string[] =>
    found > limit ? [`${path} has ${found} ${what}, and CloudFormation takes ${limit}`] : [];
  const names = [
    ...template.resources.keys(),
    ...parameters.keys(),
    ...Object.keys(mappings),
    ...Object.keys(outputs),
  ];
  return [
    ...count('resources after the transforms', resourcesAfterTransform(template), limits.resources),
    ...count('parameters', parameters.size, limits.parameters),
    ...count('outputs', Object.keys(outputs).length, limits.outputs),
    ...count('mappings', Object.keys(mappings).length, limits.mappings),
    ...Object.entries(mappings).flatMap(([name, map]) =>
      count(
        `attributes in mapping ${name}`,
        isMap(map) ? Object.keys(map).length : 0,
        limits.mappingAttributes,
      ),
    ),
    ...count('bytes of description', bytesOf(template.value.Description), limits.descriptionBytes),
    ...[...parameters.values()].flatMap((parameter) =>
      count(
        `bytes in the default of ${parameter.name}`,
        bytesOf(parameter.default),
        limits.parameterValueBytes,
      ),
    ),
    ...names.flatMap((name) => count(`characters in the name ${name}`, name.length, limits.nameCharacters)),
    ...count('bytes', Buffer.byteLength(document.source.text), limits.templateBytes),
  ];
}

function bytesOf(value: Value | undefined): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : 0;
}
