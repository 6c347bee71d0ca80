import type { Aws, Connection } from '../../aws-ports.js';
import { IdpFixError } from '../../errors.js';
import { accountFacts } from './account.js';
import { clientSettings, once, type Transport, told } from './clients.js';
import { operations } from './operations.js';
import { stacks } from './stacks.js';
import { storage } from './storage.js';

/**
 * AWS behind the ports. The SDK is loaded here and nowhere else, service by service, when a command first needs it.
 * @param firstAnswerMs how long finding the credentials and the first answer may take together
 * @throws IdpFixError `usage` when no region is known
 */
export async function connectAws(
  connection: Connection,
  transport?: Transport,
  firstAnswerMs?: number,
): Promise<Aws> {
  const settings = clientSettings(connection, transport);
  const { profile } = connection;
  const { CloudFormationClient } = await import('@aws-sdk/client-cloudformation');
  const client = new CloudFormationClient(settings);
  const region = await told({ action: 'finding the region', on: 'this machine', profile }, () =>
    client.config.region().catch((error: unknown) => {
      // Of a profile or the environment; the SDK takes it for the name of a host.
      if (!(error instanceof Error) || !error.message.startsWith('Region not accepted')) throw error;
      throw new IdpFixError('usage', 'the Region of the profile or the environment is none', {
        hint: 'say --region, or set AWS_REGION, as us-east-1',
        cause: error,
      });
    }),
  );
  const located = { ...settings, region };
  const cloudFormation = once(async () => {
    const { onlyThrottling } = await import('./retry.js');
    return { client, once: new CloudFormationClient({ ...located, retryStrategy: onlyThrottling() }) };
  });
  return {
    region,
    stacks: stacks(cloudFormation, profile),
    storage: storage(located, profile),
    account: accountFacts(located, profile, firstAnswerMs),
    operations: operations(located, profile),
  };
}
