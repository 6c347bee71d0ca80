"""A client of AWS that has nothing to do with idp-fix: what boto3 reads of a change set, and what it does with it.

second_client.py ENDPOINT REGION (read|execute|reject) STACK CHANGE_SET [BUCKET]: prints JSON.
"""

import json
import sys

import boto3

endpoint, region, action, stack, change_set, *rest = sys.argv[1:]
settings = {
    "endpoint_url": endpoint,
    "region_name": region,
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}
cloudformation = boto3.client("cloudformation", **settings)
s3 = boto3.client("s3", **settings)
named = {"StackName": stack, "ChangeSetName": change_set}


def read():
    found = cloudformation.describe_change_set(**named)
    changes = []
    for page in cloudformation.get_paginator("describe_change_set").paginate(**named):
        changes += [each["ResourceChange"] for each in page["Changes"]]
    objects = []
    for bucket in rest:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for each in page.get("Contents", []):
                got = s3.get_object(Bucket=bucket, Key=each["Key"])
                objects.append(
                    {
                        "key": each["Key"],
                        "metadata": got["Metadata"],
                        "text": got["Body"].read().decode(),
                    }
                )
    return {
        "id": found["ChangeSetId"],
        "stackId": found["StackId"],
        "description": found["Description"],
        "status": [found["Status"], found["ExecutionStatus"]],
        "parameters": {
            each["ParameterKey"]: each.get("ParameterValue") for each in found.get("Parameters", [])
        },
        "tags": {each["Key"]: each["Value"] for each in found.get("Tags", [])},
        "capabilities": sorted(found.get("Capabilities", [])),
        "changes": sorted(f"{each['Action']} {each['LogicalResourceId']}" for each in changes),
        "template": cloudformation.get_template(**named, TemplateStage="Original")["TemplateBody"],
        "objects": objects,
    }


def execute():
    cloudformation.execute_change_set(**named)
    cloudformation.get_waiter("stack_update_complete").wait(
        StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]


def reject():
    cloudformation.delete_change_set(**named)
    return [
        each["ChangeSetName"] for each in cloudformation.list_change_sets(StackName=stack)["Summaries"]
    ]


print(json.dumps({"read": read, "execute": execute, "reject": reject}[action]()))
