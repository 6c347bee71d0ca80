import * as z from '../../zod.js';
import { type FindingsReader, type ImportedFinding, isRecord } from '../imported.js';

const Report = z.object({
  queries: z.array(
    z.object({
      query_id: z.string().min(1),
      query_name: z.string(),
      files: z.array(
        z.object({
          file_name: z.string().min(1),
          line: z.number(),
          /** `Resources.Name.Properties`. */
          search_key: z.string().nullish(),
        }),
      ),
    }),
  ),
});

/** @source https://docs.kics.io/latest/results/ */
export const kics: FindingsReader = {
  name: 'KICS (kics scan --report-formats json)',
  recognizes: (content) => isRecord(content) && ('kics_version' in content || 'queries' in content),
  read: (content) => ({
    tool: 'KICS',
    findings: Report.parse(content).queries.flatMap(({ query_id, query_name, files }) =>
      files.map(({ file_name, line, search_key }): ImportedFinding => {
        const logicalId = /^Resources\.([A-Za-z0-9]+)/.exec(search_key ?? '')?.[1];
        return {
          tool: 'KICS',
          idsOf: 'kics',
          rule: query_id,
          title: query_name,
          file: file_name,
          ...(line > 0 && { line }),
          ...(logicalId !== undefined && { logicalId }),
        };
      }),
    ),
  }),
};
