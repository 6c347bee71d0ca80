import { IdpFixError } from '../errors.js';
import type { CompareRequest, PlanRequest } from './request.js';

/** A plan that is to be compared with the release before it. @throws IdpFixError `usage` for what does not go with it */
export function comparison(plan: PlanRequest, old: string | undefined): PlanRequest | CompareRequest {
  if (old === undefined) return plan;
  const { templates, format = 'text', only, skip, policy, parameters, suppressions, allowOutside } = plan;
  const [template = '', ...others] = templates;
  if (others.length > 0) {
    throw new IdpFixError('usage', '--compare takes one template', {
      hint: 'say idp-fix --compare OLD NEW, once for each root template',
    });
  }
  const clashes = {
    '--apply': plan.apply,
    '--include review': plan.includeReview,
    '--trusted': plan.trusted !== undefined,
    '--baseline': plan.baseline !== undefined,
    '--write-baseline': plan.writeBaseline !== undefined,
    '--findings': plan.findings.length > 0,
  };
  const [clash] = Object.entries(clashes).find(([, isGiven]) => isGiven) ?? [];
  if (clash !== undefined) {
    throw new IdpFixError('usage', `--compare and ${clash} do not go together`, {
      hint: 'compare first, and then run idp-fix on the new template',
    });
  }
  if (format !== 'text' && format !== 'json') {
    throw new IdpFixError('usage', `--compare has no form ${format}`, { hint: 'there are text and json' });
  }
  const { plain, quiet, verbose, withoutCode, unasked, plugins, output } = plan;
  return {
    command: 'compare',
    old,
    new: template,
    only,
    skip,
    policy,
    parameters,
    suppressions,
    allowOutside,
    format,
    output,
    plain,
    quiet,
    verbose,
    withoutCode,
    unasked,
    plugins,
  };
}
