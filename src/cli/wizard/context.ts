import type { GuideRisk, Remediation } from '../../contract/remediation.js';
import type { FindingId } from '../../plan/build.js';
import type { FindingEdit } from '../../plan/patches.js';
import { groupByRemediation, type PlacedFinding } from '../../report/group.js';
import type { Paint } from '../../report/paint.js';
import type { Preview } from './dialog.js';

/** What the conversation knows from the start. */
export interface WizardContext {
  readonly remediations: readonly Remediation[];
  readonly presets: readonly Preset[];
  /** Root templates to choose from; at least one. */
  readonly candidates: readonly string[];
  /** To start from, as the command line says. */
  readonly preset: string | undefined;
  /** `YYYY-MM-DD` */
  readonly today: string;
  readonly brush: Paint;
  readonly columns: number;
}

/** The conversation has six steps, whatever there is to ask in them. */
export function stepLines(
  number: 1 | 2 | 3 | 4 | 5 | 6,
  title: string,
  { brush }: WizardContext,
): readonly string[] {
  const keys = number === 1 ? '' : brush.dim('   Esc: back one question');
  return ['', `${brush.bold(`Step ${number} of 6 · ${title}`)}${keys}`];
}

export interface Preset {
  readonly name: string;
  readonly environment: string;
  /** One sentence. */
  readonly about: string;
}

const risks: readonly GuideRisk[] = ['high', 'medium', 'low'];

/** What one remediation leaves to do, in all templates. */
export interface OpenGroup {
  readonly id: string;
  readonly title: string;
  readonly guideRisk: string;
  /** Written without further consent. */
  readonly safe: readonly OpenFinding[];
  /** Written with consent. */
  readonly review: readonly OpenFinding[];
  /** Nothing is written for them. */
  readonly person: readonly OpenFinding[];
}

export interface OpenFinding extends PlacedFinding {
  /** The root template, as the user named it. */
  readonly root: string;
  /** What is written for it. */
  edits(): readonly FindingEdit[];
}

/** By remediation, the gravest risk of the guide first; only where something is to do. */
export function openGroups({ roots }: Preview, { remediations }: WizardContext): readonly OpenGroup[] {
  const ordered = risks.flatMap((risk) => remediations.filter(({ guideRisk }) => guideRisk === risk));
  const groups: (readonly OpenGroup[])[] = roots.map(({ result, rootPath }) => {
    const withEdits = (finding: PlacedFinding): OpenFinding => ({
      ...finding,
      root: rootPath,
      edits: () => result.editsOf(finding satisfies FindingId),
    });
    return groupByRemediation(result.document, {
      remediations: ordered,
      includeReview: false,
      root: rootPath,
    }).map(({ findings, id, title, guideRisk }) => ({
      id,
      title,
      guideRisk,
      safe: findings.written.map(withEdits),
      review: findings.review.map(withEdits),
      person: [...findings.blocked, ...findings.input, ...findings.manual, ...findings.unknown].map(
        withEdits,
      ),
    }));
  });
  return ordered
    .map((_, index) => groups.flatMap((ofRoot) => ofRoot[index] ?? []).reduce(joined))
    .filter(({ safe, review, person }) => safe.length + review.length + person.length > 0);
}

function joined(left: OpenGroup, right: OpenGroup): OpenGroup {
  return {
    ...left,
    safe: [...left.safe, ...right.safe],
    review: [...left.review, ...right.review],
    person: [...left.person, ...right.person],
  };
}

/** What is written or left as one: a patch, with all findings it settles. */
export interface Change {
  /** Of one patch of one root template. */
  readonly key: string;
  readonly remediation: string;
  readonly title: string;
  readonly findings: readonly OpenFinding[];
  readonly needsApproval: boolean;
}
