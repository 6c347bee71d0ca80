export const registryPath = 'remediations/index.ts';

/** The list of all units, from the names of the files in their folder. */
export function registry(fileNames: readonly string[]): string {
  const ids = fileNames
    .filter((name) => name.endsWith('.ts') && name !== 'index.ts')
    .map((name) => name.slice(0, -'.ts'.length))
    .sort();
  return [
    '// Written by npm run generate from the files beside it.',
    "import type { Remediation } from '../src/remediation.js';",
    ...ids.map((id) => `import { ${exportName(id)} } from './${id}.js';`),
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
