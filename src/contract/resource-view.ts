import type { Path } from '../document/pointer.js';
import type { Value, ValueMap } from '../document/value.js';
import type { Resolution } from '../expressions/resolve.js';
import type { Stack } from '../template/template.js';

/** A resource as a remediation sees it: Globals merged in, values resolved on demand. */
export interface ResourceView {
  readonly stack: Stack;
  readonly logicalId: string;
  readonly type: string;
  readonly condition: string | undefined;
  /** With SAM Globals merged as SAM merges them (`IgnoreGlobals` honoured), intrinsics unresolved. */
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
