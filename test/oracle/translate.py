"""translate.py IN OUT: a SAM template as the plain CloudFormation the service would make of it, offline.

Local paths become addresses of packages nobody uploads, which is what `sam package` does with them; managed policies come
from the translator's own lists. Exit code 1 with the translator's messages when it does not accept the template.
"""

import json
import os
import sys

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

import yaml
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform

SAM = "AWS::Serverless-2016-10-31"

PACKAGES = {
    "AWS::Serverless::Function": [("CodeUri", "s3://packages/code.zip")],
    "AWS::Serverless::LayerVersion": [("ContentUri", "s3://packages/layer.zip")],
    "AWS::Serverless::Api": [("DefinitionUri", "s3://packages/api.json")],
    "AWS::Serverless::HttpApi": [("DefinitionUri", "s3://packages/api.json")],
    "AWS::Serverless::StateMachine": [("DefinitionUri", "s3://packages/machine.json")],
    "AWS::Serverless::Application": [("Location", "https://packages.example.com/application.yaml")],
}


class Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: tags are functions, dates are text."""


def tagged(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {"Fn::" + suffix: value}


Loader.add_multi_constructor("!", tagged)
Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))


class ManagedPolicies:
    """In place of a call to IAM: whatever the translator does not know by itself gets an ARN of its name."""

    class Known(dict):
        def __contains__(self, name):
            return isinstance(name, str) and not name.startswith("arn:")

        def get(self, name, default=None):
            return "arn:aws:iam::aws:policy/" + name if name in self else default

        def __getitem__(self, name):
            return "arn:aws:iam::aws:policy/" + name

    def load(self):
        return self.Known()


def package(template):
    for resource in template["Resources"].values():
        properties = resource.setdefault("Properties", {}) if isinstance(resource, dict) else {}
        for name, address in PACKAGES.get(resource.get("Type"), []):
            value = properties.get(name)
            if isinstance(value, str) and not value.startswith(("s3://", "https://")):
                properties[name] = address
        if resource.get("Type") == "AWS::Serverless::Function" and not {"CodeUri", "InlineCode", "ImageUri"} & set(properties):
            properties["CodeUri"] = "s3://packages/code.zip"


def main(source, target):
    with open(source, encoding="utf-8-sig") as file:
        template = yaml.load(file, Loader=Loader)
    transforms = template.get("Transform", [])
    transforms = transforms if isinstance(transforms, list) else [transforms]
    if SAM in transforms:
        package(template)
        try:
            template = transform(template, {}, ManagedPolicies())
        except InvalidDocumentException as error:
            for cause in error.causes:
                print(cause.message, file=sys.stderr)
            return 1
        others = [name for name in transforms if name != SAM]
        if others:
            template["Transform"] = others
    with open(target, "w", encoding="utf-8") as file:
        json.dump(template, file, indent=1, default=str)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
