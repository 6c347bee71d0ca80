import { resolve } from '../../expressions/resolve.js';
import type { StackTree } from '../../template/template.js';
import { attempt, type Check, failed, type Prospect, passed } from './check.js';

/** What Lambda keeps for functions without a reservation; no reservation may take it. */
const unreservedMinimum = 100;

/** The account's limit against what the stack will reserve beside what others have reserved. */
export async function concurrencyCheck({ tree, deployment, aws }: Prospect): Promise<readonly Check[]> {
  const what = 'concurrency of the account';
  const wanted = reservedIn(tree, Math.max);
  const now = reservedIn(deployment.tree, Math.min);
  if (wanted === now) return [];
  return attempt(what, async () => {
    const { limit, unreserved } = await aws.account.concurrency();
    const elsewhere = Math.max(limit - unreserved - now, 0);
    const left = limit - elsewhere - wanted;
    const sum = `${wanted} here and ${elsewhere} elsewhere of ${limit} leave ${left}`;
    if (left >= unreservedMinimum) return [passed(what, sum)];
    return [
      failed(
        what,
        `${sum}, and Lambda keeps ${unreservedMinimum} back`,
        `say account: { concurrencyLimit: ${limit}, reservedElsewhere: ${elsewhere} } in the policy, so that the plan reckons with it, or ask AWS for a higher limit`,
      ),
    ];
  });
}

/** @param pick the largest that may be deployed, or the smallest that may be there now, as far as templates tell */
function reservedIn({ stacks }: StackTree, pick: (...numbers: number[]) => number): number {
  let sum = 0;
  for (const stack of stacks) {
    for (const { type, properties } of stack.template.resources.values()) {
      if (type !== 'AWS::Serverless::Function' && type !== 'AWS::Lambda::Function') continue;
      const reserved = resolve(properties.ReservedConcurrentExecutions, stack).map(({ outcome }) =>
        outcome.kind === 'value' ? Number(outcome.value) : 0,
      );
      const known = reserved.filter((number) => Number.isFinite(number));
      sum += known.length === 0 ? 0 : pick(...known);
    }
  }
  return sum;
}
