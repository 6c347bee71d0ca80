import * as z from '../zod.js';

/** The sections every policy has. What a remediation wants set is its own schema's matter; see schema.ts. */

const reason = z.string().min(1);
const template = z
  .string()
  .min(1)
  .optional()
  .describe('path of the template from the folder of the root template, with * and ?; any when left out');
const logicalId = z.string().min(1).describe('logical id of the resource, with * and ?');
const day = z.iso.date('a day is written YYYY-MM-DD');
const usd = z.number().min(0);

export const FunctionRule = z
  .strictObject({
    template,
    logicalId,
    type: z
      .enum(['high-volume', 'api-handler', 'background', 'administrative'])
      .optional()
      .describe('type of the function, instead of the one the template gives evidence of'),
    invocation: z
      .enum(['sync', 'async', 'both'])
      .optional()
      .describe('how the function is invoked, instead of what the template gives evidence of'),
    priority: z
      .enum(['first', 'last'])
      .optional()
      .describe('served before or after all others when the concurrency budget is too small'),
    reason: reason.optional().describe('why the template is not to be believed; shown with the finding'),
  })
  .describe('what a function is, where the template does not show it');
export type FunctionRule = z.infer<typeof FunctionRule>;

export const LogGroupRule = z
  .strictObject({
    template,
    logicalId,
    class: z
      .enum(['application', 'audit-security', 'debug', 'development'])
      .describe('class of the log group, instead of the one the template gives evidence of'),
    reason: reason.optional().describe('why the template is not to be believed; shown with the finding'),
  })
  .describe('what a log group holds, where the template does not show it');
export type LogGroupRule = z.infer<typeof LogGroupRule>;

export const Price = z
  .strictObject({
    usd: usd.describe('price of one unit, in US dollars'),
    unit: z.string().min(1).describe('what one unit is, for reading'),
    asOf: day.describe('day the price was looked up, YYYY-MM-DD'),
  })
  .describe('price of one unit in the region of the policy');
export type Price = z.infer<typeof Price>;

export const Deviation = z
  .strictObject({
    remediation: z.string().min(1).describe('id of the remediation that is not followed'),
    template: z
      .string()
      .min(1)
      .optional()
      .describe('path of the template from the folder of the root template; any when left out'),
    logicalId: z.string().min(1).optional().describe('logical id of the resource; any when left out'),
    reason: reason.describe('why the risk is accepted'),
    owner: z.string().min(1).describe('who accepts it'),
    date: day.describe('day it was accepted, YYYY-MM-DD'),
    expires: day.describe('last day it counts, YYYY-MM-DD'),
    fingerprint: z
      .string()
      .regex(/^[0-9a-f]{12}$/, 'it is 12 hex digits: the resourceFingerprint that --format json gives')
      .optional()
      .describe(
        'resourceFingerprint of the finding when the risk was accepted (--format json); the finding comes back when the resource changes',
      ),
  })
  .refine(({ date, expires }) => date <= expires, {
    path: ['expires'],
    message: 'an exception cannot expire before it is accepted',
  })
  .describe('an accepted risk');
export type Deviation = z.infer<typeof Deviation>;

export const Postponement = z
  .strictObject({
    remediation: z.string().min(1).describe('id of the remediation'),
    template: z
      .string()
      .min(1)
      .optional()
      .describe('path of the template from the folder of the root template; any when left out'),
    logicalId: z
      .string()
      .optional()
      .describe('logical id of the resource, empty for the template as a whole; any when left out'),
  })
  .describe('findings that are left for later');
export type Postponement = z.infer<typeof Postponement>;

export const Transform = z
  .strictObject({
    name: z.string().min(1).describe('what reports call the transform'),
    template,
    removes: z
      .array(z.string().min(1))
      .min(1)
      .describe(
        'logical ids, parameters, conditions and outputs that it deletes, with * and ?; they are not judged, and nothing that is added refers to them',
      ),
  })
  .describe('a transform that is run after idp-fix, before the template is deployed');
export type Transform = z.infer<typeof Transform>;

export const UncheckedPart = z
  .strictObject({
    template: z
      .string()
      .min(1)
      .optional()
      .describe('path of the template from the folder of the root template; any when left out'),
    logicalId: z
      .string()
      .min(1)
      .describe('logical id of the part that is not checked, or the section, as the report names it'),
    reason: z.string().min(1).describe('who checks it instead, or why no check is needed'),
    owner: z.string().min(1).describe('who answers for it'),
    expires: day.describe('last day it counts, YYYY-MM-DD'),
  })
  .describe('a part of the templates that idp-fix cannot look into, accepted as such');
export type UncheckedPart = z.infer<typeof UncheckedPart>;

/** The items of the guide's production checklist, in its order, and what its practices ask for beside. */
const checklistItemIds = [
  'concurrency-limits',
  'customer-managed-keys',
  'alarms',
  'tagging',
  'availability',
  'security-review',
  'load-testing',
  'recovery-plan',
  'dashboards',
  'cost-control',
  'failed-events',
  'kept-logs',
  'function-code-and-network',
  'distributions',
] as const;
export type ChecklistItemId = (typeof checklistItemIds)[number];

export const Attestation = z
  .strictObject({
    item: z.enum(checklistItemIds).describe('id of the item of the checklist'),
    status: z
      .enum(['done', 'accepted-risk'])
      .default('done')
      .describe('what is attested: that it is done, or that the risk is accepted'),
    reason: reason.optional().describe('why the risk is accepted; needed with accepted-risk'),
    who: z.string().min(1).describe('who says so'),
    when: day.describe('day it was said, YYYY-MM-DD'),
    document: z.string().min(1).describe('where it is written down: a path or an address'),
    expires: day.describe('last day it counts, YYYY-MM-DD'),
    fingerprint: z
      .string()
      .regex(/^[0-9a-f]{12}$/, 'it is 12 hex digits: the fingerprint of the item that --format json gives')
      .optional()
      .describe(
        'fingerprint of the item when its risk was accepted (checklist --format json); it is open again when something else is',
      ),
  })
  .refine(({ status, reason: why }) => status === 'done' || why !== undefined, {
    path: ['reason'],
    message: 'a risk is accepted for a reason',
  })
  .refine(({ when, expires }) => when <= expires, {
    path: ['expires'],
    message: 'an attestation cannot expire before it is given',
  })
  .describe('what no template can show, attested');
export type Attestation = z.infer<typeof Attestation>;

const executions = z.int().min(0);

export const environments = ['production', 'staging', 'development', 'test'] as const;

export const sections = {
  extends: z
    .string()
    .min(1)
    .optional()
    .describe('preset or policy file (from this file) that this one builds on; production when left out'),
  name: z.string().min(1).optional().describe('what reports call the policy; its file name when left out'),
  environment: z.enum(environments).describe('what the stack is for'),
  region: z
    .string()
    .regex(/^[a-z]{2,}(-[a-z]+)+-[0-9]+$/, 'a region is written as in eu-central-1')
    .optional()
    .describe('region the stack runs in; what depends on it stays open when left out'),
  suppressions: z
    .enum(['override', 'honour', 'report'])
    .describe('findings that a template tells other tools to skip: fix them, accept them, or report them'),
  include: z.array(z.enum(['review'])).describe('classes of patches --apply writes beside the safe ones'),
  encryption: z
    .strictObject({
      key: z
        .string()
        .regex(
          /^(from-template|create|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key\/[A-Za-z0-9-]+)$/,
          'a key is from-template, create, or the ARN of a key (an alias will not do)',
        )
        .describe(
          'customer-managed key for new encryption: from-template, create (the same, and a new key where the templates have none), or the ARN of a key',
        ),
    })
    .describe('key for new encryption'),
  account: z
    .strictObject({
      concurrencyLimit: executions
        .optional()
        .describe('concurrent executions the account allows in the region; 1000 is assumed when left out'),
      unreservedMinimum: executions.describe('executions that must stay unreserved; Lambda insists on 100'),
      reservedElsewhere: executions.describe('executions reserved by functions of other stacks'),
    })
    .describe('concurrency of the account in the region, in executions at once'),
  functions: z.array(FunctionRule).describe('what functions are; of several that fit, the last one counts'),
  logGroups: z.array(LogGroupRule).describe('what log groups hold; of several that fit, the last one counts'),
  nested: z
    .record(z.string(), z.string().min(1))
    .describe(
      'files of nested templates, by logical id of their resource; from the folder of the root template',
    ),
  parameters: z
    .strictObject({
      writeDefaults: z
        .boolean()
        .describe('whether defaults of parameters are changed; if not, only values for deployed stacks'),
      values: z
        .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
        .describe('parameter values of the deployed root stack, by name'),
    })
    .describe('parameters of the root template'),
  prices: z.record(z.string(), Price).describe('prices the cost of a patch is estimated with, by name'),
  costs: z
    .strictObject({
      safeUpToUsdPerMonth: usd.describe(
        'a patch that adds more than this needs approval, in US dollars a month',
      ),
    })
    .describe('what a patch may cost'),
  limits: z
    .strictObject({
      headroomPercent: z
        .number()
        .min(0)
        .max(90)
        .describe(
          'part of what CloudFormation takes of resources, parameters, outputs and bytes in one template that stays free, in percent; patches that would use it are not made',
        ),
    })
    .default({ headroomPercent: 10 })
    .describe('room that is left in a template'),
  metadataContext: z
    .strictObject({
      addWhy: z
        .boolean()
        .describe(
          'whether resources that patches add say what they are for, as why of Metadata com.aws.cloudformation.Context',
        ),
    })
    .default({ addWhy: false })
    .describe('Metadata com.aws.cloudformation.Context of what patches add'),
  deviations: z
    .array(Deviation)
    .describe('accepted risks (exceptions), each with reason, owner and last day'),
  exceptions: z
    .strictObject({
      maximumDays: z
        .int()
        .min(1)
        .describe(
          'most days between date and expires of a deviation; one that lasts longer makes the policy invalid',
        ),
    })
    .optional()
    .describe('how long a risk may be accepted; the wizard takes 365 days where it is left out'),
  postponed: z
    .array(Postponement)
    .default([])
    .describe('findings that are left for later: they stay open, and nothing is written for them'),
  unchecked: z
    .array(UncheckedPart)
    .default([])
    .describe(
      'parts that cannot be looked into (macros, includes, templates elsewhere) and do not count for the exit code; each with reason, owner and last day',
    ),
  transforms: z
    .array(Transform)
    .default([])
    .describe('transforms that are run after idp-fix and delete parts of the templates'),
  attestations: z.array(Attestation).describe('items of the checklist that need an attestation'),
};
