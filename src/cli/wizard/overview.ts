import { count } from '../../report/words.js';
import { type OpenGroup, openGroups, type Scene } from './scene.js';
import type { Survey } from './talk.js';

/** Which templates these are. */
export function templateLines({ roots }: Survey, { brush }: Scene): readonly string[] {
  return roots.map(({ rootPath, result: { document } }) => {
    const nested = document.stacks.length - 1;
    const others = nested === 0 ? '' : ` and ${count(nested, 'nested template')}`;
    return `${brush.bold(rootPath)}${others}, ${count(document.coverage.resources, 'resource')}`;
  });
}

/** What falls short, by the risk the guide gives it. */
export function overviewLines(survey: Survey, scene: Scene): readonly string[] {
  const groups = openGroups(survey, scene);
  if (groups.length === 0) return ['', 'Nothing falls short of the policy.'];
  const { brush } = scene;
  const lines = ['', brush.bold(row('What falls short', ['fix', 'consent', 'person']))];
  for (const [index, group] of groups.entries()) {
    if (group.guideRisk !== groups[index - 1]?.guideRisk) lines.push(brush.yellow(`${group.guideRisk} risk`));
    const counts = [group.safe, group.review, group.person].map(({ length }) =>
      length === 0 ? '·' : length,
    );
    lines.push(row(`  ${group.id}`, counts));
  }
  return [...lines, brush.dim('fix: safe to write · consent: written if you agree · person: not by a patch')];
}

/** `186 changes are ready, 35 more need your consent, 48 findings are for a person.` */
export function totalLine(groups: readonly OpenGroup[]): string {
  const { safe, review, person } = totalsOf(groups);
  const parts = [`${count(safe, 'change is', 'changes are')} ready`];
  if (review > 0) parts.push(`${review} more ${review === 1 ? 'needs' : 'need'} your consent`);
  if (person > 0) parts.push(`${count(person, 'finding is', 'findings are')} for a person`);
  return `${parts.join(', ')}.`;
}

export function totalsOf(groups: readonly OpenGroup[]) {
  const sum = (of: (group: OpenGroup) => readonly unknown[]) =>
    groups.reduce((total, group) => total + of(group).length, 0);
  return {
    safe: sum(({ safe }) => safe),
    review: sum(({ review }) => review),
    person: sum(({ person }) => person),
  };
}

function row(label: string, cells: readonly (string | number)[]): string {
  return `${label.padEnd(42)}${cells.map((cell) => String(cell).padStart(9)).join('')}`;
}
