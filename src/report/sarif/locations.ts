import { dirname, isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pathFromWorkingFolder } from '../../plan/paths.js';

/** How a SARIF log says where files are. */
export interface LocationBases {
  /** `originalUriBaseIds`. */
  readonly described: Readonly<Record<string, unknown>>;
  /** An artifact location with a relative URI, and what it is relative to. */
  locationOf(root: string, template: string): { readonly uri: string; readonly uriBaseId: string };
}

const workingFolder = '%SRCROOT%';

/**
 * Roots that were named by a relative path are below `%SRCROOT%`, whose place the log leaves to its reader, so that it
 * says the same on every machine. A root that was named by an absolute path has its own folder as base.
 */
export function locationBases(roots: readonly string[]): LocationBases {
  const folders = [...new Set(roots.filter((root) => isAbsolute(root)).map((root) => dirname(root)))];
  const idOf = (folder: string) => {
    const at = folders.indexOf(folder);
    return at === 0 ? '%ROOT%' : `%ROOT${at + 1}%`;
  };
  const described: Record<string, unknown> = {};
  if (roots.some((root) => !isAbsolute(root))) {
    described[workingFolder] = { description: { text: 'The folder idp-fix was started in.' } };
  }
  for (const folder of folders) {
    described[idOf(folder)] = {
      uri: `${pathToFileURL(folder).href.replace(/\/$/, '')}/`,
      description: { text: 'The folder of a root template.' },
    };
  }
  return {
    described,
    locationOf(root, template) {
      if (isAbsolute(root) && !isAbsolute(template)) {
        return { uri: uriOf(template), uriBaseId: idOf(dirname(root)) };
      }
      return { uri: uriOf(pathFromWorkingFolder(root, template)), uriBaseId: workingFolder };
    },
  };
}

function uriOf(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
