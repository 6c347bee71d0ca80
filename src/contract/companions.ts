import type { Path } from '../document/pointer.js';
import type { Value, ValueMap } from '../document/value.js';
import type { Stack } from '../template/template.js';

export interface Cost {
  /** Estimated change in USD per month; `null` where it depends on use. */
  readonly monthlyUsd: number | null;
  /** How the figure comes about, in words and numbers. */
  readonly formula: string;
}

/** What has to come along, as data; the engine adds each once per template and refuses what it cannot realise. */
export type Companion =
  /** A parameter of this template, and what each parent passes for it (an expression in the parent's terms). */
  | {
      readonly kind: 'parameter';
      readonly name: string;
      readonly definition: ValueMap;
      /** Per parent link; the parent's own needs are listed with `in`. */
      readonly passed?: (parent: Stack) => Value | undefined;
      readonly in?: Stack;
    }
  | { readonly kind: 'condition'; readonly name: string; readonly definition: Value; readonly in?: Stack }
  /** A new resource; two units asking for the same id have their properties merged. */
  | {
      readonly kind: 'resource';
      readonly logicalId: string;
      readonly body: ValueMap;
      /** Several findings share it and add statements to it: once it is there, it is left as it is. */
      readonly isShared?: true;
      /** By itself, counted once however many findings ask for it. */
      readonly cost?: Cost;
      /** Why a fix that brings it needs approval. */
      readonly riskBecause?: string;
      readonly in?: Stack;
    }
  /** A statement for the execution role of a function, or for a role of the template. */
  | {
      readonly kind: 'permission';
      readonly logicalId: string;
      readonly actions: readonly string[];
      readonly resource: Value;
      readonly in?: Stack;
    }
  /** An AWS-managed policy, by name (`service-role/AWSLambdaVPCAccessExecutionRole`), for the execution role. */
  | {
      readonly kind: 'managed-policy';
      readonly logicalId: string;
      readonly name: string;
      readonly in?: Stack;
    }
  /** A statement appended to the policy document of a key, bucket, queue or topic policy of the tree. */
  | {
      readonly kind: 'statement';
      readonly logicalId: string;
      /** From the resource's body to the `Statement` list. */
      readonly path: Path;
      readonly statement: ValueMap;
      /** What holds as long as the resource has no document, and has to be said once it has one. */
      readonly otherwise?: readonly ValueMap[];
      readonly in?: Stack;
    };
