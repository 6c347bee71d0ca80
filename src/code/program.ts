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

/**
 * What the readers of the languages make of a source file: as much of a program as it takes to follow values to the
 * calls they are passed to. Statements have no order here; a name has every value that is ever assigned to it.
 */

export type Expression =
  /** A string; numbers and booleans as they are written in JSON. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'name'; readonly name: string; readonly line: number }
  /** `object.name`, and `object['name']`. */
  | { readonly kind: 'member'; readonly object: Expression; readonly name: string; readonly line: number }
  | { readonly kind: 'index'; readonly object: Expression; readonly index: Expression; readonly line: number }
  | Call
  | { readonly kind: 'record'; readonly entries: readonly RecordEntry[] }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  /** One of several: a conditional, or what follows an empty value. */
  | { readonly kind: 'either'; readonly options: readonly Expression[] }
  /** Texts one after the other. */
  | { readonly kind: 'join'; readonly parts: readonly Expression[] }
  | { readonly kind: 'function'; readonly scope: Scope }
  | { readonly kind: 'class'; readonly scope: Scope }
  /** A module, or what a module gives out under a name; `default` as JavaScript has it. */
  | { readonly kind: 'import'; readonly module: string; readonly name?: string; readonly line: number }
  /** Anything else; what is inside is looked at all the same. */
  | { readonly kind: 'other'; readonly parts: readonly Expression[] };

export interface Call {
  readonly kind: 'call';
  readonly callee: Expression;
  readonly arguments: readonly Argument[];
  /** Of the name of what is called. */
  readonly line: number;
  readonly isNew: boolean;
}

export interface Argument {
  readonly value: Expression;
  /** A keyword argument. */
  readonly name?: string;
  /** `*list` and `...list`; `**record`. */
  readonly spread?: 'list' | 'record';
}

export interface RecordEntry {
  /** Without one the entry is another record whose entries belong here, or a key that is computed. */
  readonly key?: string;
  readonly value: Expression;
  /** Assigned after the record was made, perhaps not always. */
  readonly isLater?: boolean;
}

export interface Parameter {
  readonly name: string;
  readonly default?: Expression;
  /** Takes what is left of the arguments. */
  readonly isRest?: boolean;
}

/** A module, a class or a function. */
export interface Scope {
  readonly kind: 'module' | 'class' | 'function';
  /** Empty for a module and for a function without a name. */
  readonly name: string;
  readonly module: Module;
  readonly parent: Scope | undefined;
  readonly parameters: readonly Parameter[];
  /** By name, what is assigned to it here; methods and attributes of a class. */
  readonly bindings: ReadonlyMap<string, readonly Expression[]>;
  /** Everything that is evaluated here, each expression once. */
  readonly expressions: readonly Expression[];
  readonly returns: readonly Expression[];
  /** A framework calls it: it has decorators. */
  readonly isDecorated: boolean;
  /** What a class is made from. */
  readonly bases: readonly Expression[];
}

export interface Module {
  /** As the file is called in reports. */
  readonly path: string;
  readonly language: 'python' | 'javascript';
  readonly text: string;
  readonly scope: Scope;
  /** What other modules can import, where that is not every name of the module. */
  readonly exports: ReadonlyMap<string, readonly Expression[]> | undefined;
  /** Modules it imports, as written: `..shared.names`, `./names.js`. */
  readonly imports: readonly string[];
  /** Lines that do not parse; what stands there is not known. */
  readonly broken: readonly number[];
  /** Nothing of it is known: it nests deeper than a parser can go. */
  readonly isTooDeep: boolean;
}
