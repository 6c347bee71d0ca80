import type { Aws } from '../../aws-ports.js';
import { attempt, type Check, failed, passed } from './check.js';

/** The bucket for templates: named, of this account, and in the stack's region. */
export async function bucketCheck(
  bucket: string | undefined,
  aws: Aws,
  account: string,
  why: string,
): Promise<readonly Check[]> {
  if (bucket === undefined) {
    return [
      failed(
        'bucket for templates',
        `none was named, and ${why}`,
        'name a bucket of this account and region with --bucket, IDP_FIX_BUCKET or s3_bucket in samconfig.toml',
      ),
    ];
  }
  const what = `bucket ${bucket}`;
  return attempt(what, async () => {
    const region = await aws.storage.bucketRegion(bucket, account);
    if (region === undefined) return [failed(what, 'there is no such bucket in this account')];
    if (region !== aws.region)
      return [failed(what, `it is in ${region}, and CloudFormation reads templates in ${aws.region}`)];
    return [passed(what, 'it can be reached')];
  });
}
