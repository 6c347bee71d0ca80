import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as library from '../../src/index.js';
import * as testing from '../../src/testing.js';

/** What somebody may import. A name that goes is a breaking change; a new one is a promise. */
describe('the library', () => {
  it('exports these values', () => {
    expect(Object.keys(library).sort()).toEqual([
      'IdpFixError',
      'apply',
      'applyPatch',
      'boundaryPrerequisites',
      'compliant',
      'fixable',
      'hasCredentialForm',
      'isCredentialName',
      'isEqual',
      'isList',
      'isMap',
      'isSecretText',
      'isStageName',
      'isStageTag',
      'manual',
      'matchesWildcard',
      'metricFact',
      'namespaceMeant',
      'notApplicable',
      'numberOf',
      'plan',
      'remediations',
      'report',
      'resourceRemediation',
      'scalarText',
      'shellWord',
      'stagesOf',
      'tagFormOf',
      'taggableTypes',
      'treeRemediation',
      'undo',
      'unknown',
      'z',
    ]);
    expect(Object.keys(testing).sort()).toEqual(['checkCases', 'formatCases', 'parseCases']);
  });

  it.skipIf(!existsSync('dist/index.js'))('is found under its name once it is built', () => {
    const script =
      "const [a, b] = await Promise.all([import('idp-fix'), import('idp-fix/testing')]); console.log(typeof a.plan, typeof b.checkCases)";
    const told = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(told).toBe('function function\n');
  });
});
