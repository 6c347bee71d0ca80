import type { Remediation } from '../contract/remediation.js';

/** A tool whose ids the remediations know as equivalents. */
export type KnownTool = keyof Remediation['equivalents'];

/** A finding as another tool has written it down; what it does not say is left out. */
export interface ImportedFinding {
  /** As the tool calls itself: `Checkov`. */
  readonly tool: string;
  /** Whose ids its rules have; any tool's when absent, `none` for ids that mean something else in the tools that are known. */
  readonly idsOf?: KnownTool | 'none';
  /** As the tool shows it. */
  readonly rule: string;
  /** Other names of the rule, such as that of the AWS Config rule behind a control. */
  readonly aliases?: readonly string[];
  readonly title: string;
  /** Path as written, in whatever folder the tool ran. */
  readonly file?: string;
  /** One-based. */
  readonly line?: number;
  readonly logicalId?: string;
  /** `Stack/Bucket`: of the CDK, to whose template the resource belongs. */
  readonly construct?: string;
  /** Name or ARN of a deployed resource. */
  readonly physicalId?: string;
  /** A fix that the tool proposes, as a template or a part of one: data, which is judged and never written. */
  readonly snippet?: string;
}

/** What one file says. */
export interface ImportedFile {
  readonly tool: string;
  readonly findings: readonly ImportedFinding[];
}

/** The form of one tool's results. */
export interface FindingsReader {
  /** With the command that writes it, for messages: `Checkov (checkov -o json)`. */
  readonly name: string;
  /** Whether a file is meant to be of this form, in order or not. */
  recognizes(content: unknown): boolean;
  /** @throws ZodError for a file that is not in order */
  read(content: unknown): ImportedFile;
}

export function isRecord(content: unknown): content is Readonly<Record<string, unknown>> {
  return typeof content === 'object' && content !== null && !Array.isArray(content);
}

/** A list whose first item has all of these fields. */
export function isListOf(content: unknown, ...fields: readonly string[]): boolean {
  if (!Array.isArray(content)) return false;
  const [first]: readonly unknown[] = content;
  return isRecord(first) && fields.every((field) => field in first);
}
