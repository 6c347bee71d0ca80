import { isList, isMap } from '../../document/value.js';
import { attempt, type Check, failed, type Prospect, passed } from './check.js';

/** Signing profiles that the templates name by ARN are there and active. */
export async function signingChecks({ tree, physical, aws }: Prospect): Promise<readonly Check[]> {
  const names = new Set<string>();
  for (const stack of tree.stacks) {
    for (const { type, properties } of stack.template.resources.values()) {
      if (type !== 'AWS::Lambda::CodeSigningConfig') continue;
      const publishers = isMap(properties.AllowedPublishers) ? properties.AllowedPublishers : {};
      const arns = publishers.SigningProfileVersionArns;
      for (const arn of isList(arns) ? arns : []) {
        const [, name] = /signing-profiles\/([^/]+)/.exec(physical.text(arn, stack) ?? '') ?? [];
        if (name !== undefined) names.add(name);
      }
    }
  }
  const checks: Check[] = [];
  for (const name of [...names].sort()) {
    const what = `signing profile ${name}`;
    checks.push(
      ...(await attempt(what, async () => {
        const status = await aws.account.signingProfileStatus(name);
        if (status === 'Active') return [passed(what, 'it is active')];
        return [
          failed(
            what,
            status === undefined ? 'there is no such profile' : `it is ${status}`,
            'aws signer put-signing-profile makes one',
          ),
        ];
      })),
    );
  }
  return checks;
}
