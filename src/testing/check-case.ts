import type { Remediation } from '../contract/remediation.js';
import { buildPlan, type PlanResult } from '../plan/build.js';
import type { Policy } from '../policy/policy.js';
import { diffReport } from '../report/diff.js';
import type { RemediationCase } from './cases.js';
import { treeOf } from './tree.js';
import { variants } from './variants.js';

export interface CaseOutcome {
  /** As `git apply` takes it. */
  readonly diff: string;
  /** A line per finding: `LogicalId: verdict: because`. */
  readonly findings: string;
  /** Promises that were not kept, in words; none for a unit that is in order. */
  readonly broken: readonly string[];
}

const options = { version: '0.0.0-test', today: '2026-01-01', includeReview: true };

/**
 * Plans the case of one unit and checks what holds for every unit: it changes none of its inputs, what it patched is
 * compliant and a second run plans nothing, the order of the units means nothing, and other line ends, a byte order
 * mark or a missing final line end neither matter nor change. Whether diff and findings are the wanted ones is left to
 * who asks.
 * @param units all that are planned together, the unit of the case among them
 */
export function checkCase(
  example: RemediationCase,
  id: string,
  policy: Policy,
  units: readonly Remediation[],
): CaseOutcome {
  const broken: string[] = [];
  const hold = (holds: boolean, promise: string) => {
    if (!holds) broken.push(promise);
  };
  const plan = (templates: Readonly<Record<string, string>>, parameters = {}) =>
    buildPlan(treeOf(templates, parameters), policy, units, { ...options, only: [id] });

  const tree = treeOf(example.templates);
  const before = tree.stacks.map(({ template }) => JSON.stringify(template.value));
  const result = buildPlan(tree, frozen(policy), units, { ...options, only: [id] });
  hold(
    tree.stacks.every(
      ({ template }, index) => isFrozen(template.value) && JSON.stringify(template.value) === before[index],
    ),
    'the template is not changed by judging it',
  );

  const patched = Object.fromEntries(result.files.map((each) => [each.path, each.text]));
  const again = plan(patched, result.document.stacks[0]?.parameterValues);
  hold(
    again.document.summary.verdicts.fixable === 0,
    'what was patched is compliant when it is judged again',
  );
  hold(!again.files.some(({ changed }) => changed), 'a second run changes nothing');

  const planAll = (all: readonly Remediation[]) =>
    JSON.stringify(buildPlan(treeOf(example.templates), policy, all, options).document);
  hold(planAll([...units].reverse()) === planAll(units), 'the order of the units means nothing');

  for (const { name, change, back, keeps } of variants) {
    const changed = Object.fromEntries(
      Object.entries(example.templates).map(([path, text]) => [path, change(text)]),
    );
    for (const [index, { path, text }] of plan(changed).files.entries()) {
      const same = back(text) === back(result.files[index]?.text ?? '');
      hold(same, `${path} ${name} is patched to the same text`);
      hold(keeps.test(text), `${path} ${name} stays so`);
    }
  }
  return { diff: diffReport(result.files), findings: findingLines(result), broken };
}

function findingLines({ document }: PlanResult): string {
  return document.stacks
    .flatMap(({ findings }) => findings)
    .map(({ logicalId, verdict, because }) => `${logicalId}: ${verdict}: ${because}\n`)
    .join('');
}

/** A unit that wrote into what the policy sets would throw. */
function frozen(policy: Policy): Policy {
  return { ...policy, target: (id) => freeze(policy.target(id)) };
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}

function isFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozen);
}
