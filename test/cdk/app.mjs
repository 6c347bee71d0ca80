/** An app with what makes a template of the CDK differ from one made by hand: node app.mjs OUTDIR [MIXIN]. */
import { App, CfnOutput, Duration, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Alias, Key } from 'aws-cdk-lib/aws-kms';
import { Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';

const [outdir, mixin] = process.argv.slice(2);
const app = new App({
  outdir,
  analyticsReporting: false,
  // As cdk synth sets it.
  context: { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true },
});

class Reports extends NestedStack {
  constructor(scope, id) {
    super(scope, id);
    new LogGroup(this, 'Audit', { retention: RetentionDays.ONE_WEEK });
  }
}

class Orders extends Stack {
  constructor(scope, id) {
    super(scope, id);
    const key = new Key(this, 'Key');
    new Alias(this, 'Alias', { aliasName: 'alias/orders', targetKey: key });
    const events = new Topic(this, 'Events');
    const worker = new Lambda(this, 'Worker', {
      runtime: Runtime.PYTHON_3_12,
      handler: 'index.handler',
      code: Code.fromInline('def handler(event, context):\n  return 1'),
      environment: { TABLE: 'orders.2026' },
      timeout: Duration.seconds(20),
    });
    events.addSubscription(new LambdaSubscription(worker));
    new Bucket(this, 'Files');
    new Queue(this, 'Jobs');
    new Reports(this, 'Reports');
    new CfnOutput(this, 'Name', { value: worker.functionName });
  }
}

new Orders(app, 'Orders');
new Orders(new Stage(app, 'Prod'), 'Orders');
if (mixin !== undefined) (await import(mixin)).IdpFix.into(app);
app.synth();
