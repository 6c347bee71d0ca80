// Written by npm run generate from the folders beside it.
import { documented } from '../src/contract/links.js';
import type { Remediation } from '../src/remediation.js';
import { cloudfrontGeoRestriction } from './cloudfront-geo-restriction/index.js';
import { cloudfrontOriginFailover } from './cloudfront-origin-failover/index.js';
import { cloudwatchAlarms } from './cloudwatch-alarms/index.js';
import { cloudwatchDashboard } from './cloudwatch-dashboard/index.js';
import { codebuildEncryption } from './codebuild-encryption/index.js';
import { costAlerts } from './cost-alerts/index.js';
import { disasterRecovery } from './disaster-recovery/index.js';
import { failedEventDestinations } from './failed-event-destinations/index.js';
import { kmsKeyHygiene } from './kms-key-hygiene/index.js';
import { lambdaCodeSigning } from './lambda-code-signing/index.js';
import { lambdaDeadLetterQueue } from './lambda-dead-letter-queue/index.js';
import { lambdaEnvironmentEncryption } from './lambda-environment-encryption/index.js';
import { lambdaReservedConcurrency } from './lambda-reserved-concurrency/index.js';
import { lambdaVpc } from './lambda-vpc/index.js';
import { logGroupEncryption } from './log-group-encryption/index.js';
import { logRetention } from './log-retention/index.js';
import { multiAz } from './multi-az/index.js';
import { resourceTags } from './resource-tags/index.js';
import { secretsInConfiguration } from './secrets-in-configuration/index.js';
import { serviceLogging } from './service-logging/index.js';

const all = [
  cloudfrontGeoRestriction,
  cloudfrontOriginFailover,
  cloudwatchAlarms,
  cloudwatchDashboard,
  codebuildEncryption,
  costAlerts,
  disasterRecovery,
  failedEventDestinations,
  kmsKeyHygiene,
  lambdaCodeSigning,
  lambdaDeadLetterQueue,
  lambdaEnvironmentEncryption,
  lambdaReservedConcurrency,
  lambdaVpc,
  logGroupEncryption,
  logRetention,
  multiAz,
  resourceTags,
  secretsInConfiguration,
  serviceLogging,
  // Each has a target of its own type, which the policy has validated by its schema.
] as readonly unknown[] as readonly Remediation[];

export const remediations: readonly Remediation[] = all.map(documented);
