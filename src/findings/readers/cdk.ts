import { ruleOfCdkNag } from '../../template/metadata.js';
import * as z from '../../zod.js';
import { type FindingsReader, type ImportedFinding, isRecord } from '../imported.js';

const Construct = z.object({
  constructPath: z.string().nullish(),
  cloudFormationResource: z.object({ templatePath: z.string(), logicalId: z.string().min(1) }).nullish(),
  /** Of the older report; `N/A` where there is none. */
  resourceLogicalId: z.string().nullish(),
  templatePath: z.string().nullish(),
});

const Violation = z.object({
  ruleName: z.string().min(1),
  description: z.string(),
  violatingConstructs: z.array(Construct),
});

const Report = z.object({
  pluginReports: z.array(
    z.object({
      pluginName: z.string().optional(),
      /** Of the older report. */
      summary: z.object({ pluginName: z.string() }).optional(),
      violations: z.array(Violation),
    }),
  ),
});

/** Rules of its own validation are about whether a template works at all; ids of cfn_nag look like them. */
const ownPlugin = 'CloudFormation Validate';

/**
 * What validation plug-ins have said at synth: `validation-report.json`, and `policy-validation-report.json` of older
 * releases. What was acknowledged there is no finding.
 * @source https://docs.aws.amazon.com/cdk/v2/guide/policy-validation-synthesis.html
 */
export const cdk: FindingsReader = {
  name: 'CDK (cdk.out/validation-report.json)',
  recognizes: (content) => isRecord(content) && 'pluginReports' in content,
  read: (content) => ({
    tool: 'CDK',
    findings: Report.parse(content).pluginReports.flatMap(({ pluginName, summary, violations }) => {
      const tool = pluginName ?? summary?.pluginName ?? 'CDK';
      return violations.flatMap((violation) =>
        violation.violatingConstructs.map((construct) => importedFrom(tool, violation, construct)),
      );
    }),
  }),
};

function importedFrom(
  tool: string,
  { ruleName, description }: z.infer<typeof Violation>,
  construct: z.infer<typeof Construct>,
): ImportedFinding {
  const { constructPath, cloudFormationResource } = construct;
  const file = known(cloudFormationResource?.templatePath ?? construct.templatePath);
  const logicalId = known(cloudFormationResource?.logicalId ?? construct.resourceLogicalId);
  return {
    tool,
    rule: ruleName,
    aliases: [ruleOfCdkNag(ruleName)],
    title: description,
    ...(tool === ownPlugin && { idsOf: 'none' as const }),
    ...(file !== undefined && { file }),
    ...(logicalId !== undefined && { logicalId }),
    ...(constructPath && { construct: constructPath }),
  };
}

function known(text: string | null | undefined): string | undefined {
  return text === '' || text === 'N/A' || text === null ? undefined : text;
}
