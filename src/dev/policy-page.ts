import type { JsonSchema } from '../policy/json-schema.js';

/** The page of all keys of a policy, in Markdown, from its JSON Schema. */
export function policyPage(schema: JsonSchema): string {
  return [
    '# Keys of a policy',
    '',
    "<!-- Written by npm run generate from src/policy/sections.ts and the remediations; don't edit. -->",
    '',
    'A policy is YAML or JSON. It says what differs from the preset or file it `extends`: maps are merged, `functions`,',
    '`logGroups`, `deviations` and `attestations` are added to, everything else is replaced. The values of the presets,',
    'with their sources, are in [policies/](../../policies). For completion in an editor, write on the first line',
    '`# yaml-language-server: $schema=node_modules/idp-fix/policies/policy.schema.json`.',
    '',
    '| key | what it is | allowed |',
    '| --- | --- | --- |',
    ...rowsOf(schema, ''),
    '',
  ].join('\n');
}

function rowsOf(schema: JsonSchema, name: string): readonly string[] {
  const own =
    name === '' ? [] : [`| \`${name}\` | ${cell(schema.description ?? '')} | ${cell(allowed(schema))} |`];
  const below = Object.entries(propertiesOf(schema)).flatMap(([key, child]) =>
    rowsOf(child, name === '' ? key : `${name}.${key}`),
  );
  const items = schema.items === undefined ? [] : childRows(schema.items, `${name}[]`);
  const { additionalProperties: any } = schema;
  return [...own, ...below, ...items, ...(typeof any === 'object' ? childRows(any, `${name}.NAME`) : [])];
}

/** Of what stands in a list or under any name: only what it consists of, the whole is described already. */
function childRows(schema: JsonSchema, name: string): readonly string[] {
  return Object.entries(propertiesOf(schema)).flatMap(([key, child]) => rowsOf(child, `${name}.${key}`));
}

function propertiesOf({ properties, anyOf = [] }: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return properties ?? anyOf.find((choice) => choice.properties !== undefined)?.properties ?? {};
}

function allowed(schema: JsonSchema): string {
  const { enum: choices, anyOf, items, type, minimum, maximum, format, pattern } = schema;
  if (choices !== undefined) return choices.map((choice) => `\`${choice}\``).join(', ');
  if (anyOf !== undefined) return [...new Set(anyOf.map(allowed))].join(' or ');
  if (items?.enum !== undefined) return `list of ${allowed(items)}`;
  if (format === 'date') return 'day, `YYYY-MM-DD`';
  if (pattern !== undefined) return `\`${pattern}\``;
  return `${typeNames[type ?? ''] ?? type ?? ''}${range(minimum, maximum)}`;
}

const typeNames: Readonly<Record<string, string>> = {
  array: 'list',
  boolean: 'true or false',
  integer: 'whole number',
  object: 'map',
  string: 'text',
};

function range(minimum: number | undefined, maximum: number | undefined): string {
  const isUnbounded = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER;
  if (minimum === undefined) return '';
  return isUnbounded ? `, ${minimum} or more` : `, ${minimum} to ${maximum}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
