import * as z from '../../zod.js';
import { type FindingsReader, type ImportedFinding, isListOf } from '../imported.js';

const Matches = z.array(
  z.object({
    Filename: z.string().min(1),
    Message: z.string(),
    Rule: z.object({ Id: z.string().min(1), ShortDescription: z.string().nullish() }),
    Location: z.object({
      Start: z.object({ LineNumber: z.number() }),
      /** From the template: `["Resources", "Name", "Properties"]`. */
      Path: z.array(z.union([z.string(), z.number()])).nullish(),
    }),
  }),
);

/** @source https://github.com/aws-cloudformation/cfn-lint#parameters */
export const cfnLint: FindingsReader = {
  name: 'cfn-lint (cfn-lint --format json)',
  recognizes: (content) => isListOf(content, 'Rule', 'Location'),
  read: (content) => ({
    tool: 'cfn-lint',
    findings: Matches.parse(content).map(({ Filename, Message, Rule, Location }): ImportedFinding => {
      const [section, logicalId] = Location.Path ?? [];
      return {
        tool: 'cfn-lint',
        // Its rules are about whether a template works at all; ids of cfn_nag look like them.
        idsOf: 'none',
        rule: Rule.Id,
        title: Message,
        file: Filename,
        line: Location.Start.LineNumber,
        ...(section === 'Resources' && typeof logicalId === 'string' && { logicalId }),
      };
    }),
  }),
};
