import type { ResourceView, Trigger } from '../contract/facts.js';
import { isMap, type Value } from '../document/value.js';
import type { Member } from '../expressions/coexistence.js';
import { textPatternsOf } from '../expressions/patterns.js';
import { matchesWildcard } from '../template/mentions.js';
import type { StackTree } from '../template/template.js';
import type { FindFunctions } from './references.js';
import { permissionsOf } from './roles.js';
import type { FoundTrigger } from './trigger-places.js';
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
  const tables = known.get(tree) ?? tablesOf(tree, find);
  known.set(tree, tables);
  if (tables.length === 0) return [];
  const texts = textsRead(view);
  return tables.flatMap(({ named, isNamedBy }) => (texts.some(isNamedBy) ? named : []));
}

/** A parameter that names functions. */
interface Table {
  readonly named: readonly NamedInData[];
  /** Whether a text is its name, or ends an ARN with it. */
  isNamedBy(text: string): boolean;
}

const known = new WeakMap<StackTree, readonly Table[]>();

function tablesOf(tree: StackTree, find: FindFunctions): readonly Table[] {
  return viewResources(tree, ['AWS::SSM::Parameter']).flatMap(({ stack, logicalId, properties }) => {
    const members = find(properties.Value, stack);
    if (members.length === 0) return [];
    const names = [{ Ref: logicalId }, properties.Name].flatMap((name) => textPatternsOf(name, stack));
    const endings = names.map((name) => `:parameter/${name.replace(/^\//, '')}`);
    return [
      {
        named: members.map((member) => ({ ...member, where: `SSM parameter ${logicalId}` })),
        isNamedBy: (text) => names.includes(text) || endings.some((ending) => text.endsWith(ending)),
      },
    ];
  });
}

/**
 * Functions that are published for other stacks to call: by an SSM parameter or an export. Who calls them, and how,
 * nothing here says; it counts only where nothing else explains the function.
 */
export function publishedTriggers(
  tree: StackTree,
  find: FindFunctions,
  triggers: (member: Member) => readonly Trigger[],
): readonly FoundTrigger[] {
  const byParameter = viewResources(tree, ['AWS::SSM::Parameter']).flatMap((view) =>
    find(view.properties.Value, view.stack).map((member) => ({
      member,
      where: `SSM parameter ${view.logicalId}`,
    })),
  );
  const byExport = tree.stacks.flatMap((stack) =>
    Object.entries(stack.template.outputs).flatMap(([name, output]) =>
      isMap(output) && output.Export !== undefined
        ? find(output.Value, stack).map((member) => ({ member, where: `export ${name}` }))
        : [],
    ),
  );
  return [...byParameter, ...byExport]
    .filter(({ member }) => triggers(member).length === 0)
    .map(({ member, where }) => ({
      member,
      trigger: {
        invocation: 'unknown',
        source: 'published',
        description: `published for other stacks by ${where}`,
      },
    }));
}

/** What a caller has in its environment, and the parameters its role may read. */
function textsRead(view: ResourceView): readonly string[] {
  const variables = view.expression('Environment', 'Variables');
  const values: readonly Value[] = isMap(variables) ? Object.values(variables) : [];
  const readable = permissionsOf(view).statements.filter(
    ({ effect, actions = [] }) =>
      effect === 'Allow' &&
      actions.some((action) => matchesWildcard(action.toLowerCase(), 'ssm:getparameter')),
  );
  return [
    ...values.flatMap((value) => textPatternsOf(value, view.stack)),
    ...readable.flatMap(({ resources = [], stack }) =>
      resources.flatMap((resource) => textPatternsOf(resource, stack)),
    ),
  ];
}
