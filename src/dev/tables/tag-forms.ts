import type { Resource, SpecDatabase } from '@aws-cdk/service-spec-types';
import { registryTypes } from './registry-types.js';

/** `property` and `form`, by type; what cannot be tagged is left out. */
export function tagForms(database: SpecDatabase): Record<string, readonly [property: string, form: string]> {
  return Object.fromEntries(
    registryTypes(database).flatMap((resource) => {
      const found = formOf(resource);
      return found === undefined ? [] : [[resource.cloudFormationType, found]];
    }),
  );
}

const forms = { standard: 'list', map: 'map', asg: 'propagated-list' } as const;

/** By what the schema says of tagging, else by a property that is typed as tags without the schema saying so. */
function formOf({
  tagInformation,
  properties,
}: Resource): readonly [property: string, form: string] | undefined {
  if (tagInformation !== undefined) {
    const { tagPropertyName: property, variant } = tagInformation;
    return [property, forms[variant]];
  }
  const { Tags: tags, TagSpecifications: specifications } = properties;
  if (specifications !== undefined) return ['TagSpecifications', 'specifications'];
  const form = tags?.type.type === 'array' ? 'list' : 'map';
  return tags === undefined ? undefined : ['Tags', form];
}
