import type { AccountFacts, Aws, Key, StackResource } from '../aws-ports.js';
import type { Value } from '../document/value.js';
import type { FileStore } from '../ports.js';
import type { Product } from '../product.js';
import type { StackTree } from '../template/template.js';
import type { Deployment } from './deployed.js';
import { logGroupChecks } from './log-group-checks.js';
import { type Grant, type PermissionScope, unknownScope } from './permissions.js';
import { type Physical, physicalNames, wayOf } from './physical.js';
import { type CreateRequest, prepare } from './prepare.js';
import { checkAll } from './prerequisites.js';
import { templatesToUpload } from './submission.js';

/**
 * What a run may ask of AWS, without asking: the same plan and the same checks, against an account that only writes down
 * what it is asked. How much of the templates is deployed nobody knows here, so they are made for all of it and for none.
 */
export async function rehearse(
  request: CreateRequest,
  tree: StackTree | undefined,
  region: string,
  files: FileStore,
  product: Product,
  today: string,
): Promise<PermissionScope> {
  const { context } = request;
  const known = {
    region,
    stack: context.stack,
    bucket: context.bucket,
    bucketPrefix: context.bucketPrefix,
    roleArn: context.roleArn,
  };
  if (tree === undefined) return unknownScope(known);
  const deployment = asDeployed(tree, context.stack);
  const prepared = await prepare(request, deployment, files, product, today);
  const asked: Grant[] = [];
  const place = { account: '*', region };
  for (const known of [deployment, { ...deployment, tree: { ...tree, stacks: [] }, nested: new Map() }]) {
    const prospect = {
      aws: { region, account: writingDown(asked, region) } as Aws,
      account: '*',
      deployment: known,
      tree: prepared.submitted,
      asked: prepared.asked,
      physical: orAnything(physicalNames(known, place)),
      adoptsLogGroups: request.adoptLogGroups,
    };
    await logGroupChecks(prospect);
    await checkAll(prospect);
  }
  const { source, submitted, templates } = prepared;
  return {
    ...known,
    nests: nestedTemplates(submitted).length > 0,
    packaged: nestedTemplates(submitted).flatMap((url) => packagedTemplate(url) ?? []),
    transforms: [...new Set(submitted.stacks.flatMap(({ template }) => template.transforms))].sort(),
    uploads: source !== 'parameters' && templatesToUpload(submitted.root, templates).size > 0,
    facts: asked,
  };
}

/** Where the nested stacks of a tree have their templates, as written. */
function nestedTemplates({ stacks }: StackTree): readonly Value[] {
  return stacks.flatMap(({ template }) =>
    [...template.resources.values()].flatMap(({ type, properties }) => {
      if (type === 'AWS::CloudFormation::Stack') return [properties.TemplateURL ?? null];
      return type === 'AWS::Serverless::Application' ? [properties.Location ?? null] : [];
    }),
  );
}

/**
 * `bucket/key` of a template that was packaged before, which CloudFormation reads in the caller's name; `*` where only the
 * deployment knows. Nothing for a local file, which is uploaded.
 * @source https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
function packagedTemplate(url: Value): string | undefined {
  if (typeof url !== 'string') return '*';
  if (!/^https?:/.test(url)) return undefined;
  const [, bucket, key] =
    /^https:\/\/s3[.-][^/]*?amazonaws\.com[^/]*\/([^/]+)\/(.+)$/.exec(url) ??
    /^https:\/\/([^/]+?)\.s3[.-][^/]*\/(.+)$/.exec(url) ??
    [];
  return bucket === undefined || key === undefined ? '*' : `${bucket}/${key}`;
}

function asDeployed(tree: StackTree, stackName: string): Deployment {
  const resourcesOf = (stack: StackTree['root']): readonly StackResource[] =>
    [...stack.template.resources.values()].map(({ logicalId, type }) => ({
      logicalId,
      type,
      physicalId: '*',
      status: 'CREATE_COMPLETE',
    }));
  return {
    isNew: false,
    stack: {
      id: '*',
      name: stackName,
      status: 'CREATE_COMPLETE',
      statusReason: undefined,
      updatedAt: '',
      parameters: [],
      capabilities: [],
      tags: [],
      notificationArns: [],
      rollback: { triggers: [] },
    },
    tree,
    nested: new Map(
      tree.stacks.map((stack) => [
        stack.template.path,
        { stackId: '*', way: wayOf(stack), template: stack.template, resources: resourcesOf(stack) },
      ]),
    ),
  };
}

/** What is only known in the account may be anything there. */
function orAnything({ text, id }: Physical): Physical {
  return { text: (value, stack) => text(value, stack) ?? '*', id };
}

const anyKey: Key = {
  arn: '*',
  state: 'Enabled',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  isAwsManaged: false,
};

function writingDown(asked: Grant[], region: string): AccountFacts {
  let lastKey = '*';
  const grant = (action: string, resource = '*') => void asked.push({ action, resource });
  return {
    async caller() {
      return { account: '*', alias: undefined, arn: '*' };
    },
    async keys() {
      return [];
    },
    async key(arn) {
      grant('kms:DescribeKey', arn);
      lastKey = arn;
      return { ...anyKey, arn: region === '*' ? '*' : arn };
    },
    async keyPolicy(arn) {
      grant('kms:GetKeyPolicy', arn === '*' ? lastKey : arn);
      return '';
    },
    async concurrency() {
      grant('lambda:GetAccountSettings');
      return { limit: 0, unreserved: 0 };
    },
    async logGroupExists() {
      grant('logs:DescribeLogGroups');
      return false;
    },
    async subnetZones() {
      grant('ec2:DescribeSubnets');
      return new Map();
    },
    async signingProfileStatus(name) {
      grant('signer:GetSigningProfile', name);
      return undefined;
    },
    async alarmCount() {
      grant('cloudwatch:DescribeAlarms');
      return 0;
    },
  };
}
