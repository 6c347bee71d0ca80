import type { CodeEvidence } from '../code/program.js';
import type { Document } from '../document/syntax.js';
import type { Value, ValueMap } from '../document/value.js';
import type { Origin } from './loops.js';

/** One template seen through CloudFormation's sections. Everything is frozen and in the order of the text. */
export interface Template {
  readonly path: string;
  readonly document: Document;
  readonly value: ValueMap;
  /** `Transform`, always as a list. */
  readonly transforms: readonly string[];
  /** The SAM transform is among the transforms. */
  readonly isSam: boolean;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly mappings: ValueMap;
  readonly conditions: ReadonlyMap<string, Value>;
  /** The `Globals` section of SAM, by kind (`Function`, `Api` …); empty without the transform. */
  readonly globals: ValueMap;
  readonly resources: ReadonlyMap<string, TemplateResource>;
  readonly outputs: ValueMap;
  /** Loops that cannot be expanded, with the section they stand in and the reason. */
  readonly openLoops: readonly {
    readonly section: string;
    readonly name: string;
    readonly because: string;
  }[];
}

export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly default: Value | undefined;
  readonly allowedValues: readonly Value[] | undefined;
  readonly allowedPattern: string | undefined;
  readonly minValue: number | undefined;
  readonly maxValue: number | undefined;
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly noEcho: boolean;
}

export interface TemplateResource {
  readonly logicalId: string;
  readonly type: string;
  readonly condition: string | undefined;
  readonly dependsOn: readonly string[];
  /** As written; `{}` when absent or an intrinsic. */
  readonly properties: ValueMap;
  readonly metadata: ValueMap;
  /** The whole resource as written, with loops expanded. */
  readonly body: ValueMap;
  /** Where `Fn::ForEach` makes it of. */
  readonly origin?: Origin;
}

/** One template in its place among the others of the stack. */
export interface Stack {
  readonly template: Template;
  /** The nested-stack resources that create it; empty for the root. A file used twice has two. */
  readonly parents: readonly ParentLink[];
  /** By logical id of the nested-stack resource. */
  readonly children: ReadonlyMap<string, Stack>;
  /** Values known from outside (parameter file, deployed stack); only the root has any. */
  readonly knownParameters: ReadonlyMap<string, Value>;
}

export interface ParentLink {
  readonly stack: Stack;
  readonly logicalId: string;
}

/** Entries that are looked up by name, and never walked through. */
export type Lookup<Entry> = Pick<ReadonlyMap<string, Entry>, 'get' | 'has'>;

/** What an expression can see of a stack: all that its value can depend on. A stack is one, and so is its outline. */
export interface Scope {
  readonly template: Pick<Template, 'path' | 'mappings' | 'outputs'> & {
    readonly parameters: Lookup<Parameter>;
    readonly conditions: Lookup<Value>;
    readonly resources: Lookup<ScopedResource>;
  };
  readonly parents: readonly ScopeLink[];
  readonly children: Lookup<Scope>;
  readonly knownParameters: ReadonlyMap<string, Value>;
}

/** Of the properties there are the one that names the resource, and what a nested stack is passed. */
export type ScopedResource = Pick<TemplateResource, 'type' | 'condition' | 'properties'>;

export interface ScopeLink {
  readonly stack: Scope;
  readonly logicalId: string;
}

export interface StackTree {
  readonly root: Stack;
  /** Root first, then breadth-first in the order of the text; each file once. */
  readonly stacks: readonly Stack[];
  /** Nested stacks whose template is not at hand, with the reason. */
  readonly missing: readonly {
    readonly stack: Stack;
    readonly logicalId: string;
    readonly because: string;
  }[];
  /** Templates that are read only, by path, with the reason: nothing is written there. */
  readonly readOnly: ReadonlyMap<string, string>;
  /** What lies beside the templates, where it was read. */
  readonly code?: CodeEvidence;
  /** What an app of the CDK has acknowledged, by template and logical id (empty for what is about the whole template). */
  readonly acknowledged?: Acknowledged;
}

export type Acknowledged = ReadonlyMap<string, ReadonlyMap<string, readonly Acknowledgement[]>>;

export interface Acknowledgement {
  /** With the plug-in it is of: `idp-fix::ID`, `Annotation::AwsSolutions-SQS3`. */
  readonly id: string;
  readonly reason: string;
}
