import { guide } from '../../remediations/guide.js';
import { remediations } from '../../remediations/index.js';
import { errorCodes } from '../errors.js';
import { questions } from '../plan/checklist.js';
import { policyJsonSchema } from '../policy/json-schema.js';
import { catalog, commandLinePage, exitCodePage, guidePage, policyPage, remediationPage } from './pages.js';

/**
 * Everything made from the units and the contracts, by path from the project's folder.
 * @param read the text of a file of the project
 */
export function generatedFiles(read: (path: string) => string): ReadonlyMap<string, string> {
  const schema = policyJsonSchema(remediations);
  const preset = read('policies/production.yaml');
  return new Map([
    ['remediations/README.md', catalog(remediations)],
    ['policies/policy.schema.json', `${JSON.stringify(schema, null, 2)}\n`],
    ['docs/reference/policy.md', policyPage(schema)],
    ['docs/command-line.md', commandLinePage()],
    ['docs/reference/exit-codes.md', exitCodePage(errorCodes)],
    ...remediations.map((each) => {
      const cases = read(`remediations/${each.id}/cases.md`);
      return [`docs/remediations/${each.id}.md`, remediationPage(each, { schema, cases, preset })] as const;
    }),
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
