import type { DeployedStack, StackResource } from '../aws-ports.js';
import { readDocument } from '../document/read.js';
import { decodeSource } from '../document/source.js';
import { openTemplate } from '../template/open.js';
import { joinStackTree } from '../template/stack-tree.js';
import type { StackTree, Template } from '../template/template.js';
import { planningValues } from './parameters.js';
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

export interface DeployedTemplate {
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
