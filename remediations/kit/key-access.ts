import type { EncryptionKey, Facts, Need, ServiceUse } from '../../src/remediation.js';

/**
 * What a key of the templates needs so that a service can use it in its own name, or why nothing would help. A key from
 * outside keeps its policy to itself.
 */
export function openFor(
  key: EncryptionKey['resource'],
  use: ServiceUse,
  facts: Facts,
): { readonly needs: readonly Need[] } | { readonly because: string } {
  if (key === undefined) return { needs: [] };
  const { answer, because, needs } = facts.access(key, use);
  if (answer === 'yes') return { needs: [] };
  return needs === undefined ? { because } : { needs };
}
