import { type ResourceView, type Stack, tagFormOf } from '../../src/remediation.js';

/** What happens to the resources of a stack that a resource makes, when that resource gets tags. */
export type PassedOn =
  /** A resource that tags would replace. */
  { readonly kind: 'replaces'; readonly what: string } | { readonly kind: 'unseen' };

/**
 * CloudFormation gives the tags of a stack to everything in it, nested stacks included, so that the tags of a resource that
 * makes stacks reach what is not its own. A resource that has the tag itself keeps its own value.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
 */
export function passedOn(view: ResourceView, keys: readonly string[]): PassedOn | undefined {
  if (!makesStacks.has(view.type)) return undefined;
  const child = view.stack.children.get(view.logicalId);
  if (child === undefined) return { kind: 'unseen' };
  return replacedIn(child, keys);
}

const makesStacks: ReadonlySet<string> = new Set([
  'AWS::CloudFormation::Stack',
  'AWS::CloudFormation::StackSet',
  'AWS::Serverless::Application',
  'AWS::ServiceCatalog::CloudFormationProvisionedProduct',
]);

/** The first resource of a stack that a tag of the stack would replace, and whether anything in it cannot be seen. */
export function replacedIn(stack: Stack, keys: readonly string[]): PassedOn | undefined {
  let found: PassedOn | undefined;
  for (const { logicalId, type, properties } of stack.template.resources.values()) {
    const form = tagFormOf(type);
    const own = form === undefined ? undefined : JSON.stringify(properties[form.property] ?? '');
    if (form?.isReplaced === true && keys.some((key) => !own?.includes(JSON.stringify(key)))) {
      return { kind: 'replaces', what: `${logicalId} of ${stack.template.path}` };
    }
    if (!makesStacks.has(type)) continue;
    const child = stack.children.get(logicalId);
    const inner: PassedOn | undefined = child === undefined ? { kind: 'unseen' } : replacedIn(child, keys);
    if (inner?.kind === 'replaces') return inner;
    found ??= inner;
  }
  return found;
}
