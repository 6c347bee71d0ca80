import { readPolicy, validatePolicy } from '../policy/load.js';
import { showPolicy } from '../policy/show.js';
import type { Ports } from '../ports.js';
import type { Product } from '../product.js';
import type { PolicyRequest, ReadPolicyRequest } from './request.js';

/** `idp-fix policy init|show|check`. @returns the exit code */
export async function policyCommand(request: PolicyRequest, ports: Ports, product: Product): Promise<number> {
  switch (request.action) {
    case 'init': {
      const { initPolicy } = await import('./policy-init.js');
      return initPolicy(request, ports, product);
    }
    case 'show':
      return show(request, ports, product);
    case 'check': {
      const { checkPolicy } = await import('./policy-check.js');
      return checkPolicy(request, ports, product);
    }
  }
}

async function show(request: ReadPolicyRequest, ports: Ports, product: Product): Promise<number> {
  const places = { files: ports.files, policiesFolder: product.policiesFolder };
  const merged = await readPolicy(places, { named: request.policy, folder: '.' });
  validatePolicy(merged, product.remediations, '');
  ports.output.data(showPolicy(merged));
  return 0;
}
