import type { Remediation } from '../contract/remediation.js';
import { readDocument } from '../document/read.js';
import { decodeSource } from '../document/source.js';
import { isList, isMap, type Value, type ValueMap } from '../document/value.js';
import { IdpFixError } from '../errors.js';
import { joinLike } from '../plan/attempt.js';
import { buildPlan } from '../plan/build.js';
import type { Finding, ForeignSnippet, PlanDocument } from '../plan/document.js';
import type { Policy } from '../policy/policy.js';
import { openTemplate } from '../template/open.js';
import type { StackTree, Template } from '../template/template.js';
import { undeclaredNames } from '../template/unseen.js';

/** What a snippet is judged in. */
export interface SnippetSetting {
  readonly tree: StackTree;
  readonly policy: Policy;
  readonly document: PlanDocument;
  readonly remediations: readonly Remediation[];
  readonly version: string;
  /** `YYYY-MM-DD` */
  readonly today: string;
}

/**
 * Whether a fix that somebody else proposes for a resource would close what is open there, by the same judges as ours:
 * its properties are put into a copy of the template, which is planned anew. Nothing of it is ever written. Whether
 * CloudFormation takes the values, and what they would need beside them, is not looked at.
 */
export function judgeSnippet(
  text: string,
  path: string,
  logicalId: string,
  { tree, policy, document, remediations, version, today }: SnippetSetting,
): ForeignSnippet {
  const said = (because: string, closes: readonly string[] = []) => ({ text, closes, because });
  const template = tree.stacks.find((stack) => stack.template.path === path)?.template;
  const resource = template?.resources.get(logicalId);
  if (template === undefined || resource === undefined) return said('it is for no resource of a template');
  const proposed = proposedFor(resource.type, text);
  if (typeof proposed === 'string') return said(proposed);
  const changed = withProperties(template, logicalId, proposed);
  if (changed === undefined) return said('its resource is not written out in the template');
  const undeclared = undeclaredNames(changed).filter((name) => !undeclaredNames(template).includes(name));
  if (undeclared.length > 0) {
    return said(`it refers to ${undeclared.join(', ')}, which the template does not have`);
  }
  const open = openAt(document, path, logicalId);
  if (open.length === 0) return said('nothing is open here');
  const templates = new Map(tree.stacks.map((stack) => [stack.template.path, stack.template]));
  const after = joinLike(tree, templates.set(path, changed), tree.root.knownParameters);
  const only = open.map(({ remediation }) => remediation);
  const planned = buildPlan(after, policy, remediations, { version, today, only });
  const left = openAt(planned.document, path, logicalId);
  const isLeft = new Map(left.map(({ remediation, because }) => [remediation, because]));
  const closes = only.filter((id) => !isLeft.has(id));
  const parts = open.filter(({ remediation: id, because }) => isLeft.has(id) && isLeft.get(id) !== because);
  const rest = only.filter((id) => isLeft.has(id) && !parts.some(({ remediation }) => remediation === id));
  const sentences = [
    ...(closes.length > 0 ? [`it closes ${closes.join(', ')}`] : []),
    ...parts.map(({ remediation: id }) => `it closes a part of ${id} (left: ${isLeft.get(id)})`),
    ...(rest.length > 0 ? [`it leaves ${rest.join(', ')} open`] : []),
  ];
  return said(sentences.join('; '), closes);
}

function openAt({ stacks }: PlanDocument, path: string, id: string): readonly Finding[] {
  const findings = stacks.find(({ template }) => template === path)?.findings ?? [];
  return findings.filter(
    ({ logicalId, verdict }) => logicalId === id && ['fixable', 'manual', 'unknown'].includes(verdict),
  );
}

/** The properties a snippet has for a type, or why there are none. */
function proposedFor(type: string, text: string): ValueMap | string {
  const fenced = /^\s*```\w*\n([\s\S]*?)\n\s*```\s*$/.exec(text)?.[1] ?? text;
  let value: Value;
  try {
    value = readDocument(decodeSource('snippet.yaml', new TextEncoder().encode(fenced))).value;
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
    return `it cannot be read as YAML or JSON: ${error.message}`;
  }
  const resources = isMap(value)
    ? (value.Resources ?? (typeof value.Type === 'string' ? [value] : value))
    : [];
  const bodies: readonly Value[] = isMap(resources)
    ? Object.values(resources)
    : isList(resources)
      ? resources
      : [];
  const [body, ...others] = bodies.filter((each) => isMap(each) && each.Type === type);
  if (body === undefined || others.length > 0) return `it has not exactly one resource of the type ${type}`;
  const properties = isMap(body) ? body.Properties : undefined;
  if (!isMap(properties)) return 'its resource has no properties';
  const open = placeholderIn(properties);
  return open === undefined ? properties : `it leaves ${open} to be filled in`;
}

/** `<name>`, `{{name}}`, `YOUR_NAME`: what a reader is meant to replace. */
const placeholder = /<[^<>\n]+>|\{\{[^{}]+\}\}|\b(?:YOUR|REPLACE|MY)[-_][A-Z0-9_-]+/i;

function placeholderIn(value: Value): string | undefined {
  if (typeof value === 'string')
    return value.startsWith('{{resolve:') ? undefined : placeholder.exec(value)?.[0];
  const inner = isList(value) ? value : isMap(value) ? Object.values(value) : [];
  for (const each of inner) {
    const found = placeholderIn(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

function withProperties(template: Template, logicalId: string, proposed: ValueMap): Template | undefined {
  const { Resources: resources } = template.value;
  const body = isMap(resources) ? resources[logicalId] : undefined;
  if (!isMap(resources) || !isMap(body)) return undefined;
  const properties = merged(body.Properties ?? {}, proposed);
  const value = {
    ...template.value,
    Resources: { ...resources, [logicalId]: { ...body, Properties: properties } },
  };
  return openTemplate(
    readDocument(decodeSource(template.path, new TextEncoder().encode(JSON.stringify(value)))),
  );
}

/** Maps are merged, everything else takes the place of what is there; an intrinsic function is no map. */
function merged(old: Value, proposed: Value): Value {
  if (!isMap(old) || !isMap(proposed) || isIntrinsic(old) || isIntrinsic(proposed)) return proposed;
  const both = Object.entries(proposed).map(
    ([key, value]) => [key, merged(old[key] ?? null, value)] as const,
  );
  return { ...old, ...Object.fromEntries(both) };
}

function isIntrinsic(value: ValueMap): boolean {
  const [key = '', ...others] = Object.keys(value);
  return others.length === 0 && (key === 'Ref' || key === 'Condition' || key.startsWith('Fn::'));
}
