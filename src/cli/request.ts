import type { Format } from '../report/reports.js';

/** What a command line asks for, once it is understood: plain data. */
export type Request =
  | PlanRequest
  | CompareRequest
  | ChecklistRequest
  | ExplainRequest
  | PolicyRequest
  | ChangeSetRequest
  | VerifyRequest
  | UndoRequest
  | FetchRequest
  | FleetCommandRequest
  | WizardRequest
  | CompletionRequest
  | McpRequest
  | LspRequest
  | TextRequest;

export interface CommonOptions {
  /** No color whatever the terminal says. */
  readonly plain: boolean;
  /** No notes on the standard error, errors excepted. */
  readonly quiet: boolean;
  /** Nothing folded; a defect shows its stack. */
  readonly verbose: boolean;
  /** Templates are judged by themselves; code and definitions beside them are not read. */
  readonly withoutCode: boolean;
  /** No question is asked, as if there were no terminal. */
  readonly unasked: boolean;
  /** Modules with remediations beside those of idp-fix, in the order they were given. */
  readonly plugins: readonly string[];
}

export const suppressionHandlings = ['override', 'honour', 'report'] as const;
export type SuppressionHandling = (typeof suppressionHandlings)[number];

export const fleetFormats = ['text', 'json', 'ndjson'] as const;

export interface FleetCommandRequest
  extends CommonOptions,
    Pick<PlanRequest, 'policy' | 'only' | 'skip' | 'includeReview' | 'allowOutside' | 'trusted'> {
  readonly command: 'fleet';
  /** Files and folders; at least one. */
  readonly templates: readonly string[];
  readonly format: (typeof fleetFormats)[number];
  /** File that takes the lines of `ndjson`. */
  readonly output: string | undefined;
  /** Roots that file has already are not planned again. */
  readonly resume: boolean;
  /** How many workers; one per core when absent. */
  readonly jobs: number | undefined;
}

export interface FetchRequest extends CommonOptions {
  readonly command: 'fetch';
  readonly url: string;
  /** Folder that takes the templates. */
  readonly out: string;
  readonly update: boolean;
}

export interface PlanRequest extends CommonOptions {
  readonly command: 'plan';
  /** Files, directories or `-`; at least one. */
  readonly templates: readonly string[];
  readonly apply: boolean;
  /** Show what `--apply` would do, exactly, and do nothing. */
  readonly dryRun: boolean;
  /** Directory that takes the patched templates instead of their own places. */
  readonly out: string | undefined;
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly includeReview: boolean;
  /** File or preset; found by looking upwards when absent. */
  readonly policy: string | undefined;
  /** `FILE` or `K=V`, as given. */
  readonly parameters: readonly string[];
  readonly suppressions: SuppressionHandling | undefined;
  /** Absent: `text`, or `diff` for `--apply --dry-run`. */
  readonly format: Format | undefined;
  /** File that takes the report instead of the standard output. */
  readonly output: string | undefined;
  /** Nested templates may lie outside the folder of the root template. */
  readonly allowOutside: boolean;
  /** Checkout that policy and baseline are read from instead of the working directory. */
  readonly trusted: string | undefined;
  /** What a later transform makes of the template. */
  readonly transformed: string | undefined;
  /** File with the findings that do not count. */
  readonly baseline: string | undefined;
  /** File that takes the findings of today, instead of a report. */
  readonly writeBaseline: string | undefined;
  /** Files with the findings of other tools. */
  readonly findings: readonly string[];
  /** The JSON report leaves out what passes, does not apply or is accepted. */
  readonly onlyOpen: boolean;
  /** JSON is indented for a pipe or a file, too. */
  readonly pretty?: boolean;
  /** Of a review. */
  readonly title?: string | undefined;
  /** Of the working folder on a code host. */
  readonly sourceUrl?: string | undefined;
  /** The first template, which is a slip of a command if there is no such file. */
  readonly slip: { readonly word: string; readonly command: string } | undefined;
}

export interface CompareRequest extends CommonOptions {
  readonly command: 'compare';
  /** Root templates, or folders with one each. */
  readonly old: string;
  readonly new: string;
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly policy: string | undefined;
  readonly parameters: readonly string[];
  readonly suppressions: SuppressionHandling | undefined;
  readonly allowOutside: boolean;
  readonly format: 'text' | 'json';
  readonly output: string | undefined;
}

export const checklistFormats = ['text', 'markdown', 'csv', 'json'] as const;

export interface ChecklistRequest extends CommonOptions {
  readonly command: 'checklist';
  /** Files, directories or `-`; at least one. */
  readonly templates: readonly string[];
  readonly policy: string | undefined;
  /** A file with what `verify` has found. */
  readonly verification: string | undefined;
  /** Name or ARN that it has to be of. */
  readonly stack: string | undefined;
  readonly format: (typeof checklistFormats)[number];
}

export interface ExplainRequest extends CommonOptions {
  readonly command: 'explain';
  /** All remediations are listed when absent. */
  readonly id: string | undefined;
  /** What is explained is what was found there; none for the remediation itself. */
  readonly templates: readonly string[];
  /** Logical id or fingerprint; the path of the template for a finding about all of it. */
  readonly finding: string | undefined;
  readonly policy: string | undefined;
  readonly parameters: readonly string[];
  readonly allowOutside: boolean;
}

export interface InitPolicyRequest extends CommonOptions {
  readonly command: 'policy';
  readonly action: 'init';
  /** Preset to extend. */
  readonly policy: string;
  /** File to write. */
  readonly output: string;
  /** What they show is listed in the file. */
  readonly templates: readonly string[];
}

export interface ReadPolicyRequest extends CommonOptions {
  readonly command: 'policy';
  readonly action: 'show' | 'check';
  /** Found by looking upwards when absent. */
  readonly policy: string | undefined;
  /** `check`: what the policy is to be about. */
  readonly templates: readonly string[];
}

export type PolicyRequest = InitPolicyRequest | ReadPolicyRequest;

export interface StackFlags {
  readonly stack: string | undefined;
  readonly region: string | undefined;
  readonly profile: string | undefined;
  readonly endpointUrl: string | undefined;
  /** Table of `samconfig.toml`. */
  readonly configEnvironment: string;
  readonly readSamConfig: boolean;
}

export const changeSetFormats = ['text', 'json', 'html', 'markdown', 'approval'] as const;
export const verifyFormats = ['text', 'json', 'html'] as const;
export type ChangeSetFormat = (typeof changeSetFormats)[number];

interface ChangeSetCommon extends CommonOptions, StackFlags {
  readonly command: 'change-set';
  readonly format: ChangeSetFormat;
}

export interface CreateChangeSetRequest extends ChangeSetCommon {
  readonly action: 'create';
  /** A file or a folder; the deployed templates when absent. */
  readonly template: string | undefined;
  /** What else was named: templates that one of them nests, or more folders. */
  readonly alongside?: readonly string[];
  readonly policy: string | undefined;
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly includeReview: boolean;
  readonly suppressions: SuppressionHandling | undefined;
  readonly parameters: readonly string[];
  readonly allowOutside: boolean;
  readonly bucket: string | undefined;
  readonly bucketPrefix: string | undefined;
  readonly roleArn: string | undefined;
  readonly capabilities: readonly string[];
  readonly name: string | undefined;
  readonly strict: boolean;
  readonly allowed: readonly string[];
  readonly removedTags: readonly string[];
  readonly adoptLogGroups: boolean;
  /** The templates go as they are, without any patch. */
  readonly asIs?: boolean;
  readonly showPermissions: boolean;
  /** File that lists the stacks; the other flags say what it leaves open. */
  readonly stacks?: string;
  /** Values of parameters, beside those of the files. */
  readonly values?: ReadonlyMap<string, string>;
  /** Folder for a report in every form. */
  readonly report?: string;
}

export interface KnownChangeSetRequest extends ChangeSetCommon {
  readonly action: 'show' | 'execute' | 'reject';
  /** Name or ARN. */
  readonly changeSet: string;
  /** Where its record is. */
  readonly folder: string;
  readonly confirm: string | undefined;
  readonly allowed: readonly string[];
}

export const surveyFormats = ['text', 'json'] as const;

/** The change sets made from a folder, or of the stacks that a file lists. */
export interface SurveyRequest extends CommonOptions, StackFlags {
  readonly command: 'change-set';
  readonly action: 'list' | 'clean';
  /** Where records are. */
  readonly folder: string;
  readonly stacks: string | undefined;
  readonly olderThanDays: number;
  readonly format: (typeof surveyFormats)[number];
}

export type ChangeSetRequest = CreateChangeSetRequest | KnownChangeSetRequest | SurveyRequest;

/** Whether what is deployed works. */
export interface VerifyRequest extends CommonOptions, StackFlags {
  readonly command: 'verify';
  readonly policy: string | undefined;
  /** Whose records of change sets count. */
  readonly folder: string;
  /** How far back to look, at most. */
  readonly days: number;
  readonly format: (typeof verifyFormats)[number];
  readonly showPermissions: boolean;
}

export interface UndoRequest extends CommonOptions {
  readonly command: 'undo';
  /** Root template, or the folder it is in. */
  readonly template: string;
  /** As for the `--apply` that is taken back. */
  readonly allowOutside: boolean;
}

export interface WizardRequest extends CommonOptions {
  readonly command: 'wizard';
  /** Files or directories; the working directory when there are none. */
  readonly templates: readonly string[];
  /** File to amend, or preset to start from. */
  readonly policy: string | undefined;
  /** `FILE` or `K=V`, as given. */
  readonly parameters: readonly string[];
  readonly allowOutside: boolean;
  /** Nobody asked for it by name: the command line was empty. */
  readonly isImplied: boolean;
}

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof shells)[number];

export interface CompletionRequest extends CommonOptions {
  readonly command: 'completion';
  readonly shell: Shell;
}

export interface McpRequest extends CommonOptions {
  readonly command: 'mcp';
  /** Folders that an agent may name templates in; at least one. */
  readonly roots: readonly string[];
  readonly allowWrite: boolean;
  readonly allowChangeSets: boolean;
}

export interface LspRequest extends CommonOptions {
  readonly command: 'lsp';
  /** File or preset; found by looking upwards from each template when absent. */
  readonly policy: string | undefined;
}

/** Help, or the version: text for the standard output. */
export interface TextRequest {
  readonly command: 'text';
  readonly text: string;
}
