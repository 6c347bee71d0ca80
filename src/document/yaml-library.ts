import { createRequire } from 'node:module';

/**
 * The `yaml` library. Loading it costs as much as reading a template without it, so it waits for a text that needs it.
 * It is required, not imported, because readers are synchronous; the build puts it into a file of its own.
 */
export function yamlLibrary(): typeof import('yaml') {
  return createRequire(import.meta.url)('yaml');
}
