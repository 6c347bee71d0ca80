// Written by npm run generate from the files beside it.
import type { Remediation } from '../src/remediation.js';
import { cloudfrontGeoRestriction } from './cloudfront-geo-restriction.js';
import { cloudfrontOriginFailover } from './cloudfront-origin-failover.js';
import { cloudwatchAlarms } from './cloudwatch-alarms.js';
import { cloudwatchDashboard } from './cloudwatch-dashboard.js';
import { codebuildEncryption } from './codebuild-encryption.js';
import { costAlerts } from './cost-alerts.js';
import { disasterRecovery } from './disaster-recovery.js';
import { lambdaCodeSigning } from './lambda-code-signing.js';
import { lambdaDeadLetterQueue } from './lambda-dead-letter-queue.js';
import { lambdaEnvironmentEncryption } from './lambda-environment-encryption.js';
import { lambdaReservedConcurrency } from './lambda-reserved-concurrency.js';
import { lambdaVpc } from './lambda-vpc.js';
import { logGroupEncryption } from './log-group-encryption.js';
import { logRetention } from './log-retention.js';
import { multiAz } from './multi-az.js';
import { resourceTags } from './resource-tags.js';

export const remediations: readonly Remediation[] = [
  cloudfrontGeoRestriction,
  cloudfrontOriginFailover,
  cloudwatchAlarms,
  cloudwatchDashboard,
  codebuildEncryption,
  costAlerts,
  disasterRecovery,
  lambdaCodeSigning,
  lambdaDeadLetterQueue,
  lambdaEnvironmentEncryption,
  lambdaReservedConcurrency,
  lambdaVpc,
  logGroupEncryption,
  logRetention,
  multiAz,
  resourceTags,
  // Each has a target of its own type, which the policy has validated by its schema.
] as readonly unknown[] as readonly Remediation[];
