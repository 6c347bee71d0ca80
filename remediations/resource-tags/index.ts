import {
  compliant,
  fixable,
  isList,
  isMap,
  isStageName,
  isStageTag,
  manual,
  notApplicable,
  type Prerequisite,
  type PropertyEdit,
  type ResourceView,
  resourceRemediation,
  type Stack,
  scalarText,
  stagesOf,
  type TagForm,
  type Typed,
  tagFormOf,
  taggableTypes,
  unknown,
  type Value,
  z,
} from '../../src/remediation.js';

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
  title: 'Required tags are set',
  why: 'without tags a bill or a finding cannot be assigned to an owner',
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
      : 'choose the required tags in remediations.resource-tags.required',
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
          : unknown(`the value of its ${form.property} is not known`);
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
    const settled = missing.map(
      (key) => [key, valueFor(key, required[key] ?? { value: '' }, view.stack)] as const,
    );
    const values = Object.fromEntries(settled.map(([key, { value }]) => [key, value]));
    const reasons = [
      ...(reached?.kind === 'unseen'
        ? [
            `the tags of ${view.logicalId} go to everything it makes, and what that is cannot be seen: some resources are replaced when their tags change`,
          ]
        : []),
      ...settled.flatMap(([, { doubt }]) => doubt ?? []),
    ];
    return {
      current,
      target: values,
      verdict: fixable(because, {
        edits: tagEdits(view, form, values),
        ...(reasons.length > 0 && { risk: 'review', riskBecause: reasons.join('; ') }),
        cost: { monthlyUsd: 0, formula: 'tags are free' },
        prerequisites: [mayTag(view.stack)],
        notes: [
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
  summarize({ root }, { required, stackLevel }) {
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

/** `CostCenter=4711, Environment=production`, as the AWS CLI has tags. */
function rulesFromAnswer(typed: string): Typed {
  const pairs = typed.split(',').map((pair) => pair.trim().split(/=(.*)/s));
  if (pairs.some(([key, value]) => !key?.trim() || value === undefined)) {
    return { problem: 'tags are written Key=Value, with commas between them' };
  }
  const rules = pairs.map(([key = '', value = '']) => [key.trim(), { value: value.trim() }]);
  return { value: Object.fromEntries(rules) };
}

/** What happens to the resources of a stack that a resource makes, when that resource gets tags. */
type PassedOn =
  /** A resource that tags would replace. */
  { readonly kind: 'replaces'; readonly what: string } | { readonly kind: 'unseen' };

/**
 * CloudFormation gives the tags of a stack to everything in it, nested stacks included, so that the tags of a resource that
 * makes stacks reach what is not its own. A resource that has the tag itself keeps its own value.
 * @source https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
 */
function passedOn(view: ResourceView, keys: readonly string[]): PassedOn | undefined {
  if (!makesStacks.has(view.type)) return undefined;
  const child = view.stack.children.get(view.logicalId);
  if (child === undefined) return { kind: 'unseen' };
  return replacedIn(child, keys);
}

const makesStacks: ReadonlySet<string> = new Set([
  'AWS::CloudFormation::Stack',
  'AWS::CloudFormation::StackSet',
  'AWS::Serverless::Application',
  'AWS::ServiceCatalog::CloudFormationProvisionedProduct',
]);

/**
 * The first resource of a stack that a tag of the stack would replace, and whether anything in it cannot be seen.
 * @param seen templates looked at already, since many ways can lead to one
 */
function replacedIn(
  stack: Stack,
  keys: readonly string[],
  seen: Set<Stack> = new Set(),
): PassedOn | undefined {
  let found: PassedOn | undefined;
  seen.add(stack);
  for (const { logicalId, type, properties } of stack.template.resources.values()) {
    const form = tagFormOf(type);
    const own = form === undefined ? undefined : JSON.stringify(properties[form.property] ?? '');
    if (form?.isReplaced === true && keys.some((key) => !own?.includes(JSON.stringify(key)))) {
      return { kind: 'replaces', what: `${logicalId} of ${stack.template.path}` };
    }
    if (!makesStacks.has(type)) continue;
    const child = stack.children.get(logicalId);
    if (child !== undefined && seen.has(child)) continue;
    const inner: PassedOn | undefined =
      child === undefined ? { kind: 'unseen' } : replacedIn(child, keys, seen);
    if (inner?.kind === 'replaces') return inner;
    found ??= inner;
  }
  return found;
}

/** Prefixes in IAM of services whose types are called otherwise. */
const prefixes: Readonly<Record<string, string>> = {
  ApiGatewayV2: 'apigateway',
  CertificateManager: 'acm',
  Cognito: 'cognito-idp',
  DocDB: 'rds',
  EFS: 'elasticfilesystem',
  ElasticLoadBalancingV2: 'elasticloadbalancing',
  KinesisFirehose: 'firehose',
  MSK: 'kafka',
  Neptune: 'rds',
  OpenSearchService: 'es',
  OpenSearchServerless: 'aoss',
  StepFunctions: 'states',
};

/**
 * Actions of services that do not call it `TagResource`.
 * @source https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
const actions: Readonly<Record<string, string>> = {
  acm: 'AddTagsToCertificate',
  apigateway: 'PUT',
  autoscaling: 'CreateOrUpdateTags',
  codebuild: 'UpdateProject',
  ec2: 'CreateTags',
  elasticache: 'AddTagsToResource',
  elasticloadbalancing: 'AddTags',
  es: 'AddTags',
  firehose: 'TagDeliveryStream',
  iam: 'TagRole',
  kinesis: 'AddTagsToStream',
  rds: 'AddTagsToResource',
  redshift: 'CreateTags',
  route53: 'ChangeTagsForResource',
  s3: 'PutBucketTagging',
  sagemaker: 'AddTags',
  sqs: 'TagQueue',
  ssm: 'AddTagsToResource',
};

const serverless: Readonly<Record<string, string>> = {
  Api: 'apigateway',
  Application: 'cloudformation',
  Function: 'lambda',
  GraphQLApi: 'appsync',
  HttpApi: 'apigateway',
  SimpleTable: 'dynamodb',
  StateMachine: 'states',
  WebSocketApi: 'apigateway',
};

/** One check for everything a template holds, so that a patch lists it once. */
function mayTag({ template }: Stack): Prerequisite {
  const types = new Set([...template.resources.values()].map(({ type }) => type));
  const needed = [...types]
    .filter((type) => tagFormOf(type) !== undefined)
    .map((type) => {
      const [, service = '', name = ''] = type.split('::');
      const prefix =
        service === 'Serverless' ? serverless[name] : (prefixes[service] ?? service.toLowerCase());
      return `${prefix}:${actions[prefix ?? ''] ?? 'TagResource'}`;
    });
  return {
    what: `the deploying role may tag what ${template.path} holds`,
    check: `aws iam simulate-principal-policy --policy-source-arn ROLE --action-names ${[...new Set(needed)].sort().join(' ')}`,
  };
}

/** What the policy wants of a tag. */
interface TagRule {
  readonly value: string;
  /** Values that are right as well; any when absent. */
  readonly allowed?: readonly string[] | undefined;
}

/**
 * The value a missing tag gets. The stage is another one in each stack of a template that serves several: there the
 * template's own parameter says it, where the policy takes all it can be.
 */
function valueFor(
  key: string,
  { value, allowed }: TagRule,
  stack: Stack,
): { readonly value: Value; readonly doubt?: string } {
  const isOfStage = isStageTag(key) || isStageName(value);
  const stages = isOfStage ? stagesOf(stack) : undefined;
  if (stages === undefined) return { value };
  const { parameter, because } = stages;
  const { allowedValues, default: usual = '' } = stack.template.parameters.get(parameter ?? '') ?? {};
  const texts = (allowedValues ?? [usual]).map(String);
  const isAllowed = texts.every((text) => text === value || (allowed?.includes(text) ?? true));
  if (parameter === undefined || !isAllowed) {
    return {
      value,
      doubt: `the template serves several stages (${because}), and ${key} would be ${value} in each; it can be given to the stack when it is deployed (remediations.resource-tags.stackLevel)`,
    };
  }
  const isMeant = texts.includes(value) || allowed !== undefined;
  return {
    value: { Ref: parameter },
    ...(!isMeant && {
      doubt: `${key} is what ${because} says, ${texts.join(' or ')}, where the policy writes ${value}`,
    }),
  };
}

/** A tag a resource has, and where its value stands. */
interface FoundTag {
  readonly key: string;
  readonly path: readonly string[];
  /** It is there in some deployments only. */
  readonly isConditional: boolean;
}

/** The tags a resource has, by key; `undefined` where they are behind a function. */
type Tags = ReadonlyMap<string, FoundTag>;

function readTags(view: ResourceView, form: TagForm): Tags | undefined {
  const written = view.expression(form.property);
  if (written === undefined || written === null) return new Map();
  if (form.form === 'map') return isPlainMap(written) ? tagsOfMap(written, form.property) : undefined;
  if (!isList(written)) return undefined;
  if (form.form !== 'specifications') return tagsOfList(written, [form.property]);
  const index = written.findIndex((item) => isMap(item) && item.ResourceType === specifiedType(view.type));
  if (index < 0) return new Map();
  const specification = written[index];
  const tags = isMap(specification) ? (specification.Tags ?? []) : [];
  return isList(tags) ? tagsOfList(tags, [form.property, String(index), 'Tags']) : undefined;
}

function isPlainMap(value: Value): value is Readonly<Record<string, Value>> {
  return isMap(value) && !Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'));
}

function tagsOfMap(map: Readonly<Record<string, Value>>, property: string): Tags {
  return new Map(
    Object.keys(map).map((key) => [key, { key, path: [property, key], isConditional: false }] as const),
  );
}

function tagsOfList(list: readonly Value[], path: readonly string[]): Tags | undefined {
  const found = new Map<string, FoundTag>();
  for (const [index, item] of list.entries()) {
    const keys = keysOf(item);
    if (keys === undefined) return undefined;
    const isConditional = new Set(keys).size > 1;
    for (const key of keys) {
      if (key !== null) found.set(key, { key, path: [...path, String(index), 'Value'], isConditional });
    }
  }
  return found;
}

/** The keys an item of a list of tags can have, `null` for none; `undefined` where that is not written out. */
function keysOf(item: Value): readonly (string | null)[] | undefined {
  if (!isMap(item)) return undefined;
  if (item.Ref === 'AWS::NoValue') return [null];
  const choice = item['Fn::If'];
  if (isList(choice)) {
    const sides = choice.slice(1).map(keysOf);
    return sides.every((side) => side !== undefined) ? sides.flat() : undefined;
  }
  return typeof item.Key === 'string' ? [item.Key] : undefined;
}

/** What stands in the way of the tags the policy wants, one sentence each. */
function tagProblems(
  view: ResourceView,
  tags: Tags,
  rules: Readonly<Record<string, TagRule>>,
): readonly string[] {
  return Object.entries(rules).flatMap(([key, { value, allowed }]) => {
    const found = tags.get(key);
    if (found?.isConditional === true) return [`its tag ${key} depends on a condition`];
    if (found === undefined) {
      const other = [...tags.keys()].find((each) => each.toLowerCase() === key.toLowerCase());
      return other === undefined ? [] : [`its tag ${other} differs from ${key} in case only`];
    }
    if (allowed === undefined) return [];
    const right = [value, ...allowed];
    const wrong = view
      .read(...found.path)
      .flatMap(({ outcome }) => scalarText(outcome) ?? [])
      .filter((each) => !right.includes(each));
    return wrong.length === 0
      ? []
      : [`its tag ${key} is ${[...new Set(wrong)].join(' or ')}, and allowed is ${right.join(' or ')}`];
  });
}

/** Tags are put behind those that are there, in the notation of the type. */
function tagEdits(
  view: ResourceView,
  { property, form }: TagForm,
  missing: Readonly<Record<string, Value>>,
): readonly PropertyEdit[] {
  const entries = Object.entries(missing);
  if (form === 'map') return entries.map(([key, value]) => ({ path: ['Properties', property, key], value }));
  const own = view.stack.template.resources.get(view.logicalId)?.properties[property];
  const listed = isList(own) ? own : [];
  const added = entries.map(([key, value]) => ({
    Key: key,
    Value: value,
    ...(form === 'propagated-list' && { PropagateAtLaunch: true }),
  }));
  if (form !== 'specifications') return [{ path: ['Properties', property], value: [...listed, ...added] }];
  const type = specifiedType(view.type);
  const index = listed.findIndex((item) => isMap(item) && item.ResourceType === type);
  const specification = listed[index];
  const tags = isMap(specification) && isList(specification.Tags) ? specification.Tags : [];
  if (index >= 0)
    return [{ path: ['Properties', property, String(index), 'Tags'], value: [...tags, ...added] }];
  return [{ path: ['Properties', property], value: [...listed, { ResourceType: type, Tags: added }] }];
}

/** `AWS::EC2::LaunchTemplate` is `launch-template` in a tag specification. */
function specifiedType(type: string): string {
  const name = type.slice(type.lastIndexOf(':') + 1).replace(/^EC2/, '');
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}
