import { join } from 'node:path';
import { shellWord, terminalLine } from '../escape.js';
import { fetchTemplates } from '../fetch/fetch-templates.js';
import type { Ports } from '../ports.js';
import type { FetchRequest } from './request.js';

/** `idp-fix fetch URL`. @returns 0, or 1 where a nested template was not to be had */
export async function fetchCommand({ url, out, update, quiet }: FetchRequest, ports: Ports): Promise<number> {
  const { files, missing } = await fetchTemplates({ url, folder: out, update }, ports);
  const { output } = ports;
  output.data(files.map(({ path, sha256 }) => `${join(out, path)}  sha256 ${sha256}\n`).join(''));
  for (const { path, logicalId, because } of missing) {
    output.note(`${terminalLine(`${path}: ${logicalId} was not fetched: ${because}`)}\n`);
  }
  const [root] = files;
  if (root !== undefined && !quiet) output.note(`next: idp-fix ${shellWord(join(out, root.path))}\n`);
  return missing.length === 0 ? 0 : 1;
}
