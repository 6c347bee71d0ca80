import type { Value } from '../document/value.js';
import type { Stack } from '../template/template.js';

/** What an expression comes to in one branch. */
export type Outcome =
  | { readonly kind: 'value'; readonly value: Value }
  /** The property is not there, or is `AWS::NoValue`. */
  | { readonly kind: 'absent' }
  /** A `Ref` or `Fn::GetAtt` of a resource in the stack tree. `attribute` is `Ref` for a `Ref`. */
  | {
      readonly kind: 'resource';
      readonly stack: Stack;
      readonly logicalId: string;
      readonly attribute: string;
    }
  | {
      readonly kind: 'unknown';
      readonly because: string;
      /** What of a text is known, with `${…}` for the rest: `arn:${AWS::Partition}:s3:::logs`. */
      readonly text?: string;
    };

export interface Branch {
  readonly outcome: Outcome;
  /** Where in the expression the value of this branch stands, as path tokens: `[]`, or `['Fn::If', '1']`. */
  readonly path: readonly string[];
  /** Conditions taken for this branch, as `template#Condition`; only those whose inputs are not known. */
  readonly assuming: Readonly<Record<string, boolean>>;
  /** The parameters the value came through, child first; empty for a value written in place. */
  readonly parameters: readonly { readonly stack: Stack; readonly name: string }[];
}

/** All branches that can be reached; never empty. */
export type Resolution = readonly Branch[];

/** A scalar as text, which is how parameters give numbers and booleans; `undefined` for anything else. */
export function scalarText(outcome: Outcome): string | undefined {
  const isScalar = outcome.kind === 'value' && outcome.value !== null && typeof outcome.value !== 'object';
  return isScalar ? String(outcome.value) : undefined;
}

/** A number, also one given as text; `undefined` for anything else. */
export function numberOf(outcome: Outcome): number | undefined {
  const text = scalarText(outcome);
  const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}
