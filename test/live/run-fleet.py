"""Deploys deploy/fleet on the stand-in, runs its state machine, and prints how that ended, as JSON.

On the standard input, JSON: endpoint; stacks, each {name, template, parameters} and where it is not the central one its account,
made where they are not there yet, the fleet's last; run, the name of the execution, where one is to be started.
The value ORGANIZATION of a parameter is the id of the organization of the central account.
"""

import json
import sys
import time

import boto3

asked = json.load(sys.stdin)
central = "000000000000"


def client(name, account=central):
    # The stand-in takes the account from the access key.
    session = boto3.Session(account, "test", region_name="us-east-1")
    return session.client(name, endpoint_url=asked["endpoint"])


def organization():
    return client("organizations").describe_organization()["Organization"]["Id"]


def outputs_of(cloudformation, name):
    try:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except cloudformation.exceptions.ClientError:
        return None
    if stack["StackStatus"] == "CREATE_IN_PROGRESS":
        return None
    if stack["StackStatus"] != "CREATE_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        raise SystemExit("\n".join(f"{each.get('ResourceStatusReason')}" for each in events))
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


outputs = {}
for stack in asked["stacks"]:
    cloudformation = client("cloudformation", stack.get("account", central))
    outputs = outputs_of(cloudformation, stack["name"])
    if outputs is not None:
        continue
    parameters = [
        {"ParameterKey": name, "ParameterValue": organization() if value == "ORGANIZATION" else value}
        for name, value in stack.get("parameters", {}).items()
    ]
    cloudformation.create_stack(
        StackName=stack["name"],
        TemplateBody=stack["template"],
        Parameters=parameters,
        Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    while outputs is None:
        time.sleep(0.5)
        outputs = outputs_of(cloudformation, stack["name"])

told = {"outputs": outputs}
if "run" in asked:
    states = client("stepfunctions")
    machine = outputs["StateMachine"]
    execution = states.start_execution(stateMachineArn=machine, name=asked["run"])["executionArn"]
    while True:
        ended = states.describe_execution(executionArn=execution)
        if ended["status"] != "RUNNING":
            break
        time.sleep(0.5)
    runs = [
        states.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"]
        for run in states.list_map_runs(executionArn=execution)["mapRuns"]
    ]
    told.update({name: ended.get(name) for name in ["status", "output", "error", "cause"]})
    told["items"] = [[each["total"], each["succeeded"]] for each in runs]
print(json.dumps(told))
