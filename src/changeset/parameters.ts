import type { DeployedStack, ParameterChoice } from '../aws-ports.js';
import { IdpFixError } from '../errors.js';
import type { Template } from '../template/template.js';

/**
 * A value for every parameter of the template that will be submitted: what the plan or the user sets, what the stack
 * has otherwise. A new parameter with a default is left to the default.
 * @param set by the user and by the plan
 * @throws IdpFixError `parameters-invalid` for a new parameter that nobody gives a value
 */
export function parameterChoices(
  template: Template,
  stack: DeployedStack,
  set: ReadonlyMap<string, string>,
): readonly ParameterChoice[] {
  const deployed = new Map(stack.parameters.map(({ name, value }) => [name, value]));
  const missing: string[] = [];
  const choices = [...template.parameters.values()].flatMap((parameter): readonly ParameterChoice[] => {
    const { name } = parameter;
    const value = set.get(name);
    const isSame = value !== undefined && deployed.get(name) === value && !parameter.noEcho;
    if (value !== undefined && !isSame) return [{ name, value }];
    if (deployed.has(name)) return [{ name, usePrevious: true }];
    if (parameter.default === undefined) missing.push(name);
    return [];
  });
  if (missing.length > 0) {
    throw new IdpFixError(
      'parameters-invalid',
      `the deployed stack has no value for the new ${missing.length === 1 ? 'parameter' : 'parameters'} ${missing.join(', ')}`,
      { hint: `give ${missing.length === 1 ? 'it' : 'them'} one: --parameters ${missing[0]}=…` },
    );
  }
  return choices;
}

const hidden = '(hidden)';

/** Values that may be read, compared and written down: the deployed ones that no template declares `NoEcho`. */
export function openValues(stack: DeployedStack, template: Template): ReadonlyMap<string, string> {
  return new Map(
    stack.parameters.flatMap(({ name, value }) =>
      value === undefined || template.parameters.get(name)?.noEcho === true ? [] : [[name, value] as const],
    ),
  );
}

/**
 * What a plan goes by: the open values, and a mark for the secret ones, which have a value that AWS masks. Without it the
 * default of the template would count as what is deployed.
 */
export function planningValues(stack: DeployedStack, template: Template): ReadonlyMap<string, string> {
  const secret = stack.parameters.filter(({ name }) => template.parameters.get(name)?.noEcho === true);
  return new Map([...secret.map(({ name }) => [name, hidden] as const), ...openValues(stack, template)]);
}

/** Values a person gave for `NoEcho` parameters: sent once, and never shown. */
export function secretValues(template: Template, set: ReadonlyMap<string, string>): readonly string[] {
  return [...set].flatMap(([name, value]) =>
    template.parameters.get(name)?.noEcho === true && value !== '' ? [value] : [],
  );
}

/** Takes the values of `NoEcho` parameters out of a text. */
export function hiding(secrets: readonly string[]): (text: string) => string {
  return (text) => secrets.reduce((shown, secret) => shown.replaceAll(secret, hidden), text);
}

/** CloudFormation may quote a value in what it says is wrong with it. */
export function withoutSecrets(error: unknown, secrets: readonly string[]): unknown {
  if (!(error instanceof IdpFixError) || secrets.length === 0) return error;
  const hide = hiding(secrets);
  const { hint, place } = error.details;
  return new IdpFixError(error.code, hide(error.message), {
    ...(place !== undefined && { place }),
    ...(hint !== undefined && { hint: hide(hint) }),
  });
}
