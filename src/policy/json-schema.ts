import { toJSONSchema } from 'zod';
import { switchKey } from './load.js';
import { policySchema, type SwitchableRemediation } from './schema.js';

export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly [keyword: string]: unknown;
}

/** The schema of a policy file, for editors: nothing is required of it, because its preset has everything. */
export function policyJsonSchema(remediations: readonly SwitchableRemediation[]): JsonSchema {
  const complete = toJSONSchema(policySchema(remediations), {
    io: 'input',
    target: 'draft-7',
  }) as JsonSchema;
  const { $schema, ...schema } = withoutRequired(complete);
  const titles = new Map(remediations.map(({ id, title }) => [id, title]));
  const section = schema.properties?.remediations ?? {};
  const switchable = mapValues(section.properties ?? {}, (target, id) =>
    withSwitch(target, titles.get(id) ?? id),
  );
  return {
    $schema,
    title: 'idp-fix policy',
    ...schema,
    properties: {
      ...schema.properties,
      remediations: {
        ...section,
        description: 'what each remediation wants; false switches one off',
        properties: switchable,
      },
    },
  };
}

/** Maps are merged with those of the preset, so they may be partial; items of lists stand for themselves. */
function withoutRequired({ required: _required, ...schema }: JsonSchema): JsonSchema {
  const { properties, additionalProperties } = schema;
  return {
    ...schema,
    ...(properties !== undefined && { properties: mapValues(properties, withoutRequired) }),
    ...(typeof additionalProperties === 'object' && {
      additionalProperties: withoutRequired(additionalProperties),
    }),
  };
}

function withSwitch(target: JsonSchema, title: string): JsonSchema {
  const enabled = { type: 'boolean', description: 'whether the remediation is asked at all', default: true };
  const properties = { [switchKey]: enabled, ...target.properties };
  return { description: title, anyOf: [{ type: 'boolean' }, { ...target, properties }] };
}

function mapValues<From, To>(
  map: Readonly<Record<string, From>>,
  change: (value: From, key: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value, key)]));
}
