import * as z from '../../zod.js';
import { type FindingsReader, type ImportedFinding, isListOf } from '../imported.js';

const Files = z.array(
  z.object({
    filename: z.string().min(1),
    file_results: z.object({
      violations: z.array(
        z.object({
          id: z.string().min(1),
          message: z.string(),
          logical_resource_ids: z.array(z.string()).nullish(),
          /** As many as there are ids; -1 where cfn_nag does not know. */
          line_numbers: z.array(z.number()).nullish(),
        }),
      ),
    }),
  }),
);

/** @source https://github.com/stelligent/cfn_nag#results-filtering */
export const cfnNag: FindingsReader = {
  name: 'cfn_nag (cfn_nag_scan --output-format json)',
  recognizes: (content) => isListOf(content, 'filename', 'file_results'),
  read: (content) => ({
    tool: 'cfn_nag',
    findings: Files.parse(content).flatMap(({ filename, file_results }) =>
      file_results.violations.flatMap(({ id, message, logical_resource_ids, line_numbers }) =>
        (logical_resource_ids ?? []).map((logicalId, index): ImportedFinding => {
          const line = line_numbers?.[index] ?? -1;
          return {
            tool: 'cfn_nag',
            idsOf: 'cfnNag',
            rule: id,
            title: message,
            file: filename,
            logicalId,
            ...(line > 0 && { line }),
          };
        }),
      ),
    ),
  }),
};
