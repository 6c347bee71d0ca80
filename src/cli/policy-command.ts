import { writeAll } from '../deliver/write-all.js';
import { IdpFixError } from '../errors.js';
import { loadPolicy, readPolicy, validatePolicy } from '../policy/load.js';
import { presetNames } from '../policy/locate.js';
import { suggestion } from '../policy/problems.js';
import { showPolicy } from '../policy/show.js';
import { starterPolicy } from '../policy/starter.js';
import type { Ports } from '../ports.js';
import type { Product } from '../product.js';
import type { PolicyRequest } from './request.js';

/** `idp-fix policy init|show|check`. @returns the exit code */
export async function policyCommand(request: PolicyRequest, ports: Ports, product: Product): Promise<number> {
  switch (request.action) {
    case 'init':
      return init(request, ports, product);
    case 'show':
      return show(request, ports, product);
    case 'check':
      return check(request, ports, product);
  }
}

async function init(request: PolicyRequest, ports: Ports, product: Product): Promise<number> {
  const { policy: preset = 'production', output = 'idp-fix.policy.yaml' } = request;
  const presets = await presetNames({ files: ports.files, policiesFolder: product.policiesFolder });
  if (!presets.includes(preset)) {
    throw new IdpFixError('policy-invalid', `there is no preset ${preset}`, {
      hint: suggestion(preset, presets),
    });
  }
  if ((await ports.files.kindOf(output)) !== 'missing') {
    throw new IdpFixError('usage', `${output} is there already`, {
      hint: 'take it away, or name another file with --output',
    });
  }
  const text = starterPolicy(preset, product.remediations);
  await writeAll(ports.files, [{ path: output, bytes: new TextEncoder().encode(text) }]);
  if (!request.quiet) ports.output.note(`wrote ${output}\n`);
  return 0;
}

async function show(request: PolicyRequest, ports: Ports, product: Product): Promise<number> {
  const places = { files: ports.files, policiesFolder: product.policiesFolder };
  const merged = await readPolicy(places, { named: request.policy, folder: '.' });
  validatePolicy(merged, product.remediations, '');
  ports.output.data(showPolicy(merged));
  return 0;
}

async function check(request: PolicyRequest, ports: Ports, product: Product): Promise<number> {
  const policy = await loadPolicy(ports.files, product, { named: request.policy, folder: '.' });
  const on = product.remediations.filter(({ id }) => policy.target(id) !== undefined);
  const expired = policy.deviations.filter(({ expires }) => expires < ports.clock.today());
  for (const { remediation, expires } of expired) {
    ports.output.note(`a deviation from ${remediation} counts no longer: it expired on ${expires}\n`);
  }
  const count = `${on.length} of ${product.remediations.length} remediations on`;
  ports.output.data(`${policy.name} (${policy.source}) is in order: ${count}\n`);
  return 0;
}
