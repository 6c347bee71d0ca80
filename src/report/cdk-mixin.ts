import { isEqual, isMap, type Value, type ValueMap } from '../document/value.js';
import { IdpFixError } from '../errors.js';
import { jsonText, quotedText } from '../escape.js';
import type { PatchedFile } from '../plan/written.js';
import { isSynthesized, pathOfConstruct } from '../template/metadata.js';
import type { Report } from './report.js';

/**
 * The fix as source for a CDK app: a TypeScript module with an aspect that sets, construct by construct, what the patches
 * change. With it in the app, `cdk synth` gives the patched template, and nothing is lost at the next synth.
 * @throws IdpFixError `usage` for templates that no CDK app has synthesized
 * @source https://docs.aws.amazon.com/cdk/v2/guide/cfn-layer.html#develop-customize-override
 */
export const cdkMixinReport: Report = (plans) => typeScriptOf(mixinOf(plans));

/**
 * What an app of any language is given.
 * @throws IdpFixError `usage` for templates that no CDK app has synthesized
 */
export function mixinOf(plans: Parameters<Report>[0]): Mixin {
  const files = plans.flatMap((plan) => plan.files);
  if (!files.some(({ document }) => isSynthesized(document.value))) {
    throw new IdpFixError(
      'usage',
      'cdk-mixin is for templates that cdk synth has made, and these name no constructs',
      {
        hint: 'name the folder cdk.out; for a template of its own, --apply writes the fix',
      },
    );
  }
  const changes = files.filter(({ changed }) => changed).map(changesIn);
  return {
    overrides: Object.fromEntries(
      changes.flatMap(({ constructs }) => constructs.map(({ path, overrides }) => [path, overrides])),
    ),
    added: changes.flatMap(({ file, added }) =>
      Object.entries(added).flatMap(([section, entries]) =>
        isMap(entries) && Object.keys(entries).length > 0 ? [{ file, section, entries }] : [],
      ),
    ),
    byHand: changes.flatMap(({ file, byHand }) => byHand.map((entry) => `${file}: ${entry}`)),
  };
}

export interface Mixin {
  /** By the path of the construct. */
  readonly overrides: Readonly<Record<string, readonly Override[]>>;
  /** What is new, by the file name of the stack's template. */
  readonly added: readonly { readonly file: string; readonly section: string; readonly entries: ValueMap }[];
  /** Entries of other sections that change: an element of the app makes them, so it has to be changed there. */
  readonly byHand: readonly string[];
}

/** Sections of a template other than `Resources` that a patch can add to. */
const otherSections = ['Parameters', 'Mappings', 'Conditions', 'Outputs'] as const;

interface TemplateChanges {
  /** As the assembly calls it; a stack of the app knows itself by it. */
  readonly file: string;
  readonly constructs: readonly {
    readonly path: string;
    readonly logicalId: string;
    readonly overrides: readonly Override[];
  }[];
  /** New resources and other entries, by section. */
  readonly added: ValueMap;
  /** Entries of other sections that change: an element of the app makes them, so it has to be changed there. */
  readonly byHand: readonly string[];
}

export interface Override {
  /** From the resource, with `.`; a dot in a key is escaped, as CDK wants it. */
  readonly at: string;
  /** Absent for what is taken out. */
  readonly value?: Value;
}

function changesIn({ path, document, text }: PatchedFile): TemplateChanges {
  const before = sectionsOf(document.value);
  const after = sectionsOf(JSON.parse(text) as Value);
  const known = mapAt(before, 'Resources');
  const resources = Object.entries(mapAt(after, 'Resources'));
  const constructs = resources.flatMap(([logicalId, body]) => {
    const old = known[logicalId];
    if (old === undefined || isEqual(old, body)) return [];
    const construct = pathOfConstruct(old);
    return construct === undefined
      ? []
      : [{ path: construct, logicalId, overrides: overridesBetween(old, body) }];
  });
  const isNamed = new Set(constructs.map(({ logicalId }) => logicalId));
  const added: Record<string, Value> = {
    Resources: Object.fromEntries(resources.filter(([logicalId]) => known[logicalId] === undefined)),
  };
  const byHand = resources
    .filter(([id, body]) => known[id] !== undefined && !isNamed.has(id) && !isEqual(known[id], body))
    .map(([id]) => `Resources.${id}`);
  for (const section of otherSections) {
    const old = mapAt(before, section);
    const entries = Object.entries(mapAt(after, section));
    added[section] = Object.fromEntries(entries.filter(([name]) => old[name] === undefined));
    const changed = entries.filter(([name, value]) => old[name] !== undefined && !isEqual(old[name], value));
    byHand.push(...changed.map(([name]) => `${section}.${name}`));
  }
  return { file: path.slice(path.lastIndexOf('/') + 1), constructs, added, byHand };
}

function sectionsOf(value: Value): ValueMap {
  return isMap(value) ? value : {};
}

function mapAt(sections: ValueMap, name: string): ValueMap {
  const section = sections[name];
  return isMap(section) ? section : {};
}

/** Maps are entered, lists are given whole: an override inside a list that another override sets is not merged. */
function overridesBetween(before: Value, after: Value, path: readonly string[] = []): readonly Override[] {
  if (!isMap(before) || !isMap(after) || isIntrinsicLike(before) || isIntrinsicLike(after)) {
    return [{ at: path.map((key) => key.replaceAll('.', '\\.')).join('.'), value: after }];
  }
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name): readonly Override[] => {
    const [old, now] = [before[name], after[name]];
    const at = [...path, name];
    if (old !== undefined && now !== undefined)
      return isEqual(old, now) ? [] : overridesBetween(old, now, at);
    const key = at.map((each) => each.replaceAll('.', '\\.')).join('.');
    return [now === undefined ? { at: key } : { at: key, value: now }];
  });
}

/** An intrinsic is one value: merging two would give a map with two of them. */
function isIntrinsicLike(value: ValueMap): boolean {
  const keys = Object.keys(value);
  return keys.length === 1 && /^(?:Ref|Condition|Fn::\w+)$/.test(keys[0] ?? '');
}

/** JSON is TypeScript, as long as what ends a line in one but not in the other is escaped. */
function typeScriptOf({ overrides, added, byHand }: Mixin): string {
  return `// Written by idp-fix --format cdk-mixin. In the app: IdpFix.into(app), before app.synth().
${byHand.length === 0 ? '' : `// Not covered, change them in the app: ${byHand.map(commentText).join(', ')}\n`}import { Aspects, CfnElement, CfnResource, type IAspect, Stack, Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** By the path of the construct: what is set, or taken out where there is no value. */
const overrides: Record<string, { at: string; value?: unknown }[]> = ${jsonText(overrides)};

/** What is new, by the file name of the stack's template. */
const added: { file: string; section: string; entries: Record<string, unknown> }[] = ${jsonText(added)};

/** Entries of a section as they are. */
class Entries extends CfnElement {
  constructor(
    stack: Stack,
    id: string,
    private readonly section: string,
    private readonly entries: Record<string, unknown>,
  ) {
    super(stack, id);
  }

  _toCloudFormation(): object {
    return { [this.section]: this.entries };
  }
}

export class IdpFix implements IAspect {
  /** A stage is synthesized by itself, without the aspects of the app around it. */
  static into(app: IConstruct): void {
    for (const stage of new Set([app, ...app.node.findAll().filter(Stage.isStage)])) {
      Aspects.of(stage).add(new IdpFix());
    }
  }

  visit(node: IConstruct): void {
    if (Stack.isStack(node)) {
      for (const { file, section, entries } of added) {
        if (file === node.templateFile) new Entries(node, \`IdpFix\${section}\`, section, entries);
      }
    }
    if (!CfnResource.isCfnResource(node)) return;
    for (const { at, value } of overrides[node.node.path] ?? []) {
      if (value === undefined) node.addDeletionOverride(at);
      else node.addOverride(at, value);
    }
  }
}
`;
}

export function commentText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?');
}

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
