import { HttpRequest } from '@smithy/core/protocols';
import type { Aws, Connection, Storage } from '../../aws-ports.js';
import { IdpFixError } from '../../errors.js';
import { accountFacts } from './account.js';
import { type ClientSettings, clientSettings, isNamed, once, type Transport, told } from './clients.js';
import { required } from './failure.js';
import { operations } from './operations.js';
import { stacks } from './stacks.js';

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

/** S3, for templates too large to be sent as they are. */
export function storage(
  settings: ClientSettings & { readonly region: string },
  profile: string | undefined,
): Storage {
  const sdk = once(async () => {
    const s3 = await import('@aws-sdk/client-s3');
    return { ...s3, client: new s3.S3Client({ ...settings, followRegionRedirects: true }) };
  });
  const about = (name: string, on: string) => ({ action: `s3:${name}`, on, profile });

  return {
    async bucketRegion(bucket, account) {
      const { client, HeadBucketCommand } = await sdk();
      const found = await told(about('ListBucket', `the bucket ${bucket}`), () =>
        client
          .send(new HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: account }))
          .catch((error: unknown) => {
            if (isNamed(error, 'NotFound', 'NoSuchBucket')) return undefined;
            throw error;
          }),
      );
      return found === undefined ? undefined : (found.BucketRegion ?? settings.region);
    },

    async put({ bucket, key }, text, metadata, account) {
      const { client, PutObjectCommand } = await sdk();
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: text,
        ContentType: 'text/plain',
        Metadata: { ...metadata },
        ExpectedBucketOwner: account,
      });
      // Where it lies is where it was sent, whatever endpoint and style of address that came to.
      let address = '';
      command.middlewareStack.add(
        (next) => (args) => {
          if (HttpRequest.isInstance(args.request)) address = addressOf(args.request);
          return next(args);
        },
        { step: 'build' },
      );
      await told(about('PutObject', `s3://${bucket}/${key}`), async () =>
        required((await client.send(command)).ETag, 'ETag'),
      );
      return address;
    },

    async metadata({ bucket, key }, account) {
      const { client, HeadObjectCommand } = await sdk();
      const found = await told(about('GetObject', `s3://${bucket}/${key}`), () =>
        client
          .send(new HeadObjectCommand({ Bucket: bucket, Key: key, ExpectedBucketOwner: account }))
          .catch((error: unknown) => {
            if (isNamed(error, 'NotFound', 'NoSuchKey', 'NoSuchBucket')) return undefined;
            throw error;
          }),
      );
      return found === undefined ? undefined : (found.Metadata ?? {});
    },

    async remove({ bucket, key }, account) {
      const { client, DeleteObjectCommand } = await sdk();
      await told(about('DeleteObject', `s3://${bucket}/${key}`), () =>
        client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, ExpectedBucketOwner: account })),
      );
    },
  };
}

function addressOf({ protocol, hostname, port, path }: HttpRequest): string {
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`;
}

/** What a role that lets itself be assumed gives, for an hour. The region and the own credentials are those of the environment. */
export async function credentialsOfRole(role: string, session: string) {
  const { STSClient, AssumeRoleCommand } = await import('@aws-sdk/client-sts');
  const { Credentials } = await told({ action: 'sts:AssumeRole', on: role, profile: undefined }, () =>
    new STSClient().send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: session })),
  );
  const {
    AccessKeyId: accessKeyId = '',
    SecretAccessKey: secretAccessKey = '',
    SessionToken: sessionToken = '',
  } = Credentials ?? {};
  return { accessKeyId, secretAccessKey, sessionToken };
}
