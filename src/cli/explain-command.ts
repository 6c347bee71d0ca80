import { toJSONSchema } from 'zod';
import type { Remediation } from '../remediation.js';
import type { Paint } from '../report/paint.js';
import { hang } from '../report/words.js';
import { findRemediation } from './find-remediation.js';

/**
 * What a remediation asks for, why, and where it is written down.
 * @throws IdpFixError `unknown-remediation`
 */
export function explain(
  id: string,
  remediations: readonly Remediation[],
  brush: Paint,
  columns: number,
): string {
  const remediation = findRemediation(id, remediations);
  const { title, why, guideRisk, sources } = remediation;
  const lines = [
    brush.bold(brush.cyan(remediation.id)),
    ...hang(`${title} (${guideRisk} risk)`, 2, 2, columns),
    ...hang(`Why: ${why}`, 2, 2, columns),
  ];
  if (remediation.kind === 'resource') lines.push(...section('Looks at', remediation.appliesTo));
  lines.push(...section('Set by the policy', fieldsOf(remediation.target)));
  lines.push(...section('The same in other tools', equivalentsOf(remediation)));
  lines.push(...section('Sources', sources, Number.POSITIVE_INFINITY));
  return `${lines.join('\n')}\n`;

  function section(heading: string, entries: readonly string[], width = columns): readonly string[] {
    if (entries.length === 0) return [];
    return ['', `  ${brush.bold(heading)}`, ...entries.flatMap((entry) => hang(entry, 4, 8, width))];
  }
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
