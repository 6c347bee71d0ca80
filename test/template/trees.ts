import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackTree } from '../../src/template/template.js';
import { treeOf } from '../../src/testing/cases.js';

export { treeOf } from '../../src/testing/cases.js';

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
