export const registryPath = 'remediations/index.ts';

/** The list of all remediations. A folder is one when it has cases; its name is the id. */
export function registry(paths: readonly string[]): string {
  const ids = paths.flatMap((path) => /^([^/]+)\/cases\.md$/.exec(path)?.[1] ?? []).sort();
  return [
    '// Written by npm run generate from the folders beside it.',
    "import type { Remediation } from '../src/remediation.js';",
    ...ids.map((id) => `import { ${exportName(id)} } from './${id}/index.js';`),
    '',
    'export const remediations: readonly Remediation[] = [',
    ...ids.map((id) => `  ${exportName(id)},`),
    '  // Each has a target of its own type, which the policy has validated by its schema.\n] as readonly unknown[] as readonly Remediation[];',
    '',
  ].join('\n');
}

/** `multi-word-id` is exported as `multiWordId`. */
export function exportName(id: string): string {
  return id.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
