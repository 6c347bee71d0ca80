import {
  compliant,
  fixable,
  manual,
  notApplicable,
  resourceRemediation,
  tagFormOf,
  taggableTypes,
  unknown,
  type Want,
  z,
} from '../src/remediation.js';
import { missingTags, readTags, wrongTags } from './tags/tags.js';

const target = z.strictObject({
  required: z
    .record(
      z
        .string()
        .regex(/^(?!aws:).{1,128}$/, 'a tag key has up to 128 characters and does not start with aws:'),
      z.strictObject({
        value: z.string().max(256).describe('value that is written where the tag is missing'),
        allowed: z.array(z.string()).optional().describe('other values that are right; any when left out'),
      }),
    )
    .describe('tags every resource has to have, by key'),
  stackLevel: z
    .array(z.string())
    .default([])
    .describe('keys that are given to the stack when it is deployed, from where resources have them'),
});

export const resourceTags = resourceRemediation({
  id: 'resource-tags',
  title: 'Resources say whose they are and who pays',
  why: 'without tags nobody can tell what a bill or a finding belongs to',
  guideRisk: 'low',
  tryFirst: 'create the change set and see that no resource is replaced',
  checklist: 'tagging',
  sources: [
    'https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html',
  ],
  equivalents: { config: ['required-tags'] },
  appliesTo: taggableTypes,
  target,
  undecided: ({ required }) =>
    Object.keys(required).length > 0
      ? undefined
      : 'which tags there have to be is a decision: set remediations.resource-tags.required',
  questions: [
    {
      path: ['required'],
      ask: 'Which tags does every resource have?',
      example: 'CostCenter=4711, Environment=production',
      read: readTags,
    },
  ],
  judge(view, { required, stackLevel }) {
    const form = tagFormOf(view.type);
    const keys = Object.keys(required).filter((key) => !stackLevel.includes(key));
    if (form === undefined) return { verdict: notApplicable('it cannot be tagged') };
    if (keys.length === 0) return { verdict: compliant('the stack is given the tags when it is deployed') };
    const current = view.expression(form.property) ?? null;
    const missing = missingTags(view, form, keys);
    if (missing === undefined)
      return { current, verdict: unknown(`what its ${form.property} come to is not known`) };
    const wrong = wrongTags(view, form, required);
    if (wrong.length > 0) {
      return { current, verdict: manual(`${wrong.join(', ')}; existing tags are not overwritten`) };
    }
    if (missing.length === 0) return { current, verdict: compliant('it has the tags the policy requires') };
    const because = `it has no tag ${missing.join(', ')}`;
    if (form.isReplaced)
      return { current, verdict: manual(`${because}, and a changed tag would replace it`) };
    const value = (key: string) => required[key]?.value ?? '';
    const own = view.stack.template.resources.get(view.logicalId)?.properties[form.property];
    const listed = missing.map((key) => ({ Key: key, Value: value(key) }));
    const wants: readonly Want[] =
      form.form === 'map'
        ? missing.map((key) => ({ path: ['Properties', form.property, key], value: value(key) }))
        : [{ path: ['Properties', form.property], value: [...(Array.isArray(own) ? own : []), ...listed] }];
    return {
      current,
      target: Object.fromEntries(missing.map((key) => [key, value(key)])),
      verdict: fixable(because, {
        wants,
        cost: { monthlyUsd: 0, formula: 'tags are free' },
        prerequisites: [
          {
            what: 'whoever deploys may tag resources of every service the templates use',
            check: 'by hand: simulate the tag actions of the services with aws iam simulate-principal-policy',
          },
        ],
        leaves: [
          'tags count in the bill once they are activated in the management account, and not for what is past',
        ],
      }),
    };
  },
});
