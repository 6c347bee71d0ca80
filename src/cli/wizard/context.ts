import type { AccountKey } from '../../aws-ports.js';
import type { GuideRisk, Remediation } from '../../contract/remediation.js';
import type { Path, Value, ValueMap } from '../../document/value.js';
import type { FindingId } from '../../plan/build.js';
import type { FindingEdit } from '../../plan/patches.js';
import type { PlannedRoot } from '../../plan-roots.js';
import type { Amendments } from '../../policy/amend.js';
import type { Deviation, Policy, Postponement } from '../../policy/policy.js';
import type {
  CheckList,
  Choice,
  PromptAnswer,
  PromptOption,
  PromptQuestion,
  TypedText,
} from '../../ports.js';
import { groupByRemediation, type PlacedFinding } from '../../report/group.js';
import type { Paint } from '../../report/paint.js';

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

/** What templates and draft come to. */
export interface Preview {
  readonly roots: readonly PlannedRoot[];
  /** The draft's, with everything it builds on. */
  readonly policy: Policy;
}

/** The policy that takes the answers. */
export interface Opened {
  readonly policyFile: string;
  /** It is there already. */
  readonly isAmended: boolean;
  /** As it is before the first answer. */
  readonly policy: Policy;
}

/** What the conversation wants done; it does nothing itself. */
export type Step =
  | { readonly kind: 'say'; readonly lines: readonly string[] }
  | { readonly kind: 'ask'; readonly question: PromptQuestion }
  /** Finds the policy that counts for some root templates; what follows is about these. */
  | { readonly kind: 'open'; readonly templates: readonly string[] }
  | { readonly kind: 'survey'; readonly draft: Draft }
  | { readonly kind: 'account-keys' }
  /** The exact diff of what would be written, as data. */
  | { readonly kind: 'diff'; readonly preview: Preview };

export type Reply =
  | { readonly kind: 'done' }
  | { readonly kind: 'answer'; readonly answer: PromptAnswer }
  | { readonly kind: 'opened'; readonly opened: Opened | { readonly because: string } }
  | { readonly kind: 'survey'; readonly preview: Preview }
  /** Or why they cannot be had. */
  | { readonly kind: 'account-keys'; readonly keys: readonly AccountKey[] | { readonly because: string } };

/** A part of the conversation: pure, and as easy to drive by a test as by a terminal. */
export type Dialog<Result> = Generator<Step, Result, Reply>;

export function* say(...lines: readonly string[]): Dialog<void> {
  yield { kind: 'say', lines };
}

export function* ask(question: Choice | TypedText): Dialog<string> {
  const reply = yield { kind: 'ask', question };
  const { answer } = received(reply, 'answer');
  if (typeof answer !== 'string') throw new Error('the wizard was given a list for one answer');
  return answer;
}

/** @returns the values ticked, in the order of the options */
export function* check(question: Omit<CheckList, 'kind'>): Dialog<readonly string[]> {
  const reply = yield { kind: 'ask', question: { ...question, kind: 'checks' } };
  const { answer } = received(reply, 'answer');
  if (typeof answer === 'string') throw new Error('the wizard was given one answer for a list');
  return answer;
}

export function* opened(templates: readonly string[]): Dialog<Opened | { readonly because: string }> {
  const reply = yield { kind: 'open', templates };
  return received(reply, 'opened').opened;
}

export function* choose<Value extends string>(
  message: string,
  options: readonly (PromptOption & { readonly value: Value })[],
  preselected?: Value,
): Dialog<Value> {
  const answer = yield* ask({
    kind: 'choice',
    message,
    options,
    ...(preselected !== undefined && { preselected }),
  });
  const chosen = options.find(({ value }) => value === answer);
  if (chosen === undefined) throw new Error(`${answer} was not among the options`);
  return chosen.value;
}

export function* previewed(draft: Draft): Dialog<Preview> {
  const reply = yield { kind: 'survey', draft };
  return received(reply, 'survey').preview;
}

export function* accountKeys(): Dialog<readonly AccountKey[] | { readonly because: string }> {
  const reply = yield { kind: 'account-keys' };
  return received(reply, 'account-keys').keys;
}

function received<Kind extends Reply['kind']>(reply: Reply, kind: Kind): Extract<Reply, { kind: Kind }> {
  if (reply.kind !== kind) throw new Error(`the wizard was given ${reply.kind} for ${kind}`);
  return reply as Extract<Reply, { kind: Kind }>;
}

/** What has been answered so far, as the policy will say it. */
export interface Draft {
  readonly settings: readonly { readonly path: Path; readonly value: Value }[];
  readonly postponed: readonly Postponement[];
  readonly deviations: readonly Deviation[];
}

export const emptyDraft: Draft = { settings: [], postponed: [], deviations: [] };

/** A later answer takes the place of an earlier one. */
export function withSetting(draft: Draft, path: Path, value: Value): Draft {
  const others = draft.settings.filter((setting) => setting.path.join('.') !== path.join('.'));
  return { ...draft, settings: [...others, { path, value }] };
}

export function isEmpty({ settings, postponed, deviations }: Draft): boolean {
  return settings.length + postponed.length + deviations.length === 0;
}

export function amendmentsOf({ settings, postponed, deviations }: Draft): Amendments {
  return {
    settings,
    items: [
      ...postponed.map((item) => ({ list: 'postponed', item: written(item) })),
      ...deviations.map((item) => ({ list: 'deviations', item: written(item) })),
    ],
  };
}

function written(entry: Postponement | Deviation): ValueMap {
  const said = Object.entries(entry).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]));
  return Object.fromEntries(said);
}
