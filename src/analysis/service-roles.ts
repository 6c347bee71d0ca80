import type { Trigger } from '../contract/classes.js';
import type { ResourceView } from '../contract/resource-view.js';
import { isList, isMap, type Value } from '../document/value.js';
import { textPatternsOf } from '../expressions/patterns.js';
import { isInvocation } from './invocations.js';
import { serviceCaller } from './permission-triggers.js';
import type { FindFunctions, Member } from './references.js';
import { rolePermissions } from './roles.js';
import { type FoundTrigger, triggerFrom } from './trigger-places.js';

/**
 * Invocations by a service that assumes a role with `lambda:InvokeFunction`: a gateway or a schedule made by an API
 * call or a custom resource is in no template, but the role it takes is.
 */
export function roleInvocations(
  view: ResourceView,
  find: FindFunctions,
  triggers: (member: Member) => readonly Trigger[],
): readonly FoundTrigger[] {
  if (view.type !== 'AWS::IAM::Role') return [];
  const services = servicesTrusted(view);
  if (services.length === 0) return [];
  const statements = rolePermissions(view.stack, view.logicalId).statements.filter(isInvocation);
  const members = statements.flatMap(({ resources = [], stack }) =>
    resources.flatMap((resource) => find(resource, stack)),
  );
  return services.flatMap((service) => {
    const caller = serviceCaller(service);
    if (caller === undefined) return [];
    return members
      .filter((member) => !triggers(member).some(({ source }) => caller.confirms.includes(source)))
      .map((member) => ({ member, trigger: triggerFrom(view, member, caller, `${service} with role`) }));
  });
}

function servicesTrusted({ properties, stack }: ResourceView): readonly string[] {
  const trust = properties.AssumeRolePolicyDocument;
  const statements = isMap(trust) ? listOf(trust.Statement) : [];
  return statements.flatMap((statement) => {
    const principal = isMap(statement) && statement.Effect === 'Allow' ? statement.Principal : undefined;
    return isMap(principal)
      ? listOf(principal.Service).flatMap((service) => textPatternsOf(service, stack))
      : [];
  });
}

function listOf(value: Value | undefined): readonly Value[] {
  if (value === undefined) return [];
  return isList(value) ? value : [value];
}
