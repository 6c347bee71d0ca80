import { remediations } from '../../remediations/index.js';
import { errorCodes } from '../errors.js';
import { policyJsonSchema } from '../policy/json-schema.js';
import { catalogue, commandLinePage, exitCodePage, policyPage } from './pages.js';

/** Everything made from the units and the contracts, by path from the project's folder. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const schema = policyJsonSchema(remediations);
  return new Map([
    ['remediations/README.md', catalogue(remediations)],
    ['policies/policy.schema.json', `${JSON.stringify(schema, null, 2)}\n`],
    ['docs/reference/policy.md', policyPage(schema)],
    ['docs/command-line.md', commandLinePage()],
    ['docs/reference/exit-codes.md', exitCodePage(errorCodes)],
  ]);
}
