import type { Cost } from '../contract/facts.js';
import type { GuideRisk, Remediation } from '../contract/remediation.js';
import type { Update } from '../data/updates.js';
import { parsePointer } from '../document/value.js';
import { shellWord } from '../escape.js';
import { referencesIn } from '../template/consumers.js';
import type { Patch, PlanDocument, PlanStack, Step } from './document.js';

type Plan = Pick<PlanDocument, 'stacks' | 'policy'>;
type Unit = Pick<Remediation, 'id' | 'title' | 'why' | 'guideRisk' | 'tryFirst'>;

/** A step before it is known when its turn is. */
interface UnnumberedStep {
  readonly unit: Unit;
  readonly kind: Step['kind'];
  readonly patches: readonly (Patch & { readonly template: string })[];
  readonly findings: number;
}

const risks: readonly GuideRisk[] = ['high', 'medium', 'low'];
const kinds: readonly Step['kind'][] = ['safe', 'review', 'person'];
const updates: readonly Update[] = ['none', 'some-interruption', 'may-replace', 'replace'];

/**
 * What a plan comes to as a list of things to do one after the other: the guide's risk first; then what is safe before
 * what needs approval, what interrupts nothing before what does, and what fixes more before what fixes less. A step that
 * works on what another one adds comes after it, whatever its risk.
 */
export function steps(plan: Plan, remediations: readonly Unit[]): readonly Step[] {
  const drafts = [
    ...withoutEmpty(remediations.flatMap((unit) => kinds.flatMap((kind) => draftOf(plan, unit, kind)))),
  ].sort(byWorth);
  const foundations = new Map(
    drafts.map((draft) => [draft, drafts.filter((other) => buildsOn(draft, other))]),
  );
  const order: UnnumberedStep[] = [];
  while (order.length < drafts.length) {
    const open = drafts.filter((draft) => !order.includes(draft));
    const isReady = (draft: UnnumberedStep) =>
      foundations.get(draft)?.every((other) => order.includes(other));
    // Two steps that build on each other: each brings what it needs, so the one that is worth more may go first.
    const next = open.find(isReady) ?? open[0];
    if (next !== undefined) order.push(next);
  }
  return order.map((draft, index) => {
    const earlier = (foundations.get(draft) ?? [])
      .map((other) => order.indexOf(other))
      .filter((at) => at < index);
    return stepOf(
      draft,
      index + 1,
      earlier.map((at) => at + 1).sort((left, right) => left - right),
      plan,
    );
  });
}

function draftOf({ stacks }: Plan, unit: Unit, kind: Step['kind']): readonly UnnumberedStep[] {
  const own = stacks.flatMap(({ findings }) => findings.filter(({ remediation }) => remediation === unit.id));
  if (kind === 'person') {
    const left = own.filter(({ verdict }) => verdict === 'manual' || verdict === 'unknown').length;
    return left === 0 ? [] : [{ unit, kind, patches: [], findings: left }];
  }
  const patches = stacks.flatMap(({ template, patches }) =>
    patches
      .filter(({ remediation, risk }) => remediation === unit.id && risk === kind)
      .map((patch) => ({ ...patch, template })),
  );
  const all = new Set(stacks.flatMap((stack) => stack.patches.map(({ id }) => id)));
  const ids = new Set(patches.map(({ id }) => id));
  // A patch can serve findings of another template or remediation; a value that only a deployed stack gets is in none.
  const findings = stacks
    .flatMap((stack) => stack.findings)
    .filter(
      ({ remediation, patch }) =>
        patch !== null &&
        (ids.has(patch) ||
          (remediation === unit.id && !all.has(patch) && patch.includes('#review') === (kind === 'review'))),
    ).length;
  return patches.length === 0 ? [] : [{ unit, kind, patches, findings }];
}

/** Patches that settle nothing by themselves are part of the step whose patches they need: they serve what those add. */
function withoutEmpty(drafts: readonly UnnumberedStep[]): readonly UnnumberedStep[] {
  const hosts = new Map<UnnumberedStep, UnnumberedStep>();
  for (const draft of drafts) {
    if (draft.findings > 0) continue;
    const needed = new Set(draft.patches.flatMap(({ requires }) => requires));
    const host = drafts.find(
      ({ findings, patches }) => findings > 0 && patches.some(({ id }) => needed.has(id)),
    );
    if (host !== undefined) hosts.set(draft, host);
  }
  return drafts
    .filter((draft) => !hosts.has(draft))
    .map((draft) => {
      const guests = [...hosts].filter(([, host]) => host === draft).flatMap(([{ patches }]) => patches);
      return guests.length === 0 ? draft : { ...draft, patches: [...draft.patches, ...guests] };
    });
}

function byWorth(left: UnnumberedStep, right: UnnumberedStep): number {
  return (
    risks.indexOf(left.unit.guideRisk) - risks.indexOf(right.unit.guideRisk) ||
    kinds.indexOf(left.kind) - kinds.indexOf(right.kind) ||
    updates.indexOf(updateOf(left)) - updates.indexOf(updateOf(right)) ||
    right.findings - left.findings ||
    (left.unit.id < right.unit.id ? -1 : 1)
  );
}

/** It changes a resource the other one adds, or refers to it. */
function buildsOn(draft: UnnumberedStep, other: UnnumberedStep): boolean {
  if (draft === other || draft.patches.length === 0) return false;
  return draft.patches.some((patch) =>
    other.patches.some(
      (earlier) =>
        earlier.template === patch.template && [...added(earlier)].some((id) => touched(patch).has(id)),
    ),
  );
}

const idsOf = new WeakMap<Patch, { readonly added: Set<string>; readonly touched: Set<string> }>();

function resourceIds(patch: Patch) {
  const known = idsOf.get(patch);
  if (known !== undefined) return known;
  const added = new Set<string>();
  const touched = new Set<string>();
  for (const operation of patch.operations) {
    const [section, logicalId = '', ...below] = parsePointer(operation.path);
    if (section === 'Resources') {
      if (operation.op === 'add' && below.length === 0) added.add(logicalId);
      else touched.add(logicalId);
    }
    if (operation.op === 'add' || operation.op === 'replace') {
      for (const name of referencesIn(operation.value)) touched.add(name);
    }
  }
  for (const logicalId of added) touched.delete(logicalId);
  const ids = { added, touched };
  idsOf.set(patch, ids);
  return ids;
}

const added = (patch: Patch) => resourceIds(patch).added;
const touched = (patch: Patch) => resourceIds(patch).touched;

function stepOf(draft: UnnumberedStep, step: number, after: readonly number[], plan: Plan): Step {
  const { unit, kind, patches, findings } = draft;
  const update = updateOf(draft);
  const isWritten = kind !== 'person';
  const flags = [`--only ${unit.id}`, ...(kind === 'review' ? ['--include review'] : []), policyFlag(plan)];
  const root = shellWord(rootOf(plan.stacks));
  return {
    step,
    kind,
    title: unit.title,
    remediations: [unit.id],
    patches: patches.map(({ id }) => id),
    findings,
    guideRisk: unit.guideRisk,
    why: unit.why,
    after,
    update,
    cost: costOf(patches),
    tryFirst: isWritten ? [unit.tryFirst, ...watched(update)] : [],
    apply: isWritten ? ['idp-fix --apply', ...flags, root].join(' ') : null,
    changeSet: isWritten ? ['idp-fix change-set create', root, '--stack STACK', ...flags].join(' ') : null,
  };
}

function watched(update: Update): readonly string[] {
  if (update === 'none') return [];
  if (update === 'some-interruption') return ['measure how long the update interrupts what runs'];
  return ['make the change set first, and see in it that nothing with data is replaced'];
}

function updateOf({ patches }: UnnumberedStep): Update {
  const worst = Math.max(0, ...patches.map(({ update }) => updates.indexOf(update)));
  return updates[worst] ?? 'none';
}

function costOf(patches: readonly Patch[]): Cost {
  const known = patches.flatMap(({ cost: { monthlyUsd } }) => (monthlyUsd === null ? [] : [monthlyUsd]));
  const sum = known.reduce((left, right) => left + right, 0);
  const isKnown = patches.length === 0 || known.length > 0;
  return {
    monthlyUsd: isKnown ? Math.round(sum * 100) / 100 : null,
    formula: [...new Set(patches.map(({ cost: { formula } }) => formula))].join('; '),
  };
}

/** A preset by its name, a file by its path from the folder of the root template. */
function policyFlag({ policy: { source } }: Plan): string {
  return `--policy ${shellWord(source.replace(/^preset /, ''))}`;
}

function rootOf(stacks: readonly PlanStack[]): string {
  return (stacks.find(({ parent }) => parent === null) ?? stacks[0])?.template ?? 'template.yaml';
}
