import { formatPointer } from '../document/pointer.js';
import type { Operation } from '../patch/json-patch.js';
import type { TemplateResource } from '../template/template.js';
import type { Prepared } from './prepare.js';
import { withOperations } from './submission.js';

/** A log group that exists already and becomes part of the stack. */
export interface Adoption {
  /** Of the template. */
  readonly path: string;
  readonly logicalId: string;
  readonly name: string;
}

/**
 * The templates with what CloudFormation wants of a resource that it imports by its name: the name as plain text, and a
 * policy that keeps the resource.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
 */
export function withAdoptions(prepared: Prepared, adoptions: readonly Adoption[]): Prepared {
  if (adoptions.length === 0) return prepared;
  const templates = new Map(prepared.templates);
  for (const { template } of prepared.submitted.stacks) {
    const operations = adoptions.flatMap(({ path, logicalId, name }) => {
      const resource = path === template.path ? template.resources.get(logicalId) : undefined;
      return resource === undefined ? [] : importable(resource, name);
    });
    const before = templates.get(template.path);
    if (operations.length === 0 || before === undefined) continue;
    const text = withOperations(template.path, before.text, operations);
    templates.set(template.path, { ...before, text, isChanged: true });
  }
  const { source } = prepared;
  return {
    ...prepared,
    // A resource is taken over by what the template says of it, so the template has to go along.
    source: source === 'parameters' ? 'deployed' : source,
    templates,
    submitted: prepared.join(templates),
    imports: true,
  };
}

const keeping: ReadonlySet<unknown> = new Set(['Retain', 'RetainExceptOnCreate']);

function importable({ logicalId, body, properties }: TemplateResource, name: string): readonly Operation[] {
  const at = (...path: string[]) => formatPointer(['Resources', logicalId, ...path]);
  return [
    body.Properties === undefined
      ? { op: 'add', path: at('Properties'), value: { LogGroupName: name } }
      : {
          op: properties.LogGroupName === undefined ? 'add' : 'replace',
          path: at('Properties', 'LogGroupName'),
          value: name,
        },
    ...(keeping.has(body.DeletionPolicy)
      ? []
      : [
          {
            op: body.DeletionPolicy === undefined ? ('add' as const) : ('replace' as const),
            path: at('DeletionPolicy'),
            value: 'Retain',
          },
        ]),
  ];
}
