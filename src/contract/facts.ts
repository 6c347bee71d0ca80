import type { Path, Value, ValueMap } from '../document/value.js';
import type { Choices, Resolution } from '../expressions/resolve.js';
import type { Stack, StackTree } from '../template/template.js';

export type FunctionType = 'high-volume' | 'api-handler' | 'background' | 'administrative';
/** `unknown`: something calls it, and nobody has seen how. */
export type Invocation = 'sync' | 'async' | 'both' | 'unknown';
export type LogGroupKind = 'application' | 'audit-security' | 'debug' | 'development';

/**
 * How something is known. `stated`: the template or the policy says it. `read`: code beside the template says it.
 * `assumed`: by a name, or because nothing was seen that says otherwise.
 */
export type Basis = 'stated' | 'read' | 'assumed';

export interface FunctionClass {
  readonly type: FunctionType;
  readonly invocation: Invocation;
  /** One line per piece of evidence, strongest first; says so when there is none. */
  readonly evidence: readonly string[];
  readonly triggers: readonly Trigger[];
  /** Of the type. */
  readonly basis: Basis;
}

/** One way a function is invoked. */
export interface Trigger {
  readonly invocation: 'sync' | 'async' | 'polled' | 'unknown';
  /**
   * `state-machine`, `queue`, `stream`, `records`, `api`, `identity` (sign-in and authorizers), `schedule`,
   * `event-rule`, `direct` (by another function), `self`, `custom-resource`, `operations`, `published` (for callers outside the templates).
   */
  readonly source: string;
  /** For reading: `SQS event source DocumentQueue`. */
  readonly description: string;
  /** Where code says so: `src/front/app.py:4 invokes WORKER with InvocationType Event`. */
  readonly seen?: string;
  /** The resource that triggers it, where it is one of the same template. */
  readonly from?: string;
  /** Of a queue of Amazon SQS that Lambda polls. */
  readonly polls?: PolledQueue;
  /** Of a task of a state machine whose definition was read. */
  readonly task?: {
    readonly state: string;
    /** Calls at once in one execution; `undefined` where the definition sets no limit. */
    readonly atOnce: number | undefined;
    /** How often a call that is throttled is tried again. */
    readonly retriesWhenThrottled: number;
  };
}

/** How a function gets the messages of a queue. */
export interface PolledQueue {
  /** By branch of an expression; none where the queue is not in the templates. */
  readonly queues: readonly InStack[];
  /** What has the settings: the mapping, or a function of SAM. */
  readonly owner: InStack;
  /** From the properties of the owner to the settings; absent where SAM makes the mapping and takes none. */
  readonly settings?: Path;
}

interface InStack {
  readonly stack: Stack;
  readonly logicalId: string;
}

export interface LogGroupClass {
  readonly class: LogGroupKind;
  /** The resource that writes to it, where it is known. */
  readonly owner: string | undefined;
  readonly evidence: readonly string[];
  readonly basis: Basis;
}

/** How a function is packaged and run, as far as it decides which settings the function can have. */
export interface FunctionKind {
  readonly packageType: 'zip' | 'image' | 'inline';
  /** `python3.12`; `undefined` for an image, or where it is not known. */
  readonly runtime: string | undefined;
  /** Runs at the edge: no VPC, dead-letter queue, environment, layers, tracing or reserved concurrency. */
  readonly isEdge: boolean;
  /** Has `DurableConfig`. */
  readonly isDurable: boolean;
  /** Has `TenancyConfig`. */
  readonly isTenantIsolated: boolean;
  /** Has `CapacityProviderConfig`, so it runs on managed instances. */
  readonly hasCapacityProvider: boolean;
  /** Callers may use a version or an alias, which a new setting reaches only when the next one is published. */
  readonly isVersioned: boolean;
}

/** An AWS service that the code of a function may call. */
export interface CalledService {
  /** IAM prefix: `dynamodb`. */
  readonly service: string;
  readonly actions: readonly string[];
  /** For reading: where the permission comes from. */
  readonly evidence: string;
}

/** What a function calls over its network. */
export interface Calls {
  /** Those its role allows, without those its code never mentions where all of the code is at hand. */
  readonly services: readonly CalledService[];
  /** Policies whose content is not at hand. */
  readonly unknown: readonly string[];
  /** Hosts outside AWS, with the lines of the code that call them: `src/app.py:4`. */
  readonly hosts: readonly { readonly host: string; readonly places: readonly string[] }[];
  /** The code is at hand, and nothing it imports could call what is not seen. */
  readonly isCodeWhole: boolean;
}

/** What goes by the name of the log group that a function or build makes for itself. */
export interface LogGroupUser {
  /** The resource; absent where it is an output. */
  readonly view: ResourceView | undefined;
  /** For reading. */
  readonly name: string;
  /** From the body to the expression. */
  readonly path: Path;
  /** The expression is the name and nothing else. */
  readonly isName: boolean;
  /** It goes by how names of groups begin, as a text of `Facts.textsOf`. */
  readonly prefix?: string;
}

/** A resource as a remediation sees it: Globals merged in, values resolved on demand. */
export interface ResourceView {
  readonly stack: Stack;
  readonly logicalId: string;
  readonly type: string;
  readonly condition: string | undefined;
  /** With SAM Globals merged as SAM merges them (`IgnoreGlobals` honored), intrinsics unresolved. */
  readonly properties: ValueMap;
  readonly body: ValueMap;
  /** The expression at a path of the properties, looking through nothing; undefined when absent. */
  expression(...path: Path): Value | undefined;
  /**
   * The value at a path of the properties, resolved. Looks through `Fn::If` and parameters at every level of the
   * path: `read('VpcConfig', 'SubnetIds')` has a branch per branch of an `Fn::If` at `VpcConfig`.
   */
  read(...path: Path): Resolution;
}

export interface Cost {
  /** Estimated change in USD per month; `null` where it depends on use. */
  readonly monthlyUsd: number | null;
  /** How the figure comes about, in words and numbers. */
  readonly formula: string;
}

/** What has to come along, as data; the engine adds each once per template and refuses what it cannot build. */
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
      /** Those of its actions that the fix depends on, as in IAM: nothing may deny them. */
      readonly needs?: readonly string[];
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
  /** Whether a resource can be created only after the role that another runs with. */
  needsRoleOf(resource: InStack, view: ResourceView): boolean;
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
   * (`{Ref: RetentionDays}`), so that a new resource follows the template's convention.
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
  /** Where the policy settles it by naming a key: the key of the policy that does. */
  readonly decidedBy?: readonly string[];
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
  /** For reading: `EncryptionKey of template.yaml`. */
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
  /** Alarms, rules and budgets send to a topic, also to one under a key: `to` is the topic, where it is there already. */
  | { readonly by: Publisher; readonly to?: { readonly stack: Stack; readonly logicalId: string } };

/** A service that sends to topics in its own name: `cloudwatch.amazonaws.com` and so on. */
export type Publisher = 'cloudwatch' | 'events' | 'budgets';

/** Whether a policy lets somebody in, and what to do where it does not. */
export interface Access {
  readonly answer: 'yes' | 'no' | 'unknown';
  /** For reading, one clause: `the policy of Key does not let logs.amazonaws.com use kms:Decrypt`. */
  readonly because: string;
  /** What opens it; absent where no statement would: something denies it, or the policy is not written out. */
  readonly companions?: readonly Companion[];
}
