import type { Resource, SpecDatabase } from '@aws-cdk/service-spec-types';

/**
 * The types of the registry. What the package says of SAM's types is left out: it has nearly every property of a
 * function replace it, so they are mapped to the types they become (`src/data/overlay.ts`).
 */
export function registryTypes(database: SpecDatabase): readonly Resource[] {
  return [...database.all('resource')].filter(
    ({ cloudFormationType }) => !cloudFormationType.startsWith('AWS::Serverless::'),
  );
}
