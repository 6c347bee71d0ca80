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

/** The decisions of a file, which may be of anybody: texts are cut and cleaned, and what has another form is refused. */
export function parseDecisions(
  text: string,
): { readonly identity: string; readonly findings: readonly Reviewed[] } | undefined {
  const { format, version, identity, findings }: Readonly<Record<string, unknown>> = { ...objectIn(text) };
  if (format !== 'idp-fix/decisions' || version !== 1 || typeof identity !== 'string') return undefined;
  if (!Array.isArray(findings) || findings.length > mostDecisions) return undefined;
  return { identity: cleaned(identity, 100), findings: findings.flatMap(reviewedIn) };
}

const mostDecisions = 20_000;
/** Of a file, in characters: more than as many decisions take. */
export const longestFile = 20_000_000;

function reviewedIn(value: unknown): readonly Reviewed[] {
  const each: Readonly<Record<string, unknown>> = { ...(typeof value === 'object' ? value : {}) };
  const decision = decisions.find((known) => known === each.decision);
  const [fingerprint, remediation, root, template, logicalId] = subject.map((name) => each[name]);
  if (
    decision === undefined ||
    typeof fingerprint !== 'string' ||
    typeof remediation !== 'string' ||
    typeof root !== 'string' ||
    typeof template !== 'string' ||
    typeof logicalId !== 'string'
  ) {
    return [];
  }
  const note = typeof each.note === 'string' ? cleaned(each.note, 500) : '';
  const viewed = each.viewed === true;
  return [{ fingerprint, remediation, root, template, logicalId, decision, note, viewed }];
}

const subject = ['fingerprint', 'remediation', 'root', 'template', 'logicalId'] as const;

/** What a finding is known by in a review, and in another one of the same plan. */
export function keyOf(finding: Pick<Reviewed, (typeof subject)[number]>): string {
  return JSON.stringify(subject.map((name) => finding[name]));
}

/** One line without what is not to be seen or turns the text round. */
function cleaned(text: string, most: number): string {
  return text
    .replaceAll(/[\s\p{Cc}\p{Cf}\p{Cs}]+/gu, ' ')
    .trim()
    .slice(0, most);
}

/** What is taken in of another's decisions, by key of the finding, and what is said about it. */
export interface TakenIn {
  readonly marks: ReadonlyMap<string, Mark>;
  /** A sentence or two. */
  readonly said: string;
}

/**
 * Decisions of another reviewer beside one's own, which stay. An approval counts for the plan it was given for and no
 * other; whatever else was said about a finding holds as long as the finding is what it was.
 */
export function takeIn(
  text: string,
  { identity }: Pick<Review, 'identity'>,
  own: ReadonlyMap<string, Mark>,
): TakenIn {
  const opened = text.length > longestFile ? undefined : parseDecisions(text);
  if (opened === undefined) {
    return {
      marks: new Map(),
      said: 'Nothing was taken in: this is no file of decisions (JSON) of idp-fix.',
    };
  }
  const isSamePlan = opened.identity === identity;
  const marks = new Map<string, Mark>();
  let [stale, approvals, differing] = [0, 0, 0];
  for (const each of opened.findings) {
    const key = keyOf(each);
    const before = own.get(key);
    if (before === undefined) stale++;
    else if (each.decision === 'approved' && !isSamePlan) approvals++;
    else if (before.decision !== '' && before.decision !== each.decision) differing++;
    else {
      const { viewed, decision } = each;
      const note = [before.note, each.note === before.note ? '' : each.note]
        .filter((one) => one !== '')
        .join('; ');
      marks.set(key, { viewed: viewed || before.viewed, decision: before.decision || decision, note });
    }
  }
  const sentences = [
    ...(isSamePlan ? [] : [`The file is about another plan (${opened.identity}).`]),
    `${marks.size} of ${opened.findings.length} were taken in.`,
    ...(stale > 0 ? [`${stale} are stale: their findings are not in this plan.`] : []),
    ...(approvals > 0 ? [`${approvals} approvals of the other plan do not count for this one.`] : []),
    ...(differing > 0 ? [`${differing} differ from your own decisions, which stay.`] : []),
  ];
  return { marks, said: sentences.join(' ') };
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
