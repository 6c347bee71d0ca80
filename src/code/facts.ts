import type { Document } from '../document/syntax.js';

/** What code says, each with where it says it. Only what the handler of a function can reach counts. */

export interface CodePlace {
  /** As the plan calls files: from the folder of the root template. */
  readonly file: string;
  readonly line: number;
}

/** A text as far as code tells it. */
export type CodeText =
  | { readonly kind: 'text'; readonly text: string }
  /** The value of an environment variable. */
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'join'; readonly parts: readonly CodeText[] }
  /** Name or ARN of the function that runs. */
  | { readonly kind: 'itself' }
  | { readonly kind: 'unknown' };

export type CodeFact =
  /** An operation of an AWS service is called. */
  | {
      readonly kind: 'operation';
      /** As in IAM: `secretsmanager`. */
      readonly service: string;
      /** As in the API: `GetSecretValue`. */
      readonly operation: string;
      readonly place: CodePlace;
    }
  /** A function is invoked. */
  | {
      readonly kind: 'invocation';
      readonly target: CodeText;
      /** `Event`, `RequestResponse` or `DryRun`, where code says it. */
      readonly type: CodeText;
      readonly place: CodePlace;
      /** The call that hands in what this depends on, where that is another place. */
      readonly via: CodePlace | undefined;
    }
  | { readonly kind: 'variable'; readonly name: string; readonly place: CodePlace }
  /** A host outside AWS is called. */
  | { readonly kind: 'host'; readonly host: string; readonly place: CodePlace }
  | {
      readonly kind: 'secret';
      /** Secrets Manager, or a parameter of Systems Manager that is decrypted. */
      readonly store: 'secretsmanager' | 'ssm';
      readonly name: CodeText;
      readonly place: CodePlace;
    }
  /** A log group or a function is named as an argument of an operation. */
  | {
      readonly kind: 'name';
      readonly of: 'log-group' | 'function';
      readonly name: CodeText;
      readonly place: CodePlace;
    };

export type InvocationFact = Extract<CodeFact, { kind: 'invocation' }>;

/** The code of one function; what it says is found out when it is asked for. */
export interface FunctionCode {
  readonly facts: readonly CodeFact[];
  /** Of the facts, those that say how other functions are invoked; found much sooner than all. */
  readonly invocations: readonly InvocationFact[];
  /** All that the handler can reach was read: what is not among the facts is not there. */
  readonly isComplete: boolean;
  readonly files: readonly string[];
  /** Modules it imports that are not beside the template, as written: `boto3`, `@aws-sdk/client-s3`. */
  readonly foreignModules: readonly string[];
  /** Whether a text is anywhere in its files, whatever its case. */
  mentions(text: string): boolean;
}

/** Somewhere to look at by hand: what could not be read, and why. */
export interface CodeNote {
  readonly file: string;
  readonly because: string;
}

/** What lies beside the templates of a stack tree. */
export interface CodeEvidence {
  /** `undefined` where the code of a function is not at hand, or was not asked for. */
  codeOf(template: string, logicalId: string): FunctionCode | undefined;
  /** The file a state machine or an API is defined in. */
  definitionOf(template: string, logicalId: string): Document | undefined;
  /** What could not be read, in the order of the files. */
  readonly notes: readonly CodeNote[];
  /** How many files were read. */
  readonly files: number;
}
