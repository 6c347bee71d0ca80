import { dirname, join, relative, sep } from 'node:path';
import { encryptionKeyFor } from '../analysis/encryption-key.js';
import { withoutEffect } from '../compare/compare.js';
import { type FileToWrite, writeAll } from '../deliver/write-template.js';
import { IdpFixError } from '../errors.js';
import { terminalLine } from '../escape.js';
import { type PlannedRoot, planRoots } from '../plan-roots.js';
import { policyJsonSchema } from '../policy/json-schema.js';
import { loadPolicy, readPolicy, validatePolicy } from '../policy/load.js';
import { presetNames } from '../policy/locate.js';
import type { Policy } from '../policy/policy.js';
import { suggestion } from '../policy/problems.js';
import { showPolicy } from '../policy/settings.js';
import { nothingFound, type StarterFindings, starterPolicy } from '../policy/starter.js';
import type { FileStore, Ports } from '../ports.js';
import type { Product } from '../product.js';
import { count } from '../report/words.js';
import type { InitPolicyRequest, PolicyRequest, ReadPolicyRequest } from './request.js';

/** `idp-fix policy init|show|check`. @returns the exit code */
export async function policyCommand(request: PolicyRequest, ports: Ports, product: Product): Promise<number> {
  switch (request.action) {
    case 'init': {
      return initPolicy(request, ports, product);
    }
    case 'show':
      return show(request, ports, product);
    case 'check': {
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

/** `idp-fix policy init [TEMPLATE…]`. @returns the exit code */
export async function initPolicy(
  request: InitPolicyRequest,
  ports: Ports,
  product: Product,
): Promise<number> {
  const { policy: preset, output, templates } = request;
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
  const found = templates.length === 0 ? nothingFound : await foundIn(request, ports, product);
  const { path, beside } = await editorSchema(ports.files, output, product);
  const text = starterPolicy(preset, product.remediations, found, path);
  const written = [{ path: output, bytes: bytesOf(text) }, ...beside];
  await writeAll(ports.files, written);
  if (!request.quiet) ports.output.note(noteOn(written, templates));
  return 0;
}

function noteOn(written: readonly FileToWrite[], templates: readonly string[]): string {
  const lines = written.map(
    ({ path }, index) => `wrote ${path}${index === 0 ? '' : ', for completion in editors'}\n`,
  );
  const hint =
    templates.length === 0
      ? 'name your templates as well, and it lists the keys, functions and log groups found in them\n'
      : '';
  return `${lines.join('')}${hint}`;
}

/** What the templates show, judged by the preset. @throws IdpFixError where one of them cannot be read */
async function foundIn(
  { policy, templates, withoutCode }: InitPolicyRequest,
  ports: Ports,
  product: Product,
): Promise<StarterFindings> {
  const { roots, failures } = await planRoots(
    { templates, policy, parameters: new Map(), allowOutside: false, withoutCode, plan: {} },
    ports,
    product,
  );
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  return {
    keys: roots.flatMap(keysIn),
    functions: stacksOf(roots).flatMap(({ template, functions }) =>
      functions.map((each) => ({ template, ...each })),
    ),
    logGroups: stacksOf(roots).flatMap(({ template, logGroups }) =>
      logGroups.map((each) => ({ template, ...each })),
    ),
    parameters: [...new Set(roots.flatMap(({ tree }) => [...tree.root.template.parameters.keys()]))],
    undecided: undecidedIn(roots),
  };
}

function stacksOf(roots: readonly PlannedRoot[]) {
  return roots.flatMap(({ result }) => result.document.stacks);
}

function keysIn({ tree }: PlannedRoot): StarterFindings['keys'] {
  return tree.stacks.map((stack) => {
    const key = encryptionKeyFor(tree, stack, {});
    const description = 'because' in key ? `none (${key.because})` : key.description;
    return { template: stack.template.path, description };
  });
}

function undecidedIn(roots: readonly PlannedRoot[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { findings } of stacksOf(roots)) {
    for (const { remediation, decidedBy } of findings) {
      if (decidedBy.length > 0) counts.set(remediation, (counts.get(remediation) ?? 0) + 1);
    }
  }
  return counts;
}

const installedSchema = 'node_modules/idp-fix/policies/policy.schema.json';
const schemaFileName = 'idp-fix.policy.schema.json';

/** The schema of an idp-fix that is installed in the project; where there is none, a copy beside the policy. */
async function editorSchema(files: FileStore, output: string, { remediations }: Product) {
  const folder = dirname(output);
  const depth = (await files.realPath(folder)).split(sep).length - 1;
  for (let up = 0; up <= depth; up++) {
    const path = join(folder, ...Array<string>(up).fill('..'), installedSchema);
    if ((await files.kindOf(path)) !== 'file') continue;
    return { path: relative(folder, path).split(sep).join('/'), beside: [] };
  }
  const schema = `${JSON.stringify(policyJsonSchema(remediations), null, 2)}\n`;
  const beside = [{ path: join(folder, schemaFileName), bytes: bytesOf(schema) }];
  return { path: `./${schemaFileName}`, beside };
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
