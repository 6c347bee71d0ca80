"""Apps in Python, as public ones are: python apps.py NAME OUTDIR [FOLDER of idp_fix.py]."""

import sys

import jsii
from aws_cdk import App, Aspects, CfnOutput, Duration, Environment, IAspect, NestedStack, Stack, Stage
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as notifications
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs


def function(scope, name, **properties):
    return lambda_.Function(
        scope,
        name,
        runtime=lambda_.Runtime.PYTHON_3_12,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context):\n  return event"),
        **properties,
    )


def documents(app):
    """Documents of a bucket are read by a function; what it finds goes to a table, and a nested stack keeps the logs."""
    stack = Stack(app, "Documents")
    key = kms.Key(stack, "Key")
    bucket = s3.Bucket(stack, "Inbox", encryption=s3.BucketEncryption.KMS, encryption_key=key)
    table = dynamodb.Table(
        stack, "Found", partition_key=dynamodb.Attribute(name="document", type=dynamodb.AttributeType.STRING)
    )
    reader = function(stack, "Reader", timeout=Duration.minutes(2), environment={"TABLE": table.table_name})
    bucket.grant_read(reader)
    table.grant_write_data(reader)
    bucket.add_event_notification(s3.EventType.OBJECT_CREATED, notifications.LambdaDestination(reader))
    logs.LogGroup(NestedStack(stack, "Audit"), "Trail", retention=logs.RetentionDays.ONE_MONTH)
    CfnOutput(stack, "TableName", value=table.table_name)


def alerts(app):
    """A topic, a queue behind it, a worker, and a clean-up every night, in two stages."""
    for name in ["Beta", "Prod"]:
        stack = Stack(Stage(app, name), "Alerts")
        topic = sns.Topic(stack, "Topic")
        queue = sqs.Queue(stack, "Jobs", visibility_timeout=Duration.minutes(3))
        topic.add_subscription(subscriptions.SqsSubscription(queue))
        worker = function(stack, "Worker", environment={"STAGE": name})
        worker.add_event_source(sources.SqsEventSource(queue))
        events.Rule(
            stack,
            "Nightly",
            schedule=events.Schedule.cron(hour="3", minute="0"),
            targets=[targets.LambdaFunction(function(stack, "CleanUp"))],
        )


@jsii.implements(IAspect)
class Memory:
    """Sets what every function has."""

    def visit(self, node):
        if isinstance(node, lambda_.CfnFunction):
            node.memory_size = 512


def reports(app):
    """A function in a nested stack that uses a table of another stack and a key and a bucket of other apps, under an aspect."""
    environment = Environment(account="111122223333", region="eu-central-1")
    shared = Stack(app, "Shared", env=environment)
    table = dynamodb.Table(
        shared, "Rows", partition_key=dynamodb.Attribute(name="row", type=dynamodb.AttributeType.STRING)
    )
    stack = Stack(app, "Reports", env=environment)
    key = kms.Key.from_key_arn(stack, "Theirs", "arn:aws:kms:eu-central-1:111122223333:key/their-key")
    bucket = s3.Bucket.from_bucket_name(stack, "Archive", "archive-of-another-app")
    writer = function(NestedStack(stack, "Weekly"), "Writer", environment_encryption=key)
    table.grant_read_data(writer)
    bucket.grant_write(writer)
    Aspects.of(app).add(Memory())


name, outdir, *folders = sys.argv[1:]
app = App(
    outdir=outdir,
    analytics_reporting=False,
    context={"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True},
)
{"documents": documents, "alerts": alerts, "reports": reports}[name](app)
if folders:
    sys.path[:0] = folders
    from idp_fix import IdpFix

    IdpFix.into(app)
app.synth()
