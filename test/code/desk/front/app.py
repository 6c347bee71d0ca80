import os

import boto3

client = boto3.client("lambda")


def handler(event, context):
    client.invoke(FunctionName=os.environ["WORKER"], InvocationType="Event", Payload=event["body"])
    return {"statusCode": 202}
