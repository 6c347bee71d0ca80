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
