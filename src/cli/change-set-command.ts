import { afterwards } from '../changeset/afterwards.js';
import { executeChangeSet } from '../changeset/execute.js';
import { rejectChangeSet } from '../changeset/reject.js';
import { openSession, whereabouts } from '../changeset/session.js';
import { showChangeSet } from '../changeset/show.js';
import { jsonText, terminalLine } from '../escape.js';
import type { Ports } from '../ports.js';
import type { Product } from '../product.js';
import { contextOf, createCommand, tellChangeSet } from './create-change-sets.js';
import type { ChangeSetRequest } from './request.js';
import { surveyCommand } from './survey-change-sets.js';

/** `idp-fix change-set create|show|execute|reject|list|clean`. @returns the exit code */
export async function changeSetCommand(
  request: ChangeSetRequest,
  ports: Ports,
  product: Product,
): Promise<number> {
  if (request.action === 'create') return createCommand(request, ports, product);
  if ('olderThanDays' in request) return surveyCommand(request, ports);
  const { folder, changeSet } = request;
  const context = await contextOf(request, folder, ports);
  const open = () => openSession(context, folder, ports, request.quiet);
  switch (request.action) {
    case 'show': {
      const { record, now } = await showChangeSet(changeSet, context.stack, folder, ports.files, open);
      const where = whereabouts(context.stack, folder, context.connection);
      await tellChangeSet(record, where, request, ports, now);
      if (!request.quiet) ports.output.note(now.map((line) => `${terminalLine(line)}\n`).join(''));
      return 0;
    }
    case 'execute': {
      const session = await open();
      const record = await executeChangeSet(
        { changeSet, stack: context.stack, folder, confirm: request.confirm, allowed: request.allowed },
        session,
      );
      if (request.format === 'json') await tellChangeSet(record, session.where, request, ports);
      session.note(`${record.stack.name} is updated
${afterwards(record, folder, session.where)}`);
      return 0;
    }
    case 'reject': {
      const session = await open();
      const gone = await rejectChangeSet(changeSet, context.stack, folder, session);
      if (request.format === 'json') ports.output.data(`${jsonText({ gone })}\n`);
      session.note(gone.map((line) => `${terminalLine(line)}\n`).join(''));
      return 0;
    }
  }
}
