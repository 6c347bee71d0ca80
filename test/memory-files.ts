import { join, normalize } from 'node:path';
import { sha256Of } from '../src/document/source.js';
import { IdpFixError } from '../src/errors.js';
import type { FileStore } from '../src/ports.js';

const shaOf = (text: string | undefined) =>
  text === undefined ? null : sha256Of(new TextEncoder().encode(text));

export interface MemoryFiles extends FileStore {
  /** By normalized path. */
  readonly contents: Map<string, string>;
  /** Every step that changes something, in order: `prepare a.yaml`. */
  readonly steps: string[];
}

/**
 * Files that exist in memory alone, as text.
 * @param failAt position of the changing step that fails, counted from zero
 */
export function memoryFiles(
  initial: Readonly<Record<string, string>>,
  failAt = Number.POSITIVE_INFINITY,
): MemoryFiles {
  const contents = new Map(Object.entries(initial).map(([path, text]) => [normalize(path), text]));
  const steps: string[] = [];
  const take = (step: string, path: string) => {
    steps.push(`${step} ${path}`);
    if (steps.length - 1 === failAt) {
      throw new IdpFixError('write-failed', 'the disk is full', { place: { file: path } });
    }
  };
  const isDirectory = (path: string) =>
    /^\.{1,2}(?:\/\.\.)*$/.test(normalize(path)) ||
    [...contents.keys()].some((file) => file.startsWith(`${normalize(path)}/`));
  return {
    contents,
    steps,
    async read(path) {
      const text = contents.get(normalize(path));
      if (text === undefined)
        throw new IdpFixError('file-not-found', 'there is no such file', { place: { file: path } });
      return new TextEncoder().encode(text);
    },
    async kindOf(path) {
      if (contents.has(normalize(path))) return 'file';
      return isDirectory(path) ? 'directory' : 'missing';
    },
    async isLink() {
      return false;
    },
    async list(directory) {
      const names = new Map<string, 'file' | 'directory'>();
      for (const file of contents.keys()) {
        const prefix = normalize(directory) === '.' ? '' : `${normalize(directory)}/`;
        const [name, ...below] = file.startsWith(prefix) ? file.slice(prefix.length).split('/') : [];
        if (name !== undefined) names.set(name, below.length > 0 ? 'directory' : 'file');
      }
      return [...names]
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([name, kind]) => ({ name, kind }));
    },
    async realPath(path) {
      if (!contents.has(normalize(path)) && !isDirectory(path))
        throw new IdpFixError('file-not-found', 'there is no such file', { place: { file: path } });
      return join('/memory', path);
    },
    exclusively: (_places, work) => work(),
    async prepare(path, bytes, { expected } = {}) {
      const key = normalize(path);
      take('prepare', key);
      const before = contents.get(key);
      const refuseChanged = () => {
        if (expected === undefined || shaOf(contents.get(key)) === expected) return;
        throw new IdpFixError('stale', 'changed meanwhile', { place: { file: path } });
      };
      refuseChanged();
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
      return {
        path,
        notes: [],
        commit() {
          take('commit', key);
          refuseChanged();
          contents.set(key, text);
        },
        confirm() {},
        keepOriginal: () => path,
        revert() {
          if (before === undefined) contents.delete(key);
          else contents.set(key, before);
        },
        discard() {},
      };
    },
    async remove(path) {
      take('remove', normalize(path));
      contents.delete(normalize(path));
    },
  };
}
