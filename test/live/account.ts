import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import {
  CloudFormationClient,
  CreateStackCommand,
  type CreateStackCommandInput,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackResourceCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListChangeSetsCommand,
  paginateDescribeStackEvents,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { timeLimits } from '../../src/adapters/aws/clients.js';
import { connectAws } from '../../src/adapters/aws/connect.js';
import type { Live } from '../../src/aws-ports.js';
import { type Ran, runInProcess } from '../cli/run-in-process.js';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
export const region = 'us-east-1';

/** What the tests do to the stand-in beside idp-fix. */
export function account(endpoint: string, inRegion = region) {
  const settings = { endpoint, region: inRegion, credentials };
  const cloudFormation = new CloudFormationClient(settings);
  const s3 = new S3Client(settings);

  const status = async (stack: string) => {
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stack }));
    return Stacks?.[0]?.StackStatus ?? '';
  };
  const settled = async (stack: string) => {
    for (let look = 0; look < 200; look += 1) {
      const now = await status(stack);
      if (!now.endsWith('_IN_PROGRESS')) return now;
      await setTimeout(100);
    }
    throw new Error(`${stack} does not settle`);
  };

  return {
    cloudFormation,
    s3,
    status,
    settled,
    async createStack(
      stack: string,
      template: string | { url: string },
      more: Partial<CreateStackCommandInput> = {},
    ) {
      await cloudFormation.send(
        new CreateStackCommand({
          StackName: stack,
          ...(typeof template === 'string' ? { TemplateBody: template } : { TemplateURL: template.url }),
          Capabilities: ['CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'],
          ...more,
        }),
      );
      const ended = await settled(stack);
      if (ended === 'CREATE_COMPLETE') return;
      const reasons: string[] = [];
      const pages = paginateDescribeStackEvents({ client: cloudFormation }, { StackName: stack });
      for await (const { StackEvents = [] } of pages) {
        for (const { ResourceStatusReason: reason, LogicalResourceId: id } of StackEvents)
          if (reason) reasons.unshift(`${id}: ${reason}`);
      }
      throw new Error(`${stack} ended in ${ended}: ${reasons.join('; ')}`);
    },
    async updateStack(stack: string, template: string, parameters: Readonly<Record<string, string>> = {}) {
      await cloudFormation.send(
        new UpdateStackCommand({
          StackName: stack,
          TemplateBody: template,
          Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
            ParameterKey,
            ParameterValue,
          })),
          Capabilities: ['CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'],
        }),
      );
      await settled(stack);
    },
    async template(stack: string) {
      const { TemplateBody } = await cloudFormation.send(
        new GetTemplateCommand({ StackName: stack, TemplateStage: 'Original' }),
      );
      return TemplateBody ?? '';
    },
    async deleteStack(stack: string) {
      await cloudFormation.send(new DeleteStackCommand({ StackName: stack }));
      for (let look = 0; look < 200; look += 1) {
        const now = await status(stack).catch(() => 'DELETE_COMPLETE');
        if (now === 'DELETE_COMPLETE') return;
        await setTimeout(100);
      }
      throw new Error(`${stack} does not go`);
    },
    async physicalId(stack: string, logicalId: string) {
      const { StackResourceDetail } = await cloudFormation.send(
        new DescribeStackResourceCommand({ StackName: stack, LogicalResourceId: logicalId }),
      );
      return StackResourceDetail?.PhysicalResourceId ?? '';
    },
    async deleteChangeSet(arn: string) {
      await cloudFormation.send(new DeleteChangeSetCommand({ ChangeSetName: arn }));
    },
    async changeSetNames(stack: string) {
      const { Summaries } = await cloudFormation.send(new ListChangeSetsCommand({ StackName: stack }));
      return (Summaries ?? []).map(({ ChangeSetName }) => ChangeSetName);
    },
    async changeSetStatus(stack: string, name: string) {
      const found = await cloudFormation
        .send(new DescribeChangeSetCommand({ StackName: stack, ChangeSetName: name }))
        .catch(() => undefined);
      return found?.Status;
    },
    async bucket(name: string) {
      await s3.send(new CreateBucketCommand({ Bucket: name }));
    },
    async put(bucket: string, key: string, text: string | Uint8Array) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text }));
      return `${endpoint}/${bucket}/${key}`;
    },
    async remove(bucket: string, key: string) {
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
    async tags(stack: string) {
      const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stack }));
      return Object.fromEntries((Stacks?.[0]?.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
    },
    async parameters(stack: string) {
      const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stack }));
      const entries = Stacks?.[0]?.Parameters ?? [];
      return Object.fromEntries(
        entries.map(({ ParameterKey, ParameterValue }) => [ParameterKey, ParameterValue]),
      );
    },
    async keys(bucket: string) {
      const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
      return (Contents ?? []).map(({ Key }) => Key ?? '').sort();
    },
  };
}

export interface Circumstances {
  /** What a person types when asked. */
  readonly typed?: string;
  readonly answerTimeoutMs?: number;
  readonly accessKeyId?: string;
}

/** Runs idp-fix with its real adapters against an endpoint. */
export function idpFix(
  endpoint: string,
  words: readonly string[],
  circumstances: Circumstances = {},
): Promise<Ran> {
  const { typed, answerTimeoutMs, accessKeyId = credentials.accessKeyId } = circumstances;
  const transport = {
    credentials: { ...credentials, accessKeyId },
    ...(answerTimeoutMs !== undefined && { requestHandler: timeLimits(answerTimeoutMs) }),
  };
  const live: Live = {
    environment: {},
    connect: (connection) =>
      connectAws({ region, endpointUrl: endpoint, ...withoutNothing(connection) }, transport),
    ask: async () => typed,
    // Ten times as fast as a person would see it, so that every pause keeps its share of the whole.
    pause: async (milliseconds) => {
      await setTimeout(milliseconds / 10);
    },
    now: () => Date.now(),
    creationToken: () => randomBytes(16).toString('hex'),
    whenInterrupted: () => {},
  };
  return runInProcess(words, { live });
}

function withoutNothing<Shape extends object>(shape: Shape): Partial<Shape> {
  return Object.fromEntries(
    Object.entries(shape).filter(([, value]) => value !== undefined),
  ) as Partial<Shape>;
}
