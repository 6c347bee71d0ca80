import { isMap } from '../document/value.js';
import type { TemplateResource } from '../template/template.js';

/** CloudFormation cuts long logical ids in the names it makes; what is shorter than this might be anything. */
const shortestCutLength = 10;

/**
 * Which resource of a template a deployed one is: the one that has been given this name, or the one CloudFormation has
 * made the name of, `<stack>-<logical id>-<random>`.
 * @param physicalId name or ARN
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
 */
export function resourceNamed(
  physicalId: string,
  resources: ReadonlyMap<string, TemplateResource>,
): string | undefined {
  const name = nameIn(physicalId);
  const named = [...resources].filter(([, resource]) => hasName(resource, name));
  if (named.length > 0) return named.length === 1 ? named[0]?.[0] : undefined;
  const part = /-([a-z0-9]+)-[a-z0-9]{8,}$/.exec(name.toLowerCase())?.[1];
  if (part === undefined) return undefined;
  const ids = [...resources.keys()];
  const exact = ids.find((id) => id.toLowerCase() === part);
  if (exact !== undefined || part.length < shortestCutLength) return exact;
  const cut = ids.filter((id) => id.toLowerCase().startsWith(part));
  return cut.length === 1 ? cut[0] : undefined;
}

/** Of an ARN, what stands behind account and type; `function:name:alias` and `log-group:name:*` have more behind it. */
function nameIn(physicalId: string): string {
  const resource = /^arn:[^:]*:[^:]*:[^:]*:[^:]*:(.*)$/.exec(physicalId)?.[1];
  if (resource === undefined) return physicalId;
  return resource.replace(/^[a-z-]+[:/](?=.)/, '').replace(/:[^:]*$/, '');
}

function hasName({ body }: TemplateResource, name: string): boolean {
  const properties = isMap(body) ? body.Properties : undefined;
  return (
    isMap(properties) &&
    Object.entries(properties).some(([key, value]) => /Name$/.test(key) && value === name)
  );
}
