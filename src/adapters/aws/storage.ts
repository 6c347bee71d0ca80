import { HttpRequest } from '@smithy/core/protocols';
import type { Storage } from '../../aws-ports.js';
import { type ClientSettings, isNamed, once, told } from './clients.js';
import { required } from './failure.js';

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
