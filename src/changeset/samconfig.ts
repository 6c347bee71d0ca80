import { parse, TomlError } from 'smol-toml';
import { IdpFixError } from '../errors.js';

/** What `samconfig.toml` says about a deployment. Read, never written. */
export interface SamConfig {
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
        hint: 'mend it, or say everything with flags and --no-samconfig',
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
