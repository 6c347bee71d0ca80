import type { SpecDatabase } from '@aws-cdk/service-spec-types';
import { registryTypes } from './registry-types.js';

/** Types whose resources hold what cannot be made again. */
export function statefulTypes(database: SpecDatabase): Record<string, true> {
  return Object.fromEntries(
    registryTypes(database)
      .filter(({ isStateful }) => isStateful === true)
      .map(({ cloudFormationType }) => [cloudFormationType, true as const]),
  );
}
