import type { DeployedStack, ParameterChoice, StackResource } from '../aws-ports.js';
import { readDocument } from '../document/read.js';
import { decodeSource } from '../document/source.js';
import { IdpFixError } from '../errors.js';
import { openTemplate } from '../template/open.js';
import { joinStackTree } from '../template/stack-tree.js';
import type { StackTree, Template } from '../template/template.js';
import type { Session } from './session.js';

/** A stack as it stands in the account, with all it nests. */
export interface Deployment {
  readonly stack: DeployedStack;
  /** It has never been deployed, so there is nothing in it. */
  readonly isNew: boolean;
  readonly tree: StackTree;
  /** By path, as the tree names the templates; root first. */
  readonly nested: ReadonlyMap<string, DeployedTemplate>;
}

interface DeployedTemplate {
  readonly stackId: string;
  /** Logical ids from the root down; empty for the root. */
  readonly way: readonly string[];
  readonly template: Template;
  readonly resources: readonly StackResource[];
}

/** Reads the templates of a stack and of its nested stacks, as they were submitted or as transforms have made them. */
export async function readDeployment(
  { aws: { stacks }, progress }: Pick<Session, 'aws' | 'progress'>,
  stack: DeployedStack,
  stage: 'Original' | 'Processed' = 'Original',
): Promise<Deployment> {
  const rootPath = `${stack.name}.template`;
  const nested = new Map<string, DeployedTemplate>();
  const queue: { readonly path: string; readonly stackId: string; readonly way: readonly string[] }[] = [
    { path: rootPath, stackId: stack.id, way: [] },
  ];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { path, stackId, way } = next;
    progress(`reading ${[stack.name, ...way].join('/')}\n`);
    const [text, resources] = [await stacks.template(stackId, stage), await stacks.resources(stackId)];
    nested.set(path, { stackId, way, template: parse(path, text), resources });
    for (const { logicalId, physicalId } of resources.filter(isLiveStack)) {
      const below = [...way, logicalId];
      if (physicalId !== undefined)
        queue.push({ path: pathOf(stack.name, below), stackId: physicalId, way: below });
    }
  }
  const templates = new Map([...nested].map(([path, { template }]) => [path, template]));
  const root = templates.get(rootPath);
  const tree = joinStackTree(rootPath, templates, {
    ...(root !== undefined && { parameters: planningValues(stack, root) }),
    locate: locateIn({ stack, nested }),
  });
  return { stack, isNew: false, tree, nested };
}

/** Where the template of a nested stack is among those read: deployed templates have no paths of their own. */
export function locateIn({ stack, nested }: Pick<Deployment, 'stack' | 'nested'>) {
  return ({ path }: Template, logicalId: string): string =>
    pathOf(stack.name, [...(nested.get(path)?.way ?? []), logicalId]);
}

function parse(path: string, text: string): Template {
  return openTemplate(readDocument(decodeSource(path, new TextEncoder().encode(text))));
}

function isLiveStack({ type, status }: StackResource): boolean {
  return type === 'AWS::CloudFormation::Stack' && status !== 'DELETE_COMPLETE';
}

function pathOf(stackName: string, way: readonly string[]): string {
  return `${stackName}/${way.join('/')}.template`;
}

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
