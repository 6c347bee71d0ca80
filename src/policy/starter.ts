import type { Question } from '../contract/remediation.js';

/** What the templates at hand show that a policy may want to say otherwise, or has to decide. */
export interface StarterFindings {
  /** Where new encryption would take its key from, by template. */
  readonly keys: readonly { readonly template: string; readonly description: string }[];
  readonly functions: readonly {
    readonly template: string;
    readonly logicalId: string;
    readonly type: string;
    readonly invocation: string;
    readonly evidence: readonly string[];
  }[];
  readonly logGroups: readonly {
    readonly template: string;
    readonly logicalId: string;
    readonly class: string;
    readonly owner: string | null;
  }[];
  /** Of the root templates. */
  readonly parameters: readonly string[];
  /** How many findings wait for a decision, by remediation. */
  readonly undecided: ReadonlyMap<string, number>;
}

interface Titled {
  readonly id: string;
  readonly title: string;
  readonly questions?: readonly Question[];
}

export const nothingFound: StarterFindings = {
  keys: [],
  functions: [],
  logGroups: [],
  parameters: [],
  undecided: new Map(),
};

/**
 * A policy file to fill in: it says nothing but its preset, and shows in comments what else it could say, each line
 * ready to be uncommented.
 * @param schema path or address of the policy's JSON Schema, for editors
 */
export function starterPolicy(
  preset: string,
  remediations: readonly Titled[],
  { keys, functions, logGroups, parameters, undecided }: StarterFindings,
  schema: string,
): string {
  const lines = [
    `# yaml-language-server: $schema=${schema}`,
    '#',
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
    '# Key for new encryption: from-template, create (a new one where there is none), or the ARN of a key.',
    ...keys.map(({ template, description }) => `# from-template is, in ${template}: ${description}`),
    '# encryption:',
    '#   key: from-template',
    '',
    '# Parameter values of the deployed stack:',
    '# parameters:',
    '#   values:',
    ...(parameters.length === 0 ? ['#     Name: value'] : parameters.map((name) => `#     ${name}:`)),
    '',
    '# What functions are, where the templates show it wrongly (types: high-volume, api-handler, background,',
    '# administrative; invocations: sync, async, both). The last one that fits counts.',
    ...ruleLines(
      'functions',
      ['- logicalId: TheFunction', '  type: background', '  reason: why'],
      functions.map(({ template, logicalId, type, invocation, evidence }) => ({
        // What nobody has seen is left for the reader of the policy to say.
        rule: { template, logicalId, type, ...(invocation !== 'unknown' && { invocation }) },
        evidence: evidence.join('; '),
      })),
    ),
    '',
    '# What log groups hold, where the templates show it wrongly (classes: application, audit-security, debug,',
    '# development). The last one that fits counts.',
    ...ruleLines(
      'logGroups',
      ['- logicalId: TheLogGroup', '  class: application'],
      logGroups.map(({ template, logicalId, class: kind, owner }) => ({
        rule: { template, logicalId, class: kind },
        evidence: owner === null ? '' : `of ${owner}`,
      })),
    ),
    '',
    '# Remediations: switch one off with `false`, or set what it wants; idp-fix explain ID says what that is.',
    '# remediations:',
    ...remediations.flatMap((each) => remediationLines(each, undecided.get(each.id))),
    '',
    '# Accepted risks (exceptions):',
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

interface Rule {
  readonly rule: Readonly<Record<string, string>>;
  readonly evidence: string;
}

function ruleLines(section: string, example: readonly string[], found: readonly Rule[]): readonly string[] {
  if (found.length === 0) return [`# ${section}:`, ...example.map((line) => `#   ${line}`)];
  return [
    '# As found; uncomment a line to correct it.',
    `# ${section}:`,
    ...found.flatMap(({ rule, evidence }) => {
      const pairs = Object.entries(rule).map(([key, value]) => `${key}: ${scalar(value)}`);
      return [`#   - { ${pairs.join(', ')} }`, ...(evidence === '' ? [] : [`#     # ${oneLine(evidence)}`])];
    }),
  ];
}

/** What waits for a decision stands with its questions; everything else with its switch. */
function remediationLines(
  { id, title, questions = [] }: Titled,
  waiting: number | undefined,
): readonly string[] {
  if (waiting === undefined || questions.length === 0) return [`#   ${id}: false  # ${title}`];
  const written = new Set<string>();
  const lines = questions.flatMap(({ path, ask, choices, example }) => {
    const parents = path.slice(0, -1).flatMap((key, depth) => {
      const name = path.slice(0, depth + 1).join('.');
      if (written.has(name)) return [];
      written.add(name);
      return [`#   ${'  '.repeat(depth + 1)}${key}:`];
    });
    const indent = '  '.repeat(path.length);
    const allowed = choices && `One of ${Object.keys(choices).join(', ')}.`;
    const said = [ask, allowed ?? (example && `For example ${example}`)].filter(Boolean).join(' ');
    return [...parents, `#   ${indent}# ${oneLine(said)}`, `#   ${indent}${path.at(-1)}:`];
  });
  const findings = waiting === 1 ? '1 finding waits' : `${waiting} findings wait`;
  return [`#   ${id}:  # ${title}; ${findings} for a decision`, ...lines];
}

function scalar(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : JSON.stringify(text);
}

function oneLine(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ');
  return flat.length > 160 ? `${flat.slice(0, 159)}…` : flat;
}
