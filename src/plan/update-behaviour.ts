import type { Judgement, Verdict, Want } from '../contract/remediation.js';
import type { Update } from '../data/updates.js';
import { isStateful, updateOf } from '../data/updates.js';
import type { Path } from '../document/pointer.js';
import { isList, isMap, type Value } from '../document/value.js';
import type { Stack } from '../template/template.js';

type Fixable = Extract<Verdict, { verdict: 'fixable' }>;

/** How much an update takes, least first. */
const updates: readonly Update[] = ['none', 'some-interruption', 'may-replace', 'replace'];

export function heavierUpdate(left: Update, right: Update): Update {
  return updates.indexOf(left) >= updates.indexOf(right) ? left : right;
}

/**
 * What the tables say an update would do decides how a fix is classed, whatever the remediation thinks of it: what
 * interrupts needs consent, and what would replace something that holds data is not made at all.
 */
export function classed(judgement: Judgement): Judgement {
  const { verdict, stack, logicalId } = judgement;
  if (verdict.verdict !== 'fixable') return judgement;
  const changes = verdict.wants.map((want) => changeOf(want, stack, logicalId));
  const loss = changes.find(({ type, update }) => isStateful(type) && isReplacement(update));
  if (loss !== undefined) {
    const because = `${verdict.because}; to change ${loss.property} ${consequences[loss.update]} the resource and lose what it holds`;
    return { ...judgement, verdict: { verdict: 'manual', because } };
  }
  const update = changes.map((change) => change.update).reduce(heavierUpdate, verdict.update ?? 'none');
  return { ...judgement, verdict: withUpdate(verdict, update) };
}

const consequences: Readonly<Record<Update, string>> = {
  none: 'would not touch',
  'some-interruption': 'would interrupt',
  'may-replace': 'could replace',
  replace: 'would replace',
};

function isReplacement(update: Update): boolean {
  return update === 'replace' || update === 'may-replace';
}

function withUpdate(verdict: Fixable, update: Update): Fixable {
  if (update === 'none') return verdict;
  const riskBecause = verdict.riskBecause ?? `the update ${consequences[update]} the resource`;
  return { ...verdict, update, risk: 'review', riskBecause };
}

interface PropertyChange {
  readonly type: string;
  readonly property: string;
  readonly update: Update;
}

function changeOf({ logicalId, path, value }: Want, stack: Stack, judged: string | null): PropertyChange {
  const type = stack.template.resources.get(logicalId ?? judged ?? '')?.type ?? '';
  const [section, ...rest] = path;
  const paths = section === 'Properties' ? leavesOf(rest, value) : [];
  const update = paths.map((leaf) => updateOf(type, leaf) ?? 'none').reduce(heavierUpdate, 'none');
  return { type, property: rest[0] ?? '', update };
}

/** Every property a value sets, down to the last one: some replace a resource only from inside another. */
function leavesOf(path: Path, value: Value): readonly Path[] {
  if (isList(value)) return value.length === 0 ? [path] : value.flatMap((item) => leavesOf(path, item));
  if (!isMap(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    /^(Ref|Fn::.*)$/.test(key) ? [path] : leavesOf([...path, key], inner),
  );
}
