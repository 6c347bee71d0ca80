import {
  compliant,
  fixable,
  manual,
  notApplicable,
  resourceRemediation,
  tagFormOf,
  taggableTypes,
  unknown,
  z,
} from '../../src/remediation.js';
import { rulesFromAnswer } from './answer.js';
import { passedOn, replacedIn } from './passed-on.js';
import { mayTag } from './permissions.js';
import { readTags, tagProblems, tagWants } from './tags.js';

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
      read: rulesFromAnswer,
    },
  ],
  stackTags: ({ required, stackLevel }) =>
    Object.fromEntries(
      stackLevel.map((key) => [key, required[key]?.value ?? '']).filter(([, value]) => value !== ''),
    ),
  judge(view, { required, stackLevel }) {
    const form = tagFormOf(view.type);
    if (form === undefined) return { verdict: notApplicable('it cannot be tagged') };
    const current = view.expression(form.property) ?? null;
    const tags = readTags(view, form);
    const wanted = Object.keys(required).filter((key) => !stackLevel.includes(key));
    if (tags === undefined) {
      const verdict =
        wanted.length === 0
          ? compliant(fromStack)
          : unknown(`what its ${form.property} come to is not known`);
      return { current, verdict };
    }
    const problems = tagProblems(view, tags, required);
    if (problems.length > 0) {
      return { current, verdict: manual(`${problems.join(', ')}; existing tags are not overwritten`) };
    }
    const missing = wanted.filter((key) => !tags.has(key));
    if (missing.length === 0) {
      return {
        current,
        verdict: compliant(wanted.length === 0 ? fromStack : 'it has the tags the policy requires'),
      };
    }
    const because = `it has no tag ${missing.join(', ')}`;
    if (form.isReplaced) {
      return {
        current,
        verdict: manual(
          `${because}, and a changed tag would replace it; tag it when it is made anew for another reason`,
        ),
      };
    }
    if (tags.size + missing.length > mostTags) {
      return {
        current,
        verdict: manual(`${because}, and with them it would have more than ${mostTags} tags`),
      };
    }
    const reached = passedOn(view, missing);
    if (reached?.kind === 'replaces') {
      return {
        current,
        verdict: manual(
          `${because}, and its tags go to everything it makes: ${reached.what} would be replaced; what is in it is tagged resource by resource`,
        ),
      };
    }
    const values = Object.fromEntries(missing.map((key) => [key, required[key]?.value ?? '']));
    return {
      current,
      target: values,
      verdict: fixable(because, {
        wants: tagWants(view, form, values),
        ...(reached?.kind === 'unseen' && {
          risk: 'review',
          riskBecause: `the tags of ${view.logicalId} go to everything it makes, and what that is cannot be seen: some resources are replaced when their tags change`,
        }),
        cost: { monthlyUsd: 0, formula: 'tags are free' },
        prerequisites: [mayTag(view.stack)],
        leaves: [
          'tags count in the bill once they are activated as cost allocation tags in the management account, and not for what is past',
          ...(view.type === 'AWS::Serverless::Function'
            ? ['what SAM makes beside a function (rules, mappings, aliases, versions) is not tagged with it']
            : []),
          ...(form.form === 'specifications'
            ? ['instances are tagged by what the template says of them, not with it']
            : []),
        ],
      }),
    };
  },
  summarise({ root }, { required, stackLevel }) {
    const given = stackLevel.flatMap((key) => {
      const value = required[key]?.value;
      return value === undefined ? [] : [`${key}=${value}`];
    });
    if (given.length === 0) return [];
    const reached = replacedIn(root, stackLevel);
    return [
      `deploy the stack with --tags ${given.join(' ')} (change sets do): its resources have them from there, where their types allow it`,
      ...(reached?.kind === 'replaces'
        ? [
            `tags of the stack go to ${reached.what} too, which is replaced when its tags change: look for it in the change set`,
          ]
        : []),
    ];
  },
});

const fromStack = 'the stack is given the tags when it is deployed';

/** @source https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
const mostTags = 50;
