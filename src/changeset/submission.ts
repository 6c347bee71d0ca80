import { formatPointer } from '../document/pointer.js';
import { readDocument } from '../document/read.js';
import { decodeSource, withByteOrderMark } from '../document/source.js';
import { isMap } from '../document/value.js';
import type { Operation } from '../patch/json-patch.js';
import { applyEdits, editText, verifyEdit } from '../patch/verify.js';
import type { Stack } from '../template/template.js';

/** What CloudFormation takes in the request itself, and at all. In bytes. */
export const bodyLimitBytes = 51_200;
export const templateLimitBytes = 1_048_576;

export interface SubmittedTemplate {
  readonly path: string;
  readonly text: string;
  /** The stack has another one now. */
  readonly isChanged: boolean;
}

/**
 * The templates that have to lie in a bucket: nested ones that are not where their parents say, and the root where it
 * is too large to be sent.
 */
export function templatesToUpload(
  root: Stack,
  templates: ReadonlyMap<string, SubmittedTemplate>,
): ReadonlySet<string> {
  const paths = new Set<string>();
  const visit = (stack: Stack): boolean => {
    const below = [...stack.children.values()].map(visit).includes(true);
    const { path } = stack.template;
    const moves = below || templates.get(path)?.isChanged === true;
    if (moves && stack !== root) paths.add(path);
    return moves;
  };
  visit(root);
  // The URLs that are filled in are longer than what they replace, so a template near the limit goes the safe way.
  const text = templates.get(root.template.path)?.text ?? '';
  const growthBytes = paths.size * 512;
  if (bytesOf(text) + growthBytes > bodyLimitBytes) paths.add(root.template.path);
  return paths;
}

/**
 * Puts the templates where CloudFormation finds them, nested ones first, and fills in their URLs.
 * @param put uploads one template and says at which URL
 * @returns the text of the root template, and its URL where it was uploaded
 */
export async function placeTemplates(
  root: Stack,
  templates: ReadonlyMap<string, SubmittedTemplate>,
  put: (path: string, text: string) => Promise<string>,
): Promise<{ readonly text: string; readonly url: string | undefined }> {
  const toUpload = templatesToUpload(root, templates);
  const urls = new Map<string, string>();
  const place = async (stack: Stack): Promise<string> => {
    const operations: Operation[] = [];
    for (const [logicalId, child] of stack.children) {
      const { path } = child.template;
      if (!toUpload.has(path)) continue;
      if (!urls.has(path)) await place(child);
      operations.push(...locationOperations(stack, logicalId, urls.get(path) ?? ''));
    }
    const { path } = stack.template;
    const text = withOperations(path, templates.get(path)?.text ?? '', operations);
    if (toUpload.has(path)) urls.set(path, await put(path, text));
    return text;
  };
  const text = await place(root);
  return { text, url: urls.get(root.template.path) };
}

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

function locationOperations(stack: Stack, logicalId: string, url: string): readonly Operation[] {
  const resource = stack.template.resources.get(logicalId);
  const property = resource?.type === 'AWS::Serverless::Application' ? 'Location' : 'TemplateURL';
  const current = resource?.properties[property];
  const path = formatPointer(['Resources', logicalId, 'Properties', property]);
  return [
    ...(current === undefined || isMap(current) ? [] : [{ op: 'test' as const, path, value: current }]),
    { op: current === undefined ? 'add' : 'replace', path, value: url },
  ];
}

/** The text with operations made in it, and nothing else moved. */
export function withOperations(path: string, text: string, operations: readonly Operation[]): string {
  if (operations.length === 0) return text;
  const document = readDocument(decodeSource(path, new TextEncoder().encode(text)));
  const edited = applyEdits(document.source.text, editText(document, operations));
  verifyEdit(document, operations, edited);
  return withByteOrderMark(edited, document.source);
}
