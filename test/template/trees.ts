import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTemplate } from '../../src/template/open.js';
import { readDocument } from '../../src/template/read.js';
import { decodeSource } from '../../src/template/source.js';
import { joinStackTree } from '../../src/template/stack-tree.js';
import type { StackTree, Template } from '../../src/template/template.js';
import type { Value } from '../../src/template/value.js';

/** A stack tree from texts by path; the first one is the root. */
export function treeOf(
  texts: Readonly<Record<string, string>>,
  parameters: Readonly<Record<string, Value>> = {},
): StackTree {
  const templates = Object.entries(texts).map(([path, text]): readonly [string, Template] => [
    path,
    openTemplate(readDocument(decodeSource(path, Buffer.from(text)))),
  ]);
  const [root] = Object.keys(texts);
  if (root === undefined) throw new Error('a tree needs a root');
  return joinStackTree(root, new Map(templates), { parameters: new Map(Object.entries(parameters)) });
}

const acceleratorFolder = '../shared/data/idp-v0.3.4';

export const hasAccelerator = existsSync(join(acceleratorFolder, 'template.yaml'));

/** The templates of the GenAI IDP accelerator v0.3.4, which are not part of the project. */
export function acceleratorTree(): StackTree {
  const paths = ['template.yaml', ...nestedTemplates()];
  return treeOf(
    Object.fromEntries(paths.map((path) => [path, readFileSync(join(acceleratorFolder, path), 'utf8')])),
  );
}

function nestedTemplates(): readonly string[] {
  const paths = readdirSync(acceleratorFolder, { recursive: true, encoding: 'utf8' });
  return paths.map((path) => path.replaceAll('\\', '/')).filter((path) => path.endsWith('.yaml'));
}
