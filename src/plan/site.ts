import type { Facts } from '../contract/facts.js';
import type { Value } from '../document/value.js';
import type { Stack } from '../template/template.js';
import type { Change } from './change.js';

/** What a need looks up: the facts of the round, and the templates with all that is accepted so far. */
export interface Site {
  /** Of the finding that has the need. */
  readonly stack: Stack;
  readonly facts: Facts;
  value(template: string): Value;
}

export interface Realised {
  readonly changes: readonly Change[];
  /** For reading, one line each. */
  readonly companions: readonly string[];
}

export const nothing: Realised = { changes: [], companions: [] };
