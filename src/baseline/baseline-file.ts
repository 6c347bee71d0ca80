import { IdpFixError } from '../errors.js';
import * as z from '../zod.js';

/** One finding that was there when the baseline was written. */
const BaselineFinding = z.strictObject({
  template: z.string().min(1).describe('path from the folder of the root template'),
  logicalId: z.string().describe('empty for a finding about the whole template'),
  remediation: z.string().min(1),
  fingerprint: z.string().regex(/^[0-9a-f]{16}$/, 'a fingerprint is 16 hex digits'),
  resourceFingerprint: z.string().regex(/^[0-9a-f]{12}$/, 'a resourceFingerprint is 12 hex digits'),
});
export type BaselineFinding = z.infer<typeof BaselineFinding>;

/** The findings a team starts with, by root template. */
export const Baseline = z.strictObject({
  format: z.literal('idp-fix/baseline'),
  version: z.literal(1),
  roots: z.array(
    z.strictObject({
      root: z.string().min(1).describe('root template, as a path from the folder of this file'),
      findings: z.array(BaselineFinding),
    }),
  ),
});
export type Baseline = z.infer<typeof Baseline>;

export const emptyBaseline: Baseline = { format: 'idp-fix/baseline', version: 1, roots: [] };

/** @throws IdpFixError `baseline-invalid` */
export function readBaseline(path: string, bytes: Uint8Array): Baseline {
  const parsed = Baseline.safeParse(parseJson(path, new TextDecoder().decode(bytes)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined ? '' : ` (${issue.path.join('.') || 'the whole'}: ${issue.message})`;
  throw invalid(path, `this is not a baseline of idp-fix${where}`);
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalid(path, 'this is not a baseline of idp-fix: it is not JSON');
  }
}

function invalid(file: string, message: string): IdpFixError {
  return new IdpFixError('baseline-invalid', message, {
    place: { file },
    hint: 'take it from version control, or write it anew: idp-fix --write-baseline FILE TEMPLATE',
  });
}

/** A line per finding, sorted, so that two branches that both change the file can be merged. */
export function baselineText({ format, version, roots }: Baseline): string {
  const sections = [...roots]
    .filter(({ findings }) => findings.length > 0)
    .sort((left, right) => (left.root < right.root ? -1 : 1))
    .map(({ root, findings }) => {
      const lines = findings.map((finding) => `      ${JSON.stringify(finding)}`).sort();
      return `    {"root": ${JSON.stringify(root)}, "findings": [\n${lines.join(',\n')}\n    ]}`;
    });
  const body = sections.length === 0 ? '[]' : `[\n${sections.join(',\n')}\n  ]`;
  return `{\n  "format": "${format}",\n  "version": ${version},\n  "roots": ${body}\n}\n`;
}
