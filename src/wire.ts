import type { Readable, Writable } from 'node:stream';
import type { Ports, Workers } from './ports.js';

/** The two ends of a protocol that another program speaks with idp-fix. */
export interface Wire {
  readonly input: Readable;
  readonly output: Writable;
}

/**
 * What a run is given: `wire` is for servers, in the place of `input` and `output`. Beside `ports.ts`, which the types
 * of the library refer to: those need no types of Node.
 */
export interface RunPorts extends Ports {
  wire(): Wire;
  /** For an editor: threads that plan. */
  readonly editorWorkers: Workers;
}
