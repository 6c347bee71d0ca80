import { IdpFixError } from '../errors.js';
import { jsonText, quotedText } from '../escape.js';
import { openTemplate } from '../template/open.js';
import type { Report, ReportedPlan } from './report.js';

/**
 * The parameters file of an update for the AWS CLI: what the plan changes, and `UsePreviousValue` for every other
 * parameter, because an update sets a parameter that is not named back to its default. Of the parameters that a patch
 * brings in, those are there that keep a value which a property shared with another parameter until now: a deployed stack
 * has no previous value of them. No value of a `NoEcho` parameter is ever written.
 * @throws IdpFixError `usage` for more than one root, because a file belongs to one stack
 * @source https://docs.aws.amazon.com/cli/latest/reference/cloudformation/create-change-set.html
 */
export const parametersReport: Report = (plans) => {
  const { all, changed } = parametersOf(plans);
  const entries = all.map((name) => {
    const value = changed.get(name);
    return value === undefined
      ? { ParameterKey: name, UsePreviousValue: true }
      : { ParameterKey: name, ParameterValue: value };
  });
  return `${jsonText(entries)}\n`;
};

/**
 * The same for SAM CLI, as a part of `samconfig.toml`: only what changes, because SAM CLI keeps the values of a deployed
 * stack by itself.
 * @throws IdpFixError `usage` for more than one root
 * @source https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html
 */
export const samParametersReport: Report = (plans) => {
  const overrides = [...parametersOf(plans).changed].map(
    ([name, value]) => `  ${quotedText(`${name}=${quotedForSam(value)}`)},\n`,
  );
  return `version = 0.1\n\n[default.deploy.parameters]\nparameter_overrides = [\n${overrides.join('')}]\n`;
};

function parametersOf(plans: readonly ReportedPlan[]): {
  /** Of the template as read, in its order, then those that a patch brings in and gives a value. */
  readonly all: readonly string[];
  /** By name, what the plan wants them to be. */
  readonly changed: ReadonlyMap<string, string>;
} {
  const [plan, ...others] = plans;
  if (plan === undefined || others.length > 0) {
    throw new IdpFixError('usage', `a parameters file is for one stack, and ${plans.length} were planned`, {
      hint: 'name one root template',
    });
  }
  const [root] = plan.files;
  const parameters = root === undefined ? new Map() : openTemplate(root.document).parameters;
  const values = plan.document.stacks.flatMap(({ parameterValues }) => Object.entries(parameterValues));
  const changed = new Map(values.filter(([name]) => parameters.get(name)?.noEcho !== true));
  return { all: [...new Set([...parameters.keys(), ...changed.keys()])], changed };
}

/** SAM CLI splits at blanks that no quotes hold together. */
function quotedForSam(value: string): string {
  return /^[\w@%+=:,./-]*$/.test(value) && value !== '' ? value : `"${value.replaceAll(/(["\\])/g, '\\$1')}"`;
}
