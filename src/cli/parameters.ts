import { IdpFixError } from '../errors.js';
import { shellWord } from '../escape.js';
import { asWritten, type FileKind, plain, readSourced } from '../policy/sourced.js';
import type { FileStore } from '../ports.js';
import type { StackTree } from '../template/template.js';

/**
 * The parameter values of a deployed stack, in the forms people have them: `Key=value`; the string SAM CLI takes
 * (`ParameterKey=A,ParameterValue=1 …`); or a file of the AWS CLI (`[{ParameterKey, ParameterValue}]`), of
 * CodePipeline (`{Parameters: {…}}`), a list of `Key=value`, or a plain map, in JSON or YAML. Values are kept as
 * written, so leading zeros survive. Later ones win.
 * @throws IdpFixError `parameters-invalid`, `file-not-found`, `file-unreadable`
 */
export async function readParameters(
  files: Pick<FileStore, 'read'>,
  words: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  for (const word of words) {
    const pairs = isInline(word) ? pairsOfString(word) : await pairsOfFile(word, await files.read(word));
    for (const [name, value] of pairs) values.set(name, value);
  }
  return values;
}

/**
 * The same words for a command to copy. What is secret is asked of the shell: `"Name=${Name:?}"` stops where no variable
 * of that name is set.
 * @param secret names of `NoEcho` parameters
 */
export function parameterWords(words: readonly string[], secret: ReadonlySet<string>): readonly string[] {
  return words.flatMap((word) => {
    const pairs = isInline(word) ? pairsOfString(word) : [];
    if (!pairs.some(([name]) => secret.has(name))) return ['--parameters', shellWord(word)];
    return pairs.flatMap(([name, value]) => [
      '--parameters',
      secret.has(name) ? `"${name}=\${${name}:?}"` : shellWord(`${name}=${value}`),
    ]);
  });
}

/** Names of the parameters whose values are shown nowhere. */
export function secretParameters(
  roots: readonly { readonly tree: Pick<StackTree, 'root'> }[],
): ReadonlySet<string> {
  const parameters = roots.flatMap(({ tree }) => [...tree.root.template.parameters.values()]);
  return new Set(parameters.filter(({ noEcho }) => noEcho).map(({ name }) => name));
}

type Pair = readonly [name: string, value: string];

function isInline(word: string): boolean {
  return /^[A-Za-z0-9]+=/.test(word);
}

/** `A=1`, `A=1 B="x y"` or `ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue=2`. */
function pairsOfString(text: string): readonly Pair[] {
  // Blanks part two assignments only where another one follows; otherwise they belong to the value.
  return text.split(/\s+(?=[A-Za-z0-9]+=)/).map((assignment) => {
    const long = /^ParameterKey=(?<name>[^,]*),ParameterValue=(?<value>[\s\S]*)$/.exec(assignment);
    const short = /^(?<name>[A-Za-z0-9]+)=(?<value>[\s\S]*)$/.exec(assignment);
    const { name = '', value = '' } = long?.groups ?? short?.groups ?? {};
    return [name, unquote(value.trim())];
  });
}

function unquote(value: string): string {
  return /^(["'])[\s\S]*\1$/.test(value) && value.length > 1 ? value.slice(1, -1) : value;
}

const parametersFile: FileKind = { noun: 'parameters file', code: 'parameters-invalid' };

function pairsOfFile(path: string, bytes: Uint8Array): readonly Pair[] {
  const content = plain(readSourced(path, bytes, parametersFile, asWritten));
  if (Array.isArray(content)) return content.flatMap((item: unknown) => pairsOfItem(path, item));
  if (!isRecord(content)) throw invalid(path, 'neither a map nor a list');
  return pairsOfMap(path, isRecord(content.Parameters) ? content.Parameters : content);
}

function pairsOfItem(path: string, item: unknown): readonly Pair[] {
  if (typeof item === 'string' && /^[A-Za-z0-9]+=/.test(item)) return pairsOfString(item);
  if (!isRecord(item) || typeof item.ParameterKey !== 'string')
    throw invalid(path, 'an item has no ParameterKey');
  // The value is in the deployed stack only.
  if (item.UsePreviousValue === 'true') return [];
  return pairsOfMap(path, { [item.ParameterKey]: item.ParameterValue });
}

function pairsOfMap(path: string, map: Readonly<Record<string, unknown>>): readonly Pair[] {
  return Object.entries(map).map(([name, value]) => {
    if (typeof value === 'string') return [name, value];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
      return [name, value.join(',')];
    throw invalid(path, `the value of ${name} is neither a string, a number nor a list of them`);
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(path: string, message: string, line?: number): IdpFixError {
  return new IdpFixError('parameters-invalid', message, {
    place: line === undefined ? { file: path } : { file: path, line },
    hint: 'give {"Name": "value"}, [{"ParameterKey": "Name", "ParameterValue": "value"}] or Name=value',
  });
}
