import { treeRemediation, z } from '../../src/remediation.js';
import { functionTypes } from '../kit/functions.js';
import { judgeConcurrency } from './judge.js';
import { budgetMeasures } from './measures.js';
import { budgetNotes } from './notes.js';

const executions = z.int().min(1).max(100_000);
const range = z
  .strictObject({
    minimum: executions.describe(
      'smallest reserved concurrency of a function of this type, in executions at once',
    ),
    maximum: executions.describe(
      'largest reserved concurrency of a function of this type, in executions at once',
    ),
  })
  .refine(({ minimum, maximum }) => minimum <= maximum, 'minimum must not be above maximum');
const functionType = z.enum(['high-volume', 'api-handler', 'background', 'administrative']);

const target = z.strictObject({
  ranges: z
    .strictObject({
      'high-volume': range.describe('functions that work once per document, message or record'),
      'api-handler': range.describe('functions somebody waits for'),
      background: range.describe('functions on a schedule or behind events'),
      administrative: range.describe('functions of deployments and operators'),
    })
    .describe('reserved concurrency by type of function, in executions at once'),
  priority: z
    .array(functionType)
    .min(1)
    .describe('types of functions in the order they are served when the account limit is too small for all'),
  whenShort: z
    .enum(['nothing', 'keep-pool', 'by-priority'])
    .describe(
      'what happens when the account limit is too small for all: nothing is reserved; or functions are served by priority, with `pool` executions or with the least Lambda insists on left for all others (both need approval)',
    ),
  pool: executions.describe(
    'executions at once that stay unreserved with whenShort keep-pool, for functions without a reservation, those of other stacks among them',
  ),
  aboveMinimum: z
    .enum(['never', 'known-limit', 'always'])
    .describe(
      'when what the budget leaves is used to raise functions above their minimum, evenly; `known-limit`: only where the account limit is known',
    ),
  outOfRange: z
    .enum(['report', 'change'])
    .describe('what happens to a value in the template that is outside the range of its type'),
});

export const lambdaReservedConcurrency = treeRemediation({
  id: 'lambda-reserved-concurrency',
  title: 'Functions reserve concurrency inside the account budget',
  why: 'without a limit one busy function takes the concurrency of the whole account, and a runaway one its money',
  guideRisk: 'medium',
  tryFirst:
    'run the load of a busy day and watch Throttles, and the retries of the state machines that call the functions',
  checklist: 'concurrency-limits',
  sources: [
    'https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html',
    'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
  ],
  equivalents: {
    checkov: ['CKV_AWS_115'],
    cfnNag: ['W92'],
    guard: ['LAMBDA_CONCURRENCY_CHECK'],
    config: ['lambda-concurrency-check'],
  },
  target,
  judge(_tree, target, facts) {
    return judgeConcurrency(facts.resources(...functionTypes), target, facts);
  },
  summarise(_tree, target, facts) {
    return budgetNotes(facts.resources(...functionTypes), target, facts);
  },
  measure(_target, facts) {
    return budgetMeasures(facts.resources(...functionTypes), facts);
  },
});
