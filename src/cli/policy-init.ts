import { dirname, join, relative, sep } from 'node:path';
import { encryptionKeyFor } from '../analysis/encryption-key.js';
import { type FileToWrite, writeAll } from '../deliver/write-template.js';
import { IdpFixError } from '../errors.js';
import { type PlannedRoot, planRoots } from '../plan-roots.js';
import { policyJsonSchema } from '../policy/json-schema.js';
import { presetNames } from '../policy/locate.js';
import { suggestion } from '../policy/problems.js';
import { nothingFound, type StarterFindings, starterPolicy } from '../policy/starter.js';
import type { FileStore, Ports } from '../ports.js';
import type { Product } from '../product.js';
import type { InitPolicyRequest } from './request.js';

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
