/** What a reviewer notes of one finding. */
export interface Mark {
  readonly viewed: boolean;
  readonly decision: Decision;
  readonly note: string;
}

export type Decision = '' | 'approved' | 'rejected' | 'discuss';
export const decisions: readonly Decision[] = ['', 'approved', 'rejected', 'discuss'];

/** By id of the finding on the page; what has no mark is not in it. */
export type Marks = ReadonlyMap<string, Mark>;

export const noMark: Mark = { viewed: false, decision: '', note: '' };

export function isMarked({ viewed, decision, note }: Mark): boolean {
  return viewed || decision !== '' || note !== '';
}

/** What a filter by state goes by. */
export function statesOf({ viewed, decision }: Mark): string {
  return `${viewed ? 'viewed' : 'not-viewed'} ${decision === '' ? 'undecided' : decision}`;
}

export function formatMarks(marks: Marks): string {
  return JSON.stringify(Object.fromEntries([...marks].filter(([, mark]) => isMarked(mark))));
}

/** Marks as they were kept; what does not look like one is none. */
export function parseMarks(text: string | null): Map<string, Mark> {
  const marks = new Map<string, Mark>();
  for (const [id, each] of Object.entries(objectIn(text ?? '{}'))) {
    if (typeof each !== 'object' || each === null) continue;
    const { viewed, decision, note }: Readonly<Record<string, unknown>> = { ...each };
    marks.set(id, {
      viewed: viewed === true,
      decision: decisions.find((known) => known === decision) ?? '',
      note: typeof note === 'string' ? note : '',
    });
  }
  return marks;
}

function objectIn(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** A finding with its mark, as an export names it. */
export interface Reviewed extends Mark {
  readonly fingerprint: string;
  readonly remediation: string;
  /** The root template as the user named it. */
  readonly root: string;
  readonly template: string;
  /** Empty for the whole template. */
  readonly logicalId: string;
}

/** What was reviewed. */
export interface Review {
  readonly title: string;
  readonly identity: string;
  /** Of the policy: a preset, or a file as it was named. */
  readonly policy: string;
}

export function decisionsJson(review: Review, findings: readonly Reviewed[]): string {
  return `${JSON.stringify({ format: 'idp-fix/decisions', version: 1, ...review, findings }, null, 2)}\n`;
}

const headings: readonly (readonly [Decision, string])[] = [
  ['rejected', 'Rejected'],
  ['discuss', 'To discuss'],
  ['approved', 'Approved'],
];

/** The decisions as a list for a comment, the ones against a change first. */
export function decisionsMarkdown(review: Review, findings: readonly Reviewed[]): string {
  const parts = headings.flatMap(([decision, title]) => {
    const own = findings.filter((finding) => finding.decision === decision);
    if (own.length === 0) return [];
    return ['', `## ${title} (${own.length})`, '', ...own.map(markdownItem)];
  });
  const viewed = findings.filter((finding) => finding.viewed).length;
  return [
    `# ${plain(review.title)}`,
    '',
    `Review ${code(review.identity)}, policy ${code(review.policy)}; ${viewed} findings viewed.`,
    ...parts,
    '',
  ].join('\n');
}

function markdownItem({ logicalId, remediation, template, note }: Reviewed): string {
  const reason = note === '' ? '' : `: ${plain(note)}`;
  return `- ${code(logicalId === '' ? template : logicalId)} (${code(remediation)}, ${code(template)})${reason}`;
}

/** One line in which nothing is markup. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_{}[\]()<>#+!|~@:&-]/g, String.raw`\$&`);
}

function code(text: string): string {
  return `\`${text.replaceAll(/[\s`]+/g, ' ')}\``;
}

/**
 * A policy that idp-fix takes with --policy: nothing is written for what was rejected or is to be discussed, and it stays
 * open. Texts are written as JSON, which is YAML.
 */
export function decisionsPolicy({ title, identity, policy }: Review, findings: readonly Reviewed[]): string {
  const left = findings.filter(({ decision }) => decision === 'rejected' || decision === 'discuss');
  const preset = /^preset (.+)$/.exec(policy)?.[1];
  const items = left.flatMap(({ remediation, template, logicalId, decision, note }) => [
    `  # ${comment(`${decision === 'discuss' ? 'to discuss' : decision}${note === '' ? '' : `: ${note}`}`)}`,
    `  - remediation: ${JSON.stringify(remediation)}`,
    `    template: ${JSON.stringify(template)}`,
    `    logicalId: ${JSON.stringify(logicalId)}`,
  ]);
  return [
    `# ${comment(`Decisions of a review: ${title}, ${identity}`)}`,
    ...(preset === undefined ? ['# extends is from the folder of this file: put it beside the policy'] : []),
    `extends: ${JSON.stringify(preset ?? fileName(policy))}`,
    ...(items.length === 0 ? ['postponed: []'] : ['postponed:', ...items]),
    '',
  ].join('\n');
}

/** What YAML takes behind a `#`, on one line. */
function comment(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\p{Cf}\p{Cs}]+/gu, ' ');
}

function fileName(path: string): string {
  return `./${path.slice(path.lastIndexOf('/') + 1)}`;
}
