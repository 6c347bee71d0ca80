/**
 * What the change-set commands need of AWS and of the person at the keyboard: interfaces only. `adapters/aws` has the
 * real ones; the tests answer at the wire.
 *
 * Every method throws `IdpFixError` with `aws-credentials`, `aws-denied`, `aws-timeout` or `aws-failed` for what AWS
 * or the network did; what a caller has to reckon with comes back as a value.
 */

export interface Connection {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly endpointUrl?: string | undefined;
}

/** The world of a live command. */
export interface Live {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Loads the SDK; nothing is sent yet. */
  connect(connection: Connection): Promise<Aws>;
  /** One line typed by a person; undefined when there is no terminal to type on. */
  ask(question: string): Promise<string | undefined>;
  pause(milliseconds: number): Promise<void>;
  /** Milliseconds since 1970. */
  now(): number;
  /** 32 hexadecimal digits by chance: what one run makes is told from what another one makes. */
  creationToken(): string;
  /** What a person who interrupts from now on has to be told; undefined when nothing. */
  whenInterrupted(notice: string | undefined): void;
}

export interface Aws {
  readonly region: string;
  readonly stacks: Stacks;
  readonly storage: Storage;
  readonly account: AccountFacts;
  readonly operations: Operations;
}

export interface Caller {
  readonly account: string;
  readonly alias: string | undefined;
  readonly arn: string;
}

export interface DeployedStack {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly statusReason: string | undefined;
  /** ISO 8601; of the creation where there was no update. */
  readonly updatedAt: string;
  /** Without values that CloudFormation masks. */
  readonly parameters: readonly DeployedParameter[];
  readonly capabilities: readonly string[];
  readonly tags: readonly Tag[];
  readonly notificationArns: readonly string[];
  readonly rollback: Rollback;
}

export interface DeployedParameter {
  readonly name: string;
  /** Undefined where CloudFormation masks it, or where it is the name of an SSM parameter. */
  readonly value: string | undefined;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export interface Rollback {
  readonly monitoringMinutes?: number;
  readonly triggers: readonly { readonly arn: string; readonly type: string }[];
}

export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string | undefined;
  readonly status: string;
}

export type TemplateSource =
  | { readonly kind: 'body'; readonly text: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'previous' };

export type ParameterChoice =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly usePrevious: true };

export interface ChangeSetRequest {
  /** Of a stack that the change set makes, its name. */
  readonly stackId: string;
  /** The change set makes the stack. */
  readonly isNew: boolean;
  readonly name: string;
  /** Makes a repeated request the same request. */
  readonly token: string;
  /** Tells a change set of ours from another of the same name. */
  readonly description: string;
  readonly template: TemplateSource;
  readonly parameters: readonly ParameterChoice[];
  readonly capabilities: readonly string[];
  readonly tags: readonly Tag[];
  readonly notificationArns: readonly string[];
  readonly rollback: Rollback;
  readonly roleArn: string | undefined;
  /** Resources that exist already under their names are taken over by the stack. */
  readonly importExisting: boolean;
}

export type CreationAnswer =
  | { readonly outcome: 'created'; readonly id: string }
  | { readonly outcome: 'name-taken' }
  | { readonly outcome: 'no-changes' }
  /** The answer was lost; whether it was done is not known. */
  | { readonly outcome: 'unknown'; readonly because: string };

export interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly stackId: string;
  readonly stackName: string;
  readonly description: string;
  readonly status: string;
  readonly statusReason: string | undefined;
  readonly executionStatus: string | undefined;
  /** Of all pages. */
  readonly changes: readonly RawChange[];
}

/** A change set as a list tells it. */
export interface ChangeSetSummary {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly status: string;
  readonly executionStatus: string | undefined;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** One change as CloudFormation tells it. */
export interface RawChange {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string | undefined;
  readonly action: string;
  readonly replacement: string | undefined;
  readonly policyAction: string | undefined;
  readonly driftStatus: string | undefined;
  readonly nestedChangeSetId: string | undefined;
  /** JSON. */
  readonly beforeContext: string | undefined;
  /** JSON. */
  readonly afterContext: string | undefined;
  readonly details: readonly RawDetail[];
}

export interface RawDetail {
  /** `Properties`, `Tags`, `Metadata` … */
  readonly attribute: string;
  readonly name: string | undefined;
  /** JSON pointer. */
  readonly path: string | undefined;
  readonly recreation: string | undefined;
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** `ParameterReference`, `ResourceReference`, `ResourceAttribute`, `DirectModification`, `Automatic`. */
  readonly source: string | undefined;
  /** The parameter, or `Resource.Attribute`, that is behind it. */
  readonly cause: string | undefined;
}

export interface StackEvent {
  readonly id: string;
  readonly logicalId: string;
  readonly physicalId: string | undefined;
  readonly type: string;
  readonly status: string;
  readonly reason: string | undefined;
  /** What the request that led to it was given to be known by. */
  readonly token: string | undefined;
}

export interface Stacks {
  /** The stacks of the account and Region that no other one nests, and that have been deployed; by name. */
  roots(): Promise<readonly { readonly id: string; readonly name: string }[]>;
  /** Undefined when there is none. */
  stack(nameOrId: string): Promise<DeployedStack | undefined>;
  /** As it was submitted, or as transforms have made it. */
  template(stackId: string, stage?: 'Original' | 'Processed'): Promise<string>;
  resources(stackId: string): Promise<readonly StackResource[]>;
  create(request: ChangeSetRequest): Promise<CreationAnswer>;
  /** The stack counts where the change set is given by its name. Undefined when there is none. */
  changeSet(nameOrId: string, stackName: string): Promise<ChangeSet | undefined>;
  /** All that are there, in any state. */
  changeSets(stackName: string): Promise<readonly ChangeSetSummary[]>;
  /** What early validation and hooks found wrong or warn of, one line each. */
  validationFindings(changeSetId: string): Promise<readonly string[]>;
  /** Does nothing when there is none. */
  deleteChangeSet(nameOrId: string, stackName: string): Promise<void>;
  /**
   * Deletes a stack that has never been deployed: the shell that a change set of type CREATE leaves. The caller has made
   * sure that it is one.
   */
  deleteShell(stackId: string): Promise<void>;
  /** The one call that changes a stack. */
  execute(changeSetId: string, stackId: string, token: string): Promise<ExecutionAnswer>;
  /** Undefined for a stack whose events have all expired, which they do after 90 days. */
  newestEvent(stackId: string): Promise<StackEvent | undefined>;
  /** Events after the one given, oldest first; all where none is given. */
  eventsAfter(stackId: string, eventId: string | undefined): Promise<readonly StackEvent[]>;
}

export type ExecutionAnswer =
  | { readonly outcome: 'started' }
  | { readonly outcome: 'gone' }
  | { readonly outcome: 'refused'; readonly because: string }
  | { readonly outcome: 'unknown'; readonly because: string };

export interface Storage {
  /** The region of a bucket of this account; undefined when there is no such bucket in reach. */
  bucketRegion(bucket: string, account: string): Promise<string | undefined>;
  /**
   * @param metadata kept with the object; keys in lower case
   * @returns the URL CloudFormation reads the object at
   */
  put(
    object: StoredObject,
    text: string,
    metadata: Readonly<Record<string, string>>,
    account: string,
  ): Promise<string>;
  /** What is kept with an object; undefined when there is no such object. */
  metadata(object: StoredObject, account: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** Does nothing when there is none. */
  remove(object: StoredObject, account: string): Promise<void>;
}

export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
}

export interface AccountKey {
  readonly arn: string;
  /** As the account calls it, without `alias/`. */
  readonly alias: string;
}

export interface AccountFacts {
  /** Customer-managed keys that have an alias, by alias. */
  keys(): Promise<readonly AccountKey[]>;
  caller(): Promise<Caller>;
  key(arn: string): Promise<Key | undefined>;
  keyPolicy(arn: string): Promise<string>;
  concurrency(): Promise<{ readonly limit: number; readonly unreserved: number }>;
  logGroupExists(name: string): Promise<boolean>;
  /** By subnet; one that does not exist is left out. */
  subnetZones(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Undefined when there is no such profile. */
  signingProfileStatus(name: string): Promise<string | undefined>;
  alarmCount(): Promise<number>;
}

export interface Key {
  readonly arn: string;
  readonly state: string;
  readonly spec: string;
  readonly usage: string;
  readonly isAwsManaged: boolean;
}

/** What resources have done, and how they stand, after they were deployed. Reading only; instants in milliseconds since 1970. */
export interface Operations {
  /** Metric and composite alarms that are there. */
  alarms(names: readonly string[]): Promise<readonly Alarm[]>;
  /** The actions an alarm has taken since then, newest first. */
  alarmActions(name: string, from: number): Promise<readonly AlarmAction[]>;
  /** Sums over the time, one for each metric; undefined for one without any data. */
  sums(metrics: readonly Metric[], from: number, to: number): Promise<readonly (number | undefined)[]>;
  topic(arn: string): Promise<Topic | undefined>;
  queue(url: string): Promise<Queue | undefined>;
  /** A Lambda function by name or ARN. */
  function(name: string): Promise<FunctionState | undefined>;
  /** Undefined for a function without a code-signing configuration. */
  codeSigning(functionName: string): Promise<CodeSigning | undefined>;
  /** A mapping from a queue or stream to a function, by its UUID. */
  eventSource(id: string): Promise<EventSource | undefined>;
  logGroup(name: string): Promise<LogGroup | undefined>;
  /** When the newest event arrived; undefined when there is none. */
  newestLogEvent(name: string): Promise<number | undefined>;
  /** Where the subscription filters of a log group send, by name; undefined when there is no such group. */
  subscriptionFilters(logGroup: string): Promise<ReadonlyMap<string, string> | undefined>;
  /** Addresses or topics that each notification of a budget goes to; undefined when there is no such budget. */
  budgetSubscribers(account: string, name: string): Promise<readonly (readonly string[])[] | undefined>;
  /** Whether the key is rotated every year. */
  keyRotates(arn: string): Promise<boolean>;
  /** Requests to use a key that were denied since then, as far as the newest management events tell. */
  keyDenials(arn: string, from: number): Promise<readonly KeyDenial[]>;
}

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface Alarm {
  readonly name: string;
  readonly state: string;
  readonly actionsEnabled: boolean;
  /** ARNs, of all states. */
  readonly actions: readonly string[];
  /** Undefined for a composite alarm, and for metric math. */
  readonly metric: Metric | undefined;
  /** `missing` unless the alarm says otherwise. */
  readonly missingData: string;
}

export interface AlarmAction {
  readonly at: number;
  readonly succeeded: boolean;
  /** What CloudWatch says about it. */
  readonly summary: string;
}

export interface Topic {
  readonly arn: string;
  /** As the topic names it; undefined without encryption. */
  readonly key: string | undefined;
  /** JSON. */
  readonly policy: string | undefined;
  readonly subscriptions: readonly { readonly protocol: string; readonly isConfirmed: boolean }[];
}

export interface Queue {
  readonly arn: string;
  /** Visible, delayed and in flight. */
  readonly messages: number;
  /** Which queues may use it for dead letters: `allowAll` unless it says otherwise. */
  readonly allowsRedrive: string;
  /** As the queue names it; undefined without a key of KMS. */
  readonly key: string | undefined;
  /** JSON; undefined for a queue that only the account's own policies open. */
  readonly policy: string | undefined;
}

export interface FunctionState {
  readonly name: string;
  readonly state: string;
  readonly stateReason: string | undefined;
  readonly lastUpdate: string;
  readonly lastUpdateReason: string | undefined;
  readonly logGroup: string | undefined;
  readonly key: string | undefined;
  /** ARN. */
  readonly deadLetters: string | undefined;
  readonly reserved: number | undefined;
  /** `JSON` lets what Lambda itself logs be left out. */
  readonly logFormat: string;
}

export interface CodeSigning {
  /** What becomes of code that nobody has signed. */
  readonly unsigned: 'Warn' | 'Enforce';
  /** Names of the signing profiles it trusts. */
  readonly profiles: readonly string[];
}

export interface EventSource {
  /** `Enabled`, `Disabled`, or on the way. */
  readonly state: string;
  /** `OK`, `No records processed`, or `PROBLEM: …`. */
  readonly lastResult: string;
}

export interface LogGroup {
  readonly name: string;
  /** Undefined for ever. */
  readonly retentionDays: number | undefined;
  /** ARN. */
  readonly key: string | undefined;
}

export interface KeyDenial {
  readonly at: number;
  readonly action: string;
  readonly by: string;
}
