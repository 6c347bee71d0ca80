import { setFlagsFromString } from 'node:v8';
import type { NodeFiles } from './node-files.js';

/** From this much text on, code that V8 has optimised pays for what optimising costs; seven templates have 400 kB. */
const worthOptimisingBytes = 800_000;

/**
 * Most runs are over before the code that V8 optimises has paid for itself: it takes two fifths of their processor time.
 * So V8 only compiles, until a run turns out to be a long one.
 */
export function shortRun(files: NodeFiles): NodeFiles {
  setFlagsFromString('--no-opt');
  let bytes = 0;
  return {
    ...files,
    async read(path) {
      const content = await files.read(path);
      bytes += content.length;
      if (bytes > worthOptimisingBytes) setFlagsFromString('--opt');
      return content;
    },
  };
}
