import type { Basis, Cost, FunctionType, Invocation, LogGroupKind } from '../contract/facts.js';
import type { GuideRisk, Prerequisite, Risk, Severity } from '../contract/remediation.js';
import type { Update } from '../data/updates.js';
import type { Value } from '../document/value.js';
import type { Operation } from '../patch/json-patch.js';
import type { MutabilityLevel } from '../template/metadata.js';

/**
 * The plan document (`--format json`). Relied on from outside: extend, don't rename. The same bytes and the same
 * policy give the same document, byte for byte.
 */
export interface PlanDocument {
  readonly format: 'idp-fix/plan';
  readonly version: 1;
  readonly tool: { readonly name: 'idp-fix'; readonly version: string };
  readonly policy: { readonly name: string; readonly source: string; readonly sha256: string };
  /** What costs are reckoned with, by name: the policy's prices in USD, with the day they were looked up. */
  readonly prices: Readonly<
    Record<string, { readonly usd: number; readonly unit: string; readonly asOf: string }>
  >;
  readonly stacks: readonly PlanStack[];
  /** What to do in which order; the first is worth most. */
  readonly steps: readonly Step[];
  readonly checklist: readonly ChecklistItem[];
  /** How the findings compare with a baseline; `null` when none was given. */
  readonly baseline: BaselineComparison | null;
  /** What becomes of the findings of other tools, in the order they were given; `null` when none were. */
  readonly foreignFindings: readonly ForeignFinding[] | null;
  /** Risks the policy accepts, in its order. */
  readonly deviations: readonly PlanDeviation[];
  /** What remediations measure, before and after. */
  readonly figures: readonly Figure[];
  readonly coverage: Coverage;
  readonly summary: Summary;
}

export interface PlanStack {
  readonly template: string;
  readonly sha256: string;
  readonly parent: { readonly template: string; readonly logicalId: string } | null;
  /** As written in the template. */
  readonly resources: number;
  /** After the SAM transform of the patched template. */
  readonly resourcesAfterTransform: number;
  readonly functions: readonly PlanFunction[];
  readonly logGroups: readonly PlanLogGroup[];
  readonly findings: readonly Finding[];
  readonly patches: readonly Patch[];
  /** Values a deployed stack must be given beside the template; only the root has any. */
  readonly parameterValues: Readonly<Record<string, string>>;
  /** Tags a deployed stack is given beside the template, where it has none with the key; only the root has any. */
  readonly stackTags: Readonly<Record<string, string>>;
  /** Of the file `--apply` would write (its `safe` patches, and what `--include` adds). */
  readonly patchedSha256: string;
}

export interface PlanFunction {
  readonly logicalId: string;
  readonly type: FunctionType;
  readonly invocation: Invocation;
  readonly evidence: readonly string[];
}

export interface PlanLogGroup {
  readonly logicalId: string;
  readonly class: LogGroupKind;
  readonly owner: string | null;
}

export type PlanVerdict = 'compliant' | 'fixable' | 'manual' | 'not-applicable' | 'accepted' | 'unknown';

export interface Finding {
  readonly remediation: string;
  /** Empty for a finding about the whole template. */
  readonly logicalId: string;
  readonly resourceType: string;
  /** One-based line of the resource in the template as read. */
  readonly line: number;
  readonly verdict: PlanVerdict;
  /** How bad it is, by evidence and effect; `null` where nothing falls short. `critical`: it does not work today. */
  readonly severity: Severity | null;
  readonly because: string;
  readonly current: Value;
  readonly target: Value;
  /** How what it rests on is known; a fix that rests on an assumption is never `safe`. */
  readonly basis: Basis;
  /** Id of the patch that fixes it. */
  readonly patch: string | null;
  /** Keys of the policy that would decide it, as `remediations.<id>.<field>`; of `manual` findings. */
  readonly decidedBy: readonly string[];
  readonly suppression: Suppression | null;
  /** What `Metadata."com.aws.cloudformation.Context"` of the resource and of its template says; absent where nothing. */
  readonly context?: FindingContext;
  /**
   * Sixteen hex digits of remediation, template, logical id, `current` and the names of what is missing, of the template
   * as read. Never of the line, nor of how `because` is worded. Unique in the document.
   */
  readonly fingerprint: string;
  /** Twelve hex digits of what the resource says; a deviation that names them ends when the resource changes. */
  readonly resourceFingerprint: string;
  /** The baseline has it, so it does not count for the exit code. */
  readonly known: boolean;
  /** A deviation of the policy whose last day has passed. Such a finding is never `known`. */
  readonly expiredDeviation: ExpiredDeviation | null;
}

export interface FindingContext {
  /** The strictest level of what the finding is about, as AWS names them; `null` where none is given. */
  readonly level: MutabilityLevel | null;
  /** Constraints of the template, then of the resource. */
  readonly must: readonly string[];
  readonly why: string | null;
}

export interface ExpiredDeviation {
  readonly reason: string;
  readonly owner: string;
  /** Last day it counted, `YYYY-MM-DD`. */
  readonly expires: string;
}

export interface BaselineComparison {
  /** Open findings that the baseline has. */
  readonly known: number;
  /** Open findings that it has not. */
  readonly new: number;
  /** What the baseline has and this run, which looked for it, has not found open. */
  readonly gone: readonly {
    readonly template: string;
    readonly logicalId: string;
    readonly remediation: string;
  }[];
}

/** A finding that another tool has made, and what this plan does about it. */
export interface ForeignFinding {
  /** The file it was in, as it was named. */
  readonly source: string;
  /** The tool, as it calls itself. */
  readonly tool: string;
  /** Id of its rule. */
  readonly rule: string;
  readonly title: string;
  /** The place as the tool says it: a path and line, or an ARN. */
  readonly said: string;
  /** The place as this plan says it; `null` when it was not found in these templates. */
  readonly template: string | null;
  /** `null` when it is about no resource, or about none that is known. */
  readonly logicalId: string | null;
  readonly line: number | null;
  readonly outcome: ForeignOutcome;
  readonly because: string;
  /** The remediation that covers it. */
  readonly remediation: string | null;
  /** Id of the patch that fixes it. */
  readonly patch: string | null;
  /** A fix that the tool proposes; absent where it proposes none. */
  readonly snippet?: ForeignSnippet;
}

/** A fix from elsewhere, judged beside ours. */
export interface ForeignSnippet {
  /** As handed in: data of somebody else, which is never written anywhere. */
  readonly text: string;
  /** Remediations whose findings on the resource it would close. */
  readonly closes: readonly string[];
  /** What it would do, or why that cannot be told. */
  readonly because: string;
}

export type ForeignOutcome =
  | 'fixed'
  | 'not-fixable'
  | 'not-applicable'
  | 'in-order'
  | 'accepted'
  | 'not-covered'
  | 'not-found';

export interface Suppression {
  /** The tool it is addressed to; `cdk` for an acknowledgement in the app that has made the template. */
  readonly tool: 'checkov' | 'cfn_nag' | 'cdk_nag' | 'cdk' | 'guard' | 'idp-fix';
  readonly id: string;
  readonly reason: string;
  readonly line: number;
  readonly handling: 'overridden' | 'honored' | 'reported';
}

export type Placement =
  | 'parameter-value'
  | 'parameter-default'
  | 'mapping'
  | 'globals'
  | 'resource'
  | 'new-resource';

export interface Patch {
  /** `<remediation>@<template>`, with `#review` behind it for the part that needs approval. */
  readonly id: string;
  readonly remediation: string;
  readonly title: string;
  readonly placement: readonly Placement[];
  /** Logical ids. */
  readonly fixes: readonly string[];
  /** RFC 6902, on the value tree with long-form intrinsics; applied in the order of the list of patches. */
  readonly operations: readonly Operation[];
  /** RFC 6902, undoes `operations`. */
  readonly inverse: readonly Operation[];
  /** Comments that the patch makes false and takes out with it. Not part of the value tree. */
  readonly removedComments: readonly { readonly line: number; readonly text: string }[];
  readonly update: Update;
  readonly risk: Risk;
  readonly riskBecause: readonly string[];
  readonly cost: Cost;
  readonly prerequisites: readonly Prerequisite[];
  /** For reading, one line each: `kms:Decrypt for the role of QueueSender`. */
  readonly companions: readonly string[];
  /** Ids of patches (of this or another template) that must be applied with it. */
  readonly requires: readonly string[];
  readonly leaves: readonly string[];
}

/**
 * One thing to do at a time: one run of `--apply`, or one change set. Each can be planned, written and deployed without
 * the others, since a plan of one remediation brings along all it needs.
 */
export interface Step {
  /** From one, in the order they are best done. */
  readonly step: number;
  /** Written as it is, written with consent (`--include review`), or left as manual. */
  readonly kind: 'safe' | 'review' | 'person';
  readonly title: string;
  readonly remediations: readonly string[];
  /** Ids, of all templates. */
  readonly patches: readonly string[];
  /** How many it settles. */
  readonly findings: number;
  readonly guideRisk: GuideRisk;
  /** What goes wrong without it. */
  readonly why: string;
  /** Earlier steps that add what this one works on; done before them, it has to be repeated afterwards. */
  readonly after: readonly number[];
  /** The heaviest of its patches. */
  readonly update: Update;
  readonly cost: Cost;
  /** What to try outside production before, one sentence each. */
  readonly tryFirst: readonly string[];
  /** Commands for the folder of the root template; `null` where there is nothing to write. */
  readonly apply: string | null;
  readonly changeSet: string | null;
}

/** A risk somebody has accepted in the policy, and whether that counts today. */
export interface PlanDeviation {
  readonly remediation: string;
  /** `null`: any. */
  readonly template: string | null;
  /** `null`: any. */
  readonly logicalId: string | null;
  readonly reason: string;
  readonly owner: string;
  /** Day it was accepted, `YYYY-MM-DD`. */
  readonly date: string;
  /** Last day it counts, `YYYY-MM-DD`. */
  readonly expires: string;
  /** `changed`: the resource is another one than the one it was accepted for. `unused`: there is nothing to accept. */
  readonly state: 'in-force' | 'expired' | 'changed' | 'unused';
  /** How many it accepts. */
  readonly findings: number;
}

/** Amounts of the whole tree before any patch and with all of them, those that need approval included. */
export interface Figure {
  readonly remediation: string;
  readonly title: string;
  /** Plural: `executions`, `days`. */
  readonly unit: string;
  /** What no amount may be above. */
  readonly limit: { readonly amount: number; readonly what: string } | null;
  readonly rows: readonly FigureRow[];
}

export interface FigureRow {
  readonly label: string;
  /** `null`: there is no such thing before. */
  readonly before: number | 'unbounded' | null;
  /** `null`: there is no such thing afterwards. */
  readonly after: number | 'unbounded' | null;
  /** What the policy asks for. */
  readonly wanted: { readonly minimum: number; readonly maximum: number } | null;
  readonly detail: string;
}

export interface Coverage {
  readonly files: number;
  readonly resources: number;
  /** Resources at least one remediation applies to. */
  readonly evaluated: number;
  readonly notEvaluated: readonly {
    readonly template: string;
    readonly logicalId: string;
    readonly because: string;
    /** Who accepts by the policy that it is not looked into; such a part does not count for the exit code. */
    readonly accepted?: { readonly reason: string; readonly owner: string; readonly expires: string };
  }[];
  /** What was read beside the templates; absent where nothing was. */
  readonly code?: {
    readonly files: number;
    /** Files and folders that could not be read, and what is not known because of it. */
    readonly notes: readonly { readonly file: string; readonly because: string }[];
  };
}

export interface Summary {
  readonly verdicts: Readonly<Record<PlanVerdict, number>>;
  readonly patches: number;
  readonly byRemediation: Readonly<Record<string, Readonly<Record<PlanVerdict, number>>>>;
  /**
   * Repeated keys of the templates, which are without effect; and the concurrency budget: what the largest set of
   * functions that can exist at once would reserve.
   */
  readonly notes: readonly string[];
}

export interface ChecklistItem {
  readonly id: string;
  readonly title: string;
  readonly status: 'done' | 'open' | 'accepted-risk';
  /** For reading: what the plan shows, and what a person says. */
  readonly evidence: string;
  /** Who says so, or accepts the risk. */
  readonly owner: string | null;
  /** Since when, `YYYY-MM-DD`. */
  readonly date: string | null;
  /** Why a risk is accepted. */
  readonly reason: string | null;
  /** Where it is written down: a path or an address. */
  readonly document: string | null;
  /** Last day it counts, `YYYY-MM-DD`; the item is open again after it. */
  readonly expires: string | null;
  /** Whose findings answer it; none where only a person can. */
  readonly remediations: readonly string[];
  /** Resource types that were judged for it, sorted. */
  readonly covers: readonly string[];
  /** Resource types of the templates that were not, sorted: what the item says nothing about. */
  readonly doesNotCover: readonly string[];
  /** How many findings stand in the way. */
  readonly open: number;
  readonly acceptedRisks: readonly AcceptedRisk[];
  /** Twelve hex digits of what is open; an attestation that names them ends when something else is. */
  readonly fingerprint: string;
}

/** A deviation of the policy that is in force. */
export type AcceptedRisk = Omit<PlanDeviation, 'state' | 'findings'>;
