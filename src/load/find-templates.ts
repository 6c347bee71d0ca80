import { join, relative } from 'node:path';
import { IdpFixError } from '../errors.js';
import { isInside } from '../paths.js';
import type { DirectoryEntry, FileStore } from '../ports.js';

interface FoundTemplates {
  /** Files that look like templates: those nearest to the folder first, then by code unit. */
  readonly templates: readonly string[];
  /** Those among them that may nest others. */
  readonly nesting: readonly string[];
  /** Folders and files that were not looked into, because a build or a package manager made them. */
  readonly passedOver: readonly string[];
}

/** Made by a build or by a package manager, never by hand. */
const generatedFolders = new Set([
  'node_modules',
  'cdk.out',
  'vendor',
  'venv',
  '__pycache__',
  'site-packages',
]);
/** What `cdk synth` uploads; the stacks of the assembly lie beside it. */
const assetFolder = /^asset\.[0-9a-f]{64}$/;
const generatedFiles = /^packaged(?:-template)?\.(?:ya?ml|json|template)$/;
const templateFiles = /\.(?:ya?ml|json|template)$/;

/** Longer than any template CloudFormation takes, so that data files need not be read. */
const longestTemplateBytes = 4_000_000;

/**
 * Searches a folder for templates. Symbolic links are not followed, so no circle can arise.
 * @throws IdpFixError `file-not-found` when there is none, `file-unreadable`
 */
export async function findTemplates(files: FileStore, folder: string): Promise<FoundTemplates> {
  const templates: string[] = [];
  const nesting: string[] = [];
  const passedOver: string[] = [];
  const queue = [folder];
  for (let directory = queue.shift(); directory !== undefined; directory = queue.shift()) {
    for (const entry of await files.list(directory)) {
      const path = join(directory, entry.name);
      if (isGenerated(entry)) passedOver.push(path);
      else if (entry.kind === 'directory') queue.push(path);
      else if (mayBeTemplate(entry)) {
        const text = await templateText(files, path);
        if (text === undefined) continue;
        templates.push(path);
        if (nests.test(text)) nesting.push(path);
      }
    }
  }
  if (templates.length > 0) return { templates, nesting, passedOver };
  const isCdkApp = (await files.kindOf(join(folder, 'cdk.json'))) === 'file';
  throw new IdpFixError('file-not-found', 'there is no template in this folder', {
    place: { file: folder },
    hint: isCdkApp
      ? 'it is a CDK app: run cdk synth, then idp-fix cdk.out'
      : 'name the template file itself, whatever its ending',
  });
}

function isGenerated({ name, kind }: DirectoryEntry): boolean {
  if (kind === 'directory')
    return name.startsWith('.') || generatedFolders.has(name) || assetFolder.test(name);
  return kind === 'file' && generatedFiles.test(name);
}

function mayBeTemplate({ name, kind }: DirectoryEntry): boolean {
  return kind === 'file' && templateFiles.test(name) && !name.startsWith('.');
}

/** Names of the types that nest templates. */
const nests = /AWS::CloudFormation::Stack\b|AWS::Serverless::Application\b/;

/** The text of a file that looks like a template; `undefined` for any other. */
async function templateText(files: FileStore, path: string): Promise<string | undefined> {
  try {
    const bytes = await files.read(path);
    if (bytes.length > longestTemplateBytes) return undefined;
    const text = new TextDecoder().decode(bytes);
    return looksLikeTemplate(text) ? text : undefined;
  } catch (error) {
    // Data, then: no template is that long.
    if (error instanceof IdpFixError && error.code === 'file-too-large') return undefined;
    throw error;
  }
}

/** Whether a text has the marks of a template, so that other YAML and JSON files are no errors. */
function looksLikeTemplate(text: string): boolean {
  const hasResources = /(?:^|[{,\s])["']?Resources["']?\s*:/.test(text);
  return hasResources && /["']?Type["']?\s*:\s*["']?(?:AWS|Custom|Alexa)::/.test(text);
}

/**
 * The files of the working directory as another checkout of the repository has them: what a pull request is measured
 * against must not come from the pull request. Paths stay as they are written; what lies outside the working directory,
 * or comes with the program, is read where it is.
 * @param folder the other checkout; none leaves everything as it is
 * @param program folder that comes with the program, which may be installed below the working directory
 */
export function trustedFiles(files: FileStore, folder: string | undefined, program: string): FileStore {
  if (folder === undefined) return files;
  const trusted = (path: string) =>
    isInside(path, '.') && !isInside(path, program) ? join(folder, relative('.', path)) : path;
  return {
    ...files,
    read: (path) => files.read(trusted(path)),
    kindOf: (path) => files.kindOf(trusted(path)),
    list: (path) => files.list(trusted(path)),
  };
}
