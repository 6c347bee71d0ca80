import * as z from '../../zod.js';
import { type FindingsReader, type ImportedFinding, isRecord } from '../imported.js';

const Target = z.object({
  TargetUid: z.string(),
  Status: z.string(),
  RemediationSummary: z.object({ Action: z.string() }),
  Resource: z.object({ Id: z.string(), Type: z.string() }),
  Trait: z.object({ Title: z.string() }),
  /** With `--show-guidance` alone. */
  Guidance: z
    .object({
      Pattern: z.string().nullish(),
      Examples: z.object({ CloudFormation: z.string().nullish() }).nullish(),
    })
    .nullish(),
});
type Target = z.infer<typeof Target>;

/**
 * What `aws securityhub get-remediations-v2 --show-guidance --guidance-format CloudFormation` prints: what to do about a
 * resource, with a snippet of AWS. Targets name no control, so a snippet is matched by what it would close.
 * @source https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_GetRemediationsV2.html
 */
export const securityHubRemediations: FindingsReader = {
  name: 'Security Hub remediations (aws securityhub get-remediations-v2 --show-guidance)',
  recognizes: (content) => {
    const first = isRecord(content) && Array.isArray(content.Items) ? content.Items[0] : undefined;
    return isRecord(first) && 'TargetUid' in first;
  },
  read: (content) => ({
    tool: 'Security Hub',
    findings: z
      .object({ Items: z.array(Target) })
      .parse(content)
      .Items.filter(({ Status }) => Status !== 'Resolved')
      .map(importedFrom),
  }),
};

function importedFrom({ RemediationSummary, Resource, Trait, Guidance }: Target): ImportedFinding {
  const snippet = Guidance?.Examples?.CloudFormation;
  return {
    tool: 'Security Hub',
    idsOf: 'none',
    rule: Guidance?.Pattern ?? Trait.Title,
    title: RemediationSummary.Action,
    physicalId: Resource.Id,
    ...(snippet && { snippet }),
  };
}
