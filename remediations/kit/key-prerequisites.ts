import type { EncryptionKey, Prerequisite } from '../../src/remediation.js';

/** Roles get their right to use the key from the templates, and that counts only where the key's policy lets it. */
export function keyLetsAccountIn({ description }: EncryptionKey): Prerequisite {
  return {
    what: `the key policy of ${description} leaves it to the account's own policies who may use the key`,
    check: 'aws kms get-key-policy --policy-name default --key-id KEY',
  };
}

/** @source https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html */
export function deployerMayGrant({ description }: EncryptionKey): Prerequisite {
  return {
    what: `whoever deploys may call kms:CreateGrant and kms:Encrypt on ${description}`,
    check:
      'aws iam simulate-principal-policy --policy-source-arn ROLE --action-names kms:CreateGrant kms:Encrypt --resource-arns KEY',
  };
}
