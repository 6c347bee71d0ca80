import type { Path } from '../document/pointer.js';
import type { Value } from '../document/value.js';
import type { Choices } from '../expressions/resolve.js';
import type { Stack, StackTree } from '../template/template.js';
import type { Calls, FunctionClass, FunctionKind, LogGroupClass, LogGroupUser } from './classes.js';
import type { Companion } from './companions.js';
import type { ResourceView } from './resource-view.js';

/** What the engine knows beside the one resource a unit is looking at. All of it is derived, pure and cached. */
export interface Facts {
  readonly tree: StackTree;
  readonly settings: Settings;
  /** `undefined` for a resource that is not a function. */
  functionClass(stack: Stack, logicalId: string): FunctionClass | undefined;
  /** What a function calls over its network, by its role and its code. */
  callsOf(view: ResourceView): Calls;
  /** How a function is packaged and run. */
  functionKind(view: ResourceView): FunctionKind;
  /** Whether the policy serves a function before or after all others when the concurrency budget is too small. */
  functionPriority(stack: Stack, logicalId: string): 'first' | 'last' | undefined;
  /** `undefined` for a resource that is not a log group. */
  logGroupClass(stack: Stack, logicalId: string): LogGroupClass | undefined;
  /** What goes by the name of the log group a function or build makes for itself. */
  implicitLogGroupUsers(view: ResourceView): readonly LogGroupUser[];
  /** Lines of code that name that log group: `src/report/app.py:4`. */
  implicitLogGroupLines(view: ResourceView): readonly string[];
  /** Of the log group a function makes for itself. */
  implicitLogGroupClass(view: ResourceView): LogGroupClass;
  resource(stack: Stack, logicalId: string): ResourceView | undefined;
  /** All resources of the types in the whole tree, in tree order. */
  resources(...types: readonly string[]): readonly ResourceView[];
  /** The customer-managed key new encryption should use in this template, or why there is none. */
  encryptionKey(stack: Stack, purpose?: KeyPurpose): EncryptionKey | NoKey;
  /** What a property comes to by default, and with each other value allowed for the parameters of the root it comes from. */
  choicesOf(view: ResourceView, property: string): Choices;
  /** The customer-managed key an expression comes to, with its ARN; `undefined` where it cannot be had. */
  keyNamed(stack: Stack, expression: Value | undefined): EncryptionKey | undefined;
  /** What a property that names a key comes to. */
  keyState(view: ResourceView, path: Path): KeyState;
  /** Whether an expression comes to a customer-managed key wherever the resource exists. */
  isAlwaysKey(view: ResourceView, expression: Value): boolean;
  /** The statements of a key's policy that let in more than they should. */
  openStatements(key: { readonly stack: Stack; readonly logicalId: string }): OpenStatements;
  /** Whether the policy of a key or topic lets a service do what it has to, and the statement that would. */
  access(resource: { readonly stack: Stack; readonly logicalId: string }, use: ServiceUse): Access;
  /** The resources of the tree that name a resource in their properties, in tree order; those of the types alone. */
  usersOf(
    resource: { readonly stack: Stack; readonly logicalId: string },
    ...types: readonly string[]
  ): readonly ResourceView[];
  /** A logical id nothing in the template has: the wanted one, or with a number behind it. */
  freeId(stack: Stack, wanted: string): string;
  /** Whether the policies of a function's execution role allow an action on a resource of its template. */
  allows(view: ResourceView, action: string, resource: Value | undefined): 'yes' | 'no' | 'unknown';
  /**
   * What other resources of the type in this template say for a property, when most of them say the same
   * (`{Ref: LogRetentionDays}`), so that a new resource follows the template's habit.
   */
  convention(stack: Stack, type: string, property: string): Value | undefined;
  /**
   * The texts an expression of a template can come to, with `${…}` for what is not known (`${?Name@template}` for what
   * may be anything): expressions that mean the same have the same texts.
   */
  textsOf(stack: Stack, expression: Value | undefined): readonly string[];
  /** How many more resources a template can take within CloudFormation's limit, less what the policy keeps free. */
  room(stack: Stack): number;
  /**
   * Whether at least one of the resources exists in every deployment that has the other (`null`: its template), by their
   * conditions and nested stacks. What is there already counts as a companion of a resource only where this holds.
   */
  isAlwaysWith(
    resources: readonly { readonly stack: Stack; readonly logicalId: string }[],
    other: { readonly stack: Stack; readonly logicalId: string | null },
  ): boolean;
  /** Maximal sets (as indices into `members`) of resources that one deployment can hold at once. */
  coexisting(
    members: readonly { readonly stack: Stack; readonly logicalId: string }[],
  ): readonly (readonly number[])[];
}

export interface OpenStatements {
  readonly statements: readonly OpenStatement[];
  /** Why not all of the policy can be read, as a predicate. */
  readonly unread?: string;
}

export interface OpenStatement {
  /** Its `Sid`, or its number. */
  readonly name: string;
  readonly opens: /** Everybody, of any account. */
    | 'everybody'
    /** The same under conditions, none of which says whose request it is or where it comes from. */
    | 'everybody-conditionally'
    /** `NotPrincipal`. */
    | 'all-but-some'
    /** A service may change or delete the key. */
    | 'service-administration'
    /** Someone beside the account makes grants for whomever they like. */
    | 'grants';
  /** From the properties to the statement; absent where it is not written out. */
  readonly path?: Path;
}

/** What a key is to encrypt; of several keys the one that suits it best is taken. */
export interface KeyPurpose {
  /** Type of the resource. */
  readonly type?: string;
  /** What a service will do with it in its own name. */
  readonly use?: ServiceUse;
  /** The resource, so that a key that needs it is passed over. */
  readonly for?: string;
  /** What else it has to do with is encrypted with this, where that is a key. */
  readonly preferred?: Value;
}

export interface NoKey {
  readonly because: string;
  /** Neither the template nor those above it have one, and the policy names none. */
  readonly isMissing?: true;
}

/** What a property that names a key comes to, over all deployments. */
export type KeyState =
  /** A customer-managed key in each of them. */
  | { readonly kind: 'own' }
  /** None: nothing, or a key AWS manages. */
  | { readonly kind: 'none'; readonly optional?: string | undefined }
  /** A customer-managed key in some only; `optional` is the parameter it comes from, where that may be left empty. */
  | { readonly kind: 'partly'; readonly optional?: string | undefined }
  | { readonly kind: 'unknown' }
  /** One that cannot do it: disabled, not symmetric, of another Region. */
  | { readonly kind: 'unusable'; readonly because: string };

export interface EncryptionKey {
  /** An expression for the key's ARN in the terms of the template. */
  readonly arn: Value;
  /** Parameters that must exist for the expression to mean anything. */
  readonly companions: readonly Companion[];
  /** The key resource, where it is part of the tree. */
  readonly resource?: { readonly stack: Stack; readonly logicalId: string };
  /** For reading: `CustomerManagedEncryptionKey of template.yaml`. */
  readonly description: string;
  /** Why this one, as a clause: `others of its type use it`. Absent where there is no other. */
  readonly reason?: string;
  /** The parameter it comes from, where that may be left empty; the expression is guarded then. */
  readonly optional?: string;
  /** One of the companions makes it, since the policy says so. */
  readonly isNew?: true;
}

/** The parts of the policy that are not a remediation's own, and what is known of the account. */
export interface Settings {
  readonly environment: 'production' | 'staging' | 'development' | 'test';
  readonly region: string | undefined;
  /** Concurrent executions the account allows in the region. */
  readonly concurrencyLimit: number;
  /** The limit was given by the policy or read from the account, not assumed. */
  readonly concurrencyLimitIsKnown: boolean;
  /** Reserved by functions outside this stack tree. */
  readonly concurrencyReservedElsewhere: number;
  /** Executions that must stay unreserved. */
  readonly concurrencyUnreservedMinimum: number;
  /** The ARN the policy gives for new encryption; `undefined` for a key from the template. */
  readonly encryptionKeyArn: string | undefined;
  /** Price per unit in USD, by name; see policies. */
  readonly prices: Readonly<Record<string, number>>;
}

/** What a service does in its own name with a key, or with a topic. */
export type ServiceUse =
  /** CloudWatch Logs encrypts a log group; a new one has its id only. */
  | { readonly by: 'logs'; readonly group: { readonly stack: Stack; readonly logicalId: string } }
  /** CloudWatch sends alarms to a topic, also to one under a key: `to` is the topic, where it is there already. */
  | { readonly by: 'cloudwatch'; readonly to?: { readonly stack: Stack; readonly logicalId: string } };

/** Whether a policy lets somebody in, and what to do where it does not. */
export interface Access {
  readonly answer: 'yes' | 'no' | 'unknown';
  /** For reading, one clause: `the policy of Key does not let logs.amazonaws.com use kms:Decrypt`. */
  readonly because: string;
  /** What opens it; absent where no statement would: something denies it, or the policy is not written out. */
  readonly companions?: readonly Companion[];
}
