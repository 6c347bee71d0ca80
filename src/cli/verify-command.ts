import { openSession, stackContext } from '../changeset/session.js';
import { terminalValues } from '../escape.js';
import type { Ports } from '../ports.js';
import type { Product } from '../product.js';
import { paint } from '../report/paint.js';
import { verifyPermissions } from '../verify/permissions.js';
import { verificationText } from '../verify/report.js';
import { verificationJson } from '../verify/verified-checklist.js';
import { verifyStack } from '../verify/verify.js';
import type { VerifyRequest } from './request.js';

/**
 * `idp-fix verify --stack NAME`: whether what is deployed works.
 * @returns 1 when something is dead or could not be looked at
 */
export async function verifyCommand(request: VerifyRequest, ports: Ports, product: Product): Promise<number> {
  const { output, files, live, clock } = ports;
  const flags = { ...request, capabilities: [] };
  const context = await stackContext(files, '.', flags, live.environment);
  if (request.showPermissions) {
    const { AWS_REGION, AWS_DEFAULT_REGION } = live.environment;
    output.data(
      verifyPermissions(context.stack, context.connection.region ?? AWS_REGION ?? AWS_DEFAULT_REGION ?? '*'),
    );
    return 0;
  }
  const session = await openSession(context, request.folder, ports, request.quiet);
  const { policy, folder, days } = request;
  const asked = { stack: context.stack, policy, folder, days };
  const verification = await verifyStack(asked, session, product, clock.today());
  const { columns, color } = output.dataTerminal;
  switch (request.format) {
    case 'json':
      output.data(verificationJson(verification));
      break;
    case 'html': {
      const { verificationHtml } = await import('../verify/report.js');
      output.data(verificationHtml(verification));
      break;
    }
    case 'text':
      output.data(verificationText(terminalValues(verification), paint(color && !request.plain), columns));
  }
  return verification.proofs.some(({ status }) => status === 'dead' || status === 'unknown') ? 1 : 0;
}
