import { guide } from '../../remediations/guide.js';
import { remediations } from '../../remediations/index.js';
import { errorCodes } from '../errors.js';
import { questions } from '../plan/checklist.js';
import { policyJsonSchema } from '../policy/json-schema.js';
import { catalogue, commandLinePage, exitCodePage, guidePage, policyPage } from './pages.js';

/** Everything made from the units and the contracts, by path from the project's folder. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const schema = policyJsonSchema(remediations);
  return new Map([
    ['remediations/README.md', catalogue(remediations)],
    ['policies/policy.schema.json', `${JSON.stringify(schema, null, 2)}\n`],
    ['docs/reference/policy.md', policyPage(schema)],
    ['docs/command-line.md', commandLinePage()],
    ['docs/reference/exit-codes.md', exitCodePage(errorCodes)],
    [
      'docs/guide-coverage.md',
      guidePage(
        guide,
        remediations,
        questions.map(({ id }) => id),
      ),
    ],
  ]);
}
