import { dirname } from 'node:path';
import {
  type Comparison,
  compareFindings,
  countChanges,
  needsPerson,
  withoutEffect,
} from '../compare/compare.js';
import { writeAll } from '../deliver/write-template.js';
import { IdpFixError } from '../errors.js';
import { jsonText } from '../escape.js';
import { type PlannedRoot, planRoots } from '../plan-roots.js';
import { nearestPolicy } from '../policy/locate.js';
import type { Ports } from '../ports.js';
import type { Product } from '../product.js';
import { comparisonText } from '../report/comparison.js';
import { findRemediation } from './common-options.js';
import { readParameters } from './parameters.js';
import type { CompareRequest } from './request.js';

/**
 * `idp-fix --compare OLD NEW`: both releases are planned with one policy, and the plans compared.
 * @returns 0 when everything carries over by itself, 1 when somebody has to look at something
 */
export async function compareCommand(
  request: CompareRequest,
  ports: Ports,
  product: Product,
): Promise<number> {
  const { files, output } = ports;
  for (const id of [...request.only, ...request.skip]) findRemediation(id, product.remediations);
  const policy = request.policy ?? (await policyOf(request.new, ports, product));
  const parameters = await readParameters(files, request.parameters);
  const plan = (template: string, given: ReadonlyMap<string, string>) =>
    planned(template, { ...request, policy }, given, ports, product);
  const current = await plan(request.new, parameters);
  const plain = await plan(request.old, new Map());
  // The old release may lack parameters of the new one.
  const known = [...parameters].filter(([name]) => plain.tree.root.template.parameters.has(name));
  const old = known.length === 0 ? plain : await plan(request.old, new Map(known));
  const comparison = comparisonOf(old, current);
  const terminal = request.output === undefined ? output.dataTerminal : { columns: 80, color: false };
  const text =
    request.format === 'json'
      ? `${jsonText(comparison)}\n`
      : comparisonText(comparison, {
          columns: terminal.columns,
          color: terminal.color && !request.plain,
          verbose: request.verbose,
        });
  if (request.output === undefined) output.data(text);
  else await writeAll(files, [{ path: request.output, bytes: new TextEncoder().encode(text) }]);
  const isForPerson = comparison.entries.some(({ change }) => needsPerson.has(change));
  return isForPerson || comparison.withoutEffect.length > 0 ? 1 : 0;
}

/** One policy for both: the one that counts for the new release. */
async function policyOf(template: string, { files }: Ports, { policiesFolder }: Product): Promise<string> {
  const isFolder = (await files.kindOf(template)) === 'directory';
  const { preset, path } = await nearestPolicy(
    { files, policiesFolder },
    isFolder ? template : dirname(template),
  );
  return preset ?? path;
}

/** @throws IdpFixError what keeps the template from being planned; `usage` where a folder has several roots */
async function planned(
  template: string,
  { policy, allowOutside, withoutCode, only, skip, suppressions }: CompareRequest,
  parameters: ReadonlyMap<string, string>,
  ports: Ports,
  product: Product,
): Promise<PlannedRoot> {
  const plan = {
    skip,
    ...(only.length > 0 && { only }),
    ...(suppressions !== undefined && { suppressions }),
  };
  const { roots, failures } = await planRoots(
    { templates: [template], policy, parameters, allowOutside, withoutCode, plan },
    ports,
    product,
  );
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  const [root, ...others] = roots;
  if (root === undefined || others.length > 0) {
    throw new IdpFixError('usage', `${template} has ${roots.length} root templates`, {
      hint: `name one: ${roots.map(({ rootPath }) => rootPath).join(', ')}`,
    });
  }
  return root;
}

function comparisonOf(old: PlannedRoot, current: PlannedRoot): Comparison {
  const { document } = current.result;
  const entries = compareFindings(old.result.document, document);
  const parameters = [...current.tree.root.template.parameters.keys()];
  return {
    format: 'idp-fix/comparison',
    version: 1,
    policy: document.policy,
    old: releaseOf(old),
    new: releaseOf(current),
    entries,
    withoutEffect: withoutEffect(current.policy, [{ document, parameters }]),
    summary: countChanges(entries),
  };
}

function releaseOf({ rootPath, result: { document } }: PlannedRoot): Comparison['old'] {
  return {
    template: rootPath,
    sha256: document.stacks[0]?.sha256 ?? '',
    resources: document.stacks.reduce((sum, { resources }) => sum + resources, 0),
  };
}
