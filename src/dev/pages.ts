import type { GuideSentence } from '../../remediations/guide.js';
import { pathOf, withAllBelow } from '../cli/common-options.js';
import { buildProgram, parseArguments } from '../cli/program.js';
import type { Remediation } from '../contract/remediation.js';
import type { JsonSchema } from '../policy/json-schema.js';
import { parseCases, type RemediationCase } from '../testing/cases.js';

/** The page of all keys of a policy, in Markdown, from its JSON Schema. */
export function policyPage(schema: JsonSchema): string {
  return [
    '# Keys of a policy',
    '',
    "<!-- Written by npm run generate from src/policy/sections.ts and the remediations; don't edit. -->",
    '',
    'A policy is YAML or JSON. It says what differs from the preset or file it `extends`: maps are merged, `functions`,',
    '`logGroups`, `deviations` and `attestations` are added to, everything else is replaced. The values of the presets,',
    'with their sources, are in [policies/](../../policies). For completion in an editor, write on the first line',
    '`# yaml-language-server: $schema=node_modules/idp-fix/policies/policy.schema.json`.',
    '',
    '| key | what it is | allowed |',
    '| --- | --- | --- |',
    ...rowsOf(schema, ''),
    '',
  ].join('\n');
}

function rowsOf(schema: JsonSchema, name: string): readonly string[] {
  const own =
    name === '' ? [] : [`| \`${name}\` | ${cell(schema.description ?? '')} | ${cell(allowed(schema))} |`];
  const below = Object.entries(propertiesOf(schema)).flatMap(([key, child]) =>
    rowsOf(child, name === '' ? key : `${name}.${key}`),
  );
  const items = schema.items === undefined ? [] : childRows(schema.items, `${name}[]`);
  const { additionalProperties: any } = schema;
  return [...own, ...below, ...items, ...(typeof any === 'object' ? childRows(any, `${name}.NAME`) : [])];
}

/** Of what stands in a list or under any name: only what it consists of, the whole is described already. */
function childRows(schema: JsonSchema, name: string): readonly string[] {
  return Object.entries(propertiesOf(schema)).flatMap(([key, child]) => rowsOf(child, `${name}.${key}`));
}

function propertiesOf({ properties, anyOf = [] }: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return properties ?? anyOf.find((choice) => choice.properties !== undefined)?.properties ?? {};
}

function allowed(schema: JsonSchema): string {
  const { enum: choices, anyOf, items, type, minimum, maximum, format, pattern } = schema;
  if (choices !== undefined) return choices.map((choice) => `\`${choice}\``).join(', ');
  if (anyOf !== undefined) return [...new Set(anyOf.map(allowed))].join(' or ');
  if (items?.enum !== undefined) return `list of ${allowed(items)}`;
  if (format === 'date') return 'day, `YYYY-MM-DD`';
  if (pattern !== undefined) return `\`${pattern}\``;
  return `${typeNames[type ?? ''] ?? type ?? ''}${range(minimum, maximum)}`;
}

const typeNames: Readonly<Record<string, string>> = {
  array: 'list',
  boolean: 'true or false',
  integer: 'whole number',
  object: 'map',
  string: 'text',
};

function range(minimum: number | undefined, maximum: number | undefined): string {
  const isUnbounded = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER;
  if (minimum === undefined) return '';
  return isUnbounded ? `, ${minimum} or more` : `, ${minimum} to ${maximum}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

const meanings: Readonly<Record<number, string>> = {
  0: 'no open findings, or all that was asked is done',
  1: 'findings remain, or something was not checked',
  2: 'wrong usage, bad policy, unreadable or unparseable template',
  3: 'refused for safety',
  4: 'AWS or the disk failed',
  70: 'a defect in idp-fix',
  130: 'interrupted; nothing is half written',
};

/** The page of exit codes, with the error codes that lead to each, in Markdown. */
export function exitCodePage(errorCodes: Readonly<Record<string, number>>): string {
  const rows = Object.entries(meanings).map(([exitCode, meaning]) => {
    const codes = Object.keys(errorCodes).filter((code) => errorCodes[code] === Number(exitCode));
    return `| ${exitCode} | ${meaning} | ${codes.map((code) => `\`${code}\``).join(', ')} |`;
  });
  return [
    '# Exit codes',
    '',
    "<!-- Written by npm run generate from src/errors.ts; don't edit. -->",
    '',
    'Error codes are what `--format json` gives as `code`.',
    '',
    '| exit code | meaning | error codes |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** The page of all commands, in Markdown: their help, as a terminal of 80 columns shows it. */
export function commandLinePage(): string {
  const sections = withAllBelow(buildProgram('', () => {})).map((command) => {
    const path = pathOf(command);
    const request = parseArguments([...path, '--help'], '');
    const help = request.command === 'text' ? request.text.trimEnd() : '';
    return `## ${['idp-fix', ...path].join(' ')}\n\n\`\`\`text\n${help}\n\`\`\`\n`;
  });
  return [
    '# Command line',
    '',
    "<!-- Written by npm run generate from src/cli/program.ts; don't edit. -->",
    '',
    'Flags may stand before and behind the templates. Data goes to the standard output, everything else to the standard error;',
    'the exit codes are the same for all commands, see [exit-codes.md](reference/exit-codes.md).',
    '',
    sections.join('\n'),
  ].join('\n');
}

const toolNames = {
  checkov: 'Checkov',
  cfnNag: 'cfn_nag',
  cdkNag: 'cdk-nag',
  guard: 'Guard rules registry',
  config: 'AWS Config',
  securityHub: 'Security Hub',
  kics: 'KICS',
  prowler: 'Prowler',
} as const;

/** The page that lists what idp-fix can do, in Markdown. */
export function catalog(remediations: readonly Remediation[]): string {
  return [
    '# Remediations',
    '',
    "<!-- Written by npm run generate from the folders beside it; don't edit. -->",
    '',
    'One folder each. Its page says what it changes, with an example, and what the policy sets.',
    '',
    '| id | what it brings about | risk without it | the same elsewhere |',
    '| --- | --- | --- | --- |',
    ...remediations.map(row),
    '',
  ].join('\n');
}

function row(remediation: Remediation): string {
  const { id, title, guideRisk } = remediation;
  return `| [${id}](../docs/remediations/${id}.md) | ${title} | ${guideRisk} | ${equivalents(remediation)} |`;
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

/** What the page of a remediation is made of beside the remediation. */
export interface PageSources {
  readonly schema: JsonSchema;
  /** Its `cases.md`. */
  readonly cases: string;
  /** The preset `production`, as written. */
  readonly preset: string;
}

/** The page of one remediation: what it looks at and changes, what the policy sets, what to try, where it is written down. */
export function remediationPage(remediation: Remediation, { schema, cases, preset }: PageSources): string {
  const { id, title, why, guideRisk, tryFirst, sources } = remediation;
  const scope =
    remediation.kind === 'resource'
      ? `Looks at ${typesOf(remediation.appliesTo)}.`
      : 'Looks at all templates of a stack together.';
  const example = parseCases(cases).cases.find(({ diff }) => diff !== '');
  const target = propertiesOf(propertiesOf(schema).remediations ?? {})[id];
  const asked = remediation.questions ?? [];
  return [
    `# ${id}`,
    '',
    `<!-- Written by npm run generate from remediations/${id}/; don't edit. -->`,
    '',
    `${title}. Why: ${why} (${guideRisk} risk). ${scope}`,
    '',
    ...(example === undefined ? [] : exampleOf(example)),
    '## What the policy sets',
    '',
    'The preset `production`:',
    '',
    '```yaml',
    'remediations:',
    ...presetLines(preset, id),
    '```',
    '',
    ...(target === undefined
      ? []
      : [
          '| key | what it is | allowed |',
          '| --- | --- | --- |',
          ...rowsOf(target, `remediations.${id}`).slice(1),
          '',
        ]),
    ...(asked.length === 0
      ? []
      : [
          'What only you can decide (`idp-fix wizard` asks for it):',
          '',
          ...asked.map(({ path, ask, example: sample }) => {
            const such = sample === undefined ? '' : ` For example \`${sample}\`.`;
            return `- \`${path.join('.')}\`: ${ask}${such}`;
          }),
          '',
        ]),
    '## Outside production first',
    '',
    `${sentence(tryFirst)}.`,
    '',
    '## How it is known, and what it may cost',
    '',
    `\`idp-fix explain ${id} TEMPLATE\` shows for each finding the evidence, the edit and what comes with it, the cost, and how to undo it;`,
    '[verdicts](../verdicts.md) says what makes a fix auto-fix.',
    '',
    `More examples: [its cases](../../remediations/${id}/cases.md), which are its tests.`,
    '',
    '## Written down',
    '',
    ...sources.map((source) => `- <${source}>`),
    `- The same in other tools: ${equivalents(remediation)}`,
    '',
  ].join('\n');
}

function exampleOf({ name, prose, policy, diff, findings }: RemediationCase): readonly string[] {
  return [
    `## An example: ${name}`,
    '',
    ...(prose === '' ? [] : [prose, '']),
    ...(policy === '' ? [] : ['With this in the policy:', '', '```yaml', policy.trimEnd(), '```', '']),
    '```diff',
    diff.trimEnd(),
    '```',
    '',
    'The findings, by logical id, with the verdicts of the JSON:',
    '',
    '```text',
    findings.trimEnd(),
    '```',
    '',
  ];
}

/** What the preset says of a remediation, with its comments. */
function presetLines(preset: string, id: string): readonly string[] {
  const lines = preset.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`  ${id}:`));
  const length = lines.slice(start + 1).findIndex((line) => /^(?: {0,2}\S|$)/.test(line));
  return start === -1 ? [`  ${id}: {}`] : lines.slice(start, start + 1 + Math.max(length, 0));
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * The page that says of each sentence of the guide what brings it about.
 * @throws Error where something is named that does not exist, so that the page cannot promise it
 */
export function guidePage(
  sentences: readonly GuideSentence[],
  remediations: readonly Remediation[],
  items: readonly string[],
): string {
  const ids = remediations.map(({ id }) => id);
  for (const { says, by, items: named = [] } of sentences) {
    const missing = [...by.filter((id) => !ids.includes(id)), ...named.filter((id) => !items.includes(id))];
    if (missing.length > 0) throw new Error(`nothing is called ${missing.join(', ')}: ${says}`);
  }
  const named = new Set(sentences.flatMap(({ by }) => by));
  const beyond = ids.filter((id) => !named.has(id)).map((id) => `[${id}](remediations/${id}.md)`);
  const practices = [...new Set(sentences.map(({ practice }) => practice))];
  return [
    '# The guide, sentence by sentence',
    '',
    "<!-- Written by npm run generate from remediations/guide.ts; don't edit. -->",
    '',
    'What "AWS Best Practices for Production Deployment" of the GenAI IDP Accelerator asks for, in other words, and what brings it',
    'about. Items are those of `idp-fix checklist`; what only a person can say is attested in the policy.',
    '',
    ...practices.flatMap((practice) => [
      `## ${practice}`,
      '',
      '| the guide | brought about by | how |',
      '| --- | --- | --- |',
      ...sentences
        .filter((sentence) => sentence.practice === practice)
        .map(({ says, by, items: own = [], how }) => {
          const links = by.map((id) => `[${id}](remediations/${id}.md)`);
          const checked = own.map((id) => `item \`${id}\``);
          return `| ${cell(says)} | ${[...links, ...checked].join(', ') || '–'} | ${cell(how)} |`;
        }),
      '',
    ]),
    ...(beyond.length === 0 ? [] : [`Beyond the guide: ${beyond.join(', ')}.`, '']),
  ].join('\n');
}
