import type { Facts, Prerequisite, Stack } from '../../src/remediation.js';
import { functionTypes } from '../kit/functions.js';

/** Profiles by name, or a word to put one in. */
function profileOf(arns: readonly string[]): string {
  const names = arns.flatMap((arn) => /signing-profiles\/([^/]+)/.exec(arn)?.[1] ?? []);
  return new Set(names).size === 1 ? (names[0] ?? 'PROFILE') : 'PROFILE';
}

/** The command that makes the packages of a template, as it has to be from now on. */
export function signedPackages(stack: Stack, arns: readonly string[], facts: Facts): Prerequisite {
  const { path, isSam } = stack.template;
  const profile = profileOf(arns);
  const signed = facts
    .resources(...functionTypes, 'AWS::Serverless::LayerVersion', 'AWS::Lambda::LayerVersion')
    .filter((view) => view.stack === stack)
    .filter((view) => view.type.endsWith('LayerVersion') || facts.functionKind(view).packageType === 'zip')
    .map(({ logicalId }) => `${logicalId}=${profile}`);
  const what = `packages of ${path} are signed when they are made, in a bucket with versioning`;
  const check = isSam
    ? `by hand: sam package --template-file ${path} --s3-bucket BUCKET --signing-profiles ${signed.join(' ')}`
    : `by hand: aws signer start-signing-job --profile-name ${profile} --source s3={bucketName=BUCKET,key=KEY,version=VERSION} --destination s3={bucketName=BUCKET} for each package of ${path}, and its signed object in Code`;
  return { what, check };
}
