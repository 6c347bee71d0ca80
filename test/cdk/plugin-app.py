"""The plug-in in an app in Python: plugin-app.py OUTDIR FAIL_ON."""

import sys

from aws_cdk import App, Stack, Validations
from aws_cdk.aws_kms import Key
from idp_fix_cdk import IdpFixPlugin

outdir, fail_on = sys.argv[1:]
app = App(outdir=outdir, analytics_reporting=False, context={"aws:cdk:enable-path-metadata": True})
Key(Stack(app, "Orders"), "Key")
Validations.of(app).add_plugins(
    IdpFixPlugin(policy="policy.yaml", only=["kms-key-hygiene"], fail_on=fail_on)
)
app.synth()
