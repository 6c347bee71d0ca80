import type { Remediation } from '../contract/remediation.js';
import * as z from '../zod.js';
import { sections } from './sections.js';

export type SwitchableRemediation = Pick<Remediation, 'id' | 'title' | 'target'>;

/** The schema of a policy with everything it extends filled in; each remediation brings its own part. */
export function policySchema(remediations: readonly SwitchableRemediation[]) {
  const targets: Record<string, z.ZodType> = {};
  for (const { id, target } of remediations) targets[id] = target;
  return z.strictObject({ ...sections, remediations: z.strictObject(targets) });
}

export type PolicyContent = z.infer<ReturnType<typeof policySchema>>;

/** The part of a schema a path leads to; `undefined` where it leads nowhere. */
export function schemaAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  const [token, ...rest] = path;
  const inner = unwrapped(schema);
  if (token === undefined) return schema;
  let child: z.core.$ZodType | undefined;
  if (inner instanceof z.ZodObject) child = inner.shape[String(token)];
  else if (inner instanceof z.ZodArray) child = inner.element;
  else if (inner instanceof z.ZodRecord) child = inner.valueType;
  return child && schemaAt(child, rest);
}

/** The keys an object schema allows at a path; none where any will do. */
export function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const found = schemaAt(schema, path);
  const inner = found && unwrapped(found);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

export function descriptionAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string | undefined {
  const found = schemaAt(schema, path);
  return found && z.globalRegistry.get(found)?.description;
}

/** The schema of what is there, without what says that it may be left out. */
export function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrapped(schema.unwrap());
  }
  return schema instanceof z.ZodPipe ? unwrapped(schema.in) : schema;
}
