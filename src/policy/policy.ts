import type { Path } from '../document/value.js';
import type { ErrorPlace } from '../errors.js';
import type {
  Attestation,
  Deviation,
  FunctionRule,
  LogGroupRule,
  Postponement,
  Price,
  Transform,
  UncheckedPart,
} from './sections.js';

export type { Attestation, Deviation, FunctionRule, LogGroupRule, Postponement, Price, Transform };

/** What a run is measured against: the merged, valid policy. */
export interface Policy {
  readonly name: string;
  /** `preset production`, or the file from the folder of the root template, with `/`. */
  readonly source: string;
  /** Of everything the policy says, whatever files it is spread over and in whatever order; lower-case hex. */
  readonly sha256: string;
  readonly environment: 'production' | 'staging' | 'development' | 'test';
  readonly region: string | undefined;
  readonly suppressions: 'override' | 'honour' | 'report';
  /** Classes of patches that `--apply` writes beside the safe ones. */
  readonly include: readonly 'review'[];
  /** An ARN, or `from-template` for the key the templates have. */
  readonly encryptionKey: string;
  readonly account: {
    /** Concurrent executions the account allows in the region; `undefined` when nobody has said. */
    readonly concurrencyLimit: number | undefined;
    readonly unreservedMinimum: number;
    readonly reservedElsewhere: number;
  };
  /** In the order they count: later ones win. */
  readonly functions: readonly FunctionRule[];
  readonly logGroups: readonly LogGroupRule[];
  /** Where nested templates lie, by the logical id of their resource; from the folder of the root template. */
  readonly nested: Readonly<Record<string, string>>;
  readonly parameters: {
    /** Whether the default of a parameter may be changed, or only its value for the deployed stack. */
    readonly writeDefaults: boolean;
    /** Of the deployed root stack. */
    readonly values: Readonly<Record<string, string>>;
  };
  readonly prices: Readonly<Record<string, Price>>;
  readonly costs: { readonly safeUpToUsdPerMonth: number };
  readonly limits: {
    /** Of what CloudFormation takes of anything in one template, the part that patches leave free. */
    readonly headroomPercent: number;
  };
  readonly metadataContext: { readonly addWhy: boolean };
  readonly exceptions?: { readonly maximumDays: number } | undefined;
  readonly deviations: readonly Deviation[];
  readonly postponed: readonly Postponement[];
  /** Parts that are accepted though they cannot be looked into. */
  readonly unchecked: readonly UncheckedPart[];
  /** What is run after idp-fix and deletes parts of the templates. */
  readonly transforms: readonly Transform[];
  readonly attestations: readonly Attestation[];
  /** What the policy sets for a remediation, as its own schema gives it; `undefined` when it is off. */
  target(remediation: string): unknown;
  /** Where a value is set: `['remediations', ID, 'enabled']`. `undefined` for what only a schema's default sets. */
  origin(path: Path): ErrorPlace | undefined;
}
