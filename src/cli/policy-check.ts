import { withoutEffect } from '../compare/compare.js';
import { terminalLine } from '../escape.js';
import { planRoots } from '../plan-roots.js';
import { loadPolicy } from '../policy/load.js';
import type { Policy } from '../policy/policy.js';
import type { Ports } from '../ports.js';
import type { Product } from '../product.js';
import { count } from '../report/words.js';
import type { ReadPolicyRequest } from './request.js';

/**
 * `idp-fix policy check [POLICY] [--template TEMPLATE…]`. What a policy says of nothing that is there is told, since a
 * misspelt name would go unseen.
 * @returns 0 when it is in order, 1 when something in it has expired or is said of nothing
 */
export async function checkPolicy(
  request: ReadPolicyRequest,
  ports: Ports,
  product: Product,
): Promise<number> {
  const { files, output, clock } = ports;
  const policy = await loadPolicy(files, product, { named: request.policy, folder: '.' });
  const problems = [
    ...expired(policy, clock.today()),
    ...(request.templates.length === 0 ? [] : await saidOfNothing(policy, request, ports, product)),
  ];
  for (const problem of problems) output.note(`${terminalLine(problem)}\n`);
  const on = product.remediations.filter(({ id }) => policy.target(id) !== undefined);
  const state =
    problems.length === 0 ? 'is valid' : `can be read, but has ${count(problems.length, 'problem')}`;
  output.data(
    `${terminalLine(`${policy.name} (${policy.source})`)} ${state}: ${on.length} of ${product.remediations.length} remediations on\n`,
  );
  return problems.length === 0 ? 0 : 1;
}

function expired({ deviations, attestations }: Policy, today: string): readonly string[] {
  return [
    ...deviations
      .filter(({ expires }) => expires < today)
      .map(({ remediation, logicalId, expires }) => {
        const subject = logicalId === undefined ? '' : ` for ${logicalId}`;
        return `an exception from ${remediation}${subject} no longer counts: it expired on ${expires}`;
      }),
    ...attestations
      .filter(({ expires }) => expires < today)
      .map(({ item, expires }) => `the attestation of ${item} counts no longer: it expired on ${expires}`),
  ];
}

async function saidOfNothing(
  policy: Policy,
  { policy: named, templates, withoutCode }: ReadPolicyRequest,
  ports: Ports,
  product: Product,
): Promise<readonly string[]> {
  const { roots, failures } = await planRoots(
    { templates, policy: named, parameters: new Map(), allowOutside: false, withoutCode, plan: {} },
    ports,
    product,
  );
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  return withoutEffect(
    policy,
    roots.map(({ result, tree }) => ({
      document: result.document,
      parameters: [...tree.root.template.parameters.keys()],
    })),
  );
}
