import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import type { Aws, Caller, Connection, Live } from '../aws-ports.js';
import { IdpFixError } from '../errors.js';
import { shellWord, terminalLine } from '../escape.js';
import type { FileStore, Output } from '../ports.js';

/** A live command under way. */
export interface Session {
  readonly aws: Aws;
  readonly caller: Caller;
  readonly live: Live;
  readonly files: FileStore;
  /** The flags that lead to this stack and this record again, for commands to copy. */
  readonly where: string;
  /** For the person who waits; silent with `--quiet`. */
  note(text: string): void;
  /** What is left behind or goes on without us; said even with `--quiet`. */
  alert(text: string): void;
  /** The same, only on a terminal. */
  progress(text: string): void;
}

interface SessionPorts {
  readonly files: FileStore;
  readonly output: Output;
  readonly live: Live;
}

/**
 * Connects and says who does what where, before anything else is done.
 * @param folder where records lie
 * @throws IdpFixError `usage` for names and addresses that can be none, which a file of stacks may have
 */
export async function openSession(
  { connection, stack }: Pick<StackContext, 'connection' | 'stack'>,
  folder: string,
  { files, output, live }: SessionPorts,
  isQuiet: boolean,
): Promise<Session> {
  refuseNoStackName(stack);
  refuseNoRegion(connection.region);
  refuseNoEndpoint(connection.endpointUrl);
  const aws = await live.connect(connection);
  const caller = await aws.account.caller();
  const note = (text: string) => {
    if (!isQuiet) output.note(text);
  };
  const account = caller.alias === undefined ? caller.account : `${caller.account} (${caller.alias})`;
  // Said even with --quiet: whoever acts on an account has to see which one.
  output.note(
    `${terminalLine(`account ${account}, region ${aws.region}, as ${caller.arn}, stack ${stack}`)}\n`,
  );
  return {
    aws,
    caller,
    live,
    files,
    where: whereabouts(stack, folder, connection),
    note,
    alert: (text) => output.note(text),
    progress(text) {
      if (output.noteTerminal.isTerminal) note(text);
    },
  };
}

/** The flags that lead to a stack and its records. */
export function whereabouts(
  stack: string,
  folder: string,
  { profile, region, endpointUrl }: Connection,
): string {
  const flags = {
    stack,
    folder: folder === '.' ? undefined : folder,
    profile,
    region,
    'endpoint-url': endpointUrl,
  };
  return Object.entries(flags)
    .flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag} ${shellWord(value)}`]))
    .join(' ');
}

/** What the command line says about the stack; every part may be missing. */
export interface ContextFlags {
  readonly stack?: string | undefined;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly endpointUrl?: string | undefined;
  readonly bucket?: string | undefined;
  readonly bucketPrefix?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly capabilities: readonly string[];
  readonly configEnvironment: string;
  /** False with `--no-samconfig`. */
  readonly readSamConfig: boolean;
}

export interface StackContext {
  readonly stack: string;
  readonly connection: Connection;
  readonly bucket: string | undefined;
  readonly bucketPrefix: string;
  readonly roleArn: string | undefined;
  /** What the stack has where this is empty. */
  readonly capabilities: readonly string[];
  /** From `samconfig.toml`, in the forms that `--parameters` takes. */
  readonly parameters: readonly string[];
}

/**
 * Which stack, where, and with what: flags count more than the environment, and that more than `samconfig.toml`.
 * @param folder where `samconfig.toml` is looked for
 * @throws IdpFixError `usage` when no stack is named, `parameters-invalid`
 */
export async function stackContext(
  files: FileStore,
  folder: string,
  flags: ContextFlags,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<StackContext> {
  const path = join(folder, 'samconfig.toml');
  const isThere = flags.readSamConfig && (await files.kindOf(path)) === 'file';
  const config: SamConfig = isThere
    ? readSamConfig(path, new TextDecoder().decode(await files.read(path)), flags.configEnvironment)
    : {};
  const stack = filled(flags.stack) ?? filled(environment.IDP_FIX_STACK) ?? config.stackName;
  if (stack === undefined) {
    throw new IdpFixError('usage', 'no stack was named', {
      hint: 'name it with --stack, IDP_FIX_STACK or stack_name in samconfig.toml',
    });
  }
  refuseNoStackName(stack);
  // The SDK knows AWS_REGION only, the AWS CLI both.
  const region =
    filled(flags.region) ??
    filled(environment.AWS_REGION) ??
    filled(environment.AWS_DEFAULT_REGION) ??
    config.region;
  refuseNoRegion(region);
  const endpointUrl = filled(flags.endpointUrl);
  refuseNoEndpoint(endpointUrl);
  // Credentials of the environment are found by the SDK itself, so a configuration file must not hide them.
  const hasProfile = filled(environment.AWS_PROFILE) ?? filled(environment.AWS_ACCESS_KEY_ID);
  return {
    stack,
    connection: {
      region,
      profile: filled(flags.profile) ?? (hasProfile === undefined ? config.profile : undefined),
      endpointUrl,
    },
    bucket: filled(flags.bucket) ?? filled(environment.IDP_FIX_BUCKET) ?? config.bucket,
    bucketPrefix: flags.bucketPrefix ?? config.bucketPrefix ?? 'idp-fix',
    roleArn: filled(flags.roleArn) ?? config.roleArn,
    capabilities: flags.capabilities.length > 0 ? flags.capabilities : (config.capabilities ?? []),
    parameters: config.parameters ?? [],
  };
}

/** By its name or its ARN. @source https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html */
export function isStack(text: string): boolean {
  return /^(?:[A-Za-z][-A-Za-z0-9]{0,127}|arn:[-\w]+:cloudformation:\S{1,2000})$/.test(text);
}

export function isRegion(text: string): boolean {
  return /^[a-z]{2,}(?:-[a-z]+)+-\d+$/.test(text);
}

export function isEndpoint(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}

function refuseNoStackName(stack: string): void {
  if (isStack(stack)) return;
  throw new IdpFixError('usage', `'${stack}' is no name for a stack`, {
    hint: 'letters, digits and hyphens, beginning with a letter, 128 at most; or its ARN',
  });
}

function refuseNoRegion(region: string | undefined): void {
  if (region === undefined || isRegion(region)) return;
  throw new IdpFixError('usage', `'${region}' is no region`, { hint: 'as in eu-central-1' });
}

function refuseNoEndpoint(url: string | undefined): void {
  if (url === undefined || isEndpoint(url)) return;
  throw new IdpFixError('usage', `'${url}' is no address of an endpoint`, {
    hint: 'as in http://127.0.0.1:4566',
  });
}

function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** What `samconfig.toml` says about a deployment. Read, never written. */
interface SamConfig {
  readonly stackName?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly bucket?: string;
  readonly bucketPrefix?: string;
  readonly roleArn?: string;
  readonly capabilities?: readonly string[];
  /** In the forms that `--parameters` takes. */
  readonly parameters?: readonly string[];
}

/**
 * @param environment the table of the file, `default` unless `--config-env` says otherwise
 * @throws IdpFixError `parameters-invalid`
 */
export function readSamConfig(path: string, text: string, environment: string): SamConfig {
  const root = parseToml(path, text);
  const table = tableAt(root, [environment]);
  if (table === undefined && environment !== 'default') {
    const tables = Object.keys(root).filter((key) => tableAt(root, [key]) !== undefined);
    throw new IdpFixError('parameters-invalid', `there is no table ${environment}`, {
      place: { file: path },
      hint: `there are ${tables.join(', ')}`,
    });
  }
  if (table === undefined) return {};
  const deploy = {
    ...tableAt(table, ['global', 'parameters']),
    ...tableAt(table, ['deploy', 'parameters']),
  };
  const word = (key: string) => (typeof deploy[key] === 'string' ? deploy[key] : undefined);
  const capabilities = words(deploy.capabilities);
  const parameters = lines(deploy.parameter_overrides);
  return defined({
    stackName: word('stack_name'),
    region: word('region'),
    profile: word('profile'),
    bucket: word('s3_bucket'),
    bucketPrefix: word('s3_prefix'),
    roleArn: word('role_arn'),
    capabilities,
    parameters,
  });
}

type Table = Readonly<Record<string, unknown>>;

function parseToml(path: string, text: string): Table {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = 'not TOML'] = error.message.split('\n');
    throw new IdpFixError(
      'parameters-invalid',
      `not readable as TOML: ${what.replace(/^Invalid TOML document: /, '')}`,
      {
        place: { file: path, line: error.line, column: error.column },
        hint: 'fix it, or say everything with flags and --no-samconfig',
        cause: error,
      },
    );
  }
}

function tableAt(table: Table, path: readonly string[]): Table | undefined {
  let found: unknown = table;
  for (const key of path) found = isTable(found) ? found[key] : undefined;
  return isTable(found) ? found : undefined;
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** SAM takes a list, or one string with blanks between. */
function words(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return value.split(/[\s,]+/).filter((word) => word !== '');
  return lines(value);
}

function lines(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return value.trim() === '' ? [] : [value.trim()];
  if (!Array.isArray(value)) return undefined;
  return value.filter((item) => typeof item === 'string');
}

function defined<Shape extends object>(
  shape: Shape,
): { [Key in keyof Shape]?: Exclude<Shape[Key], undefined> } {
  const entries = Object.entries(shape).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof Shape]?: Exclude<Shape[Key], undefined> };
}
