import * as z from '../../zod.js';
import { type FindingsReader, type ImportedFinding, isListOf, isRecord } from '../imported.js';

const Check = z.object({
  check_id: z.string().min(1),
  check_name: z.string().nullish(),
  file_path: z.string().min(1),
  file_line_range: z.tuple([z.number(), z.number()]).nullish(),
  /** `AWS::Lambda::Function.Name`. */
  resource: z.string(),
});

const Report = z.object({
  check_type: z.string(),
  results: z.object({ failed_checks: z.array(Check) }),
});

/** What Checkov writes when it has found no file of the kind. */
const Nothing = z.object({ passed: z.number(), failed: z.literal(0), checkov_version: z.string() });

/** @source https://www.checkov.io/2.Basics/Reviewing%20Scan%20Results.html */
export const checkov: FindingsReader = {
  name: 'Checkov (checkov --output json)',
  recognizes: (content) =>
    (isRecord(content) && ('check_type' in content || 'checkov_version' in content)) ||
    isListOf(content, 'check_type', 'results'),
  read: (content) => ({
    tool: 'Checkov',
    findings: schemaFor(content)
      .parse(content)
      .flatMap(({ results }) => results.failed_checks)
      .map(
        ({ check_id, check_name, file_path, file_line_range, resource }): ImportedFinding => ({
          tool: 'Checkov',
          idsOf: 'checkov',
          rule: check_id,
          title: check_name ?? check_id,
          file: file_path,
          ...(file_line_range != null && { line: file_line_range[0] }),
          logicalId: resource.slice(resource.lastIndexOf('.') + 1),
        }),
      ),
  }),
};

/** The one that fits, so that a message names the field and not every form there is. */
function schemaFor(content: unknown): z.ZodType<z.output<typeof Report>[]> {
  if (Array.isArray(content)) return z.array(Report);
  return isRecord(content) && 'check_type' in content
    ? Report.transform((report) => [report])
    : Nothing.transform(() => []);
}
