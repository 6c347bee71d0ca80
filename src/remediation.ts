/** What a remediation imports: the contract, and what it works with beside it. */

export { hasCredentialForm, isCredentialName, isSecretText } from './analysis/credentials.js';
export type {
  Access,
  Basis,
  CalledService,
  Calls,
  EncryptionKey,
  Facts,
  FunctionClass,
  FunctionType,
  KeyPurpose,
  LogGroupUser,
  NoKey,
  PolledQueue,
  Publisher,
  ResourceView,
  ServiceUse,
  Trigger,
} from './contract/facts.js';
export * from './contract/facts.js';
export * from './contract/remediation.js';
export * from './contract/remediation.js';
export { type MetricFact, metricFact, namespaceMeant } from './data/metrics.js';
export { type TagForm, tagFormOf, taggableTypes } from './data/tag-forms.js';
export type { Update } from './data/updates.js';
export { isEqual, isList, isMap, type Value, type ValueMap } from './document/value.js';
export { shellWord } from './escape.js';
export { numberOf, type Outcome, scalarText } from './expressions/resolve.js';
export { isStageName, isStageTag, stagesOf } from './expressions/stages.js';
export { matchesWildcard } from './template/mentions.js';
export type { Stack, StackTree } from './template/template.js';
export * as z from './zod.js';
