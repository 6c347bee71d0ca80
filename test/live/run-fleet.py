"""Makes the function and the state machine of deploy/fleet on the stand-in, runs it, and prints how it ended, as JSON."""

import json
import sys
import time

import boto3

endpoint, package, definition, variables, granted = sys.argv[1:]
permissions = json.loads(granted)
session = boto3.Session("test", "test", region_name="us-east-1")


def client(name):
    return session.client(name, endpoint_url=endpoint)


iam = client("iam")


def role(name, service, statements):
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    policy = {"Version": "2012-10-17", "Statement": statements}
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
    return made


planner = role("planner", "lambda.amazonaws.com", permissions["planner"])
fleet = role("fleet", "states.amazonaws.com", permissions["fleet"])
with open(package, "rb") as file:
    code = file.read()
function = client("lambda").create_function(
    FunctionName="planner",
    Runtime="nodejs22.x",
    Handler="node_modules/idp-fix/dist/fleet-lambda.handler",
    Role=planner,
    Code={"ZipFile": code},
    Timeout=900,
    MemorySize=2048,
    Environment={"Variables": json.loads(variables)},
)["FunctionArn"]
states = client("stepfunctions")
text = definition.replace("${PlannerArn}", function)
machine = states.create_state_machine(name="fleet", definition=text, roleArn=fleet)["stateMachineArn"]
execution = states.start_execution(stateMachineArn=machine, name="run-1", input="{}")["executionArn"]
while True:
    told = states.describe_execution(executionArn=execution)
    if told["status"] != "RUNNING":
        break
    time.sleep(0.5)
counts = [
    states.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"]
    for run in states.list_map_runs(executionArn=execution)["mapRuns"]
]
print(
    json.dumps(
        {
            **{name: told.get(name) for name in ["status", "output", "error", "cause"]},
            "items": [each["total"] for each in counts],
            "succeeded": [each["succeeded"] for each in counts],
        }
    )
)
