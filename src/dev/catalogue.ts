import type { Remediation } from '../contract/remediation.js';

const toolNames = {
  checkov: 'Checkov',
  cfnNag: 'cfn_nag',
  guard: 'Guard rules registry',
  config: 'AWS Config',
  securityHub: 'Security Hub',
  kics: 'KICS',
} as const;

/** The page that lists what idp-fix can do, in Markdown. */
export function catalogue(remediations: readonly Remediation[]): string {
  return [
    '# Remediations',
    '',
    "<!-- Written by npm run generate from the folders beside it; don't edit. -->",
    '',
    'One folder each; what each wants is set under its id in the [policy](../docs/reference/policy.md).',
    '',
    '| id | what it brings about | risk without it | the same elsewhere |',
    '| --- | --- | --- | --- |',
    ...remediations.map(row),
    '',
    ...remediations.flatMap(details),
  ].join('\n');
}

function row(remediation: Remediation): string {
  const { id, title, guideRisk } = remediation;
  return `| [${id}](${id}/index.ts) | ${title} | ${guideRisk} | ${equivalents(remediation)} |`;
}

function equivalents({ equivalents: known }: Remediation): string {
  const tools = Object.entries(toolNames).flatMap(([tool, name]) => {
    const ids = known[tool as keyof typeof toolNames] ?? [];
    return ids.length === 0 ? [] : [`${name} ${ids.join(', ')}`];
  });
  return tools.join('; ') || '–';
}

/** More types than these say less than their number. */
const mostTypes = 40;

function typesOf(types: readonly string[]): string {
  return types.length > mostTypes
    ? `${types.length} types of resource`
    : types.map((type) => `\`${type}\``).join(', ');
}

function details(remediation: Remediation): readonly string[] {
  const { id, title, why, tryFirst, sources } = remediation;
  const scope =
    remediation.kind === 'resource'
      ? `Looks at ${typesOf(remediation.appliesTo)}.`
      : 'Looks at all templates of a stack together.';
  return [
    `## ${id}`,
    '',
    `${title}: ${why}. ${scope}`,
    '',
    `Outside production first: ${tryFirst}.`,
    '',
    ...sources.map((source) => `- <${source}>`),
    '',
  ];
}
