import type { Remediation } from '../contract/remediation.js';
import { buildPlan, type PlanResult } from '../plan/build.js';
import type { Policy } from '../policy/policy.js';
import { diffReport } from '../report/diff.js';
import { type RemediationCase, treeOf, variants } from './cases.js';

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
 * Plans the case of one unit and checks what holds for every unit: it changes none of its inputs, a second run plans
 * nothing and leaves nothing that was patched to a person (alone and with all other units), the order of the units means nothing, and other line ends, a byte order
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

  const again = plan(textsOf(result), result.document.stacks[0]?.parameterValues);
  broken.push(...openAgain(result, again));

  const planAll = (templates: Readonly<Record<string, string>>, all = units, parameters = {}) =>
    buildPlan(treeOf(templates, parameters), policy, all, options);
  const together = planAll(example.templates);
  const turned = planAll(example.templates, [...units].reverse());
  hold(
    JSON.stringify(turned.document) === JSON.stringify(together.document),
    'the order of the units means nothing',
  );
  const next = planAll(textsOf(together), units, together.document.stacks[0]?.parameterValues);
  broken.push(...openAgain(together, next).map((promise) => `with all remediations ${promise}`));

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

/** What a plan writes, by path. */
function textsOf({ files }: PlanResult): Readonly<Record<string, string>> {
  return Object.fromEntries(files.map(({ path, text }) => [path, text]));
}

/**
 * What a plan of the texts that another one wrote finds to do again, one sentence each: nothing may be fixable, and
 * nothing that was patched may be left to a person.
 * @param first with the patches that need approval
 */
export function openAgain({ document }: PlanResult, again: PlanResult): readonly string[] {
  const patched = new Set(
    document.stacks.flatMap(({ template, findings }) =>
      findings.filter(({ patch }) => patch !== null).map((finding) => nameOf(template, finding)),
    ),
  );
  const open = again.document.stacks.flatMap(({ template, findings }) =>
    findings
      .filter((finding) => isOpenAgain(finding.verdict, patched.has(nameOf(template, finding))))
      .map((finding) => `${nameOf(template, finding)} is ${finding.verdict} again: ${finding.because}`),
  );
  return again.files.some(({ changed }) => changed) ? [...open, 'a second run changes something'] : open;
}

function isOpenAgain(verdict: string, isPatched: boolean): boolean {
  return verdict === 'fixable' || (isPatched && (verdict === 'manual' || verdict === 'unknown'));
}

function nameOf(template: string, finding: { readonly remediation: string; readonly logicalId: string }) {
  return `${finding.remediation} of ${finding.logicalId} in ${template}`;
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
