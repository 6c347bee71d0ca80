"""
A validation plug-in of the AWS CDK for apps in Python: findings at synth, on the construct they are about.

    from aws_cdk import Validations
    from idp_fix_cdk import IdpFixPlugin

    Validations.of(app).add_plugins(IdpFixPlugin(policy="idp-fix.policy.yaml"))

It asks the plug-in of the npm package idp-fix, by the Node that the CDK runs on anyway. The package has to be in a node_modules of the
folder the app is started in, or of one around it.
"""

import json
import subprocess

import jsii
from aws_cdk import (
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
)

_PROGRAM = """
const { idpFixPlugin } = require('node:module').createRequire(process.cwd() + '/')('idp-fix/cdk');
const { options, context } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(idpFixPlugin(options).validate(context)));
"""


@jsii.implements(IPolicyValidationPlugin)
class IdpFixPlugin:
    """The options mean what those of the plug-in in TypeScript do; what is None is left to the policy."""

    def __init__(
        self, *, policy=None, only=None, skip=None, baseline=None, suppressions=None, fail_on=None
    ):
        given = {
            "policy": policy,
            "only": only,
            "skip": skip,
            "baseline": baseline,
            "suppressions": suppressions,
            "failOn": fail_on,
        }
        self._options = {name: value for name, value in given.items() if value is not None}

    @property
    def name(self):
        return "idp-fix"

    def validate(self, context):
        stacks = [
            {"stackConstructPath": stack.stack_construct_path, "templatePath": stack.template_path}
            for stack in context.stack_templates
        ]
        asked = {
            "options": self._options,
            "context": {"templatePaths": context.template_paths, "stackTemplates": stacks},
        }
        run = subprocess.run(
            ["node", "-e", _PROGRAM],
            input=json.dumps(asked),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if run.returncode != 0:
            raise RuntimeError(run.stderr.strip() or f"node ended with {run.returncode}")
        report = json.loads(run.stdout)
        return PolicyValidationPluginReport(
            success=report["success"],
            violations=[_violation(each) for each in report["violations"]],
        )


def _violation(found):
    return PolicyViolation(
        rule_name=found["ruleName"],
        description=found["description"],
        fix=found["fix"].replace("--format cdk-mixin", "--format cdk-mixin-python"),
        severity=found["severity"],
        rule_metadata=found["ruleMetadata"],
        violating_resources=[
            PolicyViolatingResource(
                resource_logical_id=resource["resourceLogicalId"],
                construct_path=resource.get("constructPath"),
                template_path=resource["templatePath"],
                locations=resource["locations"],
            )
            for resource in found["violatingResources"]
        ],
    )
