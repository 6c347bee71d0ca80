/**
 * The contract between the engine and a remediation. A unit answers one question about a resource (or about the
 * whole stack tree) and states the values it wants; it does no I/O, owns no loop over resources unless its question
 * is about the whole tree, never decides where a value is written and knows nothing of YAML.
 */

import type { Update } from '../data/updates.js';
import type { Path, Value } from '../document/value.js';
import type { Outcome } from '../expressions/resolve.js';
import type { Stack, StackTree } from '../template/template.js';
import type * as z from '../zod.js';
import type { Basis, Companion, Cost, Facts, ResourceView } from './facts.js';
export type GuideRisk = 'high' | 'medium' | 'low';
export type Risk = 'safe' | 'review' | 'blocked';

/** How bad one finding is. `critical`: what is there does not work today (an alarm that never fires). */
export type Severity = 'critical' | GuideRisk;

/** One value a unit wants at one place of one resource. */
export interface PropertyEdit {
  /** Defaults to the resource being judged. */
  readonly logicalId?: string;
  /** From the resource's body: `['Properties', 'KmsKeyId']`. */
  readonly path: Path;
  readonly value: Value;
  /** What else would do, so that an existing value or a parameter's allowed value can serve; default: equal. */
  readonly isSatisfiedBy?: (outcome: Outcome) => boolean;
  /** Belongs to this one resource, so it is never written in `Globals` (`ReservedConcurrentExecutions`). */
  readonly individual?: true;
}

export interface Fix {
  readonly edits: readonly PropertyEdit[];
  readonly companions?: readonly Companion[];
  /** `safe` unless said otherwise. */
  readonly risk?: Exclude<Risk, 'blocked'>;
  /** Why it is not `safe`; required with `review`. */
  readonly riskBecause?: string;
  /** Repeats what other resources of the template say, so that it is made once those are fixed. */
  readonly followsOthers?: true;
  /** Where it takes more than the tables say of the properties wanted (`src/data/`). */
  readonly update?: Update;
  readonly cost?: Cost;
  readonly prerequisites?: readonly Prerequisite[];
  /** What the patch does not do and a person must know. One sentence each. */
  readonly notes?: readonly string[];
}

export interface Prerequisite {
  readonly what: string;
  /** How it can be checked: a command, or `manual: …`. */
  readonly check: string;
}

/**
 * What has to be so where a role gets a permission and has a permissions boundary; told once for all roles.
 * @param owner the role, or the function whose role SAM makes
 * @source https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
export function boundaryPrerequisites(
  owner: ResourceView,
  actions: readonly string[],
): readonly Prerequisite[] {
  if (owner.expression('PermissionsBoundary') === undefined) return [];
  const listed = [...actions].sort();
  return [
    {
      what: `the permissions boundary of the roles (PermissionsBoundary) allows ${listed.join(', ')}`,
      check: `aws iam simulate-principal-policy --policy-source-arn ROLE --action-names ${listed.join(' ')} --query EvaluationResults[].[EvalActionName,PermissionsBoundaryDecisionDetail]`,
    },
  ];
}

export type Verdict =
  | { readonly verdict: 'compliant'; readonly because: string }
  | ({ readonly verdict: 'fixable'; readonly because: string } & Fix)
  | {
      readonly verdict: 'manual';
      readonly because: string;
      /**
       * What would decide it, once the policy sets it: fields of the target, or a whole path of the policy
       * (`encryption.key`). The wizard asks for those the unit has a question for, and for the key.
       */
      readonly decidedBy?: readonly string[];
    }
  | { readonly verdict: 'not-applicable'; readonly because: string }
  | { readonly verdict: 'unknown'; readonly because: string };

/** Amounts of one kind, taken of the whole tree. */
export interface Measure {
  /** One sentence, no period; names the figure. */
  readonly title: string;
  /** Plural: `executions`, `days`. */
  readonly unit: string;
  /** What none of the amounts may be above, and where it comes from. */
  readonly limit?: { readonly amount: number; readonly what: string };
  readonly amounts: readonly Amount[];
}

export interface Amount {
  /** What it is of; unique in its measure, and the same before and after. */
  readonly label: string;
  readonly amount: number | 'unbounded';
  /** What the target asks for. */
  readonly wanted?: { readonly minimum: number; readonly maximum: number };
  /** A few words more. */
  readonly detail?: string;
}

/** What a finding shows as "now" and "wanted"; both are for reading. */
export interface Judgment {
  readonly stack: Stack;
  /** `null` for a finding about the whole template. */
  readonly logicalId: string | null;
  readonly verdict: Verdict;
  readonly current?: Value;
  readonly target?: Value;
  /** What room in a template goes to first among findings of the same guide risk: the lowest; 0 when left out. */
  readonly priority?: number;
  /** By evidence and effect; the remediation's `guideRisk` unless said otherwise, and a level below for `unknown`. */
  readonly severity?: Severity;
  /**
   * Names (properties, metrics, permissions) of what is missing or wrong, where `current` does not say it. Part of the
   * fingerprint, which wording must not change, so never prose.
   */
  readonly lacks?: readonly string[];
  /**
   * What it is about, by the names that `RuleScope` has, where the edits of a fix do not say it: a fix that is made of
   * companions, or no fix at all.
   */
  readonly concerns?: readonly string[];
  /** How what it rests on is known; `stated` unless said otherwise. A fix that rests on an assumption is never `safe`. */
  readonly basis?: Basis;
}

/** What a rule of another tool looks at. */
export interface RuleScope {
  /** Resource types; all that the remediation looks at when absent. */
  readonly types?: readonly string[];
  /** Properties, and what is beside them (`DeletionPolicy`), by their first name; all when absent. */
  readonly properties?: readonly string[];
}

/**
 * What a policy may leave open and a person can answer. The schema of the field says what an answer may be, and its
 * description what it is for; a list is typed with commas.
 */
export interface Question {
  /** From the target: `['secondOrigin', 'domainName']`. */
  readonly path: Path;
  /** One short sentence with a question mark. */
  readonly ask: string;
  /** What the values of an enumeration mean to a person; those left out are not offered. */
  readonly choices?: Readonly<Record<string, string>>;
  /** What is typed, for example. */
  readonly example?: string;
  /** Turns what is typed into the value, where the schema alone does not say how. */
  readonly read?: (typed: string) => Typed;
  /** Depends on what has been answered of the target so far; then an answer is due. */
  readonly follows?: (answered: Readonly<Record<string, unknown>>) => boolean;
}

/** A value for the schema to look at, or what is wrong in a few words. */
export type Typed = { readonly value: unknown } | { readonly problem: string };

interface RemediationBase<Target> {
  /** kebab-case = file name = policy key = case-file name. */
  readonly id: string;
  /** One sentence, no period. */
  readonly title: string;
  /** One sentence: what goes wrong without it. */
  readonly why: string;
  readonly guideRisk: GuideRisk;
  /** What falls short is a weakness that an attacker could use: code scanning sorts it by severity. */
  readonly isSecurity?: true;
  /** A page that says more; of a remediation that comes with idp-fix the address is known. */
  readonly helpUri?: string;
  /** One sentence, no period: what to try outside production, and what would show there that the fix does harm. */
  readonly tryFirst: string;
  /** AWS documentation, at least one. */
  readonly sources: readonly string[];
  /** The same finding in other tools. */
  readonly equivalents: {
    readonly checkov?: readonly string[];
    readonly cfnNag?: readonly string[];
    /** Those of the pack AWS Solutions whole, those of other packs without the name of the pack. */
    readonly cdkNag?: readonly string[];
    readonly guard?: readonly string[];
    readonly config?: readonly string[];
    readonly securityHub?: readonly string[];
    readonly kics?: readonly string[];
    readonly prowler?: readonly string[];
  };
  /**
   * What rules among the equivalents look at, where that is less than the remediation does: a skip of such a rule accepts
   * no more. A rule that is not named asks the whole question.
   */
  readonly ruleScopes?: Readonly<Record<string, RuleScope>>;
  /** The item of the production checklist it answers; those that come with idp-fix all have one. */
  readonly checklist?: string;
  /** Strict, every field described with its unit. */
  readonly target: z.ZodType<Target>;
  /** It looks at what other remediations bring along, so it is asked once they have nothing more to bring. */
  readonly comesAfterOthers?: true;
  /** What the policy has not decided yet, and how it would; then nothing is judged, and all questions are open. */
  undecided?(target: Target): string | undefined;
  /** What the policy may leave open, in the order it is asked. */
  readonly questions?: readonly Question[];
  /** Tags the root stack is given when it is deployed, by key; change sets add those it lacks. */
  stackTags?(target: Target): Readonly<Record<string, string>>;
  /** What is to be said about the patched templates as a whole, one sentence each. */
  summarize?(tree: StackTree, target: Target, facts: Facts): readonly string[];
  /** What can be drawn. The engine asks twice, of the templates as they stand and as patched, and shows both. */
  measure?(target: Target, facts: Facts): readonly Measure[];
}

/** Judges one resource at a time. */
export interface ResourceRemediation<Target> extends RemediationBase<Target> {
  readonly kind: 'resource';
  /** Resource types; a unit sees no other. */
  readonly appliesTo: readonly string[];
  judge(resource: ResourceView, target: Target, facts: Facts): Omit<Judgment, 'stack' | 'logicalId'>;
}

/** Judges the whole tree at once. */
export interface TreeRemediation<Target> extends RemediationBase<Target> {
  readonly kind: 'tree';
  judge(tree: StackTree, target: Target, facts: Facts): readonly Judgment[];
}

export type Remediation<Target = unknown> = ResourceRemediation<Target> | TreeRemediation<Target>;

/** A remediation that looks at one resource at a time; the target's type comes from its schema. */
export function resourceRemediation<Target>(
  definition: Omit<ResourceRemediation<Target>, 'kind'>,
): ResourceRemediation<Target> {
  return { kind: 'resource', ...definition };
}

/** A remediation whose question is about the whole stack tree. */
export function treeRemediation<Target>(
  definition: Omit<TreeRemediation<Target>, 'kind'>,
): TreeRemediation<Target> {
  return { kind: 'tree', ...definition };
}

export function compliant(because: string): Verdict {
  return { verdict: 'compliant', because };
}

export function fixable(because: string, fix: Fix): Verdict {
  return { verdict: 'fixable', because, ...fix };
}

/** @param decidedBy fields of the target, or paths of the policy, that would decide it, once they are set */
export function manual(because: string, decidedBy: readonly string[] = []): Verdict {
  return { verdict: 'manual', because, ...(decidedBy.length > 0 && { decidedBy }) };
}

export function notApplicable(because: string): Verdict {
  return { verdict: 'not-applicable', because };
}

export function unknown(because: string): Verdict {
  return { verdict: 'unknown', because };
}
