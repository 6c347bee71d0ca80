import { basename, dirname, join, relative, sep } from 'node:path';
import { IdpFixError } from '../errors.js';
import type { FileStore } from '../ports.js';
import { suggestion } from './problems.js';

/** Where policies are looked for. */
export interface PolicyPlaces {
  readonly files: FileStore;
  /** Folder of the presets. */
  readonly policiesFolder: string;
}

export interface PolicyFile {
  /** As the user would write it; of a preset, its path in the program. */
  readonly path: string;
  /** Of a preset. */
  readonly preset?: string;
}

export const policyFileName = 'idp-fix.policy.yaml';

/** What a policy builds on that says nothing else, and what counts where there is no policy at all. */
export const basePreset = 'production';

/** The nearest policy file from a folder upwards, else the base preset. */
export async function nearestPolicy(places: PolicyPlaces, folder: string): Promise<PolicyFile> {
  const depth = (await places.files.realPath(folder)).split(sep).length - 1;
  for (let up = 0; up <= depth; up++) {
    const path = join(folder, ...Array<string>(up).fill('..'), policyFileName);
    if ((await places.files.kindOf(path)) === 'file') return { path };
  }
  return presetFile(places, basePreset);
}

/**
 * A preset by its name, or a file by its path.
 * @param from folder that paths start from; the working directory when left out
 * @throws IdpFixError `policy-invalid`
 */
export async function namedPolicy(places: PolicyPlaces, named: string, from = ''): Promise<PolicyFile> {
  const presets = await presetNames(places);
  if (presets.includes(named)) return presetFile(places, named);
  const path = from === '' ? named : join(from, named);
  const kind = await places.files.kindOf(path);
  if (kind === 'file' || kind === 'other') return { path };
  throw new IdpFixError(
    'policy-invalid',
    kind === 'directory' ? `the policy ${path} is a folder` : `there is no policy ${named}`,
    { hint: `name a file, or a preset: ${suggestion(named, presets)}` },
  );
}

export async function presetNames({ files, policiesFolder }: PolicyPlaces): Promise<readonly string[]> {
  const entries = await files.list(policiesFolder);
  return entries.flatMap(({ name }) => (name.endsWith('.yaml') ? [basename(name, '.yaml')] : []));
}

function presetFile({ policiesFolder }: PolicyPlaces, preset: string): PolicyFile {
  return { path: join(policiesFolder, `${preset}.yaml`), preset };
}

/** What errors and reports call a policy file: the same wherever idp-fix is installed. */
export function nameOfFile({ path, preset }: PolicyFile): string {
  return preset === undefined ? path : `preset ${preset}`;
}

/** Where a policy comes from, for a plan: the same wherever the templates lie. */
export function sourceOf(file: PolicyFile, folder: string): string {
  if (file.preset !== undefined) return nameOfFile(file);
  return relative(folder, file.path).split(sep).join('/');
}

export function folderOf({ path }: PolicyFile): string {
  return dirname(path);
}
