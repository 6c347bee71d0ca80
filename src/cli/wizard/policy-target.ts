import { isAbsolute, join, normalize, relative } from 'node:path';
import { decodeSource, encodeTemplate } from '../../document/source.js';
import type { Source } from '../../document/syntax.js';
import { amendPolicy } from '../../policy/amend.js';
import { loadPolicy, type PolicyProduct } from '../../policy/load.js';
import {
  basePreset,
  namedPolicy,
  nearestPolicy,
  type PolicyPlaces,
  policyFileName,
  presetNames,
} from '../../policy/locate.js';
import type { FileStore } from '../../ports.js';
import { amendmentsOf, type Draft, type Preset } from './context.js';

/** Where the answers go, and what is there already. */
export interface PolicyTarget {
  readonly file: string;
  readonly isThere: boolean;
  /** What the answers are written into. */
  readonly source: Source;
  /** To start from, as the command line says. */
  readonly preset: string | undefined;
}

/**
 * The policy that counts for a root template, or a new one where a run would find it by itself.
 * @param named file or preset
 * @param folder of the root template
 * @throws IdpFixError `policy-invalid`, `file-unreadable`
 */
export async function policyTarget(
  places: PolicyPlaces,
  named: string | undefined,
  folder: string,
): Promise<PolicyTarget> {
  const asked = named === undefined ? undefined : await namedPolicy(places, named);
  const found =
    asked === undefined || asked.preset !== undefined ? await nearestPolicy(places, folder) : asked;
  const preset = asked?.preset;
  if (found.preset === undefined) {
    const source = decodeSource(found.path, await places.files.read(found.path));
    return { file: found.path, isThere: true, source, preset };
  }
  const way = relative('.', folder);
  const isBelow = way.split(/[\\/]/)[0] !== '..' && !isAbsolute(way);
  const file = isBelow ? policyFileName : join(folder, policyFileName);
  return { file, isThere: false, source: newPolicy(file, preset ?? basePreset), preset };
}

function newPolicy(file: string, preset: string): Source {
  const lines = [
    '# What idp-fix measures these templates against. The answers given to idp-fix wizard are below;',
    '# everything else is as the preset has it: idp-fix policy show',
    `extends: ${preset}`,
    '',
  ];
  return decodeSource(file, new TextEncoder().encode(lines.join('\n')));
}

/** @throws IdpFixError `edit-refused` where the file cannot be edited as it stands */
export function bytesWith({ source }: PolicyTarget, draft: Draft): Uint8Array {
  return encodeTemplate(amendPolicy(source, amendmentsOf(draft)), source);
}

/** Files as they will be once a draft is saved, so that a preview goes the same way as the run it stands for. */
export function withDraft(files: FileStore, path: string, bytes: Uint8Array): FileStore {
  const isDraft = (asked: string) => normalize(asked) === normalize(path);
  return {
    ...files,
    read: async (asked) => (isDraft(asked) ? bytes : files.read(asked)),
    kindOf: async (asked) => (isDraft(asked) ? 'file' : files.kindOf(asked)),
  };
}

/** Whether a run on a root template finds the file without being told. */
export async function isFoundFrom(
  folder: string,
  { file }: PolicyTarget,
  places: PolicyPlaces,
): Promise<boolean> {
  const { path } = await nearestPolicy(
    { ...places, files: withDraft(places.files, file, new Uint8Array()) },
    folder,
  );
  return normalize(path) === normalize(file);
}

/** The presets, with the environment they are for and what their first comment says of them. */
export async function describedPresets(
  places: PolicyPlaces,
  product: PolicyProduct,
): Promise<readonly Preset[]> {
  const names = await presetNames(places);
  return Promise.all(
    names.map(async (name) => {
      const bytes = await places.files.read(join(places.policiesFolder, `${name}.yaml`));
      const { environment } = await loadPolicy(places.files, product, { named: name, folder: '.' });
      return { name, environment, about: firstSentence(new TextDecoder().decode(bytes)) };
    }),
  );
}

/** Of the paragraph below the title, which a line without words sets off. */
function firstSentence(text: string): string {
  const [, paragraph = ''] = /^#.*\n#\n((?:# .*\n)+)/.exec(text) ?? [];
  const [sentence = ''] = paragraph
    .replaceAll(/^# /gm, '')
    .replaceAll('\n', ' ')
    .split(/(?<=[.:]) /);
  return sentence.trim().replace(/[.:]$/, '');
}
