// Written by npm run generate from the files beside it.
import type { Remediation } from '../src/remediation.js';
import { cloudfrontGeoRestriction } from './cloudfront-geo-restriction.js';
import { lambdaDeadLetterQueue } from './lambda-dead-letter-queue.js';
import { lambdaEnvironmentEncryption } from './lambda-environment-encryption.js';
import { lambdaReservedConcurrency } from './lambda-reserved-concurrency.js';
import { logGroupEncryption } from './log-group-encryption.js';
import { logRetention } from './log-retention.js';

export const remediations: readonly Remediation[] = [
  cloudfrontGeoRestriction,
  lambdaDeadLetterQueue,
  lambdaEnvironmentEncryption,
  lambdaReservedConcurrency,
  logGroupEncryption,
  logRetention,
  // Each has a target of its own type, which the policy has validated by its schema.
] as readonly unknown[] as readonly Remediation[];
