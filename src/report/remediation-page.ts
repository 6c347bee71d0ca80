import { toJSONSchema } from 'zod';
import type { Remediation } from '../contract/remediation.js';
import type { Paint } from './paint.js';
import { hang, section } from './words.js';

/** What a remediation asks for, why, and where it is written down. */
export function remediationPage(remediation: Remediation, brush: Paint, columns: number): readonly string[] {
  const { id, title, why, guideRisk } = remediation;
  const block = (heading: string, entries: readonly string[]) =>
    section(brush.bold(heading), entries, columns);
  return [
    brush.bold(brush.cyan(id)),
    ...hang(`${title} (${guideRisk} risk)`, 2, 2, columns),
    ...hang(`Why: ${why}`, 2, 2, columns),
    ...(remediation.kind === 'resource' ? block('Looks at', remediation.appliesTo) : []),
    ...block('Set by the policy', fieldsOf(remediation.target)),
    ...sourceLines(remediation, brush, columns),
  ];
}

/** Where it is written down, by other tools and by AWS. */
export function sourceLines(remediation: Remediation, brush: Paint, columns: number): readonly string[] {
  return [
    ...section(brush.bold('The same in other tools'), equivalentsOf(remediation), columns),
    // An address that is broken can be neither clicked nor copied.
    ...section(brush.bold('Sources'), remediation.sources, Number.POSITIVE_INFINITY),
  ];
}

const toolNames = {
  checkov: 'Checkov',
  cfnNag: 'cfn_nag',
  guard: 'AWS Guard rules registry',
  config: 'AWS Config',
  securityHub: 'Security Hub',
  kics: 'KICS',
} as const;

function equivalentsOf({ equivalents }: Remediation): readonly string[] {
  return Object.entries(toolNames).flatMap(([tool, name]) => {
    const ids = equivalents[tool as keyof typeof toolNames] ?? [];
    return ids.length === 0 ? [] : [`${name}: ${ids.join(', ')}`];
  });
}

interface FieldSchema {
  readonly description?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
}

/** One line per field that can be set: `ranges.debug.minimumDays: shortest retention, in days (1 to 3653)`. */
function fieldsOf(target: Remediation['target']): readonly string[] {
  const fields: string[] = [];
  const visit = (schema: FieldSchema, path: readonly string[]): void => {
    const properties = Object.entries(schema.properties ?? {});
    for (const [name, field] of properties) visit(field, [...path, name]);
    if (properties.length === 0 && path.length > 0) {
      fields.push(
        `${path.join('.')}: ${[schema.description ?? '', limitsOf(schema)].filter(Boolean).join(' ')}`,
      );
    }
  };
  visit(toJSONSchema(target, { unrepresentable: 'any' }) as FieldSchema, []);
  return fields;
}

function limitsOf({ enum: choices, type, minimum, maximum }: FieldSchema): string {
  if (choices !== undefined) return `(${choices.join(' or ')})`;
  const isBounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER) {
    return isBounded ? `(${minimum} to ${maximum})` : `(${minimum} or more)`;
  }
  if (isBounded) return `(${maximum} at most)`;
  return type === 'boolean' ? '(true or false)' : '';
}
