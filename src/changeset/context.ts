import { join } from 'node:path';
import type { Connection } from '../aws-ports.js';
import { IdpFixError } from '../errors.js';
import type { FileStore } from '../ports.js';
import { readSamConfig, type SamConfig } from './samconfig.js';

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
  if (region !== undefined) refuseNoRegion(region);
  // Credentials of the environment are found by the SDK itself, so a configuration file must not hide them.
  const hasProfile = filled(environment.AWS_PROFILE) ?? filled(environment.AWS_ACCESS_KEY_ID);
  return {
    stack,
    connection: {
      region,
      profile: filled(flags.profile) ?? (hasProfile === undefined ? config.profile : undefined),
      endpointUrl: endpointOf(filled(flags.endpointUrl)),
    },
    bucket: filled(flags.bucket) ?? filled(environment.IDP_FIX_BUCKET) ?? config.bucket,
    bucketPrefix: flags.bucketPrefix ?? config.bucketPrefix ?? 'idp-fix',
    roleArn: filled(flags.roleArn) ?? config.roleArn,
    capabilities: flags.capabilities.length > 0 ? flags.capabilities : (config.capabilities ?? []),
    parameters: config.parameters ?? [],
  };
}

/** By its name or its ARN. @source https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html */
function refuseNoStackName(stack: string): void {
  if (/^(?:[A-Za-z][-A-Za-z0-9]{0,127}|arn:[-\w]+:cloudformation:\S+)$/.test(stack)) return;
  throw new IdpFixError('usage', `'${stack}' is no name for a stack`, {
    hint: 'letters, digits and hyphens, beginning with a letter, 128 at most; or its ARN',
  });
}

function refuseNoRegion(region: string): void {
  if (/^[a-z]{2,}(?:-[a-z]+)+-\d+$/.test(region)) return;
  throw new IdpFixError('usage', `'${region}' is no region`, { hint: 'as in eu-central-1' });
}

function endpointOf(url: string | undefined): string | undefined {
  if (url === undefined || (/^https?:\/\//.test(url) && URL.canParse(url))) return url;
  throw new IdpFixError('usage', `'${url}' is no address of an endpoint`, {
    hint: 'as in http://127.0.0.1:4566',
  });
}

function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
