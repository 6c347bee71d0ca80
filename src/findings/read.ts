import { IdpFixError } from '../errors.js';
import * as z from '../zod.js';
import type { FindingsReader, ImportedFile } from './imported.js';
import { asff } from './readers/asff.js';
import { cdk } from './readers/cdk.js';
import { cfnLint } from './readers/cfn-lint.js';
import { cfnNag } from './readers/cfn-nag.js';
import { checkov } from './readers/checkov.js';
import { kics } from './readers/kics.js';
import { ocsf } from './readers/ocsf.js';
import { sarif } from './readers/sarif.js';

const readers: readonly FindingsReader[] = [sarif, checkov, ocsf, asff, cfnNag, cfnLint, kics, cdk];

/**
 * The findings another tool has written down; which tool, and in which form, the content says.
 * @throws IdpFixError `findings-invalid`
 */
export function readFindings(path: string, bytes: Uint8Array): ImportedFile {
  const content = parseJson(path, bytes);
  // Several tools write an empty list when they have found nothing.
  if (Array.isArray(content) && content.length === 0) return { tool: 'another tool', findings: [] };
  const reader = readers.find((each) => each.recognises(content));
  if (reader === undefined) throw invalid(path, 'this is not a file of findings that idp-fix can read');
  try {
    return reader.read(content);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    const where = issue === undefined ? '' : `: ${issue.path.join('.') || 'the whole'}: ${issue.message}`;
    throw invalid(path, `this looks like the findings of ${reader.name}, and is not valid${where}`);
  }
}

function parseJson(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalid(path, 'this is not a file of findings: it is not JSON');
  }
}

function invalid(file: string, message: string): IdpFixError {
  return new IdpFixError('findings-invalid', message, {
    place: { file },
    hint: `give a file of ${readers.map(({ name }) => name).join('; ')}`,
  });
}
