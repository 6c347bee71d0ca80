import type { ResourceView } from '../contract/resource-view.js';
import { isMap, type Value } from '../document/value.js';
import type { StackTree } from '../template/template.js';
import { textsOf } from '../template/texts.js';
import { matchesWildcard } from '../template/wildcard.js';
import type { FindFunctions, Member } from './function-references.js';
import { permissionsOf } from './roles.js';
import { viewResources } from './view.js';

/** A function that another one can find the name of in data. */
export interface NamedInData extends Member {
  /** For reading: `SSM parameter FieldMap`. */
  readonly where: string;
}

/**
 * The functions named in SSM parameters that a caller reads: their names come by its environment, or its role may
 * read them one by one. Such a parameter is a table by which the caller passes requests on.
 */
export function functionsInDataOf(
  view: ResourceView,
  tree: StackTree,
  find: FindFunctions,
): readonly NamedInData[] {
  return viewResources(tree, ['AWS::SSM::Parameter']).flatMap((parameter) => {
    const named = find(parameter.properties.Value, parameter.stack);
    if (named.length === 0 || !reads(view, parameter)) return [];
    return named.map((member) => ({ ...member, where: `SSM parameter ${parameter.logicalId}` }));
  });
}

function reads(view: ResourceView, parameter: ResourceView): boolean {
  const names = [{ Ref: parameter.logicalId }, parameter.properties.Name].flatMap((name) =>
    textsOf(name, parameter.stack),
  );
  const isNamed = (text: string) =>
    names.includes(text) || names.some((name) => text.endsWith(`:parameter/${name.replace(/^\//, '')}`));
  const variables = view.expression('Environment', 'Variables');
  const values: readonly Value[] = isMap(variables) ? Object.values(variables) : [];
  if (values.some((value) => textsOf(value, view.stack).some(isNamed))) return true;
  return permissionsOf(view).statements.some(
    ({ effect, actions = [], resources = [], stack }) =>
      effect === 'Allow' &&
      actions.some((action) => matchesWildcard(action.toLowerCase(), 'ssm:getparameter')) &&
      resources.some((resource) => textsOf(resource, stack).some(isNamed)),
  );
}
