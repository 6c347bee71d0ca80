import { IdpFixError } from '../errors.js';
import { jsonText } from '../escape.js';
import type { ChecklistItem } from '../plan/document.js';
import { type PlannedRoot, planRoots } from '../plan-roots.js';
import type { Ports } from '../ports.js';
import type { Product } from '../product.js';
import { checklistCsv, checklistMarkdown, checklistText } from '../report/checklist.js';
import { paint } from '../report/paint.js';
import {
  readVerification,
  refuseForeign,
  type VerificationFile,
  verifiedChecklist,
} from '../verify/verified-checklist.js';
import type { ChecklistRequest } from './request.js';
import { showError } from './show-error.js';

/**
 * Prints the production checklist of one or more stacks.
 * @returns 0 when every item is done or accepted, 1 while some are open, the code of the error when a root failed
 */
export async function checklistCommand(
  request: ChecklistRequest,
  ports: Ports,
  product: Product,
): Promise<number> {
  const { dataTerminal, noteTerminal } = ports.output;
  const { roots, failures } = await planRoots(
    {
      templates: request.templates,
      policy: request.policy,
      parameters: new Map(),
      allowOutside: false,
      withoutCode: request.withoutCode,
      plan: {},
    },
    ports,
    product,
  );
  const verification = await verificationOf(request, roots, ports);
  const lists = roots.map(({ rootPath, result, tree }) => {
    const { checklist: items } = result.document;
    return {
      root: rootPath,
      items: verification === undefined ? items : verifiedChecklist(items, verification, tree),
    };
  });
  if (request.format === 'json') ports.output.data(`${jsonText(lists)}\n`);
  else if (request.format === 'csv') ports.output.data(checklistCsv(lists));
  else {
    const brush = paint(dataTerminal.color && !request.plain);
    const show = (items: readonly ChecklistItem[]) =>
      request.format === 'markdown'
        ? checklistMarkdown(items)
        : checklistText(items, brush, dataTerminal.columns);
    for (const { root, items } of lists) {
      if (lists.length > 1) ports.output.data(`${request.format === 'markdown' ? '## ' : ''}${root}\n\n`);
      ports.output.data(show(items));
    }
  }
  for (const failure of failures) {
    ports.output.note(showError(failure, paint(noteTerminal.color && !request.plain)));
  }
  const [failure] = failures;
  if (failure !== undefined) return failure.exitCode;
  return lists.some(({ items }) => items.some(({ status }) => status === 'open')) ? 1 : 0;
}

/** What was found of the stack that the one root template is deployed as. */
async function verificationOf(
  { verification: path, stack }: ChecklistRequest,
  roots: readonly PlannedRoot[],
  { files, live, clock }: Ports,
): Promise<VerificationFile | undefined> {
  const [root, ...others] = roots;
  if (path === undefined || root === undefined) return undefined;
  if (others.length > 0) {
    throw new IdpFixError('usage', '--verification is of one stack, and several root templates were named', {
      hint: 'name the root template of that stack',
    });
  }
  const verification = readVerification(path, await files.read(path));
  refuseForeign(verification, path, {
    stack: stack ?? live.environment.IDP_FIX_STACK,
    policySha256: root.result.document.policy.sha256,
    tree: root.tree,
    today: clock.today(),
  });
  return verification;
}
