import { jsonText } from '../escape.js';
import type { ChecklistItem } from '../plan/document.js';
import { planRoots } from '../plan-roots.js';
import type { Ports } from '../ports.js';
import type { Product } from '../product.js';
import { checklistCsv, checklistMarkdown, checklistText } from '../report/checklist.js';
import { paint } from '../report/paint.js';
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
  const lists = roots.map(({ rootPath, result }) => ({ root: rootPath, items: result.document.checklist }));
  if (request.format === 'json') ports.output.data(`${jsonText(lists)}\n`);
  else if (request.format === 'csv') ports.output.data(checklistCsv(lists));
  else {
    const brush = paint(dataTerminal.colour && !request.plain);
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
    ports.output.note(showError(failure, paint(noteTerminal.colour && !request.plain)));
  }
  const [failure] = failures;
  if (failure !== undefined) return failure.exitCode;
  return lists.some(({ items }) => items.some(({ status }) => status === 'open')) ? 1 : 0;
}
