/**
 * What public apps of the CDK do, rebuilt small: node apps.mjs NAME OUTDIR [MIXIN]. Each has what the others have not:
 * an API over a table; a site behind a distribution; a job that a state machine waits for; a service behind a load
 * balancer with a database; files that fan out to queues; a stream with a schedule, for two stages; functions with
 * bundled code that use what other stacks and other apps own, under an aspect of the app's own.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  App,
  AspectPriority,
  Aspects,
  AssetHashType,
  CfnOutput,
  CfnParameter,
  CustomResource,
  DockerImage,
  Duration,
  Fn,
  NestedStack,
  RemovalPolicy,
  Stack,
  Stage,
  Tags,
} from 'aws-cdk-lib';
import { Cors, LambdaRestApi } from 'aws-cdk-lib/aws-apigateway';
import { Distribution, ViewerProtocolPolicy } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { InstanceClass, InstanceSize, InstanceType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { ApplicationLoadBalancedFargateService } from 'aws-cdk-lib/aws-ecs-patterns';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  Alias,
  CfnFunction,
  Code,
  Function as Lambda,
  Runtime,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { KinesisEventSource, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DatabaseInstance, DatabaseInstanceEngine, PostgresEngineVersion } from 'aws-cdk-lib/aws-rds';
import { Bucket, BucketEncryption, EventType } from 'aws-cdk-lib/aws-s3';
import { SnsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import {
  Choice,
  Condition,
  DefinitionBody,
  StateMachine,
  Succeed,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';

const handler = (scope, id, props = {}) =>
  new Lambda(scope, id, {
    runtime: Runtime.PYTHON_3_12,
    handler: 'index.handler',
    code: Code.fromInline('def handler(event, context):\n  return event'),
    ...props,
  });

const apps = {
  /** Items of a table behind a REST API, a function per verb. */
  api(app) {
    const stack = new Stack(app, 'Items');
    const table = new Table(stack, 'Table', { partitionKey: { name: 'id', type: AttributeType.STRING } });
    const variables = { TABLE: table.tableName };
    const one = handler(stack, 'GetOne', { environment: variables });
    const create = handler(stack, 'Create', { environment: variables, timeout: Duration.seconds(10) });
    table.grantReadData(one);
    table.grantReadWriteData(create);
    new Alias(stack, 'Live', { aliasName: 'live', version: create.currentVersion });
    const api = new LambdaRestApi(stack, 'Api', { handler: one, proxy: false });
    const items = api.root.addResource('items', {
      defaultCorsPreflightOptions: { allowOrigins: Cors.ALL_ORIGINS },
    });
    items.addMethod('GET');
    new CfnOutput(stack, 'Address', {
      value: Fn.join('', ['items at ', api.url]),
      exportName: 'ItemsAddress',
    });
  },

  /** A site in a bucket that only its distribution reads; the bucket is emptied by a custom resource of the CDK. */
  site(app) {
    const stack = new Stack(app, 'Site');
    const bucket = new Bucket(stack, 'Pages', {
      encryption: BucketEncryption.S3_MANAGED,
      autoDeleteObjects: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new Distribution(stack, 'Distribution', {
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(bucket),
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      },
      defaultRootObject: 'index.html',
    });
  },

  /** Submit, wait, ask for the state, go on: every hour. */
  job(app) {
    const stack = new Stack(app, 'Job');
    const pause = new CfnParameter(stack, 'PauseSeconds', { type: 'Number', default: 30 });
    const submit = new LambdaInvoke(stack, 'Submit', {
      lambdaFunction: handler(stack, 'SubmitJob'),
      outputPath: '$.Payload',
    });
    const look = new LambdaInvoke(stack, 'Look', {
      lambdaFunction: handler(stack, 'LookAtJob'),
      outputPath: '$.Payload',
    });
    const wait = new Wait(stack, 'Pause', { time: WaitTime.secondsPath('$.seconds') });
    const choice = new Choice(stack, 'Ready?')
      .when(Condition.stringEquals('$.state', 'READY'), new Succeed(stack, 'Done'))
      .otherwise(wait);
    const machine = new StateMachine(stack, 'Machine', {
      definitionBody: DefinitionBody.fromChainable(submit.next(wait).next(look).next(choice)),
      timeout: Duration.minutes(30),
    });
    new Rule(stack, 'Hourly', {
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [new SfnStateMachine(machine)],
    });
    new CfnOutput(stack, 'Pause2', { value: pause.valueAsString });
  },

  /** A container behind a load balancer, with its database; another stack has what both use. */
  service(app) {
    const shared = new Stack(app, 'Shared');
    const vpc = new Vpc(shared, 'Network', { maxAzs: 2, natGateways: 1 });
    const key = new Key(shared, 'Key', { enableKeyRotation: true });
    const stack = new Stack(app, 'Web');
    Tags.of(stack).add('team', 'web');
    const service = new ApplicationLoadBalancedFargateService(stack, 'Service', {
      vpc,
      taskImageOptions: { image: ContainerImage.fromRegistry('public.ecr.aws/nginx/nginx:stable') },
    });
    const database = new DatabaseInstance(stack, 'Database', {
      vpc,
      engine: DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_16 }),
      instanceType: InstanceType.of(InstanceClass.T4G, InstanceSize.MICRO),
      storageEncryptionKey: key,
    });
    database.connections.allowDefaultPortFrom(service.service);
  },

  /** Files of a bucket, told by a topic to two queues, worked off by functions. */
  files(app) {
    const stack = new Stack(app, 'Files');
    const key = new Key(stack, 'Key');
    const bucket = new Bucket(stack, 'Incoming', { encryption: BucketEncryption.KMS, encryptionKey: key });
    const topic = new Topic(stack, 'Arrived');
    bucket.addEventNotification(EventType.OBJECT_CREATED, new SnsDestination(topic));
    for (const name of ['Thumbnails', 'Texts']) {
      const queue = new Queue(stack, `${name}Queue`, { visibilityTimeout: Duration.minutes(6) });
      topic.addSubscription(new SqsSubscription(queue));
      const group = new LogGroup(stack, `${name}Logs`, { retention: RetentionDays.TWO_WEEKS });
      const worker = handler(stack, name, {
        logGroup: group,
        timeout: Duration.minutes(1),
        environment: { BUCKET: bucket.bucketName, 'a.dot': 'is no path' },
      });
      worker.addEventSource(new SqsEventSource(queue));
      bucket.grantRead(worker);
    }
  },

  /** A stream and a nightly clean-up, the same stack for two stages. */
  stream(app) {
    for (const name of ['Beta', 'Prod']) {
      const stack = new Stack(new Stage(app, name), 'Readings');
      const stream = new Stream(stack, 'Stream');
      const table = new Table(stack, 'Latest', {
        partitionKey: { name: 'sensor', type: AttributeType.STRING },
        billingMode: BillingMode.PAY_PER_REQUEST,
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: name === 'Prod' },
      });
      const reader = handler(stack, 'Reader', { environment: { TABLE: table.tableName } });
      reader.addEventSource(
        new KinesisEventSource(stream, { startingPosition: StartingPosition.LATEST, batchSize: 100 }),
      );
      table.grantWriteData(reader);
      new Rule(stack, 'Nightly', {
        schedule: Schedule.cron({ hour: '3', minute: '0' }),
        targets: [new LambdaFunction(handler(stack, 'CleanUp'))],
      });
      new CustomResource(stack, 'Seed', {
        serviceToken: handler(stack, 'Seeder').functionArn,
        properties: { Table: table.tableName },
      });
    }
  },

  /**
   * Functions with code that is bundled at synth; a bucket, a key and a network of another owner; a queue of another stack;
   * a nested stack per area; an aspect that sets what every function has.
   */
  areas(app) {
    const shared = new Stack(app, 'Shared', { env: { account: '111122223333', region: 'eu-central-1' } });
    const failed = new Queue(shared, 'Failed');
    const stack = new Stack(app, 'Areas', { env: { account: '111122223333', region: 'eu-central-1' } });
    const archive = Bucket.fromBucketName(stack, 'Archive', 'archive-of-another-app');
    const key = Key.fromKeyArn(
      stack,
      'Theirs',
      'arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555',
    );
    const network = Vpc.fromVpcAttributes(stack, 'Network', {
      vpcId: 'vpc-1',
      availabilityZones: ['eu-central-1a', 'eu-central-1b'],
      privateSubnetIds: ['subnet-1', 'subnet-2'],
    });
    const bundled = () =>
      Code.fromAsset(import.meta.dirname, {
        assetHashType: AssetHashType.OUTPUT,
        bundling: {
          image: DockerImage.fromRegistry('not-used'),
          local: {
            tryBundle: (folder) => {
              writeFileSync(join(folder, 'index.py'), 'def handler(event, context):\n  return event\n');
              return true;
            },
          },
        },
      });
    for (const area of ['North', 'South']) {
      const nested = new NestedStack(stack, area);
      const worker = handler(nested, 'Worker', { code: bundled(), vpc: network, environmentEncryption: key });
      archive.grantRead(worker);
      failed.grantSendMessages(worker);
      new Rule(nested, 'Daily', {
        schedule: Schedule.rate(Duration.days(1)),
        targets: [new LambdaFunction(worker)],
      });
    }
    Aspects.of(app).add(
      {
        visit(node) {
          if (node instanceof CfnFunction) node.memorySize = 512;
        },
      },
      { priority: AspectPriority.MUTATING },
    );
  },
};

const [name, outdir, mixin] = process.argv.slice(2);
const app = new App({
  outdir,
  analyticsReporting: false,
  context: { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true },
});
apps[name](app);
if (mixin !== undefined) (await import(mixin)).IdpFix.into(app);
app.synth();
