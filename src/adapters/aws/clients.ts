import type { CloudFormationClientConfig } from '@aws-sdk/client-cloudformation';
import type { Connection } from '../../aws-ports.js';
import { type Attempt, asFailure } from './failure.js';
import { wayToAws } from './way.js';

type Logger = NonNullable<CloudFormationClientConfig['logger']>;

/** What the tests put in the place of the network. */
export type Transport = Pick<CloudFormationClientConfig, 'retryStrategy' | 'credentials'> & {
  readonly requestHandler?: Parameters<typeof wayToAws>[0];
};

/** The settings every client is made with. */
export interface ClientSettings extends Transport {
  readonly requestHandler: ReturnType<typeof wayToAws>;
  readonly logger?: Logger;
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
}

function say(): void {}
const silent: Logger = { trace: say, debug: say, info: say, warn: say, error: say };

export function clientSettings(
  { region, profile, endpointUrl }: Connection,
  transport: Transport = {},
): ClientSettings {
  return {
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    ...(endpointUrl !== undefined && { endpoint: endpointUrl }),
    // What the SDK has to say beside errors is for developers.
    logger: silent,
    ...transport,
    requestHandler: wayToAws(transport.requestHandler),
  };
}

/** Makes something when it is first asked for. */
export function once<Thing>(make: () => Promise<Thing>): () => Promise<Thing> {
  let made: Promise<Thing> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Runs a call and tells its failure in words. */
export async function told<Answer>(attempt: Attempt, call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    throw asFailure(error, attempt);
  }
}

/** Whether an error of the SDK has one of these names. */
export function isNamed(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}
