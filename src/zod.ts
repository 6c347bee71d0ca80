/**
 * The part of zod that a plan needs. The namespace as a whole takes along fifty languages and the way to JSON Schema and
 * back, half a megabyte that every run would load.
 */
import { config } from 'zod';
import type * as core from 'zod/v4/core';

// zod writes code for every schema it is about to use; a policy is validated once, and is done by then.
config({ jitless: true });

export {
  any,
  array,
  boolean,
  custom,
  discriminatedUnion,
  email,
  enum,
  globalRegistry,
  type infer,
  int,
  iso,
  literal,
  nullable,
  number,
  object,
  optional,
  type output,
  record,
  safeParse,
  strictObject,
  string,
  tuple,
  union,
  unknown,
  url,
  ZodArray,
  ZodDefault,
  ZodError,
  ZodNumber,
  ZodObject,
  ZodOptional,
  ZodPipe,
  ZodPrefault,
  ZodRecord,
  type ZodType,
} from 'zod';
export type { core };
