import type { Path } from '../document/pointer.js';
import type { ResourceView } from './resource-view.js';

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
  /** Of a task of a state machine whose definition was read. */
  readonly task?: {
    readonly state: string;
    /** Calls at once in one execution; `undefined` where the definition sets no limit. */
    readonly atOnce: number | undefined;
    /** How often a call that is throttled is tried again. */
    readonly retriesWhenThrottled: number;
  };
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
