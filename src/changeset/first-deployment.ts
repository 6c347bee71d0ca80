import type { Aws, DeployedStack, Live } from '../aws-ports.js';
import { readDocument } from '../document/read.js';
import { decodeSource } from '../document/source.js';
import { IdpFixError } from '../errors.js';
import { shellWord, terminalLine } from '../escape.js';
import type { FileStore } from '../ports.js';
import { openTemplate } from '../template/open.js';
import { joinStackTree } from '../template/stack-tree.js';
import type { Parameter, Template } from '../template/template.js';
import type { Deployment } from './deployed.js';

/**
 * Whether a stack has yet to be deployed for the first time: it is not there, or it is the shell that a change set of its
 * first deployment has made.
 */
export function isUndeployed(stack: DeployedStack | undefined): boolean {
  return stack === undefined || stack.status === 'REVIEW_IN_PROGRESS';
}

/** There is not even a shell. */
export function isMissing({ isNew, stack }: Deployment): boolean {
  return isNew && stack.id === stack.name;
}

/** A stack before its first deployment. CloudFormation tells no template of one, so nothing is asked. */
export function firstDeployment(name: string, shell: DeployedStack | undefined): Deployment {
  const stack = shell ?? {
    id: name,
    name,
    status: 'not there',
    statusReason: undefined,
    updatedAt: '',
    parameters: [],
    capabilities: [],
    tags: [],
    notificationArns: [],
    rollback: { triggers: [] },
  };
  const path = `${name}.template`;
  const template = emptyTemplate(path);
  return {
    stack,
    isNew: true,
    tree: joinStackTree(path, new Map([[path, template]]), {}),
    nested: new Map([[path, { stackId: stack.id, way: [], template, resources: [] }]]),
  };
}

/** There is no template without a resource, so it is taken out afterwards. */
function emptyTemplate(path: string): Template {
  const text = '{"Resources":{"Nothing":{"Type":"AWS::CloudFormation::WaitConditionHandle"}}}';
  const template = openTemplate(readDocument(decodeSource(path, new TextEncoder().encode(text))));
  return { ...template, resources: new Map(), value: { Resources: {} } };
}

/**
 * Values for the parameters that have no default and that nobody has given, asked one by one. A secret is not asked: a
 * terminal would show it.
 * @param path of the root template
 * @throws IdpFixError `parameters-invalid` for what is left without a value; as reading the template does
 */
export async function askedParameters(
  path: string,
  given: ReadonlyMap<string, string>,
  files: FileStore,
  live: Live,
): Promise<ReadonlyMap<string, string>> {
  const template = openTemplate(readDocument(decodeSource(path, await files.read(path))));
  const open = [...template.parameters.values()].filter(
    (parameter) => parameter.default === undefined && !given.has(parameter.name),
  );
  const values = new Map<string, string>();
  const missing: string[] = [];
  for (const parameter of open) {
    const typed = parameter.noEcho ? undefined : (await live.ask(questionOf(parameter)))?.trim();
    if (typed === undefined || typed === '') missing.push(parameter.name);
    else values.set(parameter.name, typed);
  }
  if (missing.length === 0) return values;
  const [some, it] = missing.length === 1 ? ['the parameter', 'it'] : ['the parameters', 'each'];
  throw new IdpFixError(
    'parameters-invalid',
    `a first deployment needs a value for ${some} without a default: ${missing.join(', ')}`,
    {
      place: { file: path },
      hint: `give ${it} one, in a file or one by one: ${missing.map((name) => `--parameters ${shellWord(`${name}=…`)}`).join(' ')}`,
    },
  );
}

function questionOf({ name, type, allowedValues }: Parameter): string {
  const about = [type, ...(allowedValues === undefined ? [] : [`one of ${allowedValues.join(', ')}`])];
  return `${terminalLine(`${name} (${about.join('; ')})`)}: `;
}

/**
 * Removes what a change set of a first deployment leaves of its stack, unless something else is in it. Only a stack that
 * has never been deployed and has no change set is one: there is nothing in it to be lost.
 * @returns what became of it; undefined when there is no shell
 */
export async function removeShell({ stacks }: Aws, stackName: string): Promise<string | undefined> {
  const found = await stacks.stack(stackName);
  if (found?.status !== 'REVIEW_IN_PROGRESS') return undefined;
  try {
    const others = (await stacks.changeSets(found.name)).filter(
      ({ status }) => !status.startsWith('DELETE_'),
    );
    if (others.length > 0) {
      const names = others.map(({ name }) => name).join(', ');
      return `left the stack ${found.name}, which was never deployed: it has the change set ${names}`;
    }
    await stacks.deleteShell(found.id);
    return `deleted the stack ${found.name}, which was never deployed`;
  } catch (error) {
    if (!(error instanceof IdpFixError) || error.code !== 'aws-denied') throw error;
    return `left the stack ${found.name}, which was never deployed and is empty: ${error.message}; aws cloudformation delete-stack deletes it`;
  }
}
