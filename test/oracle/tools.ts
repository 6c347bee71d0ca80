import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CelEngine, type StandardDiagnostic, TemplateFile } from '@aws/cloudformation-validate';

/** Versions whose messages the tests have been read against. */
const packages = [
  ...['checkov==3.3.30', 'cfn-lint==1.58.0', 'aws-sam-translator==1.115.0', 'pre-commit==4.7.0'],
  'py-ocsf-models==0.10.0',
];

const environment = join(import.meta.dirname, '..', '..', '.venv');
const stamp = join(environment, 'installed.txt');

/** Makes the virtual environment the oracles live in, once. */
export function installTools(): void {
  const wanted = packages.join('\n');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  execFileSync('python3', ['-m', 'venv', '--clear', environment], { stdio: 'inherit' });
  execFileSync(tool('pip'), ['install', '--quiet', ...packages], { stdio: 'inherit' });
  writeFileSync(stamp, wanted);
}

const samEnvironment = join(import.meta.dirname, '..', '..', '.venv-sam');

/** The SAM CLI, in an environment of its own, because it pins other versions; undefined where it cannot be had. */
export function installSam(): string | undefined {
  const sam = join(samEnvironment, 'bin', 'sam');
  if (existsSync(sam)) return sam;
  try {
    execFileSync('python3', ['-m', 'venv', '--clear', samEnvironment], { stdio: 'inherit' });
    const words = ['install', '--quiet', 'aws-sam-cli==1.170.0'];
    execFileSync(join(samEnvironment, 'bin', 'pip'), words, { stdio: 'inherit' });
    return sam;
  } catch {
    return undefined;
  }
}

export function tool(name: string): string {
  return join(environment, 'bin', name);
}

export interface CheckovFailure {
  readonly check: string;
  /** From the folder that was scanned, with `/`. */
  readonly file: string;
  readonly logicalId: string;
}

interface CheckovReport {
  readonly results: {
    readonly failed_checks: readonly {
      readonly check_id: string;
      readonly file_path: string;
      readonly resource: string;
    }[];
    readonly passed_checks: readonly unknown[];
  };
}

/** What Checkov finds in the templates of a folder. */
export function checkov(
  folder: string,
  checks: readonly string[],
): { failed: CheckovFailure[]; passed: number } {
  const run = spawnSync(
    tool('checkov'),
    [
      '--directory',
      folder,
      '--framework',
      'cloudformation',
      '--check',
      checks.join(','),
      '--output',
      'json',
      '--compact',
      '--soft-fail',
    ],
    { encoding: 'utf8', maxBuffer: 2 ** 28, env: { ...process.env, BC_SKIP_MAPPING: 'TRUE' } },
  );
  if (run.status !== 0) throw new Error(`checkov: ${run.stderr}`);
  const { results }: CheckovReport = JSON.parse(run.stdout);
  const failed = results.failed_checks.map(({ check_id: check, file_path: path, resource }) => ({
    check,
    file: path.replace(/^\/+/, ''),
    logicalId: resource.slice(resource.lastIndexOf('.') + 1),
  }));
  return { failed, passed: results.passed_checks.length };
}

/** Writes what SAM's translator makes of a template; its messages where it refuses. */
export function translate(template: string, workFile: string): string[] {
  const translated = spawnSync(
    tool('python'),
    [join(import.meta.dirname, 'translate.py'), template, workFile],
    { encoding: 'utf8' },
  );
  if (translated.status === 0) return [];
  return translated.stderr
    .trim()
    .split('\n')
    .map((line) => `SAM: ${line}`);
}

/**
 * What SAM's translator and, on what it makes of the template, cfn-lint have to say: one text per message, without its
 * line, so that two versions of a template can be compared.
 */
export function validate(template: string, workFile: string): string[] {
  const refused = translate(template, workFile);
  if (refused.length > 0) return refused;
  const lint = spawnSync(tool('cfn-lint'), ['--format', 'json', '--regions', 'us-east-1', '--', workFile], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (lint.stdout.trim() === '') throw new Error(`cfn-lint: ${lint.stderr}`);
  const messages: readonly LintMessage[] = JSON.parse(lint.stdout);
  return messages.map(
    ({ Rule, Message, Location }) => `${Rule.Id} ${(Location.Path ?? []).join('/')}: ${Message}`,
  );
}

/**
 * What AWS's own validator has to say of warnings and errors, one text per message without its line; `undefined` for a
 * file it cannot read (it takes no flow map that is closed at the column of its key).
 */
export function awsValidate(template: string): string[] | undefined {
  const engine = new CelEngine();
  try {
    const { diagnostics } = engine.validateStandard(new TemplateFile(template), { severityLevel: 'WARN' });
    if (diagnostics.some(({ ruleId }) => ruleId === unreadable)) return undefined;
    return diagnostics
      .filter((each) => !isOutdated(each) && !isOfAnEmptyList(each) && !isOfADeadLetterConfig(each))
      .map(textOf);
  } finally {
    engine.free();
  }
}

/** The rule that the text is YAML or JSON. */
const unreadable = 'F1101';

/** Types whose schema it has from before they took tags; cfn-lint 1.58.0 knows that they do. */
const taggedSince: ReadonlySet<string> = new Set(['AWS::ApplicationAutoScaling::ScalableTarget']);

/**
 * Attributes its schemas lack; the accelerator's own template reads this one, too.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sagemaker-endpoint.html
 */
const missingAttributes = ['EndpointName'];

function isOutdated({ ruleId, entity, propertyPath, message }: StandardDiagnostic): boolean {
  if (ruleId === 'E9004')
    return missingAttributes.some((name) => message.startsWith(`'${name}' is not one of`));
  return (
    ruleId === 'F3002' && propertyPath === 'Properties.Tags' && taggedSince.has(entity?.resourceType ?? '')
  );
}

/** It looks at the items of a list that is empty by default, also where a condition on that very list forbids it. */
function isOfAnEmptyList({ propertyPath = '', message }: StandardDiagnostic): boolean {
  return propertyPath.endsWith('Ids.{}') && message.startsWith("'' does not match");
}

/**
 * Its transform of SAM finds no `Schedule` any more in an event whose `DeadLetterConfig.Arn` is a `Fn::GetAtt`, as the
 * example of the documentation has it; the translator of SAM itself, which the next test asks, takes both.
 * @source https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-scheduledeadletterconfig.html
 */
function isOfADeadLetterConfig({ ruleId, message }: StandardDiagnostic): boolean {
  return ruleId === 'E0001' && message.endsWith("Missing required property 'Schedule'.");
}

function textOf({ ruleId, entity, propertyPath, message }: StandardDiagnostic): string {
  return `${ruleId} ${entity?.logicalId ?? ''} ${propertyPath ?? ''}: ${message}`;
}

interface LintMessage {
  readonly Rule: { readonly Id: string };
  readonly Message: string;
  readonly Location: { readonly Path: readonly (string | number)[] | null };
}
