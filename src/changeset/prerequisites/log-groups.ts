import { attempt, type Check, failed, type Prospect, passed, unchecked } from './check.js';

/** Log groups the templates add: one that exists already under its name would stop the deployment. */
export async function logGroupChecks({
  tree,
  deployment,
  physical,
  aws,
  adoptsLogGroups,
}: Prospect): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const stack of tree.stacks) {
    for (const { logicalId, type, properties, body } of stack.template.resources.values()) {
      const isNew = type === 'AWS::Logs::LogGroup' && physical.id(stack, logicalId) === undefined;
      if (!isNew || properties.LogGroupName === undefined) continue;
      const what = `log group ${logicalId}`;
      const name = physical.text(properties.LogGroupName, stack);
      if (name === undefined) {
        checks.push(
          unchecked(what, `its name is not known before the deployment of ${deployment.stack.name}`),
        );
        continue;
      }
      const hasPolicy = body.DeletionPolicy === 'Retain' || body.DeletionPolicy === 'RetainExceptOnCreate';
      checks.push(
        ...(await attempt(what, async () => {
          if (!(await aws.account.logGroupExists(name))) return [passed(what, `there is no ${name} yet`)];
          if (!adoptsLogGroups)
            return [failed(what, `${name} exists already, made by its function`, waysOut(logicalId))];
          return hasPolicy
            ? [passed(what, `${name} exists already, and the stack takes it over`)]
            : [
                failed(
                  what,
                  `${name} exists already, and can be taken over only with DeletionPolicy: Retain`,
                  `give ${logicalId} DeletionPolicy: Retain`,
                ),
              ];
        })),
      );
    }
  }
  return checks;
}

function waysOut(logicalId: string): string {
  return `take it over with --adopt-log-groups; or give ${logicalId} another name and point the function's LoggingConfig at it; or leave it as it is with a deviation in the policy`;
}
