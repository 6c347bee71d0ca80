import { type Facts, type ResourceView, scalarText } from '../../src/remediation.js';

/** Why the key a function names would fail it, where the key is part of the templates. */
export function unusableKey(view: ResourceView, facts: Facts): string | undefined {
  for (const { outcome } of view.read('KmsKeyArn')) {
    const key = outcome.kind === 'resource' ? facts.resource(outcome.stack, outcome.logicalId) : undefined;
    if (key?.type !== 'AWS::KMS::Key') continue;
    if (says(key, 'Enabled', (value) => value === 'false')) {
      return `its key ${key.logicalId} is disabled, so the function cannot start`;
    }
    if (says(key, 'KeySpec', (value) => value !== 'SYMMETRIC_DEFAULT')) {
      return `its key ${key.logicalId} is not a symmetric one, which environment variables need`;
    }
  }
  return undefined;
}

function says(key: ResourceView, property: string, is: (value: string) => boolean): boolean {
  return key.read(property).some(({ outcome }) => {
    const text = scalarText(outcome);
    return text !== undefined && is(text);
  });
}
