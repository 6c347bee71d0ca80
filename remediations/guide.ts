/**
 * What the guide asks for, sentence by sentence in our own words, and what brings it about: a remediation by its id, an
 * item of the checklist, or something said beside a finding. `docs/guide-coverage.md` is made from it.
 * @source "AWS Best Practices for Production Deployment" of the GenAI IDP Accelerator
 */
export interface GuideSentence {
  readonly practice: string;
  readonly says: string;
  /** Ids of remediations. */
  readonly by: readonly string[];
  /** Ids of items of the checklist. */
  readonly items?: readonly string[];
  /** How, and what is left to a person. */
  readonly how: string;
}

const concurrency = 'Lambda reserved concurrency';
const deadLetters = 'Lambda dead-letter queue';
const network = 'Lambda in a VPC';
const environment = 'Lambda environment encryption';
const signing = 'Lambda code signing';
const builds = 'CodeBuild encryption';
const logKeys = 'Log group encryption';
const retention = 'Log retention';
const alarms = 'Alarms and alerts';
const tags = 'Tagging';
const zones = 'Multi-AZ';
const failover = 'CloudFront origin failover';
const countries = 'CloudFront geo restriction';
const list = 'Checklist';
const steps = 'Next steps';

export const guide: readonly GuideSentence[] = [
  {
    practice: concurrency,
    says: 'every function reserves executions, in a range for what it is for',
    by: ['lambda-reserved-concurrency'],
    how: 'functions are classified by what calls them; the policy has the ranges',
  },
  {
    practice: concurrency,
    says: 'the account allows 1,000 executions in a Region unless it asked for more',
    by: ['lambda-reserved-concurrency'],
    how: 'a budget over all functions that can exist at once; nothing is spent twice, and the limit to ask for is said',
  },
  {
    practice: concurrency,
    says: 'it protects what is downstream, caps cost and guarantees capacity',
    by: ['lambda-reserved-concurrency', 'cloudwatch-alarms'],
    how: 'the report draws the budget; alarms tell when a reservation is nearly used up or calls are throttled',
  },
  {
    practice: deadLetters,
    says: 'asynchronous functions, important workflows and functions with retries keep their failed events',
    by: ['lambda-dead-letter-queue', 'failed-event-destinations'],
    items: ['failed-events'],
    how: 'a queue of the function, or at the queue, stream, rule, schedule or subscription where the event stays',
  },
  {
    practice: deadLetters,
    says: 'not for synchronous calls',
    by: ['lambda-dead-letter-queue'],
    how: 'call types are read from templates, state machines and code; what neither shows is unknown',
  },
  {
    practice: deadLetters,
    says: 'failed events can be seen',
    by: ['cloudwatch-alarms', 'cloudwatch-dashboard'],
    how: 'an alarm on each queue for failures, and one when it is empty again',
  },
  {
    practice: network,
    says: 'functions that use private resources, or have to for compliance, run inside the network',
    by: ['lambda-vpc'],
    items: ['function-code-and-network'],
    how: 'private resources are found by references, permissions and code; subnets and security groups are for the policy to say',
  },
  {
    practice: network,
    says: 'not for functions that only call public services of AWS',
    by: ['lambda-vpc'],
    how: 'not applicable, with the services seen',
  },
  {
    practice: network,
    says: 'it costs cold starts, NAT and complexity',
    by: ['lambda-vpc'],
    how: 'cost, what the network has to reach, and the permissions are said with the fix',
  },
  {
    practice: environment,
    says: 'variables are encrypted with a customer-managed key',
    by: ['lambda-environment-encryption'],
    how: 'with the key of the template or the policy, or one of its own (encryption.key: create), and the permissions for it',
  },
  {
    practice: environment,
    says: 'secrets belong in Secrets Manager or Parameter Store',
    by: ['secrets-in-configuration'],
    how: 'credentials in variables of functions, builds, containers and databases; manual with the code line where the code has to change',
  },
  {
    practice: environment,
    says: 'keys rotate, and who may use them is kept small',
    by: ['kms-key-hygiene'],
    how: 'rotation, statements open to everyone, and how fast a key can be deleted',
  },
  {
    practice: environment,
    says: 'the use of keys is watched',
    by: ['kms-key-hygiene'],
    how: 'a rule notifies a topic (topicArn, `from-template` for the one of the alarms) when a key is disabled or scheduled for deletion; CloudTrail, whose trail is the account’s, records each use',
  },
  {
    practice: signing,
    says: 'code is signed where security is strict, fields are regulated or several teams deploy',
    by: ['lambda-code-signing'],
    items: ['function-code-and-network'],
    how: 'the policy names the signing profiles and whether unsigned code is refused or warned of',
  },
  {
    practice: signing,
    says: 'pipelines have to sign, profiles have to be looked after, deployments take longer',
    by: ['lambda-code-signing', 'cloudwatch-alarms'],
    how: 'prerequisites of the fix; an alarm on unsigned code while it is only warned of',
  },
  {
    practice: builds,
    says: 'each project encrypts artifacts, variables, cache and logs with a customer-managed key',
    by: ['codebuild-encryption', 'secrets-in-configuration', 'service-logging'],
    how: 'the key of the project with its readers; plain tokens among its variables; the log group it writes to',
  },
  {
    practice: logKeys,
    says: 'logs of functions, state machines and APIs and those of the application are encrypted',
    by: ['log-group-encryption', 'service-logging'],
    how: 'declared groups, and those a service would make for itself; the key policy lets CloudWatch Logs in',
  },
  {
    practice: retention,
    says: 'each log group keeps its logs as long as its kind asks for, never without end',
    by: ['log-retention'],
    items: ['kept-logs'],
    how: 'by class (application, audit, debug) and environment; what deletes logs needs approval',
  },
  {
    practice: retention,
    says: 'storage costs, and an archive in S3 is cheaper in the long run',
    by: ['log-retention'],
    how: 'the price of longer retention is said with the fix; audit logs are copied to an archive where the policy names its stream (archive)',
  },
  {
    practice: alarms,
    says: 'critical metrics and error rates have alarms',
    by: ['cloudwatch-alarms'],
    items: ['alarms'],
    how: 'per type what AWS publishes of failures, throttles, ages and limits; existing alarms that cannot go off are fixed',
  },
  {
    practice: alarms,
    says: 'a notification is sent',
    by: ['cloudwatch-alarms'],
    how: 'the topic, its policy, its key and its subscriptions are looked into',
  },
  {
    practice: tags,
    says: 'resources are tagged for cost allocation',
    by: ['resource-tags'],
    items: ['tagging'],
    how: 'the tags the policy asks for, as each type takes them; activating them for billing is a manual step',
  },
  {
    practice: zones,
    says: 'critical components outlive the loss of a zone',
    by: ['multi-az'],
    items: ['availability'],
    how: 'databases, caches, searches, migrations, networks, services and endpoints by type; a test holds the table complete',
  },
  {
    practice: failover,
    says: 'each distribution has an origin group with a replica in another Region or a backup',
    by: ['cloudfront-origin-failover'],
    items: ['distributions'],
    how: 'with the bucket that the first one is copied to, where it is of the same template, or the second origin that the policy names',
  },
  {
    practice: countries,
    says: 'countries are restricted where compliance, licenses or risk ask for it, not for a global audience',
    by: ['cloudfront-geo-restriction'],
    items: ['distributions'],
    how: 'the policy says the audience and the countries',
  },
  {
    practice: list,
    says: 'concurrency limits are configured',
    by: ['lambda-reserved-concurrency'],
    items: ['concurrency-limits'],
    how: 'done when nothing is open or unseen',
  },
  {
    practice: list,
    says: 'customer-managed keys are used',
    by: ['lambda-environment-encryption', 'codebuild-encryption', 'log-group-encryption', 'kms-key-hygiene'],
    items: ['customer-managed-keys'],
    how: 'the item names the types that were judged for it and those that were not',
  },
  {
    practice: list,
    says: 'a security review is completed',
    by: ['secrets-in-configuration', 'service-logging'],
    items: ['security-review'],
    how: 'what templates can show of credentials in configuration and of missing logs, and an attestation with owner, day and document',
  },
  {
    practice: list,
    says: 'load testing is performed',
    by: [],
    items: ['load-testing'],
    how: 'attested in the policy, with owner, day and document',
  },
  {
    practice: list,
    says: 'a plan for disaster recovery is documented',
    by: ['disaster-recovery'],
    items: ['recovery-plan'],
    how: 'what templates can show of backups and protection, and an attestation of the document',
  },
  {
    practice: list,
    says: 'dashboards show how it does',
    by: ['cloudwatch-dashboard'],
    items: ['dashboards'],
    how: 'all metrics that alarms watch',
  },
  {
    practice: list,
    says: 'costs have alerts',
    by: ['cost-alerts'],
    items: ['cost-control'],
    how: 'a budget with notifications, and anomaly detection where the policy asks for it',
  },
  {
    practice: steps,
    says: 'recommendations are reviewed, prioritized and implemented one after the other',
    by: [],
    how: 'a plan has steps by risk; each patch is one RFC 6902 document; findings can be postponed or a baseline be taken',
  },
  {
    practice: steps,
    says: 'changes are tried outside production first',
    by: [],
    how: 'each remediation says what to try and what would show there; change sets are reviewed before a person executes them',
  },
  {
    practice: steps,
    says: 'deviations are written down',
    by: [],
    how: 'deviations of the policy have a reason, an owner and a last day, and are in every report',
  },
];
