import { credentialForms, isCredentialName, isSecretText } from '../analysis/credentials.js';
import { nodeAt } from '../document/locate.js';
import { readDocument } from '../document/read.js';
import { decodeSource } from '../document/source.js';
import type { Document, ScalarNode } from '../document/syntax.js';
import { isList, isMap, type Path, type Value } from '../document/value.js';
import { IdpFixError } from '../errors.js';

/**
 * The text of a template for a reader: each credential written out in it has dots in its place, as many as it has
 * characters, so that lines and spans stay what they are.
 */
export function maskSecrets(text: string): string {
  const document = documentOf(text);
  return document === undefined ? maskForms(text) : maskDocument(document);
}

/** The same for a text that has been read. */
export function maskDocument(document: Document): string {
  const { text } = document.source;
  const secrets = [...secretsIn(document.value, [])];
  let masked = text;
  for (const { path } of secrets) {
    const node = nodeAt(document, path);
    if (node?.kind === 'scalar') masked = maskScalar(masked, node);
  }
  // Copies of it, as in a comment or a description.
  for (const { text: copied } of secrets) {
    if (copied.length >= shortestCopy) masked = masked.replaceAll(copied, dots);
  }
  return maskForms(masked);
}

/** A shorter text is a word too often, and its copies are left. */
const shortestCopy = 8;

/** A part of a template is no document, and neither is one that is cut. */
function documentOf(text: string): Document | undefined {
  try {
    return readDocument(decodeSource('', new TextEncoder().encode(text)));
  } catch (error) {
    if (error instanceof IdpFixError) return undefined;
    throw error;
  }
}

function dots(text: string): string {
  return text.replaceAll(/\S/g, '•');
}

/** All but tag, quotes and indicator. */
function maskScalar(text: string, { span, style, tag, anchor }: ScalarNode): string {
  const written = text.slice(span.start, span.end);
  const properties =
    tag === undefined && anchor === undefined ? '' : (/^(?:[!&]\S*\s+)+/.exec(written)?.[0] ?? '');
  const inner = written.slice(properties.length);
  const opening =
    style === 'literal' || style === 'folded'
      ? (/^[^\n]*\n?/.exec(inner)?.[0] ?? '')
      : /^["']?/.exec(inner)?.[0];
  const closing = style === 'single-quoted' || style === 'double-quoted' ? 1 : 0;
  const start = span.start + properties.length + (opening ?? '').length;
  const end = Math.max(start, span.end - closing);
  return `${text.slice(0, start)}${dots(text.slice(start, end))}${text.slice(end)}`;
}

/** Credentials by their form, and those that a script or a text gives by name: `DB_PASSWORD=…`, `"password": "…"`. */
function maskForms(text: string): string {
  const byForm = credentialForms.reduce(
    (masked, form) => masked.replaceAll(new RegExp(form, `${form.flags}g`), dots),
    text,
  );
  return byForm.replaceAll(assignment, (whole: string, name: string, between: string, value: string) =>
    isCredentialName(name) && isSecretText(value) ? `${name}${between}${dots(value)}` : whole,
  );
}

const assignment =
  /([A-Za-z][\w-]*)(\\?["']?(?:=|[ \t]*:[ \t]*\\?(?=["']))\\?["']?)([^\s"'\\(){}[\]$,;]+)(?![\w([.])/g;

interface WrittenSecret {
  readonly path: Path;
  readonly text: string;
}

/** Credentials by what they are called. */
function* secretsIn(value: Value, path: Path): Generator<WrittenSecret> {
  if (isList(value)) {
    for (const [index, item] of value.entries()) yield* secretsIn(item, [...path, String(index)]);
  }
  if (!isMap(value)) return;
  const isHidden = value.NoEcho === true || value.NoEcho === 'true';
  const label = value.Name ?? value.Key ?? value.ParameterKey;
  const isLabelled = typeof label === 'string' && isCredentialName(label);
  const isParameter = path.length === 2 && path[0] === 'Parameters' && isCredentialName(path[1] ?? '');
  for (const [key, inner] of Object.entries(value)) {
    const at = [...path, key];
    const isSecret =
      isCredentialName(key) ||
      (isLabelled && (key === 'Value' || key === 'ParameterValue')) ||
      ((isHidden || isParameter) && key === 'Default');
    if (!isSecret) yield* secretsIn(inner, at);
    else if (isHidden && key === 'Default') yield { path: at, text: String(inner) };
    else yield* textsIn(inner, at);
  }
}

/** The texts an expression is made of; what a map holds under names of its own is looked into by those. */
function* textsIn(value: Value, path: Path): Generator<WrittenSecret> {
  if (typeof value === 'string' && isSecretText(value)) yield { path, text: value };
  if (isList(value)) {
    for (const [index, item] of value.entries()) yield* textsIn(item, [...path, String(index)]);
  }
  if (!isMap(value)) return;
  const [[name = '', argument = null] = [], ...others] = Object.entries(value);
  if (others.length > 0 || !name.startsWith('Fn::')) yield* secretsIn(value, path);
  else if (made.has(name)) yield* textsIn(argument, [...path, name]);
}

/** Functions whose arguments are texts, and not names of something. */
const made: ReadonlySet<string> = new Set(['Fn::Base64', 'Fn::If', 'Fn::Join', 'Fn::Select', 'Fn::Sub']);
