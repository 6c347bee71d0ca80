import { normalize } from 'node:path';
import type { FileStore } from '../../ports.js';

/** Files as they will be once a draft is saved, so that a preview goes the same way as the run it stands for. */
export function withDraft(files: FileStore, path: string, bytes: Uint8Array): FileStore {
  const isDraft = (asked: string) => normalize(asked) === normalize(path);
  return {
    ...files,
    read: async (asked) => (isDraft(asked) ? bytes : files.read(asked)),
    kindOf: async (asked) => (isDraft(asked) ? 'file' : files.kindOf(asked)),
  };
}
