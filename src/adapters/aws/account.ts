import type { AccountFacts, AccountKey } from '../../aws-ports.js';
import { type ClientSettings, isNamed, once, told, within } from './clients.js';
import { eachPage, required } from './failure.js';

/** Credentials come with the first answer, and wherever they come from takes its time. */
const longestFirstAnswerMs = 180_000;

/** Facts about the account. Each service is loaded when a question to it comes up. */
export function accountFacts(
  settings: ClientSettings,
  profile: string | undefined,
  firstAnswerMs = longestFirstAnswerMs,
): AccountFacts {
  const sts = once(async () => {
    const sdk = await import('@aws-sdk/client-sts');
    return { ...sdk, client: new sdk.STSClient(settings) };
  });
  const iam = once(async () => {
    const sdk = await import('@aws-sdk/client-iam');
    return { ...sdk, client: new sdk.IAMClient(settings) };
  });
  const kms = once(async () => {
    const sdk = await import('@aws-sdk/client-kms');
    return { ...sdk, client: new sdk.KMSClient(settings) };
  });
  const lambda = once(async () => {
    const sdk = await import('@aws-sdk/client-lambda');
    return { ...sdk, client: new sdk.LambdaClient(settings) };
  });
  const logs = once(async () => {
    const sdk = await import('@aws-sdk/client-cloudwatch-logs');
    return { ...sdk, client: new sdk.CloudWatchLogsClient(settings) };
  });
  const ec2 = once(async () => {
    const sdk = await import('@aws-sdk/client-ec2');
    return { ...sdk, client: new sdk.EC2Client(settings) };
  });
  const signer = once(async () => {
    const sdk = await import('@aws-sdk/client-signer');
    return { ...sdk, client: new sdk.SignerClient(settings) };
  });
  const cloudWatch = once(async () => {
    const sdk = await import('@aws-sdk/client-cloudwatch');
    return { ...sdk, client: new sdk.CloudWatchClient(settings) };
  });
  const about = (action: string, on: string) => ({ action, on, profile });

  return {
    async caller() {
      const { client, GetCallerIdentityCommand } = await sts();
      const [account, arn] = await told(about('sts:GetCallerIdentity', 'this account'), async () => {
        const { Account, Arn } = await within(firstAnswerMs, 'credentials and answer together', () =>
          client.send(new GetCallerIdentityCommand({})),
        );
        return [required(Account, 'Account'), required(Arn, 'Arn')] as const;
      });
      return { account, arn, alias: await alias() };
    },

    async keys() {
      const { client, paginateListAliases } = await kms();
      return told(about('kms:ListAliases', 'this account'), async () => {
        const keys: AccountKey[] = [];
        for await (const page of eachPage(paginateListAliases({ client }, {}), (page) => page.NextMarker)) {
          for (const { AliasName = '', AliasArn = '', TargetKeyId } of page.Aliases ?? []) {
            // An alias may point nowhere, and AWS's own keys open to nobody else.
            if (TargetKeyId === undefined || AliasName.startsWith('alias/aws/')) continue;
            const arn = AliasArn.replace(/:alias\/.*$/, `:key/${TargetKeyId}`);
            keys.push({ arn, alias: AliasName.replace(/^alias\//, '') });
          }
        }
        return keys.sort((left, right) => (left.alias < right.alias ? -1 : 1));
      });
    },

    async key(arn) {
      const { client, DescribeKeyCommand } = await kms();
      const key = await told(about('kms:DescribeKey', arn), async () => {
        try {
          const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: arn }));
          return required(KeyMetadata, 'KeyMetadata');
        } catch (error) {
          if (isNamed(error, 'NotFoundException')) return undefined;
          throw error;
        }
      });
      if (key === undefined) return undefined;
      return {
        arn: key.Arn ?? arn,
        state: key.KeyState ?? '',
        spec: key.KeySpec ?? '',
        usage: key.KeyUsage ?? '',
        isAwsManaged: key.KeyManager === 'AWS',
      };
    },

    async keyPolicy(arn) {
      const { client, GetKeyPolicyCommand } = await kms();
      return told(about('kms:GetKeyPolicy', arn), async () => {
        const command = new GetKeyPolicyCommand({ KeyId: arn, PolicyName: 'default' });
        return required((await client.send(command)).Policy, 'Policy');
      });
    },

    async concurrency() {
      const { client, GetAccountSettingsCommand } = await lambda();
      return told(about('lambda:GetAccountSettings', 'this account'), async () => {
        const { AccountLimit } = await client.send(new GetAccountSettingsCommand({}));
        return {
          limit: required(AccountLimit?.ConcurrentExecutions, 'ConcurrentExecutions'),
          unreserved: required(
            AccountLimit?.UnreservedConcurrentExecutions,
            'UnreservedConcurrentExecutions',
          ),
        };
      });
    },

    async logGroupExists(name) {
      const { client, paginateDescribeLogGroups } = await logs();
      return told(about('logs:DescribeLogGroups', name), async () => {
        const pages = paginateDescribeLogGroups({ client }, { logGroupNamePrefix: name });
        for await (const page of eachPage(pages, ({ nextToken }) => nextToken)) {
          if (required(page.logGroups, 'logGroups').some(({ logGroupName }) => logGroupName === name))
            return true;
        }
        return false;
      });
    },

    async subnetZones(ids) {
      const { client, paginateDescribeSubnets } = await ec2();
      return told(about('ec2:DescribeSubnets', ids.join(', ')), async () => {
        const zones = new Map<string, string>();
        const filter = { Filters: [{ Name: 'subnet-id', Values: [...ids] }] };
        const pages = paginateDescribeSubnets({ client }, filter);
        for await (const page of eachPage(pages, ({ NextToken }) => NextToken)) {
          for (const { SubnetId = '', AvailabilityZone = '' } of required(page.Subnets, 'Subnets'))
            zones.set(SubnetId, AvailabilityZone);
        }
        return zones;
      });
    },

    async signingProfileStatus(name) {
      const { client, GetSigningProfileCommand } = await signer();
      const found = await told(about('signer:GetSigningProfile', name), () =>
        client.send(new GetSigningProfileCommand({ profileName: name })).catch((error: unknown) => {
          if (isNamed(error, 'ResourceNotFoundException')) return undefined;
          throw error;
        }),
      );
      return found?.status;
    },

    async alarmCount() {
      const { client, paginateDescribeAlarms } = await cloudWatch();
      return told(about('cloudwatch:DescribeAlarms', 'this account'), async () => {
        let count = 0;
        const pages = paginateDescribeAlarms({ client, pageSize: 100 }, {});
        for await (const page of eachPage(pages, ({ NextToken }) => NextToken)) {
          count += (page.MetricAlarms?.length ?? 0) + (page.CompositeAlarms?.length ?? 0);
        }
        return count;
      });
    },
  };

  /** A name for reading only, so a caller who may not ask for it goes without. */
  async function alias(): Promise<string | undefined> {
    const { client, ListAccountAliasesCommand } = await iam();
    try {
      const { AccountAliases } = await client.send(new ListAccountAliasesCommand({}));
      return AccountAliases?.[0];
    } catch (error) {
      if (isNamed(error, 'AccessDenied', 'AccessDeniedException')) return undefined;
      // An emulator without IAM, or a region without its global endpoint.
      if (error instanceof Error && '$metadata' in error) return undefined;
      throw error;
    }
  }
}
