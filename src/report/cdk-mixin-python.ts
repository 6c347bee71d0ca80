import { isMap, type Value } from '../document/value.js';
import { quotedText } from '../escape.js';
import { commentText, type Mixin, mixinOf } from './cdk-mixin.js';
import type { Report } from './report.js';

/**
 * The same fix as `cdk-mixin`, for an app of the CDK in Python. An app in another language than TypeScript cannot write a
 * section as it is, so each entry is a construct of its own.
 * @source https://docs.aws.amazon.com/cdk/v2/guide/aspects.html
 */
export const cdkMixinPythonReport: Report = (plans) => pythonOf(mixinOf(plans));

function pythonOf({ overrides, added, byHand }: Mixin): string {
  const entries = added.flatMap(({ file, section, entries: own }) =>
    Object.entries(own).map(([name, body]) => ({ file, section, name, body })),
  );
  const conditional = entries.filter(({ section, body }) => !isCovered(section, body));
  const left = [...byHand, ...conditional.map(({ file, section, name }) => `${file}: ${section}.${name}`)];
  const covered = added.map(({ file, section, entries: own }) => ({
    ...{ file, section },
    entries: Object.fromEntries(Object.entries(own).filter(([, body]) => isCovered(section, body))),
  }));
  return `# Written by idp-fix --format cdk-mixin-python. In the app: IdpFix.into(app), before app.synth().
${left.length === 0 ? '' : `# Not covered, change them in the app: ${left.map(commentText).join(', ')}\n`}import re

import jsii
from aws_cdk import Aspects, CfnMapping, CfnOutput, CfnParameter, CfnResource, IAspect, Stack, Stage, Token
from constructs import Construct

# By the path of the construct: what is set, or taken out where there is no value.
OVERRIDES = ${python(overrides)}

# What is new, by the file name of the stack's template.
ADDED = ${python(covered)}


@jsii.implements(IAspect)
class IdpFix:
    @staticmethod
    def into(app):
        """A stage is synthesized by itself, without the aspects of the app around it."""
        stages = [node for node in app.node.find_all() if Stage.is_stage(node) and node.node.path != app.node.path]
        for stage in [app, *stages]:
            Aspects.of(stage).add(IdpFix())

    def visit(self, node):
        if Stack.is_stack(node):
            for each in ADDED:
                if each["file"] == node.template_file:
                    add(node, each["section"], each["entries"])
        if not CfnResource.is_cfn_resource(node):
            return
        for override in OVERRIDES.get(node.node.path, []):
            if "value" in override:
                node.add_override(override["at"], override["value"])
            else:
                node.add_deletion_override(override["at"])


def add(stack, section, entries):
    scope = Construct(stack, "IdpFix" + section)
    # What is added has no path in the patched template either.
    scope.node.set_context("aws:cdk:enable-path-metadata", False)
    for name, body in entries.items():
        if section == "Resources":
            element = CfnResource(scope, name, type=body["Type"])
            for key, value in body.items():
                element.add_override(key, value)
        elif section == "Mappings":
            element = CfnMapping(scope, name, mapping=body)
        elif section == "Parameters":
            element = CfnParameter(scope, name, **snake_case(body))
        else:
            export = body.get("Export", {}).get("Name")
            element = CfnOutput(
                scope,
                name,
                value=Token.as_string(body["Value"]),
                description=body.get("Description"),
                export_name=None if export is None else Token.as_string(export),
            )
        element.override_logical_id(name)


def snake_case(body):
    return {re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower(): value for key, value in body.items()}
`;
}

/** A condition is made of functions there, and so is what an output depends on. */
function isCovered(section: string, body: Value): boolean {
  return section !== 'Conditions' && !(section === 'Outputs' && isMap(body) && 'Condition' in body);
}

/** A literal of Python: that of JSON, but for three words. */
function python(value: unknown, indent = ''): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return quotedText(value);
  if (typeof value !== 'object') return JSON.stringify(value);
  const inner = `${indent}    `;
  const isList = Array.isArray(value);
  const lines = isList
    ? value.map((item) => python(item, inner))
    : Object.entries(value).map(([key, item]) => `${quotedText(key)}: ${python(item, inner)}`);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  if (lines.length === 0) return `${open}${close}`;
  return `${open}\n${lines.map((line) => `${inner}${line},\n`).join('')}${indent}${close}`;
}
