import { isMap } from '../document/value.js';
import { mentionsIn } from '../template/mentions.js';
import type { Stack, TemplateResource } from '../template/template.js';
import type { Adoption } from './find.js';
import { attempt, type Check, failed, type Prospect, passed, unchecked } from './key-prerequisites.js';

/** A log group the templates add. */
interface Added {
  readonly stack: Stack;
  readonly logicalId: string;
  /** As it will be called, or as the group is called that its function has made for itself. */
  readonly name: string | undefined;
  /** It gets a name of its own, and the function that used to log elsewhere is told to use it. */
  readonly instead: boolean;
}

export interface LogGroupOutcome {
  readonly checks: readonly Check[];
  readonly adoptions: readonly Adoption[];
}

/**
 * Log groups the templates add, beside those that exist already. A group of the same name would stop the deployment; the
 * group a function has made for itself is left with what it holds. With consent the stack takes both over.
 */
export async function logGroupChecks(prospect: Prospect): Promise<LogGroupOutcome> {
  const checks: Check[] = [];
  const adoptions: Adoption[] = [];
  for (const added of prospect.tree.stacks.flatMap((stack) => addedIn(stack, prospect))) {
    const what = `log group ${added.logicalId}`;
    const { name, logicalId, stack } = added;
    if (name === undefined) {
      checks.push(unchecked(what, 'its name is not known before the deployment'));
      continue;
    }
    const found = await attempt(what, async () => {
      if (!(await prospect.aws.account.logGroupExists(name)))
        return added.instead ? [] : [passed(what, `there is no ${name} yet`)];
      const check = chosen(what, added, name, prospect);
      if (prospect.adoptsLogGroups && check.status === 'passed')
        adoptions.push({ path: stack.template.path, logicalId, name });
      return [check];
    });
    checks.push(...found);
  }
  return { checks, adoptions };
}

function addedIn(stack: Stack, { physical }: Prospect): readonly Added[] {
  const resources = [...stack.template.resources.values()];
  return resources.flatMap(({ logicalId, type, properties }): readonly Added[] => {
    const isNew = type === 'AWS::Logs::LogGroup' && physical.id(stack, logicalId) === undefined;
    if (!isNew) return [];
    if (properties.LogGroupName !== undefined)
      return [{ stack, logicalId, name: physical.text(properties.LogGroupName, stack), instead: false }];
    const user = resources.find((resource) => logsTo(resource, logicalId));
    const used = user === undefined ? undefined : physical.id(stack, user.logicalId);
    return used === undefined ? [] : [{ stack, logicalId, name: `/aws/lambda/${used}`, instead: true }];
  });
}

function logsTo({ properties: { LoggingConfig: logging } }: TemplateResource, logGroup: string): boolean {
  return isMap(logging) && mentionsIn(logging).some(({ name }) => name === logGroup);
}

/** What becomes of a group that exists, and why. */
function chosen(
  what: string,
  { instead, stack, logicalId }: Added,
  name: string,
  { adoptsLogGroups }: Prospect,
): Check {
  if (adoptsLogGroups && stack.parents.length > 1) {
    return failed(
      what,
      `${name} exists already, and its template is used by several stacks, so it cannot be given that one name`,
      `without --adopt-log-groups; ${otherWays(logicalId)}`,
    );
  }
  if (adoptsLogGroups) {
    return passed(
      what,
      `${name} exists already; the stack takes it over as it is, by import in the same change set, and keeps it whatever happens (DeletionPolicy: Retain)`,
    );
  }
  if (instead) {
    return passed(
      what,
      `${name} exists already and stays with what it holds; new logs go to a group of another name (with --adopt-log-groups the stack takes ${name} over instead; an exception in the policy leaves the function alone)`,
    );
  }
  return failed(
    what,
    `${name} exists already, and CloudFormation makes no second one`,
    `take it over by import in the same change set with --adopt-log-groups; ${otherWays(logicalId)}`,
  );
}

function otherWays(logicalId: string): string {
  return `or rename ${logicalId}: take its LogGroupName away and let the LoggingConfig of the function refer to it; or leave the group as it is with an exception in the policy`;
}
