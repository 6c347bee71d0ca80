/** What a command line asks for, once it is understood: plain data. */
export type Request = PlanRequest | ExplainRequest | PolicyRequest | UndoRequest | TextRequest;

export interface CommonOptions {
  /** No colour whatever the terminal says. */
  readonly plain: boolean;
  /** No notes on the standard error, errors excepted. */
  readonly quiet: boolean;
  /** Nothing folded; a defect shows its stack. */
  readonly verbose: boolean;
}

export const formats = ['text', 'json', 'diff', 'patch'] as const;
export type Format = (typeof formats)[number];

export const suppressionHandlings = ['override', 'honour', 'report'] as const;
export type SuppressionHandling = (typeof suppressionHandlings)[number];

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
}

export interface ExplainRequest extends CommonOptions {
  readonly command: 'explain';
  readonly id: string;
}

export interface PolicyRequest extends CommonOptions {
  readonly command: 'policy';
  readonly action: 'init' | 'show' | 'check';
  /** `init`: the preset to extend; `show` and `check`: the policy to read. */
  readonly policy: string | undefined;
  /** `init`: the file to write. */
  readonly output: string | undefined;
}

export interface UndoRequest extends CommonOptions {
  readonly command: 'undo';
  /** Root template, or the folder it is in. */
  readonly template: string;
}

/** Help, or the version: text for the standard output. */
export interface TextRequest {
  readonly command: 'text';
  readonly text: string;
}
