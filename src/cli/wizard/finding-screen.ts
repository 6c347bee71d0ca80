import { unifiedDiff } from '../../patch/diff.js';
import { paintDiffLine } from '../../report/paint-diff.js';
import { hang, say as spell } from '../../report/words.js';
import type { OpenFinding, Scene } from './scene.js';

/** As many lines of a diff as leave room for the question on a usual terminal. */
const longestDiff = 30;

/** One finding with the edit that is made for it. */
export function findingLines(finding: OpenFinding, position: string, scene: Scene): readonly string[] {
  const { brush, columns } = scene;
  const { template, line, logicalId, verdict, because, current, target, fixedBy } = finding;
  const subject = logicalId === '' ? 'the whole template' : logicalId;
  const change = verdict === 'fixable' ? `${spell(current)} → ${spell(target)}; ` : '';
  return [
    '',
    `${brush.dim(position)} ${brush.bold(subject)} ${brush.dim(`${template}:${line}`)}`,
    ...hang(`${change}${because}`, 2, 2, columns),
    ...(fixedBy?.risk === 'review' ? fixedBy.riskBecause : []).flatMap((reason) =>
      hang(`needs consent: ${reason}`, 2, 4, columns).map(brush.yellow),
    ),
    ...diffLines(finding, scene),
  ];
}

function diffLines(finding: OpenFinding, { brush, columns }: Scene): readonly string[] {
  const edits = finding.edits();
  const lines = edits.flatMap(({ path, before, after }) => {
    const [, , ...body] = unifiedDiff(path, before, after).trimEnd().split('\n');
    const heading = edits.length > 1 ? [brush.dim(path)] : [];
    return [...heading, ...body.map((line) => paintDiffLine(cut(line, columns), brush))];
  });
  const rest = lines.length - longestDiff;
  if (rest <= 1) return lines;
  return [
    ...lines.slice(0, longestDiff),
    brush.dim(`… and ${rest} more lines; the exact diff at the end shows all`),
  ];
}

function cut(line: string, columns: number): string {
  const text = line.replace(/\r$/, '');
  return text.length > columns ? `${text.slice(0, columns - 1)}…` : text;
}
