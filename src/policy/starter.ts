/** What a template shows that a policy may want to say otherwise, or has to know. */
export interface StarterFindings {
  /** Parameters that take the ARN of a key. */
  readonly keyParameters?: readonly string[];
  readonly functions?: readonly {
    readonly template: string;
    readonly logicalId: string;
    readonly type: string;
    readonly invocation: string;
  }[];
}

interface Titled {
  readonly id: string;
  readonly title: string;
}

/** A policy file to fill in: it says nothing but its preset, and shows in comments what else it could say. */
export function starterPolicy(
  preset: string,
  remediations: readonly Titled[],
  { keyParameters = [], functions = [] }: StarterFindings = {},
): string {
  const lines = [
    '# What idp-fix measures the templates in this folder and below against.',
    `# Everything else is as the preset ${preset} has it: idp-fix policy show`,
    `extends: ${preset}`,
    '',
    '# Region the stack runs in, and what the account allows there:',
    '#   aws lambda get-account-settings --query AccountLimit.ConcurrentExecutions',
    '# region: eu-central-1',
    '# account:',
    '#   concurrencyLimit: 1000',
    '#   reservedElsewhere: 0',
    '',
    '# Key for new encryption: from-template, or the ARN of a key.',
    ...keyParameters.map((name) => `# The templates take one through the parameter ${name}.`),
    '# encryption:',
    '#   key: from-template',
    '',
    '# Parameter values of the deployed stack:',
    '# parameters:',
    '#   values:',
    '#     Name: value',
    '',
    '# Where the templates do not show what a function is for (types: high-volume, api-handler, background,',
    '# administrative; invocations: sync, async, both):',
    ...functionsSection(functions),
    '',
    '# Remediations: switch one off with `false`, or set what it wants; idp-fix explain ID says what that is.',
    '# remediations:',
    ...remediations.map(({ id, title }) => `#   ${id}: false  # ${title}`),
    '',
    '# Risks somebody accepts:',
    '# deviations:',
    '#   - remediation: ID',
    '#     logicalId: TheResource',
    '#     reason: why it is right not to follow it',
    '#     owner: who answers for it',
    '#     date: 2026-01-31',
    '#     expires: 2026-12-31',
  ];
  return `${lines.join('\n')}\n`;
}

function functionsSection(functions: NonNullable<StarterFindings['functions']>): readonly string[] {
  if (functions.length === 0) {
    return ['# functions:', '#   - logicalId: TheFunction', '#     type: background', '#     reason: why'];
  }
  const found = functions.flatMap(({ template, logicalId, type, invocation }) => [
    `#   - { template: ${template}, logicalId: ${logicalId}, type: ${type}, invocation: ${invocation} }`,
  ]);
  return ['# found:', '# functions:', ...found];
}
